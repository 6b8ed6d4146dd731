//! What was deleted since a backup stays deleted when it is restored, and nobody is written to twice.

use age::x25519::Identity;
use chrono::Duration;
use portal::content::ledger;
use portal::platform::app::App;
use portal::platform::backups::{self, restore};
use portal::platform::db::{self, Db};
use portal::privacy::erasure::replay;
use reqwest::Method;
use serde_json::json;

use crate::support::{Database, Program, TestApp, count, number, run};

async fn claim(program: &Program, number: &str, parties: serde_json::Value) -> String {
    let notes = if number == "shared" { "Ada Lovelace called twice." } else { "Nobody called." };
    let claim = json!({ "claim_number": number, "insurer": "Acme", "state": "reported", "lost_on": "2026-01-31", "parties": parties, "notes": notes });
    let made = program.post("/claims", &claim).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["sid"].as_str().unwrap().to_owned()
}

async fn letter(program: &Program, to: &str) -> String {
    let sent =
        json!({ "channel": "email", "direction": "outbound", "from": "claims@insurer.example", "to": to });
    let made = program.post("/communications", &sent).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["sid"].as_str().unwrap().to_owned()
}

fn party(name: &str, email: &str) -> serde_json::Value {
    json!({ "role": "claimant", "name": name, "emails": [email] })
}

/// A program of the restored database.
async fn restored(app: &TestApp, key: Identity, backup: &backups::Backup) -> (Database, App) {
    let database = Database::empty().await;
    restore::restore(&database.url, &app.storage, &backup.name, vec![key], app.clock.now()).await.unwrap();
    db::migrate(&database.url).await.unwrap();
    let pool = Db::open(&database.url, 4, tokio::runtime::Handle::current()).unwrap();
    let restored = App::new(app.config.clone(), app.clock.clone(), pool).unwrap();
    (database, restored)
}

#[tokio::test]
async fn what_programs_deleted_since_a_backup_does_not_come_back_with_it() {
    let (app, key) = TestApp::with_backups().await;
    let ada = app.customer("ada@example.com").await;
    let program = app.program(&ada).await;
    let gone = claim(&program, "gone", json!([party("Bob", "bob@example.net")])).await;
    claim(&program, "stays", json!([party("Carol", "carol@example.net")])).await;
    claim(&program, "alone", json!([party("Ada Lovelace", "lovelace@example.net")])).await;
    claim(
        &program,
        "shared",
        json!([party("Ada Lovelace", "lovelace@example.net"), party("Dora", "dora@example.net")]),
    )
    .await;
    claim(&program, "by name", json!([party("Edith Clarke", "edith@example.net")])).await;
    let letter_gone = letter(&program, "bob@example.net").await;
    letter(&program, "lovelace@example.net").await;
    letter(&program, "carol@example.net").await;
    // Under a hold when the backup is taken, which ends before the deletion.
    let hold = format!(
        "INSERT INTO holds (id, scope, account_id, matter, reason, requested_by, requested_at, lapses_at, review_on) \
         VALUES (gen_random_uuid(), 'account', '{}', 'audit', 'For the audit.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01')",
        ada.account().await.0
    );
    run(&app, &hold).await;
    // On tables that go with a record, and on somebody known by more than what they are deleted by.
    run(
        &app,
        "INSERT INTO holds (id, scope, table_name, matter, reason, requested_by, requested_at, lapses_at, review_on) \
         SELECT gen_random_uuid(), 'table', t, 'audit', 'For the audit.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01' \
         FROM unnest(ARRAY['communication_statuses', 'communication_bodies']) t",
    )
    .await;
    run(
        &app,
        "INSERT INTO holds (id, scope, account_id, identifier_kind, person_keys, matter, reason, requested_by, requested_at, lapses_at, review_on) \
         SELECT gen_random_uuid(), 'end_user', account_id, 'name', person_keys, 'audit', 'For the audit.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01' \
         FROM claims WHERE claim_number = 'alone'",
    )
    .await;
    app.mailbox().await;
    let backup = backups::create(&app).await.unwrap();
    run(&app, "UPDATE holds SET ended_at = now(), ended_because = 'Over.'").await;
    app.travel(Duration::minutes(1)).await;
    for path in [format!("/claims/{gone}"), format!("/communications/{letter_gone}")] {
        let request = program.request(Method::DELETE, &path).header("if-match", "*");
        assert_eq!(program.send(request).await.status, 204);
    }
    for (kind, value) in [("email", "Lovelace@example.net"), ("name", "clarke edith")] {
        let deleted = program.post("/end-users/deletion", &json!({ "kind": kind, "value": value })).await;
        assert!(deleted.status < 300, "{}", deleted.text());
    }
    assert_eq!(count(&app, "deleted_records").await, 4);
    ledger::mirror((*app).clone()).await.unwrap();
    ledger::mirror((*app).clone()).await.unwrap();
    assert_eq!(app.storage.files("deletions").await.unwrap().len(), 1, "once");
    app.mailbox().await;

    let (_database, copy) = restored(&app, key, &backup).await;
    assert_eq!(
        (number(copy.db.url(), "claims").await, number(copy.db.url(), "communications").await),
        (5, 3),
        "all is back"
    );
    replay::after_restore(&copy, backup.taken_at).await.unwrap();
    assert_eq!(number(copy.db.url(), "claims WHERE claim_number IN ('stays', 'shared')").await, 2);
    assert_eq!(
        (number(copy.db.url(), "claims").await, number(copy.db.url(), "communications").await),
        (2, 1)
    );
    for name in ["lovelace", "clarke", "bob@example.net"] {
        for table in ["claims", "communications"] {
            assert_eq!(
                number(copy.db.url(), &format!("{table} t WHERE t::text ILIKE '%{name}%'")).await,
                0,
                "{name} in {table}"
            );
        }
    }
    assert_eq!(
        number(copy.db.url(), "claims WHERE parties::text LIKE '%Dora%'").await,
        1,
        "of others all is there"
    );
    assert_eq!(number(copy.db.url(), "holds WHERE ended_at IS NULL").await, 0);
    assert_eq!(
        number(copy.db.url(), "content_deletions").await,
        0,
        "no receipt says what the account did not ask here"
    );
    replay::after_restore(&copy, backup.taken_at).await.unwrap();
    assert_eq!(number(copy.db.url(), "claims").await, 2, "twice changes nothing");
}

