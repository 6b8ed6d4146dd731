//! Showing who you are (S47, S62, S64).

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::sign_ins;
use portal::staff::permissions::Role;

use crate::support::{Browser, PASSWORD, Page, TestApp};

const EMAIL: &str = "ada@example.com";

async fn try_password(browser: &Browser, email: &str, password: &str) -> Page {
    browser.post("/sign-in", &[("email", email), ("password", password)]).await
}

async fn outcomes(app: &TestApp) -> Vec<String> {
    sign_ins::table.order(sign_ins::id).select(sign_ins::outcome).load(&mut app.conn().await).await.unwrap()
}

#[tokio::test]
async fn the_right_password_leads_home_or_to_the_page_that_was_asked_for() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let browser = app.browser();
    assert_eq!(try_password(&browser, "ADA@Example.com ", PASSWORD).await.location(), "/settings");
    let other = app.browser();
    let asked = other.get("/settings/two-factor").await;
    assert_eq!(asked.location(), "/sign-in?next=%2Fsettings%2Ftwo-factor");
    let answer = asked.follow().await.submit(&[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/settings/two-factor");
    app.mailbox().await;
}

#[tokio::test]
async fn a_way_on_never_leaves_the_portal() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let browser = app.browser();
        let answer =
            browser.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!(answer.location(), "/settings", "{next}");
    }
    app.mailbox().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let wrong = try_password(&app.browser(), EMAIL, "not the password at all").await;
    let unknown = try_password(&app.browser(), "eve@example.com", "not the password at all").await;
    assert_eq!((wrong.status, unknown.status), (422, 422));
    assert_eq!(wrong.words().replace(EMAIL, ""), unknown.words().replace("eve@example.com", ""));
    assert_eq!(wrong.value("email"), EMAIL);
    assert_eq!(outcomes(&app).await, ["refused", "refused"]);
}

#[tokio::test]
async fn an_unknown_address_costs_the_same_work() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    try_password(&app.browser(), "warm@example.com", "up").await;
    let time = async |email: &str| {
        let started = std::time::Instant::now();
        try_password(&app.browser(), email, "not the password at all").await;
        started.elapsed().as_secs_f64()
    };
    let (mut known, mut unknown) = (f64::MAX, f64::MAX);
    // By turns, so that what else the machine does holds up both.
    for _ in 0..8 {
        known = known.min(time(EMAIL).await);
        unknown = unknown.min(time("eve@example.com").await);
    }
    // Without the decoy an unknown address would be answered many times faster.
    assert!(unknown > known / 3.0, "known {known} s, unknown {unknown} s");
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_a_code_works_once() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await.with_totp().await;
    let (one, two) = (app.browser(), app.browser());
    for browser in [&one, &two] {
        assert_eq!(try_password(browser, EMAIL, PASSWORD).await.location(), "/sign-in/code");
        assert_eq!(browser.get("/settings").await.status, 303);
    }
    let code = ada.code();
    let form = [("code", code.as_str())];
    let (a, b) = tokio::join!(one.post("/sign-in/code", &form), two.post("/sign-in/code", &form));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    app.mailbox().await;
}

#[tokio::test]
async fn a_code_of_the_step_before_and_after_works_and_others_do_not() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await.with_totp().await;
    let browser = app.browser();
    try_password(&browser, EMAIL, PASSWORD).await;
    // From the beginning of a step, so that it does not end meanwhile.
    app.clock.advance(Duration::seconds(31 - app.clock.now().timestamp() % 30));
    let now = app.clock.now().timestamp();
    let at = |offset: i64| crate::support::code_at(ada.totp.unwrap(), now + offset);
    assert_eq!(browser.post("/sign-in/code", &[("code", &at(-90))]).await.status, 422);
    assert_eq!(browser.post("/sign-in/code", &[("code", &at(90))]).await.status, 422);
    assert_eq!(browser.post("/sign-in/code", &[("code", &at(-30))]).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn the_second_step_waits_ten_minutes() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await.with_totp().await;
    let browser = app.browser();
    try_password(&browser, EMAIL, PASSWORD).await;
    app.travel(Duration::minutes(10) + Duration::seconds(1)).await;
    let answer = browser.post("/sign-in/code", &[("code", &ada.code())]).await;
    assert_eq!(answer.location(), "/sign-in?again=yes");
    assert!(answer.follow().await.words().contains("Please enter your password again"));
}

