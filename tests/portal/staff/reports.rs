//! Reports: what came, how it was decided, how long that took; as a page and as files.

use chrono::{Datelike as _, Duration};
use diesel_async::RunQueryDsl as _;
use portal::staff::permissions::Role;

use super::desk::{asked, team};
use crate::support::{Browser, TestApp};
use crate::trust::bound::decided;
use crate::trust::{Desk, many};

/// Two corrections: one denied after three days, one that waits. The desk, a day later.
async fn some_requests(app: &TestApp) -> Browser {
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let path = asked(&browser, app, "Number 7 is wrong.").await;
    asked(&browser, app, "Number 8 is wrong.").await;
    app.travel(Duration::days(3)).await;
    let desk = app.sign_in_as(&team(app).await.0).await;
    desk.post(&format!("{path}/claim"), &[]).await;
    let form = desk.get(&format!("{path}/decision?outcome=denied&reason=accurate")).await;
    assert_eq!(form.submit(&[]).await.status, 303);
    app.mailbox().await;
    desk
}

#[tokio::test]
async fn figures_stand_on_the_page_in_json_and_in_csv_alike() {
    let app = TestApp::start().await;
    let desk = some_requests(&app).await;
    let year = (app.clock.now() - Duration::days(3)).year();
    let page = desk.get(&format!("/staff/reports?year={year}")).await;
    let row = page.all("section[aria-labelledby=requests-title] tbody tr");
    assert_eq!(row[0], "Have something corrected 2 0 0 1 0 0 1 0 3.0 3.0 3.0", "{row:?}");
    assert!(row[1].starts_with("All 2 0 0 1"), "{row:?}");
    let json = desk.get(&format!("/staff/reports.json?year={year}")).await.json();
    let all = json["matters"]["requests"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&all["came"], &all["outcomes"]["denied"], &all["waiting"]),
        (&2.into(), &1.into(), &1.into())
    );
    assert!(all["name"].is_null() && json["matters"]["disputes"].as_array().unwrap().is_empty());
    let csv = desk.get(&format!("/staff/reports.csv?year={year}")).await.text();
    for line in
        ["requests,correction,came,2", "requests,all,denied,1", "requests,correction,median_days,3.00"]
    {
        assert!(csv.contains(&format!("{year},{line}\r\n")), "{line} in {csv}");
    }
}

#[tokio::test]
async fn what_is_late_and_what_waits_longest_is_told() {
    let app = TestApp::start().await;
    let year = app.clock.now().year();
    let ada = app.sign_in_as(&app.customer("ada@example.com").await).await;
    asked(&ada, &app, "Number 7 is wrong.").await;
    app.travel(Duration::days(45)).await;
    let desk = app.sign_in_as(&team(&app).await.0).await;
    let json = desk.get(&format!("/staff/reports.json?year={year}")).await.json();
    let all = &json["matters"]["requests"][1];
    assert_eq!((&all["late"], all["oldest_waiting_days"].as_f64().unwrap().round()), (&1.into(), 45.0));
    assert!(all["median_days"].is_null());
}

#[tokio::test]
async fn a_year_without_anything_is_empty_and_one_that_is_none_is_not_found() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&app.staff(Role::Admin).await).await;
    assert!(desk.get("/staff/reports?year=2021").await.words().contains("Nothing in this year"));
    for path in ["/staff/reports?year=1999", "/staff/reports.json?year=2999", "/staff/reports.csv?year=1999"]
    {
        assert_eq!(desk.get(path).await.status, 404, "{path}");
    }
    let support = app.sign_in_as(&app.staff(Role::Support).await).await;
    assert_eq!(support.get("/staff/reports").await.status, 404);
}

