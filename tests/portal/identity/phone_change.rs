//! Another telephone number.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::rate_limits;

use crate::support::TestApp;

const NEW: &str = "+442079460958";

#[tokio::test]
async fn a_number_is_changed_with_the_code_that_went_there_and_both_channels_are_told() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page =
        browser.get("/settings/phone").await.submit(&[("phone", "+44 20 7946 0958")]).await.follow().await;
    let code = app.mail_to(NEW).await.code();
    let page = page.submit(&[("code", &code)]).await.follow().await;
    assert!(page.notices()[0].starts_with("Your number is now"));
    assert_eq!(app.mail_to("ada@example.com").await.subject, "Your telephone number was changed");
    assert!(app.mail_to(&ada.phone).await.text.contains("was changed"));
    let again = browser.post("/settings/phone/code", &[("code", &code)]).await;
    assert_eq!(again.location(), "/settings/phone", "the code works once, and the page says what to do");
}

#[tokio::test]
async fn a_wrong_code_is_told_with_the_tries_left_and_the_sixth_try_is_one_too_many() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let page = browser.get("/settings/phone").await.submit(&[("phone", NEW)]).await.follow().await;
    let code = app.mail_to(NEW).await.code();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(page.submit(&[("code", wrong)]).await.status, 422);
    }
    let locked = page.submit(&[("code", &code)]).await;
    assert!(locked.errors()[0].1.contains("one try too many"));
    let fresh = locked.submit_to("/resend", &[("channel", "voice")]).await.follow().await;
    let call = app.mail_to(NEW).await;
    assert_eq!(call.kind, "voice");
    assert_eq!(fresh.submit(&[("code", &call.code())]).await.status, 303);
    app.mailbox().await;
}

#[tokio::test]
async fn a_code_works_for_just_under_ten_minutes() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    browser.post("/settings/phone", &[("phone", NEW)]).await;
    let code = app.mail_to(NEW).await.code();
    app.travel(Duration::minutes(10)).await;
    app.sign_in_with(&browser, &ada).await;
    let page = browser.post("/settings/phone/code", &[("code", &code)]).await;
    assert!(page.status == 422 && page.errors()[0].1.contains("no longer works"));
}

#[tokio::test]
async fn a_number_gets_five_codes_in_ten_minutes_and_no_more() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    browser.post("/settings/phone", &[("phone", NEW)]).await;
    for _ in 0..4 {
        assert_eq!(browser.post("/settings/phone/code/resend", &[]).await.status, 303);
    }
    assert_eq!(browser.post("/settings/phone/code/resend", &[]).await.status, 429);
    assert_eq!(app.mailbox().await.len(), 5);
}

#[tokio::test]
async fn whoever_is_refused_a_code_takes_none_of_those_that_are_there_for_all() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    browser.post("/settings/phone", &[("phone", NEW)]).await;
    let (began, mut sent) = (app.clock.now(), 1);
    for _ in 0..30 {
        sent += i32::from(browser.post("/settings/phone/code/resend", &[]).await.status == 303);
    }
    let bucket = app.keys.digest("phone_code_all", b"");
    let full_at: DateTime<Utc> = rate_limits::table
        .find(bucket)
        .select(rate_limits::full_at)
        .first(&mut app.conn().await)
        .await
        .expect("a count of all");
    // 5,000 in a day: each takes 17.28 seconds to come free.
    let taken = (full_at - began).num_milliseconds() / 17_280;
    assert!((5..=7).contains(&sent) && taken <= i64::from(sent), "{taken} of {sent}");
    app.mailbox().await;
}

#[tokio::test]
async fn what_is_no_number_or_the_present_one_is_told_and_kept() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    for typed in ["030 1234567", "", &ada.phone] {
        let page = browser.get("/settings/phone").await.submit(&[("phone", typed)]).await;
        assert_eq!(
            (page.status, page.errors()[0].0.as_str(), page.value("phone").as_str()),
            (422, "phone", typed)
        );
    }
    let nothing = browser.get("/settings/phone/code").await;
    assert!(nothing.follow().await.notices()[0].contains("No code is on its way"));
}
