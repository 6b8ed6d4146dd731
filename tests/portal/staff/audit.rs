//! The audit log in the console.

use diesel_async::RunQueryDsl as _;
use portal::staff::permissions::Role;

use crate::support::{Browser, TestApp};

/// Somebody who may read the log, after some searches that stand in it.
async fn reader(app: &TestApp, searches: usize) -> Browser {
    let browser = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    for _ in 0..searches {
        browser.get("/staff/people?q=nobody").await;
    }
    browser
}

#[tokio::test]
async fn the_log_pages_by_number_there_and_back() {
    let app = TestApp::start().await;
    let browser = reader(&app, 27).await;
    let first = browser.get("/staff/audit").await;
    let second = browser.get(&first.link("Older")).await;
    let rows = |page: &crate::support::Page| page.all(".row-title");
    assert_eq!((rows(&first).len(), rows(&second).len()), (25, 2));
    assert_eq!(rows(&browser.get(&second.link("Newer")).await), rows(&first));
}

#[tokio::test]
async fn the_log_is_filtered_by_how_an_action_begins_and_an_underscore_is_no_wildcard() {
    let app = TestApp::start().await;
    let browser = reader(&app, 1).await;
    assert!(browser.get("/staff/audit?action=staff.people").await.words().contains("staff.people.searched"));
    for nothing in ["staff_people", "person."] {
        assert!(
            browser.get(&format!("/staff/audit?action={nothing}")).await.words().contains("No such event"),
            "{nothing}"
        );
    }
    assert_eq!(browser.get("/staff/audit?action=%25").await.status, 422);
    assert!(browser.get("/staff/audit").await.words().contains("1 event."));
}

#[tokio::test]
async fn the_chain_is_walked_when_asked_and_what_was_found_is_kept() {
    let app = TestApp::start().await;
    let browser = reader(&app, 2).await;
    let page = browser.get("/staff/audit/verifications").await;
    assert!(page.words().contains("It was not walked yet"));
    page.submit_to("/verifications", &[]).await;
    app.run_jobs().await;
    assert!(browser.get("/staff/audit/verifications").await.words().contains("Whole 3 events"));
    for tamper in
        ["ALTER TABLE audit_events DISABLE TRIGGER ALL", "UPDATE audit_events SET action = 'x' WHERE seq = 2"]
    {
        diesel::sql_query(tamper).execute(&mut app.conn().await).await.unwrap();
    }
    app.run_timetable().await;
    assert!(
        browser
            .get("/staff/audit/verifications")
            .await
            .words()
            .contains("Broken Event 2: it was changed after it was written.")
    );
}
