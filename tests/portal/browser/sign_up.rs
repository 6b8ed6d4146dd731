//! From the first page to a sign-in with a second factor, in Chromium, by somebody who types and clicks.

use chrono::Duration;

use crate::support::{Chromium, TestApp, code_at};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+12125550100";
const PASSWORD: &str = "copper lantern wide river";
const SUBMIT: &str = "main form.form .form-actions button";

/// The text of the newest message to somebody, as a program outside reads it.
async fn newest(app: &TestApp, to: &str) -> String {
    let letters = app.browser().get("/dev/mailbox.json").await.json();
    let letter =
        letters.as_array().unwrap().iter().find(|letter| letter["to"] == to).expect("a message").clone();
    app.mailbox().await;
    letter["text"].as_str().unwrap().to_owned()
}

async fn sign_up(app: &TestApp, chromium: &Chromium) {
    chromium.open("/sign-up").await;
    for (field, text) in
        [("name", "Ada Lovelace"), ("email", EMAIL), ("phone", PHONE), ("password", PASSWORD)]
    {
        chromium.fill(field, text).await;
    }
    for field in ["terms", "old_enough"] {
        chromium.click(&format!("[name={field}]")).await;
    }
    chromium.click(SUBMIT).await;
    chromium.arrives_at("/sign-up/email").await;
    let mail = newest(app, EMAIL).await;
    let link = mail.split_whitespace().find(|word| word.contains("/sign-up/email/")).unwrap();
    chromium.open(link.strip_prefix(&app.config.base_url).unwrap()).await;
    chromium.click(SUBMIT).await;
    chromium.arrives_at("/sign-up/phone").await;
    let text = newest(app, PHONE).await;
    let code = text.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() == 6).unwrap();
    chromium.fill("code", code).await;
    chromium.click(SUBMIT).await;
    chromium.arrives_at("/settings").await;
}

/// Answers the secret.
async fn set_up_the_app(app: &TestApp, chromium: &Chromium) -> String {
    chromium.open("/settings/two-factor").await;
    let secret: String = chromium.words("#totp-secret").await.split_whitespace().collect();
    chromium.fill("code", &code_at(&secret, app.clock.now().timestamp())).await;
    chromium.click(SUBMIT).await;
    chromium.finds_at("/settings/two-factor", ".codes-item").await;
    app.mailbox().await;
    secret
}

async fn from_sign_up_to_a_second_factor(test: &str, javascript: bool) {
    let app = TestApp::development().await;
    let chromium = app.chromium(test).await;
    if !javascript {
        chromium.without_javascript().await;
    }
    sign_up(&app, &chromium).await;
    let secret = set_up_the_app(&app, &chromium).await;
    chromium.click("form[action=\"/sign-out\"] button").await;
    chromium.arrives_at("/sign-in").await;
    chromium.fill("email", EMAIL).await;
    chromium.fill("password", PASSWORD).await;
    chromium.click(SUBMIT).await;
    chromium.arrives_at("/sign-in/code").await;
    // The code that turned the factor on is used up: the app shows the next one half a minute later.
    app.travel(Duration::seconds(30)).await;
    chromium.fill("code", &code_at(&secret, app.clock.now().timestamp())).await;
    chromium.click(SUBMIT).await;
    chromium.arrives_at("/settings").await;
    assert_eq!(chromium.complaints(), Vec::<String>::new());
    app.mailbox().await;
}

#[tokio::test]
async fn somebody_signs_up_and_signs_in_with_a_second_factor() {
    from_sign_up_to_a_second_factor("with-javascript", true).await;
}

#[tokio::test]
async fn the_same_works_without_javascript() {
    from_sign_up_to_a_second_factor("without-javascript", false).await;
}
