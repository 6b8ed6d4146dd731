//! The files in a backup, as an operator makes and restores it: those that rows name, and never those of whom was erased.

use futures_util::TryStreamExt as _;
use portal::platform::backups;
use portal::privacy::erasure::{self, Cause, Of};

use super::backup_bed::{Bed, content, long, parts, with_file};
use crate::support::process::{portal, with_little_room};
use crate::support::{Database, PDF, number, put};

#[tokio::test(flavor = "multi_thread")]
async fn lost_files_come_back_with_the_database_but_none_of_whom_was_erased_since() {
    let bed = Bed::new("backup-files").await;
    let (app, elsewhere) = (&bed.app, Database::empty().await);
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let carol = app.customer("carol@example.com").await;
    let hers = with_file(app, &ada, &long(3_000_000)).await;
    let (his, lost) = (with_file(app, &bob, PDF).await, with_file(app, &carol, PDF).await);
    let browser = app.sign_in_as(&ada).await;
    browser.get("/privacy/exports/new").await.submit_to("/privacy/exports", &[("of", "person")]).await;
    app.run_jobs().await;
    assert_eq!(app.mail_to("ada@example.com").await.name, "export_ready");
    // A file that is deleted between the dump and the copy is not there either.
    app.storage.clear(&format!("files/{lost}")).await.unwrap();
    let (well, said) = bed.backup(&["create"], app.database_url());
    assert!(well && said.contains("2 files (1 missing)  taken "), "{said}");
    assert!(said.contains("1 files that the database names were not in the storage"), "{said}");
    let name = said.split_whitespace().next().unwrap().to_owned();
    assert_eq!(parts(app, &name).await, ["database.age", "files-1.age", "manifest.json"], "and no copies");
    let (_, said) = bed.backup(&["list"], app.database_url());
    assert!(said.contains("2 files") && said.contains("1 backups."), "{said}");
    // Bob is erased since, and then everything is lost but what lies with the backups.
    let of = Of::Person(bob.id);
    erasure::order(&mut *app.conn().await, of, Cause::Desk, app.clock.now()).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.mail_to("bob@example.com").await.name, "data_erased");
    for folder in ["files", "exports"] {
        app.storage.clear(folder).await.unwrap();
    }
    let said = bed.restore(&name, &elsewhere);
    assert!(said.contains("1 files were brought back."), "{said}");
    assert!(said.contains("1 files that the database names are neither in the storage nor"), "{said}");
    assert!(said.contains("1 copies that people ordered were ended"), "{said}");
    let there = app.on(&elsewhere.url);
    assert_eq!(content(&there, hers).await.unwrap(), long(3_000_000));
    assert_eq!((content(&there, his).await, content(&there, lost).await), (None, None));
    assert_eq!(app.storage.folders("files").await.unwrap(), [hers.to_string()], "nothing of Bob's");
    assert_eq!(number(&elsewhere.url, "exports WHERE ended_at IS NOT NULL").await, 1);
    let (well, said) = bed.backup(&["files", &name, "--identity", &bed.identity], &elsewhere.url);
    assert!(well && said.contains("0 files were brought back."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_can_be_left_out_and_a_restore_tells_how_many_are_lost() {
    let bed = Bed::new("backup-without").await;
    let (app, elsewhere) = (&bed.app, Database::empty().await);
    let ada = app.customer("ada@example.com").await;
    with_file(app, &ada, PDF).await;
    let (well, said) = bed.backup(&["create", "--without-files"], app.database_url());
    assert!(well && said.contains("without files"), "{said}");
    let name = said.split_whitespace().next().unwrap().to_owned();
    assert_eq!(parts(app, &name).await, ["database.age", "manifest.json"]);
    app.storage.clear("files").await.unwrap();
    let said = bed.restore(&name, &elsewhere);
    assert!(said.contains("0 files were brought back.") && said.contains("1 files that"), "{said}");
    let (well, said) = bed.backup(&["files", &name, "--identity", &bed.identity], &elsewhere.url);
    assert!(!well && said.contains("was made without files"), "{said}");
    for (name, why) in [("20200101T000000Z-00000000", "there is no backup"), ("../files", "not the name")] {
        let (well, said) = bed.backup(&["files", name, "--identity", &bed.identity], &elsewhere.url);
        assert!(!well && said.contains(why), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_back_keep_the_database_from_being_served_until_somebody_says_so() {
    let bed = Bed::new("backup-refused").await;
    let (app, elsewhere) = (&bed.app, Database::empty().await);
    let ada = app.customer("ada@example.com").await;
    let hers = with_file(app, &ada, PDF).await;
    let backup = backups::create(app).await.unwrap();
    let path = format!("backups/{}/files-1.age", backup.name);
    let found = app.storage.open(&path).await.unwrap().unwrap();
    let whole = found.bytes.try_collect::<Vec<_>>().await.unwrap().concat();
    app.storage.clear("files").await.unwrap();
    put(app, &path, whole[..whole.len() - 20].to_vec()).await;
    let key = ["--identity", bed.identity.as_str()];
    let (well, said) = bed.backup(&["restore", &backup.name, key[0], key[1]], &elsewhere.url);
    assert!(!well && said.contains("damaged") && said.contains("portal backup replay"), "{said}");
    let (well, said) = bed.backup(&["files", &backup.name, key[0], key[1]], &elsewhere.url);
    assert!(!well && said.contains("portal backup replay"), "what is erased comes first: {said}");
    let (well, said) = bed.backup(&["replay"], &elsewhere.url);
    assert!(well && said.contains("The database may be served."), "{said}");
    put(app, &path, whole).await;
    app.storage.clear("files").await.unwrap();
    let (well, said) = bed.backup(&["files", &backup.name, key[0], key[1]], &elsewhere.url);
    assert!(well && said.contains("1 files were brought back."), "{said}");
    assert_eq!(content(app, hers).await.as_deref(), Some(PDF));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_leaves_no_backup_and_nothing_of_one() {
    let bed = Bed::new("backup-full").await;
    let app = &bed.app;
    for email in ["ada@example.com", "bob@example.com"] {
        with_file(app, &app.customer(email).await, &long(9_000_000)).await;
    }
    let settings = bed.settings(app.database_url());
    // There is room for the database, and not for the files.
    let command = portal(&bed.folder.0, &["backup", "create"], &settings);
    let output = with_little_room(&command, 16_000).output().expect("the program is built");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("the storage does not take the file"), "{said}");
    assert!(app.storage.folders("backups").await.unwrap().is_empty());
    let (well, said) = bed.backup(&["create"], app.database_url());
    assert!(well && said.contains("2 files"), "there is room again: {said}");
    assert_eq!(backups::list(&app.storage).await.unwrap().len(), 1);
}