#[tokio::test]
async fn nobody_is_written_to_twice_because_of_a_restore() {
    let (app, key) = TestApp::with_backups().await;
    app.customer("ada@example.com").await;
    app.browser().post("/password-reset", &[("email", "ada@example.com")]).await;
    run(
        &app,
        "INSERT INTO campaigns (id, name, topic, subject, body, state, scheduled_for, created_at, changed_at) \
         SELECT gen_random_uuid(), state, 'newsletter', 'x', 'x', state, at, now(), now() \
         FROM (VALUES ('sending', now()), ('scheduled', now() - interval '1 minute'), ('scheduled', now() + interval '9 days')) t (state, at)",
    )
    .await;
    let backup = backups::create(&app).await.unwrap();
    // It goes out where it was written.
    assert_eq!(app.mail_to("ada@example.com").await.name, "reset_password");
    run(&app, "DELETE FROM campaigns").await;
    let (_database, copy) = restored(&app, key, &backup).await;
    assert_eq!(number(copy.db.url(), "messages WHERE sent_at IS NULL AND failed_at IS NULL").await, 1);
    replay::after_restore(&copy, backup.taken_at).await.unwrap();
    app.run_jobs_as(&copy).await;
    assert_eq!(number(copy.db.url(), "messages WHERE sent_at IS NULL AND failed_at IS NOT NULL").await, 1);
    assert_eq!(
        number(copy.db.url(), "message_attempts WHERE detail LIKE 'Not sent: this database was restored%'")
            .await,
        1
    );
    assert_eq!(number(copy.db.url(), "graphile_worker._private_jobs").await, 0);
    for (state, rows) in [("paused", 1), ("draft", 1), ("scheduled", 1), ("sending", 0)] {
        assert_eq!(
            number(copy.db.url(), &format!("campaigns WHERE state = '{state}'")).await,
            rows,
            "{state}"
        );
    }
    assert_eq!(number(copy.db.url(), "campaign_states WHERE note LIKE '%restored%'").await, 2);
}
