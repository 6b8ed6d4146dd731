//! Backups: whole, encrypted, gone after 30 days, and never served again before what was erased since is erased again.

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use chrono::{DateTime, Duration, Utc};
use futures_util::TryStreamExt as _;
use portal::platform::backups::ledger::{self, Entry};
use portal::platform::backups::restore::{self, Restored};
use portal::platform::backups::{self, Backup};
use portal::platform::db;
use portal::platform::ids::new_uuid;
use portal::preferences::suppressions;
use portal::privacy::erasure::{self, Cause, Of};
use portal::retention::ledger::{Kind, blinded};
use serde_json::json;

use super::backup_bed::Bed;
use crate::content::claims::a_claim;
use crate::support::process::{Running, portal, run};
use crate::support::{Database, Program, TestApp, TestPerson, number};

/// A portal with customers, and the key of its backups.
async fn with_key() -> (TestApp, Identity) {
    let (app, key) = TestApp::with_backups().await;
    app.customer("ada@example.com").await;
    (app, key)
}

async fn restore_into(
    app: &TestApp,
    database: &Database,
    backup: &Backup,
    key: Identity,
) -> anyhow::Result<()> {
    restore::restore(&database.url, &app.storage, &backup.name, vec![key], app.clock.now()).await
}

async fn bytes(app: &TestApp, backup: &Backup) -> Vec<u8> {
    let found = app.storage.open(&format!("backups/{}/database.age", backup.name)).await.unwrap().unwrap();
    found.bytes.try_collect::<Vec<_>>().await.unwrap().concat()
}

/// Tables of a database besides that of the mark.
const TABLES: &str =
    "pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'restores'";

#[tokio::test]
async fn a_backup_is_unreadable_without_its_key_and_whole_with_it() {
    let (app, key) = with_key().await;
    let ada = app.customer("augusta@example.com").await;
    app.sign_in_as(&ada).await;
    let backup = backups::create(&app).await.unwrap();
    let encrypted = bytes(&app, &backup).await;
    assert_eq!(encrypted.len() as u64, backup.bytes);
    assert!(encrypted.starts_with(b"age-encryption.org/v1"));
    assert!(!encrypted.windows(7).any(|window| window == b"augusta"));
    let elsewhere = Database::empty().await;
    restore_into(&app, &elsewhere, &backup, key).await.unwrap();
    assert_eq!(number(&elsewhere.url, "people").await, 2);
    assert_eq!(number(&elsewhere.url, "accounts").await, 2);
    assert_eq!(number(&elsewhere.url, "sessions").await, 0, "nobody is signed in by a restore");
    assert_eq!(number(app.database_url(), TABLES).await, number(&elsewhere.url, TABLES).await);
    db::migrate(&elsewhere.url).await.unwrap();
}

