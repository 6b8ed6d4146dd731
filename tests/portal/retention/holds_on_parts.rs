//! A hold keeps also what would take its rows along, and rows that are about two people.

use chrono::Duration;
use portal::accounts::permissions::AccountRole;
use portal::platform::audit::{self, Actor, Circumstances, Event};
use portal::privacy::erasure::{self, Cause, Of};
use portal::retention::{holds, sweep};
use serde_json::json;

use crate::support::{TestApp, count, run};

async fn hold(app: &TestApp, scope: &str, what: &str) {
    let column = if scope == "table" { "table_name".to_owned() } else { format!("{scope}_id") };
    run(app, &format!(
        "INSERT INTO holds (id, scope, {column}, matter, reason, requested_by, requested_at, lapses_at, review_on) \
         VALUES (gen_random_uuid(), '{scope}', '{what}', 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '90 days', '2999-01-01')"
    ))
    .await;
}

async fn release(app: &TestApp) {
    run(app, "UPDATE holds SET ended_at = now(), ended_by = requested_by, ended_because = 'Settled.'").await;
}

/// A message of a hundred days ago, with or without a try to deliver it.
async fn message(app: &TestApp, name: &str, tried: bool) {
    run(app, &format!(
        "INSERT INTO messages (id, kind, name, class, recipient, subject, sealed_body, message_id, created_at, sent_at) \
         VALUES (gen_random_uuid(), 'mail', '{name}', 'transactional', 'x@example.com', 's', 'sealed', '{name}', now() - interval '100 days', now() - interval '100 days')"
    ))
    .await;
    if tried {
        run(app, &format!(
            "INSERT INTO message_attempts (id, message_id, started_at) SELECT gen_random_uuid(), id, created_at FROM messages WHERE name = '{name}'"
        ))
        .await;
    }
}

#[tokio::test]
async fn a_row_stays_whose_parts_are_held_and_one_without_any_goes() {
    let app = TestApp::start().await;
    message(&app, "tried", true).await;
    message(&app, "untried", false).await;
    hold(&app, "table", "message_attempts").await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "messages WHERE name = 'tried'").await, 1);
    assert_eq!((count(&app, "messages").await, count(&app, "message_attempts").await), (1, 1));
    release(&app).await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "messages").await, 0);
}

#[tokio::test]
async fn what_lists_a_file_stays_while_files_are_held() {
    let app = TestApp::start().await;
    for statement in [
        "INSERT INTO disputes (id, channel, email, subject, words, received_at, due_at) \
         VALUES (gen_random_uuid(), 'email', 'x@example.com', 's', 'w', now() - interval '3 years', now() - interval '2 years')",
        "INSERT INTO dispute_steps (id, dispute_id, act, actor_kind, at) SELECT gen_random_uuid(), id, 'received', 'filer', received_at FROM disputes",
        "INSERT INTO dispute_steps (id, dispute_id, act, actor_kind, at) SELECT gen_random_uuid(), id, 'withdrawn', 'filer', received_at FROM disputes",
        "INSERT INTO files (id, name, media_type, bytes, sha256, uploaded_by_kind, uploaded_at) \
         VALUES (gen_random_uuid(), 'x.txt', 'text/plain', 1, sha256('x'), 'customer', now())",
        "INSERT INTO dispute_files (file_id, dispute_id) SELECT f.id, d.id FROM files f, disputes d",
    ] {
        run(&app, statement).await;
    }
    hold(&app, "table", "files").await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!((count(&app, "disputes").await, count(&app, "files").await), (1, 1));
    release(&app).await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!((count(&app, "disputes").await, count(&app, "files").await), (0, 0));
}

#[tokio::test]
async fn a_mailing_stays_while_somebody_who_got_it_is_held() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    run(&app, "INSERT INTO campaigns (id, name, topic, subject, body, state, scheduled_for, created_at, changed_at) \
        VALUES (gen_random_uuid(), 'Old', 'newsletter', 's', 'b', 'finished', now() - interval '3 years', now() - interval '3 years', now() - interval '3 years')").await;
    run(&app, &format!(
        "INSERT INTO contacts (id, email, email_key, email_digest, person_id, source, created_at, last_decided_at) VALUES (gen_random_uuid(), 'ada@example.com', 'ada@example.com', sha256('a'), '{}', 'settings', now(), now()) ON CONFLICT DO NOTHING",
        ada.id.0
    ))
    .await;
    run(&app, "INSERT INTO campaign_recipients (campaign_id, contact_id, state, settled_at) SELECT g.id, c.id, 'sent', now() FROM campaigns g, contacts c").await;
    hold(&app, "person", &ada.id.0.to_string()).await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!((count(&app, "campaigns").await, count(&app, "campaign_recipients").await), (1, 1));
    release(&app).await;
    sweep::nightly((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "campaigns").await, 0);
}

