//! Whom staff may call, and what they see of decisions.

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::staff::permissions::Role;

use crate::support::TestApp;

#[tokio::test]
async fn whoever_refused_a_call_is_never_in_the_list() {
    let app = TestApp::start().await;
    let ada = app.customer("ada.lovelace@example.com").await;
    app.customer("grace.hopper@example.com").await;
    let refused = app.customer("alan.turing@example.com").await;
    let refuse =
        format!("UPDATE people SET onboarding_call_refused_at = now() WHERE id = '{}'", refused.id.0);
    diesel::sql_query(refuse).execute(&mut *app.conn().await).await.unwrap();
    let desk = app.sign_in_as(&app.staff(Role::Support).await).await;
    let list = async || desk.get("/staff/onboarding-calls").await.words();
    let words = list().await;
    assert!(words.contains("Ada Lovelace") && words.contains("Grace Hopper"), "{words}");
    assert!(!words.contains("Alan Turing") && !words.contains("Support, "), "{words}");
    let browser = app.sign_in_as(&ada).await;
    browser.post("/settings/preferences", &[("seen", "onboarding_calls|")]).await;
    assert!(!list().await.contains("Ada Lovelace"), "they unticked it");
    browser.post("/settings/preferences", &[("seen", "|"), ("onboarding_calls", "on")]).await;
    assert!(list().await.contains("Ada Lovelace"));
    browser.post("/settings/preferences", &[("act", "stop")]).await;
    assert!(!list().await.contains("Ada Lovelace"), "stopping everything stops calls");
    let log = app.sign_in_as(&app.staff(Role::Privacy).await).await.get("/staff/audit").await.words();
    assert_eq!(log.matches("staff.onboarding_calls.viewed").count(), 4, "{log}");
}

#[tokio::test]
async fn nobody_is_new_for_longer_than_sixty_days() {
    let app = TestApp::start().await;
    let support = app.staff(Role::Support).await;
    app.customer("ada.lovelace@example.com").await;
    for (days, listed) in [(59, true), (2, false)] {
        app.travel(Duration::days(days)).await;
        let desk = app.sign_in_as(&support).await;
        let words = desk.get("/staff/onboarding-calls").await.words();
        assert_eq!(words.contains("Ada Lovelace"), listed);
        assert_eq!(words.contains("Nobody to call"), !listed);
    }
}

#[tokio::test]
async fn staff_see_decisions_only_with_a_reason() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    app.sign_in_as(&ada).await.get("/settings/preferences").await.submit(&[("events", "on")]).await;
    let desk = app.sign_in_as(&app.staff(Role::Support).await).await;
    let record = format!("/staff/people/{}", ada.id);
    assert!(!desk.get(&format!("{record}/preferences")).await.text().contains("Events: yes"));
    let reason = "They asked which mailings they get.";
    desk.post(&format!("{record}/views"), &[("reason", reason)]).await;
    let page = desk.get(&format!("{record}/preferences")).await;
    assert!(page.words().contains("Events: yes"), "{}", page.words());
    app.mailbox().await;
}
