//! What happened in and around an account.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, RunQueryDsl};
use portal::platform::audit::{self, Actor, Circumstances, Event};
use portal::platform::db::schema::{record_views, sign_ins};
use portal::platform::ids::new_uuid;
use portal::staff::permissions::Role;
use uuid::Uuid;

use crate::support::{PASSWORD, TestApp, TestPerson};

async fn note(app: &TestApp, person: &TestPerson<'_>, actor: Actor, action: &'static str) {
    let from = Circumstances {
        request_id: None,
        ip: Some("192.0.2.77".parse::<std::net::IpAddr>().unwrap().into()),
        country: Some("FR".into()),
        user_agent: Some("Secret-Console/1".into()),
    };
    let event = Event {
        actor,
        subject_kind: "person",
        subject: Some(person.id.0),
        action,
        note: Some("a private note"),
        from: &from,
    };
    let mut conn = app.conn().await;
    conn.transaction(async |conn| audit::append(conn, app.clock.now(), event).await).await.unwrap();
}

#[tokio::test]
async fn sign_ins_and_changes_stand_with_time_zone_browser_country_and_address() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let stranger = app.browser_at("198.51.100.9");
    stranger.post("/sign-in", &[("email", "ada@example.com"), ("password", "wrong wrong wrong")]).await;
    let browser = app.browser_at("198.51.100.1");
    browser.post("/sign-in", &[("email", "ada@example.com"), ("password", PASSWORD)]).await;
    note(&app, &ada, Actor::Customer(ada.id.0), "person.phone.changed").await;
    let page = browser.get("/settings/activity").await;
    let entries = page.all(".timeline-item");
    assert!(
        entries[0].starts_with("Your telephone number was changed") && entries[0].contains("FR · 192.0.2.77")
    );
    assert!(
        entries[1].starts_with("Signed in")
            && entries[1].contains("Firefox on Linux · unknown country · 198.51.100.1")
    );
    assert!(entries[2].starts_with("Sign-in was refused") && entries[2].contains("198.51.100.9"));
    assert_eq!(entries.len(), 3, "{entries:?}");
    assert!(entries.iter().all(|entry| entry.contains("UTC")));
    app.mailbox().await;
}

#[tokio::test]
async fn a_view_by_staff_names_the_team_and_the_reason_and_never_the_person() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let staff = app.staff(Role::Privacy).await;
    let now = app.clock.now();
    let view = (
        record_views::id.eq(new_uuid(now)),
        record_views::staff_id.eq(staff.id.0),
        record_views::person_id.eq(ada.id),
        record_views::role.eq("privacy"),
        record_views::reason.eq("answer to the request of Monday"),
        record_views::viewed_at.eq(now),
        record_views::expires_at.eq(now + Duration::minutes(15)),
    );
    diesel::insert_into(record_views::table).values(view).execute(&mut app.conn().await).await.unwrap();
    note(&app, &ada, Actor::Staff(staff.id.0), "person.record.viewed").await;
    let page = app.sign_in_as(&ada).await.get("/settings/activity").await;
    let entries = page.all(".timeline-item");
    assert_eq!(entries.len(), 1, "one view, one entry");
    assert!(entries[0].starts_with("Your record was viewed by Privacy"));
    assert!(entries[0].contains("Because: answer to the request of Monday"));
    // Their name in the tests is that of the team.
    assert!(!page.text().contains(&staff.email) && !page.text().contains(&staff.id.to_string()));
}

#[tokio::test]
async fn where_staff_sat_and_actions_without_words_are_not_shown() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    note(&app, &ada, Actor::Staff(Uuid::max()), "person.secret.experiment").await;
    let page = app.sign_in_as(&ada).await.get("/settings/activity").await;
    let entries = page.all(".timeline-item");
    assert!(entries[0].starts_with("Something was changed in your account"));
    assert!(entries[0].ends_with("Done by LossExpress staff"));
    for hidden in ["192.0.2.77", "FR", "Secret-Console", "experiment", "private note"] {
        assert!(!entries[0].contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn an_empty_list_says_what_will_stand_there_and_nobody_sees_another_persons() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    note(&app, &ada, Actor::System, "person.protected").await;
    let page = app.sign_in_as(&eve).await.get("/settings/activity").await;
    assert!(page.words().contains("Nothing here"));
    assert!(page.all(".timeline-item").is_empty());
}

#[tokio::test]
async fn a_long_list_is_paged_in_both_directions_without_gaps() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let started = app.clock.now();
    let rows: Vec<_> = (0..60)
        .map(|minute| {
            let at = started - Duration::minutes(60 - minute);
            (
                sign_ins::id.eq(new_uuid(at)),
                sign_ins::person_id.eq(ada.id),
                sign_ins::at.eq(at),
                sign_ins::method.eq("password"),
                sign_ins::outcome.eq("refused"),
            )
        })
        .collect();
    diesel::insert_into(sign_ins::table).values(rows).execute(&mut app.conn().await).await.unwrap();
    let first = browser.get("/settings/activity").await;
    let second = browser.get(&first.link("Older")).await;
    let third = browser.get(&second.link("Older")).await;
    let whens: Vec<String> =
        [&first, &second, &third].iter().flat_map(|page| page.all(".timeline-when")).collect();
    let distinct: std::collections::HashSet<&String> = whens.iter().collect();
    assert_eq!((whens.len(), distinct.len()), (60, 60));
    let back = browser.get(&third.link("Newer")).await;
    assert_eq!(back.all(".timeline-when"), second.all(".timeline-when"));
}
