//! A new password by somebody who is signed in.

use chrono::Duration;

use crate::support::{PASSWORD, TestApp};

const NEW: &str = "seven quiet harbours north";

#[tokio::test]
async fn a_change_ends_every_other_session_keeps_this_one_and_tells_the_owner() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, other) = (app.sign_in_as(&ada).await, app.sign_in_as(&ada).await);
    let stolen = browser.copy();
    let page = browser.get("/settings/password").await.submit(&[("password", NEW)]).await;
    assert!(page.follow().await.notices()[0].contains("Your password is changed"));
    assert_eq!(browser.get("/settings").await.status, 200);
    assert!(other.get("/settings").await.location().starts_with("/sign-in"));
    assert!(stolen.get("/settings").await.location().starts_with("/sign-in"), "the token was exchanged");
    assert_eq!(app.mail_to("ada@example.com").await.subject, "Your password was changed");
    let old = app.browser().post("/sign-in", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(old.status, 422);
}

#[tokio::test]
async fn five_minutes_after_showing_who_you_are_it_is_asked_for_again() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get("/settings/password").await;
    app.travel(Duration::seconds(301)).await;
    let late = page.submit(&[("password", NEW)]).await;
    assert_eq!(late.location(), "/reauthentication?next=%2Fsettings%2Fpassword");
}

#[tokio::test]
async fn a_weak_password_is_refused_with_the_reason() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get("/settings/password").await.submit(&[("password", "short")]).await;
    assert_eq!(page.status, 422);
    assert!(page.errors()[0].1.contains("at least 15 characters"));
}

#[tokio::test]
async fn of_two_changes_at_the_same_moment_one_is_made_and_its_session_lives() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (one, two) = (app.sign_in_as(&ada).await, app.sign_in_as(&ada).await);
    let forms = [[("password", NEW)], [("password", "eleven paper lanterns south")]];
    tokio::join!(one.post("/settings/password", &forms[0]), two.post("/settings/password", &forms[1]));
    let mut alive = [one.get("/settings").await.status, two.get("/settings").await.status];
    alive.sort_unstable();
    assert_eq!(alive, [200, 303]);
    assert_eq!(app.mailbox().await.len(), 1);
}

#[tokio::test]
async fn a_session_that_is_busy_during_the_change_is_not_brought_back() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, busy) = (app.sign_in_as(&ada).await, app.sign_in_as(&ada).await);
    let profile = [("name", "Somebody Else")];
    tokio::join!(browser.post("/settings/password", &[("password", NEW)]), async {
        for _ in 0..20 {
            busy.post("/settings/profile", &profile).await;
        }
    });
    assert!(busy.get("/settings").await.location().starts_with("/sign-in"));
    assert_eq!(browser.get("/settings").await.status, 200);
    app.mailbox().await;
}

#[tokio::test]
async fn links_that_were_asked_for_before_the_change_die_with_it() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    browser.post("/password-reset", &[("email", "ada@example.com")]).await;
    let reset = app.mail_to("ada@example.com").await.link("/password-reset/");
    browser.post("/settings/email", &[("email", "mallory@example.com")]).await;
    let email = app.mail_to("mallory@example.com").await.link("/settings/email/");
    browser.post("/settings/password", &[("password", NEW)]).await;
    assert_eq!(browser.get(&reset).await.status, 410);
    assert_eq!(browser.get(&email).await.status, 410);
    app.mailbox().await;
}
