//! Looking people up.

use chrono::Duration;
use portal::staff::permissions::Role;

use crate::support::TestApp;

const REASON: &str = "Answer to the question of 20 November";

#[tokio::test]
async fn a_search_goes_through_the_session_so_that_no_address_stands_in_a_url() {
    let app = TestApp::start().await;
    app.customer("ada.lovelace@example.com").await;
    let browser = app.desk_of(Role::Support).await;
    let page = browser.get("/staff/people").await.submit(&[("q", "Ada.Lovelace@example.com")]).await;
    assert_eq!(page.location(), "/staff/people");
    let words = page.follow().await.words();
    assert!(words.contains("a…@example.com") && words.contains("Ada L."), "{words}");
    assert!(!words.contains("ada.lovelace@example.com") && !words.contains("Ada Lovelace"));
}

#[tokio::test]
async fn people_are_found_by_address_number_sid_and_the_beginning_of_a_name() {
    let app = TestApp::start().await;
    let ada = app.customer("ada.lovelace@example.com").await;
    let browser = app.desk_of(Role::Support).await;
    let phone = ada.phone.replace('+', "%2B");
    for found in
        [ada.id.to_string(), "ada.lovelace%40example.com".into(), phone, "ada".into(), "ADA+LOVE".into()]
    {
        let page = browser.get(&format!("/staff/people?q={found}")).await;
        assert!(page.words().contains("Ada L."), "{found}: {}", page.words());
    }
    for nothing in
        ["lovelace%40example.com", "%25da", "_da", "Lovelace", "US019200000000700080000000000000ff"]
    {
        let page = browser.get(&format!("/staff/people?q={nothing}")).await;
        assert!(page.words().contains("Nobody was found"), "{nothing}: {}", page.words());
    }
    assert_eq!(browser.get("/staff/people?q=a").await.status, 422);
}

#[tokio::test]
async fn a_list_longer_than_a_page_goes_on_without_repeating_anybody() {
    let app = TestApp::start().await;
    for number in 0..27 {
        app.customer(&format!("ada.n{number}@example.com")).await;
    }
    let browser = app.desk_of(Role::Support).await;
    let first = browser.get("/staff/people?q=ada").await;
    let second = browser.get(&first.link("Older")).await;
    let rows = |page: &crate::support::Page| page.all("tbody tr code");
    assert_eq!((rows(&first).len(), rows(&second).len()), (25, 2));
    assert!(rows(&first).iter().all(|sid| !rows(&second).contains(sid)));
    assert_eq!(rows(&browser.get(&second.link("Newer")).await), rows(&first));
}

#[tokio::test]
async fn a_record_opens_with_a_reason_for_a_quarter_of_an_hour_and_its_owner_sees_why() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.desk_of(Role::Support).await;
    let path = format!("/staff/people/{}", ada.id);
    let door = browser.get(&path).await;
    assert!(!door.words().contains("ada@example.com"));
    let page = door.submit(&[("reason", REASON)]).await;
    assert_eq!(page.location(), path);
    assert!(page.follow().await.words().contains("ada@example.com"));
    let activity = app.sign_in_as(&ada).await.get("/settings/activity").await.words();
    assert!(activity.contains(REASON) && !activity.contains("support@lossexpress.test"), "{activity}");
    app.travel(Duration::minutes(15) - Duration::seconds(60)).await;
    assert!(browser.get(&path).await.words().contains("ada@example.com"));
    app.travel(Duration::seconds(60)).await;
    assert_eq!(browser.get(&path).await.heading(), "Open a record");
}

#[tokio::test]
async fn every_part_of_a_record_is_closed_without_a_view_and_open_with_one() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.desk_of(Role::Support).await;
    let parts =
        ["", "/sign-ins", "/messages", "/views"].map(|part| format!("/staff/people/{}{part}", ada.id));
    for part in &parts {
        assert_eq!(browser.get(part).await.heading(), "Open a record", "{part}");
    }
    browser.get(&parts[0]).await.submit(&[("reason", REASON)]).await;
    for part in &parts {
        assert_eq!(browser.get(part).await.heading(), ada.name, "{part}");
    }
    assert!(browser.get(&parts[3]).await.words().contains(REASON));
}

#[tokio::test]
async fn each_list_that_is_looked_at_is_noted_once_a_view_and_shown_to_its_owner() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.desk_of(Role::Support).await;
    let path = format!("/staff/people/{}", ada.id);
    browser.get(&format!("{path}/sign-ins")).await;
    for _ in 0..2 {
        browser.get(&path).await.submit(&[("reason", REASON)]).await;
        for list in
            ["sign-ins", "sign-ins", "messages", "sign-ins?before=00000000-0000-7000-8000-000000000000"]
        {
            assert_eq!(browser.get(&format!("{path}/{list}")).await.heading(), ada.name, "{list}");
        }
        app.travel(Duration::minutes(15)).await;
    }
    let activity = app.sign_in_as(&ada).await.get("/settings/activity").await.all(".timeline-item");
    let shown = |title: &str| activity.iter().filter(|entry| entry.starts_with(title)).count();
    assert_eq!(shown("The list of your sign-ins was viewed"), 2, "{activity:?}");
    assert_eq!(shown("The list of what we sent you was viewed"), 2);
    assert_eq!(shown("The list of who viewed your record was viewed"), 0);
    assert_eq!(activity.len(), 6, "two views, and two lists in each");
}

#[tokio::test]
async fn a_view_opens_the_record_to_nobody_else() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let path = format!("/staff/people/{}", ada.id);
    app.desk_of(Role::Support).await.get(&path).await.submit(&[("reason", REASON)]).await;
    let colleague = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    assert_eq!(colleague.get(&path).await.heading(), "Open a record");
}

#[tokio::test]
async fn a_reason_that_says_nothing_opens_nothing() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.desk_of(Role::Support).await;
    let page = browser.get(&format!("/staff/people/{}", ada.id)).await.submit(&[("reason", "because")]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "reason"));
    assert!(page.text().contains("because</textarea>"));
    assert_eq!(browser.get(&format!("/staff/people/{}", ada.id)).await.heading(), "Open a record");
}

#[tokio::test]
async fn searches_and_views_stand_in_the_audit_log_and_what_was_typed_does_not() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.desk_of(Role::Support).await;
    browser.get("/staff/people?q=ada%40example.com").await;
    browser.get(&format!("/staff/people/{}", ada.id)).await.submit(&[("reason", REASON)]).await;
    let log = app.sign_in_as(&app.staff(Role::Privacy).await).await.get("/staff/audit").await.words();
    assert!(log.contains("staff.people.searched") && log.contains("Search by e-mail address"));
    assert!(
        log.contains("person.record.viewed") && log.contains(&ada.id.to_string()) && log.contains(REASON)
    );
    assert!(!log.contains("ada@example.com"));
}
