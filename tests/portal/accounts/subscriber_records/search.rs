//! Looking for the records that name somebody: for whoever asks about themselves and has no account.

use portal::staff::permissions::Role;

use super::desk::{desk, submitted};
use crate::support::subscriber_records::NUMBER;
use crate::support::{TestApp, count};

const DESK: &str = "/staff/subscriber-records";
const REASON: &str = "Somebody asks what we hold about them.";

#[tokio::test]
async fn a_name_is_found_in_every_account_and_the_accounts_read_why_it_was_looked_for() {
    let app = TestApp::start().await;
    let (ada, account, record) = submitted(&app).await;
    let bob = app.customer("bob@example.com").await;
    let other = app.sign_in_as(&bob).await;
    app.subscriber_record(&other, bob.account().await, "FR", "Nadia Verne").await;
    let desk = desk(&app).await;
    let page = desk.get(DESK).await.submit_to(DESK, &[("name", " keel  MARTHA "), ("reason", REASON)]).await;
    assert_eq!(page.status, 200, "{}", page.words());
    let found = page.all(".row-title a");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains(record.rsplit('/').next().unwrap()), "{found:?}");
    assert!(!page.text().contains(NUMBER) && !page.text().contains("Bahnhofgasse"), "{}", page.words());
    let activity = ada.get(&format!("{account}/activity")).await;
    assert!(activity.all(".timeline-title")[0].contains("was seen by our staff, without what it says"));
    assert!(activity.all(".timeline-detail")[0].contains(REASON), "{:?}", activity.all(".timeline-detail"));
    let theirs = other.get(&format!("/accounts/{}/activity", bob.account().await)).await;
    assert!(!theirs.words().contains(REASON), "{}", theirs.words());
    let nobody = desk.post(DESK, &[("name", "Martha Verne"), ("reason", REASON)]).await;
    assert!(nobody.words().contains("No record names them"), "each word has to fit: {}", nobody.words());
    assert_eq!(count(&app, "audit_events WHERE action = 'subscriber_record.searched'").await, 2);
    assert_eq!(count(&app, "audit_details WHERE note ILIKE '%martha%'").await, 0, "nor is the name kept");
}

#[tokio::test]
async fn a_search_without_a_name_or_a_reason_finds_nothing_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    submitted(&app).await;
    let desk = desk(&app).await;
    for (name, reason, wrong) in
        [("M", REASON, "name"), ("Martha\u{7}", REASON, "name"), ("Martha", "short", "reason")]
    {
        let page = desk.post(DESK, &[("name", name), ("reason", reason)]).await;
        assert_eq!((page.status, page.errors()[0].0.as_str()), (422, wrong));
        assert_eq!(page.errors().len(), 1, "{:?}", page.errors());
        assert_eq!(page.all(".row-title a").len(), 0);
    }
    let page = desk.post(DESK, &[("name", "Martha"), ("reason", "short")]).await;
    assert_eq!(page.value("name"), "Martha");
    assert_eq!(count(&app, "audit_events WHERE action = 'subscriber_record.searched'").await, 0);
    for role in [Role::Support, Role::Admin] {
        let other = app.sign_in_as(&app.staff(role).await).await;
        assert_eq!(other.post(DESK, &[("name", "Martha"), ("reason", REASON)]).await.status, 404, "{role:?}");
    }
}
