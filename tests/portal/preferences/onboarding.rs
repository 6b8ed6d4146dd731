//! Whom staff may call, and what they see of decisions.

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::preferences::contacts;
use portal::preferences::links::Link;
use portal::preferences::topics::Topic;
use portal::staff::permissions::Role;

use crate::support::{Browser, TestApp};

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

/// Whether somebody is in the list of calls.
async fn is_called(desk: &Browser, name: &str) -> bool {
    desk.get("/staff/onboarding-calls").await.words().contains(name)
}

#[tokio::test]
async fn undoing_a_stop_brings_calls_back_where_they_had_been_wanted() {
    let app = TestApp::start().await;
    let (ada, bob) =
        (app.customer("ada.lovelace@example.com").await, app.customer("bob.noyce@example.com").await);
    let desk = app.sign_in_as(&app.staff(Role::Support).await).await;
    let refused = app.sign_in_as(&bob).await;
    refused.post("/settings/preferences", &[("seen", "onboarding_calls|")]).await;
    for (person, name, wanted) in [(&ada, "Ada Lovelace", true), (&bob, "Bob Noyce", false)] {
        let browser = app.sign_in_as(person).await;
        let seen = if wanted { "onboarding_calls|" } else { "|" };
        let calls = if wanted { "on" } else { "" };
        let chosen = [("seen", seen), ("events", "on"), ("onboarding_calls", calls)];
        browser.post("/settings/preferences", &chosen).await;
        let page = browser.post("/settings/preferences", &[("act", "stop")]).await.follow().await;
        assert!(!is_called(&desk, name).await);
        let undo = page.all("input[name='decision']").len();
        assert_eq!(undo, 1, "{}", page.text());
        let decision = page.attr("input[name='decision']", "value").unwrap();
        let asked = [("act", "undo"), ("decision", decision.as_str())];
        let page = browser.post("/settings/preferences", &asked).await.follow().await;
        assert!(page.words().contains("What you had before goes on."), "{}", page.words());
        assert!(page.attr("#field-events", "checked").is_some(), "mailings came back");
        assert_eq!(is_called(&desk, name).await, wanted, "{name}");
        let again = browser.post("/settings/preferences", &asked).await.follow().await;
        assert!(again.words().contains("There was nothing to undo"), "{}", again.words());
    }
}

#[tokio::test]
async fn the_link_under_a_mailing_undoes_a_stop_with_its_calls_but_not_what_was_decided_since() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&app.staff(Role::Support).await).await;
    for (name, email, since, wanted) in [
        ("Ada Lovelace", "ada.lovelace@example.com", false, true),
        ("Grace Hopper", "grace.hopper@example.com", true, false),
    ] {
        let person = app.customer(email).await;
        let signed_in = app.sign_in_as(&person).await;
        let chosen = [("seen", "onboarding_calls|"), ("newsletter", "on"), ("onboarding_calls", "on")];
        signed_in.post("/settings/preferences", &chosen).await;
        let mut conn = app.conn().await;
        let contact = contacts::find_by_email(&mut conn, email).await.unwrap().expect("they chose");
        drop(conn);
        let token = Link::new(&app.keys, contact.id, email, Some(Topic::Newsletter), None).token(&app.keys);
        let browser = app.browser();
        let page = browser.post(&format!("/preferences/{token}"), &[("act", "stop")]).await;
        assert_eq!(page.status, 200);
        assert!(!is_called(&desk, name).await);
        if since {
            // Calls again, and then no more: that is a decision of its own.
            signed_in.post("/settings/preferences", &[("seen", "|"), ("onboarding_calls", "on")]).await;
            signed_in.post("/settings/preferences", &[("seen", "onboarding_calls|")]).await;
        }
        let page = browser.post(&format!("/unsubscribe/{token}"), &[("from", "page")]).await;
        let page = page.submit_to("/undo", &[]).await;
        assert_eq!(page.heading(), "You are subscribed again");
        assert_eq!(is_called(&desk, name).await, wanted, "{name}");
    }
}

#[tokio::test]
async fn whoever_refused_calls_is_not_called_after_they_had_their_contact_deleted() {
    let app = TestApp::start().await;
    let desk = app.sign_in_as(&app.staff(Role::Support).await).await;
    let ways = [
        ("Ada Lovelace", "ada.lovelace@example.com", ("seen", "onboarding_calls|"), false),
        ("Bob Noyce", "bob.noyce@example.com", ("act", "stop"), false),
        ("Grace Hopper", "grace.hopper@example.com", ("act", "pause_30"), true),
    ];
    for (name, email, chosen, called) in ways {
        let browser = app.sign_in_as(&app.customer(email).await).await;
        browser.post("/settings/preferences", &[chosen]).await;
        let token = app.subscriber(email, &[]).await.token(None);
        app.browser().post(&format!("/preferences/{token}/deletion"), &[]).await;
        let link = app.mail_to(email).await.link("/contact-data/");
        assert_eq!(app.browser().post(&link, &[]).await.heading(), "It is deleted");
        assert_eq!(app.mail_to(email).await.name, "contact_deleted");
        assert_eq!(is_called(&desk, name).await, called, "{name}");
        let page = browser.get("/settings/preferences").await;
        assert_eq!(page.attr("#field-onboarding_calls", "checked").is_some(), called, "{name}");
        browser.post("/settings/preferences", &[("seen", "|"), ("onboarding_calls", "on")]).await;
        assert!(is_called(&desk, name).await, "{name} wants it after all");
    }
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
