//! The second factor, recovery codes and re-authentication (S136).

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::{recovery_codes, totp_factors};

use crate::support::{Browser, PASSWORD, Page, TestApp, code_at};

const EMAIL: &str = "ada@example.com";

fn shown_secret(page: &Page) -> String {
    page.first("#totp-secret").expect("the secret is shown").replace(' ', "")
}

/// Sets an app up and answers its secret and the recovery codes.
async fn set_up(app: &TestApp, browser: &Browser) -> (String, Vec<String>) {
    let page = browser.get("/settings/two-factor").await;
    let secret = shown_secret(&page);
    let page = page.submit_to("/settings/two-factor", &[("code", &app.code(&secret))]).await;
    assert_eq!(page.status, 200, "{}", page.words());
    (secret, page.all(".codes-item"))
}

#[tokio::test]
async fn an_app_is_set_up_with_the_secret_shown_and_ten_codes_come_with_it() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let browser = app.sign_in_as(&ada).await;
    let (_, codes) = set_up(&app, &browser).await;
    assert_eq!(codes.len(), 10);
    assert!(codes.iter().all(|code| code.len() == 19), "16 of 32 letters are 80 bits: {codes:?}");
    assert_eq!(app.mail_to(EMAIL).await.subject, "Two-factor is on");
    let again = browser.get("/settings/recovery-codes").await;
    assert!(codes.iter().all(|code| !again.text().contains(code.as_str())));
}

#[tokio::test]
async fn a_secret_is_sealed_and_a_code_is_digested_at_rest() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let browser = app.sign_in_as(&ada).await;
    let (_, codes) = set_up(&app, &browser).await;
    let mut conn = app.conn().await;
    let sealed: Vec<u8> =
        totp_factors::table.select(totp_factors::sealed_secret).first(&mut conn).await.unwrap();
    assert_eq!(app.keys.open("totp_factors.sealed_secret", &sealed).unwrap().len(), 20);
    assert!(app.keys.open("another.column", &sealed).is_err());
    let digests: Vec<Vec<u8>> =
        recovery_codes::table.select(recovery_codes::code_digest).load(&mut conn).await.unwrap();
    assert!(digests.iter().all(|digest| digest.len() == 32 && codes.iter().all(|code| !digest.starts_with(code.as_bytes()))));
    app.mailbox().await;
}

#[tokio::test]
async fn setting_up_ends_other_sessions_and_keeps_this_one() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let (here, there) = (app.sign_in_as(&ada).await, app.sign_in_as(&ada).await);
    set_up(&app, &here).await;
    assert_eq!(here.get("/settings/recovery-codes").await.status, 200);
    assert_eq!(there.get("/settings").await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn two_tabs_show_one_secret_and_only_the_first_turns_it_on() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let browser = app.sign_in_as(&ada).await;
    let (one, two) = (browser.get("/settings/two-factor").await, browser.get("/settings/two-factor").await);
    assert_eq!(shown_secret(&one), shown_secret(&two));
    let code = app.code(&shown_secret(&one));
    assert_eq!(one.submit_to("/settings/two-factor", &[("code", &code)]).await.status, 200);
    let late = two.submit_to("/settings/two-factor", &[("code", &code)]).await;
    assert_eq!((late.status, late.location()), (303, "/settings/two-factor"));
    app.mailbox().await;
}

#[tokio::test]
async fn a_wrong_first_code_turns_nothing_on() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let browser = app.sign_in_as(&ada).await;
    let secret = shown_secret(&browser.get("/settings/two-factor").await);
    let old = code_at(&secret, app.clock.now().timestamp() - 120);
    let page = browser.post("/settings/two-factor", &[("code", &old)]).await;
    assert_eq!((page.status, shown_secret(&page)), (422, secret));
    assert_eq!(totp_factors::table.count().get_result::<i64>(&mut app.conn().await).await, Ok(0));
}

#[tokio::test]
async fn a_recovery_code_opens_once_however_it_is_typed_and_its_owner_is_told() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let (_, codes) = set_up(&app, &app.sign_in_as(&ada).await).await;
    app.mailbox().await;
    let typed = codes[0].to_uppercase().replace('-', " ");
    for (browser, expected) in [(app.browser(), 303), (app.browser(), 422)] {
        browser.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert_eq!(browser.post("/sign-in/code", &[("code", &typed)]).await.status, expected);
    }
    let letters = app.mailbox().await;
    assert!(
        letters
            .iter()
            .any(|letter| letter.subject == "A recovery code was used" && letter.text.contains("9 left"))
    );
}

