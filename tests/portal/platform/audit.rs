//! The audit log: nobody changes it unseen, and erasing a person leaves it whole.

use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};
use futures_util::future::join_all;
use portal::platform::app::App;
use portal::platform::audit::{Actor, Circumstances, Event, Verdict, append, verify};
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::process::{Folder, run};

async fn note(conn: &mut AsyncPgConnection, app: &App, action: &'static str) -> QueryResult<Uuid> {
    let from = Circumstances {
        ip: "203.0.113.9/32".parse().ok(),
        country: Some("DE".into()),
        ..Circumstances::default()
    };
    let event = Event {
        actor: Actor::System,
        subject_kind: "person",
        subject: None,
        action,
        note: Some("because"),
        from: &from,
    };
    append(conn, app.clock.now(), event).await
}

/// A log of three events.
async fn log_of_three(app: &TestApp) -> [Uuid; 3] {
    let mut conn = app.conn().await;
    let mut ids = [Uuid::nil(); 3];
    for (id, action) in ids.iter_mut().zip(["test.first", "test.second", "test.third"]) {
        *id = conn.transaction(async |conn| note(conn, app, action).await).await.unwrap();
    }
    ids
}

async fn verdict(app: &TestApp) -> Verdict {
    let mut conn = app.conn().await;
    verify(&mut conn).await.unwrap()
}

/// What only somebody who owns the database can do.
async fn tamper(app: &TestApp, statement: &str) {
    let script = format!(
        "ALTER TABLE audit_events DISABLE TRIGGER ALL; ALTER TABLE audit_details DISABLE TRIGGER ALL; {statement}; \
         ALTER TABLE audit_events ENABLE TRIGGER ALL; ALTER TABLE audit_details ENABLE TRIGGER ALL;"
    );
    app.conn().await.batch_execute(&script).await.unwrap();
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_whole() {
    let app = TestApp::start().await;
    assert_eq!(verdict(&app).await, Verdict::Whole(0));
    log_of_three(&app).await;
    assert_eq!(verdict(&app).await, Verdict::Whole(3));
}

#[tokio::test]
async fn the_database_refuses_to_change_or_delete_an_event() {
    let app = TestApp::start().await;
    log_of_three(&app).await;
    for statement in [
        "UPDATE audit_events SET action = 'test.other' WHERE seq = 2",
        "DELETE FROM audit_events WHERE seq = 2",
        "TRUNCATE audit_events CASCADE",
        "UPDATE audit_details SET note = 'another reason'",
    ] {
        let error = diesel::sql_query(statement).execute(&mut app.conn().await).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{statement}: {error}");
    }
    assert_eq!(verdict(&app).await, Verdict::Whole(3));
}

#[tokio::test]
async fn a_changed_event_is_named() {
    let app = TestApp::start().await;
    log_of_three(&app).await;
    tamper(&app, "UPDATE audit_events SET action = 'test.other' WHERE seq = 2").await;
    assert_eq!(verdict(&app).await, Verdict::Broken { seq: 2, why: "it was changed after it was written" });
}

#[tokio::test]
async fn the_event_after_a_missing_one_is_named() {
    let app = TestApp::start().await;
    log_of_three(&app).await;
    tamper(&app, "DELETE FROM audit_details WHERE event_id = (SELECT id FROM audit_events WHERE seq = 2)")
        .await;
    tamper(&app, "DELETE FROM audit_events WHERE seq = 2").await;
    assert_eq!(verdict(&app).await, Verdict::Broken { seq: 3, why: "an event is missing before it" });
}

#[tokio::test]
async fn an_exchanged_event_is_named() {
    let app = TestApp::start().await;
    log_of_three(&app).await;
    tamper(&app, "UPDATE audit_events SET previous_hash = sha256('x') WHERE seq = 3").await;
    assert_eq!(
        verdict(&app).await,
        Verdict::Broken { seq: 3, why: "it does not follow the event before it" }
    );
}

#[tokio::test]
async fn rewritten_details_are_seen_and_erased_ones_leave_the_log_whole() {
    let app = TestApp::start().await;
    let [first, second, _] = log_of_three(&app).await;
    let erase = format!("DELETE FROM audit_details WHERE event_id = '{first}'");
    diesel::sql_query(erase).execute(&mut app.conn().await).await.unwrap();
    assert_eq!(verdict(&app).await, Verdict::Whole(3));
    tamper(&app, &format!("UPDATE audit_details SET note = 'another reason' WHERE event_id = '{second}'"))
        .await;
    assert_eq!(
        verdict(&app).await,
        Verdict::Broken { seq: 2, why: "its details were changed after they were written" }
    );
}

#[tokio::test]
async fn many_who_append_at_once_from_two_processes_form_one_chain() {
    let app = TestApp::start().await;
    let twin = app.twin();
    let processes = [&*app, &twin];
    join_all((0..20).map(async |number| {
        let app = processes[number % 2];
        let mut conn = app.db.get().await.unwrap();
        conn.transaction(async |conn| note(conn, app, "test.crowd").await).await.unwrap();
    }))
    .await;
    assert_eq!(verdict(&app).await, Verdict::Whole(20));
}

#[tokio::test]
async fn what_was_rolled_back_is_not_in_the_log() {
    let app = TestApp::start().await;
    let mut conn = app.conn().await;
    let undone: QueryResult<()> = conn
        .transaction(async |conn| {
            note(conn, &app, "test.undone").await?;
            Err(diesel::result::Error::RollbackTransaction)
        })
        .await;
    assert!(undone.is_err());
    note(&mut conn, &app, "test.done").await.unwrap();
    assert_eq!(verdict(&app).await, Verdict::Whole(1));
}

#[tokio::test]
async fn the_command_line_names_the_first_break_and_fails() {
    let app = TestApp::start().await;
    log_of_three(&app).await;
    let folder = Folder::new("audit");
    let settings = [
        ("DATABASE_URL", app.database_url()),
        ("PORTAL_ENV", "development"),
        ("PORTAL_SECRET_KEY", crate::support::SECRET_KEY),
    ];
    let (output, said) = run(&folder.0, &["audit", "verify"], &settings);
    assert!(output.status.success() && said.contains("whole: 3 events"), "{said}");
    tamper(&app, "UPDATE audit_events SET action = 'test.other' WHERE seq = 2").await;
    let (output, said) = run(&folder.0, &["audit", "verify"], &settings);
    assert!(!output.status.success() && said.contains("broken at event 2"), "{said}");
}
