//! A new password by mail.

use chrono::Duration;

use crate::support::{Browser, PASSWORD, TestApp};

const NEW: &str = "seven quiet harbours north";

async fn ask(app: &TestApp, email: &str) -> Browser {
    let browser = app.browser();
    let page = browser.get("/password-reset").await.submit(&[("email", email)]).await;
    assert_eq!((page.status, page.location()), (303, "/password-reset/sent"));
    assert_eq!(page.follow().await.heading(), "Look into your mail");
    browser
}

async fn link(app: &TestApp, email: &str) -> (Browser, String) {
    let browser = ask(app, email).await;
    (browser, app.mail_to(email).await.link("/password-reset/"))
}

#[tokio::test]
async fn a_reset_replaces_the_password_ends_every_session_and_signs_nobody_in() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let elsewhere = app.sign_in_as(&ada).await;
    let (browser, link) = link(&app, "ada@example.com").await;
    let page = browser.get(&link).await.submit(&[("password", NEW)]).await;
    assert_eq!((page.status, page.location()), (303, "/sign-in"));
    assert!(page.follow().await.notices()[0].contains("Your password is changed"));
    assert!(browser.get("/settings").await.location().starts_with("/sign-in"));
    assert!(elsewhere.get("/settings").await.location().starts_with("/sign-in"));
    assert_eq!(app.mail_to("ada@example.com").await.subject, "Your password was reset");
    let refused = browser.post("/sign-in", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        browser.post("/sign-in", &[("email", "ada@example.com"), ("password", NEW)]).await.status,
        303
    );
    app.mailbox().await;
}

#[tokio::test]
async fn a_reset_does_not_go_around_the_second_factor() {
    let app = TestApp::start().await;
    let _ada = app.customer("ada@example.com").await.with_totp().await;
    let (browser, link) = link(&app, "ada@example.com").await;
    browser.post(&link, &[("password", NEW)]).await;
    let page = browser.post("/sign-in", &[("email", "ada@example.com"), ("password", NEW)]).await;
    assert!(page.location().starts_with("/sign-in/code"));
    assert!(browser.get("/settings").await.location().starts_with("/sign-in"));
    app.mailbox().await;
}

#[tokio::test]
async fn an_address_without_an_account_gets_the_same_answer_and_a_mail_that_says_so() {
    let app = TestApp::start().await;
    ask(&app, "nobody@example.com").await;
    let letter = app.mail_to("nobody@example.com").await;
    assert_eq!(letter.name, "no_account");
    assert!(!letter.text.contains("/password-reset/"));
}

#[tokio::test]
async fn a_sixth_request_within_the_hour_is_refused_alike_with_and_without_an_account() {
    let app = TestApp::start().await;
    let _ada = app.customer("ada@example.com").await;
    for email in ["ada@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            ask(&app, email).await;
        }
        let page = app.browser().post("/password-reset", &[("email", &email.to_uppercase())]).await;
        let wait: u64 = page.header("retry-after").parse().expect("seconds");
        assert!(page.status == 429 && (600..=720).contains(&wait), "{} {wait}", page.status);
    }
    assert_eq!(app.mailbox().await.len(), 10);
}

#[tokio::test]
async fn a_link_works_for_just_under_an_hour_and_no_longer() {
    let app = TestApp::start().await;
    let _ada = app.customer("ada@example.com").await;
    let (browser, link) = link(&app, "ada@example.com").await;
    app.travel(Duration::minutes(59)).await;
    assert_eq!(browser.get(&link).await.status, 200);
    app.travel(Duration::seconds(61)).await;
    let late = browser.post(&link, &[("password", NEW)]).await;
    assert_eq!(late.status, 410);
    assert!(late.words().contains("one hour"));
    assert_eq!(late.link("Reset your password"), "/password-reset");
}

#[tokio::test]
async fn a_newer_link_replaces_the_older_and_a_used_one_says_so() {
    let app = TestApp::start().await;
    let _ada = app.customer("ada@example.com").await;
    let (_, older) = link(&app, "ada@example.com").await;
    let (browser, newer) = link(&app, "ada@example.com").await;
    let page = browser.get(&older).await;
    assert!(page.status == 410 && page.words().contains("newer"));
    assert_eq!(browser.post(&newer, &[("password", NEW)]).await.status, 303);
    let again = browser.post(&newer, &[("password", "another password altogether")]).await;
    assert!(again.status == 410 && again.words().contains("works once"));
    app.mailbox().await;
}

#[tokio::test]
async fn of_two_that_use_one_link_at_the_same_moment_one_wins() {
    let app = TestApp::start().await;
    let _ada = app.customer("ada@example.com").await;
    let (browser, link) = link(&app, "ada@example.com").await;
    let (other, forms) =
        (app.browser(), [[("password", NEW)], [("password", "eleven paper lanterns south")]]);
    let (one, two) = tokio::join!(browser.post(&link, &forms[0]), other.post(&link, &forms[1]));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
    assert_eq!(app.mailbox().await.len(), 1, "one word about one change");
    let (_, winner) = forms[usize::from(two.status == 303)][0];
    let page = browser.post("/sign-in", &[("email", "ada@example.com"), ("password", winner)]).await;
    assert_eq!(page.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn a_refused_password_uses_nothing_up_and_is_not_echoed() {
    let app = TestApp::start().await;
    let _ada = app.customer("ada@example.com").await;
    let (browser, link) = link(&app, "ada@example.com").await;
    let page = browser.get(&link).await.submit(&[("password", "ada@example.com")]).await;
    assert_eq!(
        (page.status, page.errors()[0].0.as_str(), page.value("password").as_str()),
        (422, "password", "")
    );
    assert_eq!(page.submit(&[("password", NEW)]).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn a_malformed_address_is_told_and_kept() {
    let app = TestApp::start().await;
    let page = app.browser().get("/password-reset").await.submit(&[("email", "ada@")]).await;
    assert_eq!((page.status, page.value("email").as_str()), (422, "ada@"));
}

#[tokio::test]
async fn a_browser_that_was_signed_in_learns_that_it_must_sign_in_anew() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    browser.get("/password-reset").await.submit(&[]).await;
    let link = app.mail_to("ada@example.com").await.link("/password-reset/");
    let page = browser.get(&link).await.submit(&[("password", NEW)]).await.follow().await;
    assert!(page.notices()[0].contains("every session was ended"));
    app.mailbox().await;
}
