//! Rows of the test's database, for what no page shows or makes.

use diesel_async::RunQueryDsl as _;
use portal::platform::db;

use super::TestApp;

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// Carries out a statement.
pub async fn run(app: &TestApp, statement: &str) {
    diesel::sql_query(statement)
        .execute(&mut app.conn().await)
        .await
        .unwrap_or_else(|error| panic!("{error}: {statement}"));
}

/// How many rows there are of something: a table, with a condition behind it if need be.
pub async fn count(app: &TestApp, of: &str) -> i64 {
    let row: Count = diesel::sql_query(format!("SELECT count(*) AS count FROM {of}"))
        .get_result(&mut app.conn().await)
        .await
        .unwrap_or_else(|error| panic!("{error}: {of}"));
    row.count
}

/// As [`count`], in another database than the test's.
pub async fn number(url: &str, of: &str) -> i64 {
    let query = format!("SELECT count(*) FROM {of}");
    db::client(url).await.expect("a database").query_one(&query, &[]).await.expect("a number").get(0)
}

/// From here on statements dawdle that this names, as in `AFTER INSERT ON suspensions`: time for others to come in between,
/// or to kill whoever does it.
pub async fn dawdle(app: &TestApp, statements: &str, seconds: f64) {
    let function = format!(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$"
    );
    run(app, &function).await;
    run(app, &format!("CREATE TRIGGER dawdle {statements} FOR EACH STATEMENT EXECUTE FUNCTION dawdle()"))
        .await;
}

/// Waits until somebody dawdles over a statement.
pub async fn dawdling(app: &TestApp) {
    let sleeps = "pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    super::eventually("somebody to dawdle", async || (count(app, sleeps).await > 0).then_some(())).await;
}

/// Lets go of what a killed worker had taken. That its jobs are begun again once its heartbeat stopped, without counting a
/// try, is tested with the jobs.
pub async fn let_go(app: &TestApp) {
    run(app, "UPDATE graphile_worker._private_jobs SET locked_at = NULL, locked_by = NULL, attempts = 0")
        .await;
    run(app, "UPDATE graphile_worker._private_job_queues SET locked_at = NULL, locked_by = NULL").await;
}

/// Waits until nobody holds an advisory lock. For a process that was killed the database first ends what it was doing.
pub async fn unlocked(app: &TestApp) {
    let held = "pg_locks l JOIN pg_database d ON d.oid = l.database \
                WHERE d.datname = current_database() AND l.locktype = 'advisory'";
    super::eventually("the locks to be free", async || (count(app, held).await == 0).then_some(())).await;
}

/// Waits until so many wait for locks. `who` says who they are, if they do not.
pub async fn lock_waits(app: &TestApp, who: &str, many: i64) {
    let waits = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    super::eventually(who, async || (count(app, waits).await >= many).then_some(())).await;
}