#[tokio::test]
async fn a_restored_database_is_not_served_before_the_ledger_is_replayed() {
    let (app, key) = with_key().await;
    let backup = backups::create(&app).await.unwrap();
    let elsewhere = Database::empty().await;
    restore_into(&app, &elsewhere, &backup, key).await.unwrap();
    let client = db::client(&elsewhere.url).await.unwrap();
    let unreplayed = Restored::Unreplayed { backup: backup.name.clone(), taken_at: backup.taken_at };
    let state = restore::state(&client).await.unwrap();
    let Restored::Unreplayed { backup: of, taken_at } = &state else {
        panic!("{state:?} is not {unreplayed:?}")
    };
    assert_eq!((of, taken_at.timestamp()), (&backup.name, backup.taken_at.timestamp()));
    let refused = restore::ensure_servable(&client).await.unwrap_err().to_string();
    assert!(refused.contains(&backup.name) && refused.contains("portal backup replay"), "{refused}");
    restore::replayed(&client, app.clock.now()).await.unwrap();
    restore::ensure_servable(&client).await.unwrap();
    restore::ensure_servable(&app.db.client().await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn another_key_opens_nothing_and_what_is_half_restored_says_so() {
    let (app, _) = with_key().await;
    let backup = backups::create(&app).await.unwrap();
    let elsewhere = Database::empty().await;
    let refused = restore_into(&app, &elsewhere, &backup, Identity::generate()).await.unwrap_err();
    assert!(refused.to_string().contains("none of the keys opens this backup"), "{refused:#}");
    assert_eq!(number(&elsewhere.url, TABLES).await, 0);
    db::migrate(&elsewhere.url).await.unwrap();
    let client = db::client(&elsewhere.url).await.unwrap();
    let refused = restore::ensure_servable(&client).await.unwrap_err().to_string();
    assert!(refused.contains("did not come to its end"), "{refused}");
}

#[tokio::test]
async fn a_damaged_backup_restores_nothing() {
    let (app, key) = with_key().await;
    let backup = backups::create(&app).await.unwrap();
    let whole = bytes(&app, &backup).await;
    let mut changed = whole.clone();
    let middle = whole.len() / 2;
    changed[middle] ^= 1;
    for damaged in [whole[..whole.len() - 100].to_vec(), changed] {
        let mut upload = app.storage.create(&format!("backups/{}/database.age", backup.name)).unwrap();
        upload.write(damaged.into()).await.unwrap();
        upload.finish().await.unwrap();
        let elsewhere = Database::empty().await;
        let key = key.to_string().expose_secret().parse().unwrap();
        let refused = restore_into(&app, &elsewhere, &backup, key).await.unwrap_err();
        assert!(format!("{refused:#}").contains("damaged"), "{refused:#}");
        assert_eq!(number(&elsewhere.url, TABLES).await, 0, "all or nothing");
    }
}

#[tokio::test]
async fn only_an_empty_database_is_restored_into_and_only_of_a_backup_that_is_there() {
    let (app, key) = with_key().await;
    let backup = backups::create(&app).await.unwrap();
    let (first, second) = (key.to_string(), key.to_string());
    let again = || first.expose_secret().parse().unwrap();
    let full = Database::migrated().await;
    let refused = restore_into(&app, &full, &backup, again()).await.unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
    restore::ensure_servable(&db::client(&full.url).await.unwrap()).await.unwrap();
    let missing = Backup { name: "20200101T000000Z-00000000".into(), ..backup.clone() };
    let empty = Database::empty().await;
    let refused = restore_into(&app, &empty, &missing, again()).await.unwrap_err().to_string();
    assert!(refused.contains("there is no backup"), "{refused}");
    restore_into(&app, &empty, &backup, second.expose_secret().parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_backup_goes_when_it_is_30_days_old_and_not_a_second_before() {
    let (app, _) = with_key().await;
    let first = backups::create(&app).await.unwrap();
    app.travel(Duration::hours(1)).await;
    let second = backups::create(&app).await.unwrap();
    assert_eq!(backups::list(&app.storage).await.unwrap().len(), 2);
    // A name holds whole seconds.
    let due = first.taken_at.timestamp() + Duration::days(30).num_seconds() - app.clock.now().timestamp();
    app.travel(Duration::seconds(due - 1)).await;
    backups::prune_due((*app).clone()).await.unwrap();
    assert_eq!(backups::list(&app.storage).await.unwrap().len(), 2);
    // What a killed process left of a third is no backup, and goes like one.
    let half = (first.taken_at - Duration::days(1))
        .format("backups/%Y%m%dT%H%M%SZ-00000000/database.age")
        .to_string();
    let mut upload = app.storage.create(&half).unwrap();
    upload.write(vec![0u8; 6 * 1024 * 1024].into()).await.unwrap();
    std::mem::forget(upload);
    assert_eq!(app.storage.folders("backups").await.unwrap().len(), 3);
    assert_eq!(backups::list(&app.storage).await.unwrap().len(), 2);
    app.travel(Duration::seconds(2)).await;
    app.run_timetable().await;
    assert_eq!(app.storage.folders("backups").await.unwrap().len(), 1);
    let left = backups::list(&app.storage).await.unwrap();
    assert_eq!(left.iter().map(|backup| &backup.name).collect::<Vec<_>>(), [&second.name]);
    app.mailbox().await;
}

fn entry(at: DateTime<Utc>) -> Entry {
    Entry { id: new_uuid(at), at, kind: "person".into(), blinded: "00ff".into() }
}

#[tokio::test]
async fn the_ledger_knows_what_came_after_a_backup_as_long_as_one_can_be_older() {
    let app = TestApp::start().await;
    let now = app.clock.now();
    let all: Vec<Entry> = [40, 20, 1].iter().map(|days| entry(now - Duration::days(*days))).collect();
    for one in all.iter().rev().chain(&all[..1]) {
        ledger::keep(&app.storage, one).await.unwrap();
    }
    assert_eq!(ledger::since(&app.storage, now - Duration::days(41)).await.unwrap(), all);
    assert_eq!(ledger::since(&app.storage, now - Duration::days(10)).await.unwrap(), all[2..]);
    backups::prune(&app).await.unwrap();
    assert_eq!(ledger::ids(&app.storage).await.unwrap().len(), 2);
    let mut damaged = app.storage.create(&format!("erasures/{}.json", all[2].id)).unwrap();
    damaged.write("{".into()).await.unwrap();
    damaged.finish().await.unwrap();
    let refused = ledger::since(&app.storage, now - Duration::days(10)).await.unwrap_err();
    assert!(format!("{refused:#}").contains("damaged"), "{refused:#}");
}

#[tokio::test]
async fn without_a_key_or_a_storage_no_backup_is_made() {
    let app = TestApp::start().await;
    let refused = backups::create(&app).await.unwrap_err().to_string();
    assert!(refused.contains("PORTAL_BACKUP_RECIPIENTS"), "{refused}");
    let file = std::env::temp_dir().join(format!("portal-backup-refuses-{}", std::process::id()));
    std::fs::write(&file, "a file where the folder should be").unwrap();
    let key = Identity::generate().to_public().to_string();
    let settings = [("PORTAL_STORAGE", file.to_str().unwrap()), ("PORTAL_BACKUP_RECIPIENTS", key.as_str())];
    let app = TestApp::with(&settings).await;
    assert!(backups::create(&app).await.is_err());
    std::fs::remove_file(&file).unwrap();
}

/// Notes that somebody was erased a little before a backup, by what was still under way when the backup began.
async fn erased_before(app: &TestApp, person: &TestPerson<'_>) {
    let at = app.clock.now() - Duration::hours(1);
    let blinded = hex::encode(blinded(&app.keys, Kind::Person, person.id.0));
    let entry = Entry { id: new_uuid(at), at, kind: "person".into(), blinded };
    ledger::keep(&app.storage, &entry).await.unwrap();
}

/// A contact of this person, who has not decided on anything since yesterday.
async fn contact_of(app: &TestApp, person: &TestPerson<'_>) {
    let (email, digest) = (&person.email, hex::encode(app.keys.email_digest(&person.email)));
    crate::support::run(app, &format!(
        "INSERT INTO contacts (id, email, email_key, email_digest, person_id, source, created_at, last_decided_at) \
         VALUES (gen_random_uuid(), '{email}', '{email}', decode('{digest}', 'hex'), '{}', 'settings', now() - interval '1 day', now() - interval '1 day')",
        person.id.0
    ))
    .await;
}

/// A table and this person are held, they opted out and are restricted, and so is somebody in their claim.
async fn limit(app: &TestApp, person: &TestPerson<'_>, program: &Program) {
    for (scope, column, what) in
        [("table", "table_name", "sign_ins".to_owned()), ("person", "person_id", person.id.0.to_string())]
    {
        crate::support::run(app, &format!(
            "INSERT INTO holds (id, scope, {column}, matter, reason, requested_by, requested_at, lapses_at, review_on) \
             VALUES (gen_random_uuid(), '{scope}', '{what}', 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '3 days', '2999-01-01')"
        ))
        .await;
    }
    let conn = &mut *app.conn().await;
    let (by, why, now) = (suppressions::Reason::Staff, Some("He wrote so."), app.clock.now());
    suppressions::suppress(conn, &app.keys, &person.email, by, why, now).await.unwrap();
    let limit = "INSERT INTO processing_limits (id, person_id, what, began_at) VALUES (gen_random_uuid(), ";
    crate::support::run(app, &format!("{limit}'{}', 'restriction', now())", person.id.0)).await;
    let wish = json!({ "kind": "email", "value": "ada@example.com", "reason": "Asked for it." });
    assert_eq!(program.post("/end-users/restrictions", &wish).await.status, 201);
}

/// A damaged entry at the end of the ledger. Answers where it lies.
async fn damage(app: &TestApp) -> String {
    let damaged = format!("erasures/{}.json", new_uuid(app.clock.now() + Duration::seconds(1)));
    let mut upload = app.storage.create(&damaged).unwrap();
    upload.write("{".into()).await.unwrap();
    upload.finish().await.unwrap();
    damaged
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_makes_lists_and_restores_a_backup_and_serves_it_only_when_it_is_safe() {
    let (bed, elsewhere) = (Bed::new("backup").await, Database::empty().await);
    let (app, folder) = (&bed.app, &bed.folder.0);
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    erased_before(app, &app.customer("carol@example.com").await).await;
    contact_of(app, &bob).await;
    let program = app.program(&bob).await;
    assert_eq!(program.post("/claims", &a_claim(1)).await.status, 201);
    let (well, said) = bed.backup(&["create"], app.database_url());
    assert!(well, "{said}");
    let name = said.split_whitespace().next().unwrap().to_owned();
    let (_, said) = bed.backup(&["list"], app.database_url());
    assert!(said.contains(&name) && said.contains(", goes ") && said.contains("1 backups."), "{said}");
    // What is limited since, the backup does not know, nor that Ada is erased; and the ledger is damaged.
    limit(app, &bob, &program).await;
    portal::retention::beside::mirror(app).await.unwrap();
    let of = Of::Person(ada.id);
    erasure::order(&mut *app.conn().await, of, Cause::Desk, app.clock.now()).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.mail_to("ada@example.com").await.name, "data_erased");
    let damaged = damage(app).await;
    let (well, said) = bed.backup(&["restore", &name, "--identity", &bed.identity], &elsewhere.url);
    assert!(!well && said.contains("is restored") && said.contains("damaged"), "{said}");
    for command in [&["serve"][..], &["work"], &["backup", "create"]] {
        let (output, said) = run(folder, command, &bed.settings(&elsewhere.url));
        assert!(!output.status.success() && said.contains("portal backup replay"), "{command:?}: {said}");
    }
    app.storage.remove(&damaged).await.unwrap();
    let (well, said) = bed.backup(&["replay"], &elsewhere.url);
    assert!(well && said.contains("2 of 2 erasures"), "{said}");
    Running::start(portal(folder, &["work"], &bed.settings(&elsewhere.url))).says("Working on jobs.");
    assert_eq!(number(&elsewhere.url, "people").await, 1, "Ada stays erased");
    let bobs = format!("people WHERE id = '{}'", bob.id.0);
    assert_eq!(number(&elsewhere.url, &bobs).await, 1);
    for (table, rows) in [
        ("holds WHERE ended_at IS NULL", 2),
        ("mail_suppressions WHERE lifted_at IS NULL", 1),
        ("processing_limits WHERE lifted_at IS NULL", 1),
        ("claims c JOIN restrictions r ON r.id = c.restriction_id", 1),
    ] {
        assert_eq!(number(&elsewhere.url, table).await, rows, "{table}");
    }
    let mails = "messages WHERE name = 'data_erased'";
    assert_eq!(number(&elsewhere.url, mails).await, 0, "nobody is told twice");
}
