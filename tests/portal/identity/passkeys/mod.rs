//! Passkeys: adding, signing in, confirming, removing, and everything that is refused.

mod authenticator;
mod refusals;

use chrono::Duration;

use crate::support::{Browser, PASSWORD, Page, TestApp, TestPerson};
use authenticator::Authenticator;

/// A customer with one passkey, and the browser and the authenticator it was added with.
async fn with_passkey<'a>(app: &'a TestApp, email: &str) -> (TestPerson<'a>, Browser, Authenticator) {
    let person = app.customer(email).await;
    let browser = app.sign_in_as(&person).await;
    let mut authenticator = Authenticator::at(&app.config.base_url);
    let page = add(&browser, &mut authenticator, "Phone").await;
    assert_eq!(page.status, 200, "{}", page.words());
    assert_eq!(app.mail_to(email).await.subject, "A passkey was added");
    (person, browser, authenticator)
}

async fn add(browser: &Browser, authenticator: &mut Authenticator, name: &str) -> Page {
    let options = browser.post("/settings/passkeys/options", &[]).await.json();
    browser
        .post("/settings/passkeys", &[("name", name), ("credential", &authenticator.create(&options))])
        .await
}

/// Asks for a challenge at `path`/options and posts the answer to `path`.
async fn answer(browser: &Browser, path: &str, authenticator: &mut Authenticator) -> Page {
    let options = browser.post(&format!("{path}/options"), &[]).await.json();
    browser.post(path, &[("credential", &authenticator.get(&options))]).await
}

#[tokio::test]
async fn the_first_passkey_brings_recovery_codes_and_ends_other_sessions() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (browser, other) = (app.sign_in_as(&ada).await, app.sign_in_as(&ada).await);
    let page = add(&browser, &mut Authenticator::at(&app.config.base_url), "Office laptop").await;
    assert_eq!(page.heading(), "Keep your recovery codes");
    assert_eq!(page.all(".codes-item").len(), 10);
    assert!(browser.get("/settings/passkeys").await.words().contains("Office laptop Added"));
    assert_eq!(other.get("/settings/passkeys").await.location(), "/sign-in?next=%2Fsettings%2Fpasskeys");
    assert!(app.mail_to("ada@example.com").await.text.contains("“Office laptop” can now sign in"));
}