#[tokio::test]
async fn new_recovery_codes_make_the_old_ones_useless() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let browser = app.sign_in_as(&ada).await;
    let (_, old) = set_up(&app, &browser).await;
    let new = browser.post("/settings/recovery-codes", &[]).await.all(".codes-item");
    assert!(new.iter().all(|code| !old.contains(code)));
    let file = browser.post("/settings/recovery-codes/file", &[("code", &old[0]), ("code", &new[0])]).await;
    assert!(file.text().contains(&new[0]) && !file.text().contains(&old[0]));
    assert!(file.header("content-disposition").starts_with("attachment"));
    app.mailbox().await;
}

#[tokio::test]
async fn removing_the_app_needs_a_recent_confirmation_and_says_so_by_mail() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await.with_totp().await;
    let browser = app.sign_in_as(&ada).await;
    app.travel(Duration::minutes(5) + Duration::seconds(1)).await;
    let asked = browser.post("/settings/two-factor/removal", &[]).await;
    assert_eq!(asked.location(), "/reauthentication?next=%2Fsettings%2Ftwo-factor");
    let answer = asked.follow().await.submit(&[("password", PASSWORD), ("code", &ada.code())]).await;
    assert_eq!(answer.location(), "/settings/two-factor");
    assert_eq!(browser.post("/settings/two-factor/removal", &[]).await.location(), "/settings");
    assert_eq!(app.mail_to(EMAIL).await.subject, "Your authenticator app was removed");
    assert_eq!(totp_factors::table.count().get_result::<i64>(&mut app.conn().await).await, Ok(0));
}

#[tokio::test]
async fn confirming_counts_for_five_minutes_and_changes_the_token() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let browser = app.sign_in_as(&ada).await;
    app.travel(Duration::minutes(6)).await;
    let before = browser.copy();
    let answer = browser.post("/reauthentication", &[("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(before.get("/settings").await.status, 303);
    app.travel(Duration::minutes(5) - Duration::seconds(10)).await;
    assert_eq!(browser.get("/settings/recovery-codes").await.status, 200);
    app.travel(Duration::seconds(11)).await;
    assert_eq!(browser.get("/settings/recovery-codes").await.status, 303);
}

#[tokio::test]
async fn confirming_takes_password_and_code_and_the_code_is_not_wasted_on_a_wrong_password() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await.with_totp().await;
    let browser = app.sign_in_as(&ada).await;
    let code = ada.code();
    assert_eq!(
        browser.post("/reauthentication", &[("password", "something else"), ("code", &code)]).await.status,
        422
    );
    assert_eq!(browser.post("/reauthentication", &[("password", PASSWORD)]).await.status, 422);
    assert_eq!(
        browser.post("/reauthentication", &[("password", PASSWORD), ("code", &code)]).await.status,
        303
    );
}

#[tokio::test]
async fn a_reset_of_the_password_buys_no_more_guesses_and_a_recovery_code_still_opens() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let (secret, codes) = set_up(&app, &app.sign_in_as(&ada).await).await;
    app.mailbox().await;
    let stranger = app.browser();
    stranger.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    stranger.post("/sign-in/code", &[("code", "a wrong recovery code")]).await;
    // That one wrong code left the only row there is.
    diesel::sql_query("UPDATE sign_in_failures SET consecutive = 100")
        .execute(&mut app.conn().await)
        .await
        .unwrap();
    stranger.post("/password-reset", &[("email", EMAIL)]).await;
    let link = app.mail_to(EMAIL).await.link("/password-reset/");
    let new = "another lantern in a boat";
    stranger.post(&link, &[("password", new)]).await;
    stranger.post("/sign-in", &[("email", EMAIL), ("password", new)]).await;
    app.travel(Duration::minutes(1)).await;
    stranger.post("/sign-in", &[("email", EMAIL), ("password", new)]).await;
    assert_eq!(stranger.post("/sign-in/code", &[("code", &app.code(&secret))]).await.status, 429);
    assert_eq!(stranger.post("/sign-in/code", &[("code", &codes[0])]).await.status, 303);
    app.mailbox().await;
}