#[tokio::test]
async fn rates_stand_with_their_numbers_from_ten_decisions_on_and_are_drawn_where_they_are_compared() {
    let app = TestApp::start().await;
    let bed = Desk::of(&app).await;
    for name in ["Light", "Many messages"] {
        bed.write(&[("name", name)]).await;
    }
    let account = app.customer("ada@example.com").await.account().await;
    let year = (app.clock.now() - Duration::days(1)).year();
    let json = async || bed.other.get(&format!("/staff/reports.json?year={year}")).await.json();
    // Of each rule.
    decided(&app, account, "lifted", 2).await;
    decided(&app, account, "shortened", 1).await;
    decided(&app, account, "upheld", 6).await;
    let rules = json().await["matters"]["rules"].clone();
    assert_eq!((&rules[0]["name"], &rules[0]["outcomes"]["overturned"]), (&"Light".into(), &3.into()));
    assert!(rules[0]["rates"]["overturn_rate"].is_null(), "nine show nothing: {rules}");
    assert_eq!(rules[2]["rates"]["overturn_rate"]["of"], 18, "all together are enough");
    let page = bed.other.get(&format!("/staff/reports?year={year}")).await;
    let bars = "section[aria-labelledby=rules-title] svg.rate-bar";
    assert!(page.words().contains("fewer than 10 decisions") && page.all(bars).is_empty());
    let reasons = page.all("section[aria-labelledby=suspensions-title] tbody tr");
    assert!(reasons[0].starts_with("Unwanted messages 18 "), "{reasons:?}");

    decided(&app, account, "upheld", 1).await;
    let rules = json().await["matters"]["rules"].clone();
    let expected = serde_json::json!({ "percent": 30.0, "part": 3, "of": 10 });
    assert_eq!(rules[0]["rates"]["overturn_rate"], expected);
    let page = bed.other.get(&format!("/staff/reports?year={year}")).await;
    let rows = page.all("section[aria-labelledby=rules-title] tbody tr");
    assert_eq!(rows[3], "Light 30.0 % (3 of 10) 30.0 % (3 of 10)", "{rows:?}");
    assert_eq!((rows[5].as_str(), page.all(bars).len()), ("All 30.0 % (6 of 20) 30.0 % (6 of 20)", 6));
    let csv = bed.other.get(&format!("/staff/reports.csv?year={year}")).await.text();
    for line in [
        "rules,Light,overturn_rate_percent,30.0",
        "rules,Light,overturn_rate_part,3",
        "rules,all,overturn_rate_of,20",
        "appeals,1,overturn_rate_percent,30.0",
    ] {
        assert!(csv.contains(&format!("{year},{line}\r\n")), "{line} in {csv}");
    }
    app.mailbox().await;
}

#[tokio::test]
async fn what_rules_asked_is_reported_by_what_people_said_to_it() {
    let app = TestApp::start().await;
    let bed = Desk::of(&app).await;
    let path = bed.write(&[]).await;
    bed.move_on(&app, &path, "review").await;
    let (year, owner) = (app.clock.now().year(), app.customer("ada@example.com").await.id.0);
    many(&app, owner, 10, 500).await;
    portal::trust::rules::evaluation::run(&app).await.unwrap();
    // As if by way of the page: four of ten are dismissed.
    let mut conn = app.conn().await;
    for statement in [
        "SET session_replication_role = replica",
        "UPDATE rule_alerts SET outcome = 'moot', decided_at = now()",
        "UPDATE rule_alerts SET outcome = 'dismissed', decided_by = gen_random_uuid(), reason = 'They told us before.' \
         WHERE id IN (SELECT id FROM rule_alerts ORDER BY id LIMIT 4)",
        "SET session_replication_role = origin",
    ] {
        diesel::sql_query(statement).execute(&mut conn).await.unwrap();
    }
    drop(conn);
    let json = bed.other.get(&format!("/staff/reports.json?year={year}")).await.json();
    let alerts = &json["matters"]["alerts"][0];
    assert_eq!((&alerts["name"], &alerts["came"]), (&"Many messages".into(), &10.into()));
    assert_eq!((&alerts["outcomes"]["dismissed"], &alerts["outcomes"]["moot"]), (&4.into(), &6.into()));
    assert!(alerts["rates"]["dismissed_rate"].is_null(), "four decisions are too few");
    app.mailbox().await;
}