#[tokio::test]
async fn a_passkey_signs_in_with_nothing_else() {
    let app = TestApp::start().await;
    let (_ada, browser, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    let stranger = app.browser();
    let page = answer(&stranger, "/sign-in/passkey", &mut authenticator).await;
    assert_eq!(page.location(), "/settings");
    assert_eq!(page.follow().await.status, 200);
    assert_eq!(app.mail_to("ada@example.com").await.subject, "New sign-in to your account");
    assert!(browser.get("/settings/passkeys").await.words().contains("last used"));
    assert!(browser.get("/settings/activity").await.words().contains("passkey"));
}

#[tokio::test]
async fn signing_in_with_a_passkey_leads_back_to_the_page_that_was_asked_for() {
    let app = TestApp::start().await;
    let (_ada, _, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    let browser = app.browser();
    let options = browser.post("/sign-in/passkey/options", &[]).await.json();
    let fields = [("credential", authenticator.get(&options)), ("next", "/settings/profile".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post("/sign-in/passkey", &fields).await.location(), "/settings/profile");
    app.mailbox().await;
}

#[tokio::test]
async fn a_passkey_is_the_second_step_after_the_password() {
    let app = TestApp::start().await;
    let (ada, _, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    let browser = app.browser();
    browser.enter_password(&ada.email).await;
    assert!(browser.get("/sign-in/code").await.text().contains("Use a passkey"));
    let page = answer(&browser, "/sign-in/code/passkey", &mut authenticator).await;
    assert_eq!(page.location(), "/settings");
    assert_eq!(page.follow().await.status, 200);
    app.mailbox().await;
}

#[tokio::test]
async fn a_passkey_confirms_who_is_signed_in() {
    let app = TestApp::start().await;
    let (_ada, browser, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    app.travel(Duration::minutes(6)).await;
    assert_eq!(browser.get("/settings/email").await.location(), "/reauthentication?next=%2Fsettings%2Femail");
    assert!(browser.get("/reauthentication").await.text().contains("Use a passkey"));
    assert_eq!(
        answer(&browser, "/reauthentication/passkey", &mut authenticator).await.location(),
        "/settings"
    );
    assert_eq!(browser.get("/settings/email").await.status, 200);
}

#[tokio::test]
async fn what_is_asked_of_a_visitor_names_nobody() {
    let app = TestApp::start().await;
    let (_ada, _, _) = with_passkey(&app, "ada@example.com").await;
    let options = app.browser().post("/sign-in/passkey/options", &[]).await.json();
    assert_eq!(options["allowCredentials"], serde_json::json!([]));
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["rpId"], "portal.test");
}

#[tokio::test]
async fn removing_the_last_passkey_takes_the_recovery_codes_and_other_sessions_with_it() {
    let app = TestApp::start().await;
    let (ada, browser, mut authenticator) = with_passkey(&app, "ada@example.com").await;
    let other = app.sign_in_as(&ada).await;
    let removal = browser.get("/settings/passkeys").await.link("Remove");
    let page = browser.get(&removal).await;
    assert!(page.words().contains("Your recovery codes, because no second factor is left"));
    let page = page.submit(&[]).await.follow().await;
    assert!(
        page.notices().iter().any(|notice| notice.contains("“Phone” was removed")),
        "{:?}",
        page.notices()
    );
    assert_eq!(other.get("/settings").await.location(), "/sign-in?next=%2Fsettings");
    assert_eq!(app.mail_to(&ada.email).await.subject, "A passkey was removed");
    assert_eq!(answer(&app.browser(), "/sign-in/passkey", &mut authenticator).await.status, 422);
    let signed_in = app.browser().post("/sign-in", &[("email", &ada.email), ("password", PASSWORD)]).await;
    assert_eq!(signed_in.location(), "/settings");
    app.mailbox().await;
}

#[tokio::test]
async fn a_second_click_on_removal_says_that_it_is_gone() {
    let app = TestApp::start().await;
    let (ada, browser, _) = with_passkey(&app, "ada@example.com").await;
    let removal = browser.get("/settings/passkeys").await.link("Remove");
    browser.post(&removal, &[]).await;
    let page = browser.post(&removal, &[]).await.follow().await;
    assert!(page.notices().iter().any(|notice| notice.contains("removed already")), "{:?}", page.notices());
    app.mail_to(&ada.email).await;
}

#[tokio::test]
async fn a_passkey_gets_another_name() {
    let app = TestApp::start().await;
    let (_ada, browser, _) = with_passkey(&app, "ada@example.com").await;
    let edit = browser.get("/settings/passkeys").await.link("Rename");
    let page = browser.get(&edit).await.submit(&[("name", "  ")]).await;
    assert_eq!((page.status, page.errors()[0].0.as_str()), (422, "name"));
    let page = page.submit(&[("name", "Blue key")]).await.follow().await;
    assert!(page.words().contains("Blue key Added"));
    assert!(browser.get("/settings/activity").await.words().contains("A passkey was given another name"));
}

#[tokio::test]
async fn an_owner_who_says_it_was_not_them_is_rid_of_the_intruders_passkey() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let intruder = app.sign_in_as(&ada).await;
    let mut authenticator = Authenticator::at(&app.config.base_url);
    add(&intruder, &mut authenticator, "Mine now").await;
    let link = app.mail_to(&ada.email).await.link("/account-protection/");
    assert_eq!(app.browser().get(&link).await.submit(&[]).await.status, 200);
    assert_eq!(answer(&app.browser(), "/sign-in/passkey", &mut authenticator).await.status, 422);
    app.mailbox().await;
}
