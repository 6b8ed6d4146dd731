//! The link under a mailing to a contact that was deleted, merged or moved since.

use portal::preferences::topics::Topic;

use super::unsubscribe::{one_click, one_click_shown};
use crate::support::{TestApp, run};

#[tokio::test]
async fn a_link_to_a_merged_contact_unsubscribes_whoever_has_its_address_now() {
    let app = TestApp::start().await;
    let ada = app.subscriber("old@example.com", &[Topic::Events, Topic::Offers]).await;
    let merged = app.subscriber("new@example.com", &[Topic::Events]).await;
    ada.move_to("new@example.com").await;
    let browser = app.browser();
    let path = format!("/unsubscribe/{}", merged.token(Some(Topic::Events)));
    let page = browser.get(&path).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "Unsubscribe from Events?"));
    assert!(page.words().contains("For n…@example.com"), "{}", page.words());
    let page = page.submit(&[]).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "You are unsubscribed"));
    assert!(page.words().contains("n…@example.com gets no more mailings: Events."), "{}", page.words());
    assert!(!ada.may_get(Topic::Events).await && ada.may_get(Topic::Offers).await);
    let centre = page.link("See and change all your choices");
    assert_eq!(browser.get(centre.strip_prefix("https://portal.test").unwrap()).await.status, 200);
    page.submit_to("/reason", &[("reason", "other")]).await;
    let row = &ada.decisions().await[0];
    assert_eq!((row.via.as_str(), row.reason.as_deref()), ("link", Some("Another reason")));
    let undone = page.submit_to("/undo", &[]).await;
    assert_eq!(undone.heading(), "You are subscribed again");
    assert!(ada.may_get(Topic::Events).await);
}

#[tokio::test]
async fn one_click_unsubscribes_an_address_that_was_deleted_and_subscribed_again() {
    let app = TestApp::start().await;
    let ada = app.subscriber("ada@example.com", &[Topic::Events]).await;
    let eve = app.subscriber("eve@example.com", &[Topic::Events]).await;
    let token = ada.token(Some(Topic::Events));
    run(&app, "DELETE FROM contacts WHERE email = 'ada@example.com'").await;
    let again = app.subscriber("Ada@example.com", &[Topic::Events, Topic::Offers]).await;
    assert_ne!(again.id, ada.id);
    for _ in 0..2 {
        let page = one_click_shown(&app, &token).await;
        assert_eq!((page.status, page.heading().as_str()), (200, "You are unsubscribed"));
        assert!(page.words().contains("gets no more mailings"), "{}", page.words());
        assert!(!again.may_get(Topic::Events).await && again.may_get(Topic::Offers).await);
    }
    assert_eq!(again.decisions().await.len(), 3, "a repeated click decides nothing new");
    assert!(eve.may_get(Topic::Events).await, "and nobody else");
}

#[tokio::test]
async fn an_old_mailbox_stops_its_mailings_and_learns_nothing_of_the_new_address() {
    let app = TestApp::start().await;
    let ada = app.subscriber("old@example.com", &[Topic::Events, Topic::Offers]).await;
    let path = format!("/unsubscribe/{}", ada.token(Some(Topic::Events)));
    ada.move_to("new@example.org").await;
    let browser = app.browser();
    let page = browser.get(&path).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "Unsubscribe from Events?"));
    assert!(page.words().contains("For the mailings that came to this mailbox."), "{}", page.words());
    let done = page.submit(&[]).await;
    let again = one_click_shown(&app, &ada.token(Some(Topic::Events))).await;
    let told = one_click(&app, &ada.token(Some(Topic::Events))).await.text();
    assert_eq!(told, "You are unsubscribed: Events.\n", "a mailbox that was left learns nothing more");
    for page in [&page, &done, &again] {
        assert!(!page.text().contains("example.org"), "{}", page.words());
        assert!(!page.text().contains("/preferences/"), "nor is there a way to its choices");
    }
    for page in [&done, &again] {
        assert_eq!((page.status, page.heading().as_str()), (200, "You are unsubscribed"));
        let said = "The mailings that came to this mailbox are stopped: Events.";
        assert!(page.words().contains(said), "{}", page.words());
        assert!(page.all("main form").is_empty(), "nothing to undo");
    }
    assert!(!ada.may_get(Topic::Events).await && ada.may_get(Topic::Offers).await);
    assert_eq!(ada.decisions().await.len(), 3, "a repeated click decides nothing new");
}

#[tokio::test]
async fn an_old_mailbox_takes_nothing_back_and_tells_no_reason() {
    let app = TestApp::start().await;
    let ada = app.subscriber("old@example.com", &[Topic::Events]).await;
    let token = ada.token(Some(Topic::Events));
    // A page that is left open while the address changes.
    let left_open = app.browser().post(&format!("/unsubscribe/{token}"), &[("from", "page")]).await;
    ada.move_to("new@example.org").await;
    let page = left_open.submit_to("/undo", &[]).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "There was nothing to undo"));
    assert_eq!(left_open.submit_to("/reason", &[("reason", "other")]).await.status, 200);
    assert!(!ada.may_get(Topic::Events).await);
    let rows = ada.decisions().await;
    assert_eq!((rows.len(), rows[0].reason.as_deref()), (2, None));
}

#[tokio::test]
async fn an_address_that_one_left_and_another_took_is_unsubscribed_for_both() {
    let app = TestApp::start().await;
    let left = app.subscriber("old@example.com", &[Topic::Events]).await;
    let token = left.token(Some(Topic::Events));
    left.move_to("new@example.org").await;
    let took = app.subscriber("old@example.com", &[Topic::Events]).await;
    let page = one_click_shown(&app, &token).await;
    assert!(page.words().contains("o…@example.com gets no more mailings"), "{}", page.words());
    assert!(!page.text().contains("example.org"), "{}", page.words());
    assert!(!left.may_get(Topic::Events).await && !took.may_get(Topic::Events).await);
    let undone = page.submit_to("/undo", &[]).await;
    assert_eq!(undone.heading(), "You are subscribed again");
    assert!(took.may_get(Topic::Events).await, "whose mailbox it is");
    assert!(!left.may_get(Topic::Events).await, "and nobody else");
}
