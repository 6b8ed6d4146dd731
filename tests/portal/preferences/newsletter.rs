//! The newsletter for anybody: a second yes, robots, limits.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::{contacts, newsletter_sign_ups, preference_decisions};

use crate::support::TestApp;

const EMAIL: (&str, &str) = ("email", "ada@example.com");

async fn decisions(app: &TestApp) -> Vec<(Option<String>, String, String)> {
    preference_decisions::table
        .order(preference_decisions::seq)
        .select((preference_decisions::topic, preference_decisions::choice, preference_decisions::via))
        .load(&mut app.conn().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn only_a_second_yes_behind_the_link_subscribes_and_looking_changes_nothing() {
    let app = TestApp::start().await;
    let browser = app.browser();
    assert_eq!(app.send_form(&browser, "/newsletter", &[EMAIL]).await.location(), "/newsletter/sent");
    let link = app.mail_to("ada@example.com").await.link("/newsletter/");
    let page = browser.get(&link).await;
    assert_eq!((page.status, decisions(&app).await.len()), (200, 0), "a scanner of links subscribes nobody");
    let page = page.submit(&[]).await.follow().await;
    assert!(page.words().contains("You said yes"), "{}", page.words());
    browser.post(&link, &[]).await;
    assert_eq!(decisions(&app).await, [(Some("newsletter".into()), "subscribed".into(), "form".into())]);
    let confirmed = contacts::table.filter(contacts::confirmed_at.is_not_null()).count();
    assert_eq!(confirmed.get_result::<i64>(&mut app.conn().await).await, Ok(1));
}

#[tokio::test]
async fn the_link_works_for_seven_days_and_then_the_address_is_forgotten() {
    let app = TestApp::start().await;
    app.send_form(&app.browser(), "/newsletter", &[EMAIL]).await;
    let link = app.mail_to("ada@example.com").await.link("/newsletter/");
    app.travel(Duration::days(7) - Duration::seconds(60)).await;
    assert_eq!(app.browser().get(&link).await.status, 200);
    app.travel(Duration::seconds(60)).await;
    assert_eq!(app.browser().get(&link).await.status, 410);
    assert_eq!(app.browser().post(&link, &[]).await.status, 410);
    app.run_timetable().await;
    let left = newsletter_sign_ups::table.count().get_result::<i64>(&mut app.conn().await).await;
    assert_eq!((left, decisions(&app).await.len()), (Ok(0), 0));
}

#[tokio::test]
async fn robots_are_told_what_gave_them_away_and_people_can_go_on() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.get("/newsletter").await;
    let fast = page.submit(&[EMAIL]).await;
    assert!(fast.status == 422 && fast.error().contains("faster than people type"), "{}", fast.error());
    app.travel(Duration::seconds(3)).await;
    assert_eq!(fast.submit(&[("website", "https://spam.example")]).await.status, 422);
    assert_eq!(fast.submit(&[]).await.status, 303, "waiting helps, and nothing has to be typed again");
    let page = browser.get("/newsletter").await;
    app.travel(Duration::hours(24) + Duration::seconds(1)).await;
    let old = page.submit(&[EMAIL]).await;
    assert!(old.status == 422 && old.error().contains("open for more than a day"), "{}", old.error());
    for stamp in ["", "nonsense", &"A".repeat(60)] {
        assert_eq!(browser.post("/newsletter", &[EMAIL, ("stamp", stamp)]).await.status, 422);
    }
    let other = browser.get("/contact-sales").await.value("stamp");
    app.travel(Duration::seconds(5)).await;
    assert_eq!(browser.post("/newsletter", &[EMAIL, ("stamp", &other)]).await.status, 422);
    app.mailbox().await;
}

#[tokio::test]
async fn nobody_floods_the_mailbox_of_a_stranger() {
    let app = TestApp::start().await;
    for n in 0..5 {
        let page = app.send_form(&app.browser(), "/newsletter", &[EMAIL]).await;
        assert_eq!(page.status, 303, "{n}");
    }
    let page = app.send_form(&app.browser(), "/newsletter", &[("email", "ADA@example.com")]).await;
    assert_eq!(page.status, 429);
    assert_eq!(app.mailbox().await.len(), 5);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_and_kept_in_the_form() {
    let app = TestApp::start().await;
    let page = app.send_form(&app.browser(), "/newsletter", &[("email", "ada")]).await;
    assert_eq!((page.status, page.value("email").as_str(), page.errors().len()), (422, "ada", 1));
}
