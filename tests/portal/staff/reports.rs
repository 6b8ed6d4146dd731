//! Reports: what came, how it was decided, how long that took; as a page and as files.

use chrono::{Datelike as _, Duration};
use portal::staff::permissions::Role;

use super::desk::{asked, team};
use crate::support::{Browser, TestApp};

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