#[tokio::test]
async fn what_a_communication_says_is_held_with_it_and_holds_it() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let sent = json!({ "channel": "email", "direction": "outbound", "from": "claims@insurer.example", "to": "x@example.net" });
    assert_eq!(program.post("/communications", &sent).await.status, 201);
    run(&app, "INSERT INTO communication_bodies (communication_id, sealed_body, created_at) SELECT id, 'sealed', created_at FROM communications").await;
    let refused = async |statement: &str| {
        let done =
            diesel_async::RunQueryDsl::execute(diesel::sql_query(statement), &mut app.conn().await).await;
        done.is_err_and(|error| holds::is_refused(&error))
    };
    hold(&app, "table", "communication_bodies").await;
    assert!(refused("DELETE FROM communications").await, "what it says would go with it");
    assert!(refused("DELETE FROM communication_bodies").await);
    run(&app, "UPDATE communications SET created_at = created_at - interval '40 years'").await;
    portal::content::storage::sweep((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "communications").await, 1);
    release(&app).await;
    hold(&app, "account", &ada.account().await.0.to_string()).await;
    assert!(refused("DELETE FROM communication_bodies").await, "a part of what is held");
    release(&app).await;
    portal::content::storage::sweep((*app).clone()).await.unwrap();
    assert_eq!(count(&app, "communications").await, 0);
}

#[tokio::test]
async fn what_messages_say_and_those_of_sign_ups_are_not_forgotten_while_messages_are_held() {
    let app = TestApp::start().await;
    message(&app, "confirm_email", false).await;
    hold(&app, "table", "messages").await;
    app.travel(Duration::days(1)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "messages WHERE sealed_body IS NOT NULL").await, 1);
    release(&app).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "messages").await, 0);
}

#[tokio::test]
async fn what_is_also_about_somebody_who_is_held_outlives_the_other() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let mut conn = app.conn().await;
    let from = Circumstances::default();
    for subject in [bob.id.0, ada.id.0] {
        let event = Event {
            actor: Actor::Customer(ada.id.0),
            subject_kind: "person",
            subject: Some(subject),
            action: "test.done",
            note: Some("What she did."),
            from: &from,
        };
        audit::append(&mut conn, app.clock.now(), event).await.unwrap();
    }
    hold(&app, "person", &bob.id.0.to_string()).await;
    erasure::order(&mut conn, Of::Person(ada.id), Cause::Desk, app.clock.now()).await.unwrap();
    app.run_jobs().await;
    assert_eq!(count(&app, "people").await, 1);
    assert_eq!(count(&app, "audit_details WHERE note = 'What she did.'").await, 1, "that about Bob");
    app.mailbox().await;
}

#[tokio::test]
async fn an_account_stays_while_a_member_is_held() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let account = ada.account().await;
    app.add_member(account, &bob, AccountRole::Developer).await;
    hold(&app, "person", &bob.id.0.to_string()).await;
    let mut conn = app.conn().await;
    erasure::order(&mut conn, Of::Account(account), Cause::Closure, app.clock.now()).await.unwrap();
    app.run_jobs().await;
    assert_eq!((count(&app, "accounts").await, count(&app, "account_members").await), (2, 1));
    release(&app).await;
    app.run_timetable().await;
    assert_eq!((count(&app, "accounts").await, count(&app, "account_members").await), (1, 0));
    app.mailbox().await;
}

#[tokio::test]
async fn what_is_looked_for_by_its_time_or_address_has_an_index_for_it() {
    let app = TestApp::start().await;
    for (table, condition) in [
        ("messages", "created_at <= now()"),
        ("messages", "lower(recipient) = ANY (ARRAY['a']) AND person_id IS NULL"),
        ("sign_ins", "email_digest = ANY (ARRAY['a'::bytea]) AND person_id IS NULL"),
        ("record_views", "viewed_at <= now()"),
        ("known_browsers", "last_used_at <= now()"),
        ("newsletter_sign_ups", "lower(email) = ANY (ARRAY['a'])"),
        ("white_paper_requests", "lower(email) = ANY (ARRAY['a'])"),
        ("event_registrations", "lower(email) = ANY (ARRAY['a'])"),
        ("data_requests", "lower(email) = ANY (ARRAY['a']) AND person_id IS NULL"),
        ("audit_details", "at <= now()"),
        ("people", "onboarding_call_refused_at >= now()"),
        ("sessions", "session_ends_at(expires_at, last_used_at, idle_seconds) <= now()"),
    ] {
        let client = portal::platform::db::client(app.database_url()).await.unwrap();
        client.batch_execute("SET enable_seqscan = off").await.unwrap();
        let plan =
            client.query(&format!("EXPLAIN SELECT * FROM {table} WHERE {condition}"), &[]).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        assert!(!plan.join(" ").contains("Seq Scan"), "{table}, {condition}: {plan:?}");
    }
    let named = portal::retention::rules::AUDIT_DETAILS.rows()[0].start;
    assert_eq!(
        (named, portal::retention::rules::SESSIONS.rows()[0].start.contains("session_ends_at")),
        ("at", true)
    );
}
