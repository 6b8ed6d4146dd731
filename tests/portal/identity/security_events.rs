//! 'It was not me': the link in each security mail.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::people;

use crate::support::{PASSWORD, TestApp};

const EMAIL: &str = "ada@example.com";

#[tokio::test]
async fn the_link_ends_all_sessions_voids_the_password_and_starts_a_reset() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let thief = app.browser();
    thief.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    let link = app.mail_to(EMAIL).await.link("/account-protection/");
    let owner = app.browser();
    assert_eq!(owner.get(&link).await.status, 200);
    assert_eq!(thief.get("/settings").await.status, 200, "looking changes nothing");
    assert_eq!(owner.post(&link, &[]).await.status, 200);
    assert_eq!(thief.get("/settings").await.status, 303);
    let hash: Option<String> =
        people::table.select(people::password_hash).first(&mut app.conn().await).await.unwrap();
    assert_eq!(hash, None);
    let letters = app.mailbox().await;
    let reset = letters
        .iter()
        .find(|letter| letter.text.contains("/password-reset/"))
        .expect("a reset")
        .link("/password-reset/");
    owner.post(&reset, &[("password", "another lantern in a boat")]).await;
    let answer =
        app.browser().post("/sign-in", &[("email", EMAIL), ("password", "another lantern in a boat")]).await;
    assert_eq!(answer.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn the_link_works_once_and_for_thirty_days() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let mut links = Vec::new();
    for _ in 0..2 {
        app.browser().post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        links.push(app.mail_to(EMAIL).await.link("/account-protection/"));
    }
    let owner = app.browser();
    let (a, b) = tokio::join!(owner.post(&links[0], &[]), owner.post(&links[0], &[]));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410]);
    app.travel(Duration::days(30) - Duration::minutes(1)).await;
    assert_eq!(owner.get(&links[1]).await.status, 200);
    app.travel(Duration::minutes(2)).await;
    assert_eq!(owner.get(&links[1]).await.status, 410);
    assert_eq!(owner.get("/account-protection/never-was").await.status, 404);
    app.mailbox().await;
}

#[tokio::test]
async fn an_app_that_an_intruder_set_up_goes_and_one_that_is_weeks_old_stays() {
    for (age, left) in [(Duration::minutes(5), 0_i64), (Duration::days(20), 1)] {
        let app = TestApp::start().await;
        app.customer(EMAIL).await;
        let browser = app.browser();
        browser.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        let link = app.mail_to(EMAIL).await.link("/account-protection/");
        let page = browser.get("/settings/two-factor").await;
        let secret = page.all("#totp-secret").remove(0).replace(' ', "");
        browser.post("/settings/two-factor", &[("code", &app.code(&secret))]).await;
        app.travel(age).await;
        app.browser().post(&link, &[]).await;
        let apps =
            portal::platform::db::schema::totp_factors::table.count().get_result(&mut app.conn().await).await;
        assert_eq!(apps, Ok(left), "after {age}");
        app.mailbox().await;
    }
}

#[tokio::test]
async fn a_secret_that_an_intruder_saw_is_never_shown_to_the_owner() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let thief = app.browser();
    thief.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    let seen = thief.get("/settings/two-factor").await.all("#totp-secret").remove(0);
    let owner = app.browser();
    owner.post(&app.mail_to(EMAIL).await.link("/account-protection/"), &[]).await;
    let letters = app.mailbox().await;
    let reset = letters
        .iter()
        .find(|letter| letter.text.contains("/password-reset/"))
        .expect("a reset")
        .link("/password-reset/");
    owner.post(&reset, &[("password", "another lantern in a boat")]).await;
    owner.post("/sign-in", &[("email", EMAIL), ("password", "another lantern in a boat")]).await;
    assert_ne!(owner.get("/settings/two-factor").await.all("#totp-secret").remove(0), seen);
    app.mailbox().await;
}
