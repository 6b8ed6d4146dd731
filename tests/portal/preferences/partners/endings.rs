//! What ends a yes, and what keeps an address back although there was one.

use portal::platform::db;
use portal::preferences::contacts;
use portal::preferences::partners::shares;
use portal::retention::beside;
use reqwest::Method;

use super::{NO_CONSENT, answer, file, forced, marketing, published, share};
use crate::support::{TestApp, count, lock_waits, run};

#[tokio::test]
async fn stopping_everything_ends_every_yes_for_good() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    answer(&app, &ada, partner, true).await;
    let path = format!("/preferences/{}", ada.token(None));
    let page = app.browser().post(&path, &[("act", "stop")]).await;
    assert!(page.words().contains("Everything is stopped, so nobody gets your address"), "{}", page.words());
    let page = answer(&app, &ada, partner, true).await;
    assert!(page.words().contains("it is not possible now"), "{}", page.words());
    assert_eq!(share(&app, partner).await, Some(0));
    app.browser().post(&path, &[("newsletter", "on")]).await;
    assert_eq!(share(&app, partner).await, Some(0), "a mailing of ours brings no yes back");
    answer(&app, &ada, partner, true).await;
    assert_eq!(share(&app, partner).await, Some(1), "only they do");
}

#[tokio::test]
async fn global_privacy_control_ends_every_yes_and_is_asked_nothing() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let grace = app.customer("grace@example.com").await;
    let (own, id) = (app.sign_in_as(&grace).await, partner.to_string());
    let yes = [("act", "partner_yes"), ("partner", id.as_str())];
    own.post("/settings/preferences", &yes).await;
    assert_eq!(count(&app, "contact_partners WHERE consented").await, 1);
    own.answer(own.request(Method::GET, "/settings").header("sec-gpc", "1")).await;
    assert_eq!(count(&app, "contact_partners WHERE consented").await, 0);
    assert_eq!(count(&app, "partner_decisions WHERE choice = 'refused' AND via = 'gpc'").await, 1);
    let page = own.get("/settings/preferences").await;
    assert!(page.words().contains("Global Privacy Control"), "{}", page.words());
    assert!(page.first("#partners button").is_none());
    own.post("/settings/preferences", &yes).await;
    assert_eq!(share(&app, partner).await, Some(0));
    // A browser that sends it by a link is not signed in: what it sends with the yes counts more.
    let ada = app.subscriber("ada@example.com", &[]).await;
    let (browser, path) = (app.browser(), format!("/preferences/{}", ada.token(None)));
    let sent = browser.request(Method::POST, &path).header("sec-gpc", "1").form(&yes);
    let page = browser.answer(sent.header("sec-fetch-site", "same-origin")).await;
    assert!(page.words().contains("it is not possible now"), "{}", page.words());
    assert_eq!(share(&app, partner).await, Some(0));
}

#[tokio::test]
async fn a_yes_is_for_one_address_and_its_link_for_that_address_alone() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("old@example.com", &[]).await;
    answer(&app, &ada, partner, true).await;
    assert_eq!(share(&app, partner).await, Some(1));
    ada.move_to("new@example.com").await;
    assert_eq!(answer(&app, &ada, partner, true).await.status, 410, "the link was for the old address");
    assert_eq!(share(&app, partner).await, Some(0), "the new one was not asked");
    let (_, untold) = shares::counts(&app, partner).await.unwrap();
    assert_eq!(untold, 1);
    let browser = marketing(&app).await;
    let ended = browser.get(&format!("/staff/partners/{partner}/ended-consents")).await;
    assert!(!ended.text().contains('@') && !file(&browser, partner).await.contains('@'), "no new address");
}

#[tokio::test]
async fn whoever_has_the_link_says_no_yes_for_an_address_that_moves_meanwhile() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("old@example.com", &[]).await;
    let moving = db::client(app.database_url()).await.unwrap();
    let moved = "BEGIN; UPDATE contacts SET email = 'new@example.com', email_key = 'new@example.com', \
        email_digest = sha256('new@example.com')";
    moving.batch_execute(moved).await.unwrap();
    let (page, ()) = tokio::join!(answer(&app, &ada, partner, true), async {
        lock_waits(&app, "the yes to wait for the move", 1).await;
        moving.batch_execute("COMMIT").await.unwrap();
    });
    assert_eq!(page.status, 410, "{}", page.words());
    assert_eq!(count(&app, "partner_decisions").await, 0);
}

#[tokio::test]
async fn whoever_says_yes_by_a_link_and_whoever_writes_about_the_contact_stand_in_nobodys_way() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    let writing = db::client(app.database_url()).await.unwrap();
    // As a row that names the contact does.
    writing.batch_execute("BEGIN; SELECT FROM contacts FOR KEY SHARE").await.unwrap();
    let (page, ()) = tokio::join!(answer(&app, &ada, partner, true), async {
        lock_waits(&app, "the yes to wait for the row", 1).await;
        writing.batch_execute("UPDATE contacts SET created_at = created_at; COMMIT").await.unwrap();
    });
    assert_eq!(page.status, 200, "{}", page.words());
    assert_eq!(count(&app, "partner_decisions").await, 1);
}

#[tokio::test]
async fn the_address_of_a_restricted_person_is_not_shared_and_they_are_not_asked() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let grace = app.customer("grace@example.com").await;
    let (own, id) = (app.sign_in_as(&grace).await, partner.to_string());
    let yes = [("act", "partner_yes"), ("partner", id.as_str())];
    own.post("/settings/preferences", &yes).await;
    let limit = format!(
        "INSERT INTO processing_limits (id, person_id, what, began_at) VALUES (gen_random_uuid(), '{}', 'restriction', now())",
        grace.id.0
    );
    run(&app, &limit).await;
    assert_eq!(share(&app, partner).await, Some(0));
    let contact = contacts::find_of(&mut *app.conn().await, grace.id).await.unwrap().unwrap().id;
    assert_eq!(forced(&app, partner, contact).await.as_deref(), Some(NO_CONSENT));
    let page = own.get("/settings/preferences").await;
    assert!(page.words().contains("You had us restrict the use of your data"), "{}", page.words());
    let no = [("act", "partner_no"), ("partner", id.as_str())];
    own.post("/settings/preferences", &no).await;
    own.post("/settings/preferences", &yes).await;
    assert_eq!(count(&app, "contact_partners WHERE consented").await, 0, "no new yes");
}

#[tokio::test]
async fn a_mailbox_that_gets_no_mailings_is_not_shared() {
    use portal::preferences::suppressions::{self, Reason};
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    answer(&app, &ada, partner, true).await;
    let now = app.clock.now();
    suppressions::suppress(&mut *app.conn().await, &app.keys, &ada.email, Reason::Staff, None, now)
        .await
        .unwrap();
    assert_eq!(share(&app, partner).await, Some(0));
    assert_eq!(forced(&app, partner, ada.id).await.as_deref(), Some(NO_CONSENT));
}

#[tokio::test]
async fn after_a_restore_no_yes_stands_until_it_is_said_again() {
    let app = TestApp::start().await;
    let partner = published(&app).await;
    let ada = app.subscriber("ada@example.com", &[]).await;
    answer(&app, &ada, partner, true).await;
    assert_eq!(beside::bring_in(&app).await.unwrap().consents, 1);
    assert_eq!(beside::bring_in(&app).await.unwrap().consents, 0);
    assert_eq!(share(&app, partner).await, Some(0));
    answer(&app, &ada, partner, true).await;
    assert_eq!(share(&app, partner).await, Some(1));
}
