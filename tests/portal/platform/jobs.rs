//! Background jobs: there exactly if the change is, tried again, given up in sight of staff.

use diesel::QueryResult;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection as _, RunQueryDsl};
use portal::platform::ids::MessageId;
use portal::platform::jobs;
use portal::platform::jobs::schedule::{TIMETABLE, run_all};
use portal::platform::jobs::{call_again, dead_count, retry, worker_lag};
use portal::platform::messages::DeliverMessage;

use crate::support::{TestApp, eventually, process};

/// A job that is given up at once: the timetable has no such entry.
async fn enqueue_a_hopeless_job(app: &TestApp) {
    let query = "SELECT graphile_worker.add_job('timetable_entry', '{\"name\": \"nothing\"}'::json, max_attempts := 5)";
    diesel::sql_query(query).execute(&mut app.conn().await).await.unwrap();
}

#[tokio::test]
async fn a_job_of_a_change_that_was_rolled_back_never_was() {
    let app = TestApp::start().await;
    let job = DeliverMessage { message: MessageId::new(app.clock.now()) };
    let mut conn = app.conn().await;
    let undone: QueryResult<()> = conn
        .transaction(async |conn| {
            jobs::enqueue(conn, &job, 3).await?;
            Err(diesel::result::Error::RollbackTransaction)
        })
        .await;
    assert!(undone.is_err());
    let left = diesel::sql_query("DELETE FROM graphile_worker._private_jobs").execute(&mut conn).await;
    assert_eq!(left, Ok(0));
}

#[tokio::test]
async fn a_job_that_cannot_succeed_is_not_tried_again_and_says_why() {
    let app = TestApp::start().await;
    enqueue_a_hopeless_job(&app).await;
    app.run_jobs().await;
    let dead = app.dead_jobs().await;
    assert_eq!((dead.len(), dead[0].task.as_str(), dead[0].attempts), (1, "timetable_entry", 5));
    assert!(dead[0].last_error.as_deref().unwrap().contains("no entry nothing"), "{dead:?}");
    app.travel(chrono::Duration::days(30)).await;
    app.run_jobs().await;
    let mut conn = app.conn().await;
    assert_eq!(dead_count(&mut conn).await, Ok(1));
}

#[tokio::test]
async fn a_dead_job_can_be_given_another_round() {
    let app = TestApp::start().await;
    enqueue_a_hopeless_job(&app).await;
    app.run_jobs().await;
    let id = app.dead_jobs().await[0].id;
    let mut conn = app.conn().await;
    assert_eq!(retry(&mut conn, id, app.clock.now()).await, Ok(true));
    assert_eq!(retry(&mut conn, id, app.clock.now()).await, Ok(false), "it is alive now");
    assert_eq!(dead_count(&mut conn).await, Ok(0));
    app.run_jobs().await;
    assert_eq!(dead_count(&mut conn).await, Ok(1));
}

#[tokio::test]
async fn many_jobs_are_all_done_in_one_go() {
    let app = TestApp::start().await;
    let mut conn = app.conn().await;
    for _ in 0..60 {
        // A message that does not exist any more is no reason to fail.
        jobs::enqueue(&mut conn, &DeliverMessage { message: MessageId::new(app.clock.now()) }, 3)
            .await
            .unwrap();
    }
    assert!(worker_lag(&app).await.unwrap() > 0.0);
    app.run_jobs().await;
    assert!(worker_lag(&app).await.unwrap() <= 0.0);
}

#[tokio::test]
async fn every_entry_of_the_timetable_runs_on_an_empty_database_and_twice() {
    let app = TestApp::start().await;
    run_all(&app).await.unwrap();
    run_all(&app).await.unwrap();
    // Building a worker with the timetable reads every line of it as a crontab.
    jobs::build(&app, true, std::future::pending()).await.unwrap();
    let mut names: Vec<_> = TIMETABLE.iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TIMETABLE.len());
}

/// How many transactions the database has seen.
async fn transactions(app: &TestApp) -> i64 {
    let count = diesel::dsl::sql::<BigInt>(
        "SELECT (xact_commit + xact_rollback)::bigint FROM pg_stat_database WHERE datname = current_database()",
    );
    count.get_result(&mut app.conn().await).await.unwrap()
}

#[tokio::test]
async fn a_worker_hardly_looks_into_an_empty_queue_and_takes_what_comes_all_the_same() {
    let app = TestApp::start().await;
    let folder = process::Folder::new("idle-worker");
    let _worker = process::worker(&app, &folder, &[]);
    let given_up = async |many| {
        enqueue_a_hopeless_job(&app).await;
        eventually("the worker", async || {
            (dead_count(&mut *app.conn().await).await == Ok(many)).then_some(())
        })
        .await;
    };
    given_up(1).await;
    let second = std::time::Duration::from_secs(1);
    tokio::time::sleep(second).await;
    let before = transactions(&app).await;
    tokio::time::sleep(4 * second).await;
    let asked = transactions(&app).await - before;
    assert!(asked < 200, "{asked} transactions in four seconds");
    given_up(2).await;
    app.dead_jobs().await;
}

#[tokio::test]
async fn a_job_that_waits_although_it_could_run_is_called_out_again() {
    let app = TestApp::start().await;
    let wait = async |seconds: i64| {
        let query =
            format!("UPDATE graphile_worker._private_jobs SET run_at = now() - interval '{seconds} seconds'");
        diesel::sql_query(query).execute(&mut app.conn().await).await.unwrap();
    };
    assert!(!call_again(&app).await.unwrap(), "nothing waits");
    enqueue_a_hopeless_job(&app).await;
    wait(1).await;
    assert!(!call_again(&app).await.unwrap(), "it may be on its way");
    wait(3).await;
    assert!(call_again(&app).await.unwrap());
    app.run_jobs().await;
    assert!(!call_again(&app).await.unwrap(), "it was given up, and nobody is called for that");
    app.dead_jobs().await;
}
