//! What a backup consists of, when it is one, and what is in none.

use chrono::Duration;
use futures_util::TryStreamExt as _;
use portal::platform::backups::{self, Backup, restore, unpacking};
use portal::privacy::exports;

use super::backup_bed::{Bed, parts, with_file};
use crate::support::{Database, PDF, count, number, put};

#[tokio::test]
async fn a_backup_is_whole_with_its_manifest_and_everything_that_this_names() {
    let bed = Bed::new("backup-whole").await;
    let app = &bed.app;
    let ada = app.customer("ada@example.com").await;
    with_file(app, &ada, PDF).await;
    let backup = backups::create(app).await.unwrap();
    assert_eq!(backups::list(&app.storage).await.unwrap()[0].files, backup.files);
    assert_eq!(backup.files.map(|packed| (packed.archives, packed.files, packed.missing)), Some((1, 1, 0)));
    for part in ["files-1.age", "manifest.json", "database.age"] {
        let path = format!("backups/{}/{part}", backup.name);
        let found = app.storage.open(&path).await.unwrap().unwrap();
        let content = found.bytes.try_collect::<Vec<_>>().await.unwrap().concat();
        assert_eq!(content.starts_with(b"age-encryption.org/v1"), part != "manifest.json", "{part}");
        app.storage.remove(&path).await.unwrap();
        assert!(backups::list(&app.storage).await.unwrap().is_empty(), "without {part}");
        put(app, &path, content[..content.len() - 1].to_vec()).await;
        assert!(backups::list(&app.storage).await.unwrap().is_empty(), "where {part} is cut off");
        put(app, &path, content).await;
    }
    let manifest = format!("backups/{}/manifest.json", backup.name);
    app.storage.remove(&manifest).await.unwrap();
    let elsewhere = Database::empty().await;
    let refused = restored(&bed, &backup, &elsewhere).await.unwrap_err();
    assert!(refused.to_string().contains("there is no backup"), "{refused:#}");
    put(app, &manifest, b"{\"version\":2,\"database_bytes\":1,\"files\":null}".to_vec()).await;
    let refused = restored(&bed, &backup, &elsewhere).await.unwrap_err();
    assert!(refused.to_string().contains("newer program"), "{refused:#}");
}

async fn restored(bed: &Bed, backup: &Backup, into: &Database) -> anyhow::Result<()> {
    restore::restore(&into.url, &bed.app.storage, &backup.name, bed.keys(), bed.app.clock.now()).await
}

#[tokio::test]
async fn of_two_restores_into_a_database_at_once_one_is_made_and_the_other_told_so_at_once() {
    let bed = Bed::new("backup-twice").await;
    bed.app.customer("ada@example.com").await;
    let backup = backups::create(&bed.app).await.unwrap();
    let into = Database::empty().await;
    let both = tokio::join!(restored(&bed, &backup, &into), restored(&bed, &backup, &into));
    let refused = match both {
        (Ok(()), Err(refused)) | (Err(refused), Ok(())) => refused.to_string(),
        neither => panic!("{neither:?}"),
    };
    assert!(refused.contains("another restore into this database is under way"), "{refused}");
    assert_eq!((number(&into.url, "people").await, number(&into.url, "restores").await), (1, 1));
    let again = restored(&bed, &backup, &into).await.unwrap_err().to_string();
    assert!(again.contains("the database is not empty"), "{again}");
    let client = portal::platform::db::client(&into.url).await.unwrap();
    let state = restore::state(&client).await.unwrap();
    assert!(matches!(state, restore::Restored::Unreplayed { .. }), "{state:?}");
}

#[tokio::test]
async fn a_backup_of_an_earlier_program_is_listed_and_restored() {
    let bed = Bed::new("backup-earlier").await;
    let app = &bed.app;
    let ada = app.customer("ada@example.com").await;
    with_file(app, &ada, PDF).await;
    let backup = backups::create(app).await.unwrap();
    // Such a one is a single file of another name.
    let path = |part: &str| format!("backups/{}/{part}", backup.name);
    let found = app.storage.open(&path("database.age")).await.unwrap().unwrap();
    let dump = found.bytes.try_collect::<Vec<_>>().await.unwrap().concat();
    app.storage.clear(&format!("backups/{}", backup.name)).await.unwrap();
    put(app, &path("dump.age"), dump.clone()).await;
    let listed = backups::list(&app.storage).await.unwrap();
    assert_eq!((listed.len(), listed[0].files, listed[0].bytes), (1, None, dump.len() as u64));
    let elsewhere = Database::empty().await;
    restored(&bed, &backup, &elsewhere).await.unwrap();
    assert_eq!(number(&elsewhere.url, "files").await, 1);
    let there = app.on(&elsewhere.url);
    app.storage.clear("files").await.unwrap();
    let done = unpacking::bring_back(&there, &backup.name, bed.keys()).await.unwrap();
    assert_eq!((done.files, done.lost), (0, 1));
}

#[tokio::test]
async fn files_go_with_their_backup_after_30_days() {
    let bed = Bed::new("backup-gone").await;
    let app = &bed.app;
    let ada = app.customer("ada@example.com").await;
    with_file(app, &ada, PDF).await;
    let backup = backups::create(app).await.unwrap();
    app.travel(Duration::days(29)).await;
    assert_eq!(backups::prune(app).await.unwrap(), 0);
    assert_eq!(parts(app, &backup.name).await.len(), 3);
    app.travel(Duration::days(1)).await;
    assert_eq!(backups::prune(app).await.unwrap(), 1);
    assert!(app.storage.folders("backups").await.unwrap().is_empty());
    assert_eq!(count(app, "files").await, 1, "of what is in use nothing went");
}

#[tokio::test]
async fn a_copy_whose_file_is_lost_says_so_and_is_not_noted_as_fetched() {
    let bed = Bed::new("backup-copies").await;
    let app = &bed.app;
    let browser = app.sign_in_as(&app.customer("ada@example.com").await).await;
    let order = browser.get("/privacy/exports/new").await;
    let path = order.submit_to("/privacy/exports", &[("of", "person")]).await.location().to_owned();
    app.run_jobs().await;
    assert_eq!(app.mail_to("ada@example.com").await.name, "export_ready");
    assert_eq!(exports::end_lost(app).await.unwrap(), 0);
    app.storage.clear("exports").await.unwrap();
    let page = browser.get(&format!("{path}/file")).await;
    assert_eq!(page.status, 410);
    assert!(page.words().contains("The file of this copy is lost"), "{}", page.words());
    assert_eq!(count(app, "exports WHERE fetched_at IS NOT NULL").await, 0);
    assert_eq!(exports::end_lost(app).await.unwrap(), 1);
    let page = browser.get(&path).await;
    assert!(page.words().contains("Its file is gone"), "{}", page.words());
}