#[tokio::test]
async fn a_stranger_who_guesses_is_slowed_and_the_owner_still_gets_in() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let owner = app.browser();
    try_password(&owner, EMAIL, PASSWORD).await;
    owner.post("/sign-out", &[]).await;
    let stranger = app.browser();
    for _ in 0..10 {
        assert_eq!(try_password(&stranger, EMAIL, "a guess that is wrong").await.status, 422);
    }
    let refused = try_password(&stranger, EMAIL, PASSWORD).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(try_password(&owner, EMAIL, PASSWORD).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn an_unknown_address_is_slowed_alike() {
    let app = TestApp::start().await;
    let stranger = app.browser();
    for _ in 0..10 {
        assert_eq!(try_password(&stranger, "eve@example.com", "a guess that is wrong").await.status, 422);
    }
    assert_eq!(try_password(&stranger, "eve@example.com", "a guess that is wrong").await.status, 429);
}

#[tokio::test]
async fn after_a_hundred_failures_in_a_row_only_a_browser_the_owner_used_gets_in() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let owner = app.browser();
    try_password(&owner, EMAIL, PASSWORD).await;
    owner.post("/sign-out", &[]).await;
    diesel::sql_query("INSERT INTO sign_in_failures VALUES ($1, 99, now())")
        .bind::<diesel::sql_types::Binary, _>(app.keys.email_digest(EMAIL))
        .execute(&mut app.conn().await)
        .await
        .unwrap();
    assert_eq!(try_password(&app.browser(), EMAIL, "the hundredth wrong one").await.status, 422);
    assert_eq!(try_password(&app.browser(), EMAIL, PASSWORD).await.status, 429);
    assert_eq!(try_password(&owner, EMAIL, PASSWORD).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn a_new_browser_is_worth_a_mail_and_a_known_one_is_not() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let browser = app.browser();
    try_password(&browser, EMAIL, PASSWORD).await;
    assert_eq!(app.mail_to(EMAIL).await.subject, "New sign-in to your account");
    browser.post("/sign-out", &[]).await;
    try_password(&browser, EMAIL, PASSWORD).await;
    assert!(app.mailbox().await.is_empty());
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let app = TestApp::start().await;
    let ada = app.customer(EMAIL).await;
    let browser = app.sign_in_as(&ada).await;
    let thief = browser.copy();
    let answer = browser.post("/sign-out", &[]).await;
    assert!(answer.header("clear-site-data").contains("storage"));
    assert_eq!(thief.get("/settings").await.status, 303);
    assert_eq!(browser.post("/sign-out", &[]).await.status, 303);
}

#[tokio::test]
async fn signing_in_changes_the_token() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await.with_totp().await;
    let browser = app.browser();
    try_password(&browser, EMAIL, PASSWORD).await;
    let planted = browser.copy();
    let code = crate::support::code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", app.clock.now().timestamp());
    browser.post("/sign-in/code", &[("code", &code)]).await;
    assert_eq!(browser.get("/settings").await.status, 200);
    assert_eq!(planted.get("/settings").await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn staff_go_to_their_console() {
    let app = TestApp::start().await;
    let admin = app.staff(Role::Admin).await;
    let browser = app.browser();
    try_password(&browser, &admin.email, PASSWORD).await;
    assert_eq!(browser.post("/sign-in/code", &[("code", &admin.code())]).await.location(), "/staff");
    app.mailbox().await;
}

#[tokio::test]
async fn a_sign_in_that_was_under_way_when_the_password_was_made_void_comes_to_nothing() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    let owner = app.browser();
    try_password(&owner, EMAIL, PASSWORD).await;
    let link = app.mail_to(EMAIL).await.link("/account-protection/");
    let thieves: Vec<Browser> = (0..6).map(|_| app.browser()).collect();
    let tries =
        futures_util::future::join_all(thieves.iter().map(|thief| try_password(thief, EMAIL, PASSWORD)));
    let (_, protected) = tokio::join!(tries, owner.post(&link, &[]));
    assert_eq!(protected.status, 200);
    for thief in &thieves {
        assert_eq!(thief.get("/settings").await.status, 303);
    }
    app.mailbox().await;
}

#[tokio::test]
async fn a_reset_by_mail_opens_the_account_again_after_many_wrong_guesses() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await;
    diesel::sql_query("INSERT INTO sign_in_failures VALUES ($1, 100, now())")
        .bind::<diesel::sql_types::Binary, _>(app.keys.email_digest(EMAIL))
        .execute(&mut app.conn().await)
        .await
        .unwrap();
    let browser = app.browser();
    assert_eq!(try_password(&browser, EMAIL, PASSWORD).await.status, 429);
    browser.post("/password-reset", &[("email", EMAIL)]).await;
    let link = app.mail_to(EMAIL).await.link("/password-reset/");
    browser.post(&link, &[("password", "another lantern in a boat")]).await;
    assert_eq!(try_password(&browser, EMAIL, "another lantern in a boat").await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn five_wrong_codes_in_a_row_are_told_to_the_owner() {
    let app = TestApp::start().await;
    app.customer(EMAIL).await.with_totp().await;
    let thief = app.browser();
    try_password(&thief, EMAIL, PASSWORD).await;
    for _ in 0..6 {
        thief.post("/sign-in/code", &[("code", "recovery-code-guess")]).await;
    }
    assert_eq!(app.mail_to(EMAIL).await.subject, "Somebody tries to guess your code");
    assert!(app.mailbox().await.is_empty());
}

#[tokio::test]
async fn eighty_sign_ins_at_once_do_not_use_up_the_connections() {
    let app = TestApp::start().await;
    let strangers: Vec<Browser> = (0..80).map(|_| app.browser()).collect();
    let answers = futures_util::future::join_all(
        strangers.iter().map(|stranger| try_password(stranger, "eve@example.com", "a guess that is wrong")),
    )
    .await;
    assert!(answers.iter().all(|answer| matches!(answer.status, 422 | 429)));
}

#[tokio::test]
async fn what_is_no_text_is_refused_like_any_other_address() {
    let app = TestApp::start().await;
    assert_eq!(try_password(&app.browser(), "a\0b@example.com", "a guess that is wrong").await.status, 422);
}

#[tokio::test]
async fn pages_that_anybody_may_open_leave_no_session_behind() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/sign-in",
        "/sign-up",
        "/sign-in/code",
        "/sign-up/phone",
        "/sign-in/recovery",
        "/password-reset",
    ] {
        app.browser().get(path).await;
    }
    let count: i64 = portal::platform::db::schema::sessions::table
        .count()
        .get_result(&mut app.conn().await)
        .await
        .unwrap();
    assert_eq!(count, 0);
}
