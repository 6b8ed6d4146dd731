//! The steps that bring a database up to the program.

use portal::platform::db::{self, Db};
use tokio_postgres::NoTls;

use crate::support::Database;

async fn tables(url: &str) -> i64 {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let query =
        "SELECT count(*) FROM information_schema.tables WHERE table_schema IN ('public', 'graphile_worker')";
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn several_processes_may_migrate_one_database_at_once() {
    let database = Database::empty().await;
    let url = &database.url;
    let outcomes = futures_util::future::join_all((0..4).map(|_| db::migrate(url))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let pool = Db::open(url, 2, tokio::runtime::Handle::current()).unwrap();
    assert!(db::is_migrated(&pool).await.unwrap());
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let database = Database::migrated().await;
    let before = tables(&database.url).await;
    db::migrate(&database.url).await.unwrap();
    assert!(before > 20);
    assert_eq!(tables(&database.url).await, before);
}

#[tokio::test]
async fn every_step_can_be_taken_back() {
    use diesel_async::{AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection};
    use diesel_migrations::MigrationHarness as _;
    let database = Database::migrated().await;
    let url = database.url.clone();
    // The harness blocks, which only a thread with a runtime of several threads allows.
    let undo = std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut harness = AsyncMigrationHarness::new(AsyncPgConnection::establish(&url).await.unwrap());
            harness
                .revert_all_migrations(db::MIGRATIONS)
                .map(|undone| undone.len())
                .map_err(|error| error.to_string())
        })
    });
    assert!(undo.join().unwrap().unwrap() >= 3);
    db::migrate(&database.url).await.unwrap();
}
