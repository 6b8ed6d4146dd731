//! The worker: takes jobs from the queue, and the timetable into it.

use std::time::Duration;

use diesel_async::RunQueryDsl as _;
use graphile_worker::recovery::WorkerRecoveryConfig;
use graphile_worker::{
    IntoTaskHandlerResult, LocalQueueConfig, RefetchDelayConfig, TaskHandler, Worker, WorkerContext,
    WorkerOptions,
};
use serde::{Deserialize, Serialize};

use super::{Job, JobError, registry, schedule};
use crate::platform::app::App;
use crate::platform::development;

/// Longest time between two looks into a queue that was empty.
const EMPTY: Duration = Duration::from_millis(500);
/// A job that waits so long although it could run may have been overlooked.
const OVERLOOKED: Duration = Duration::from_secs(2);

/// A job as the library sees it.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub(super) struct Task<J: Job>(J);

impl<J: Job> TaskHandler for Task<J> {
    const IDENTIFIER: &'static str = J::NAME;

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let app = context.get_ext::<App>().expect("the worker is built with an App").clone();
        keep_time(&app).await;
        let result = self.0.run(app.clone()).await;
        let outcome = match &result {
            Ok(()) => "done",
            Err(JobError::Retry(_)) => "retry",
            Err(JobError::Fail(_)) => "failed",
        };
        metrics::counter!("portal_jobs_total", "task" => J::NAME, "outcome" => outcome).increment(1);
        if let Err(JobError::Fail(_)) = &result {
            tracing::error!(job.task = J::NAME, job.id = context.job().id(), "job given up");
            use_up_attempts(&app, *context.job().id()).await;
        }
        result.map_err(|error| error.to_string())
    }
}

/// In development the process that moved the clock may be another one, and a job judges deadlines.
async fn keep_time(app: &App) {
    if app.config.development
        && let Err(error) = development::clock::resume(app).await
    {
        tracing::warn!(error = format!("{error:#}"), "a job runs by a clock that may be behind");
    }
}

/// The library retries until the attempts are used up, so giving up means using them up.
async fn use_up_attempts(app: &App, job: i64) {
    let Ok(mut conn) = app.db.get().await else { return };
    let done =
        diesel::sql_query("UPDATE graphile_worker._private_jobs SET attempts = max_attempts WHERE id = $1")
            .bind::<diesel::sql_types::BigInt, _>(job)
            .execute(&mut conn)
            .await;
    if let Err(error) = done {
        tracing::warn!(error = %error, "a job that was given up will be tried again");
    }
}

/// Builds a worker on connections of its own. With `timetable` it also puts due entries into the queue.
///
/// # Errors
/// No database, or a timetable entry that is no crontab line.
pub async fn build(
    app: &App,
    timetable: bool,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<Worker> {
    let concurrency = app.config.job_concurrency;
    let database =
        graphile_worker::tokio_postgres::TokioPostgresDatabase::from_url(app.db.url(), concurrency + 2)?;
    let recovery = WorkerRecoveryConfig::default()
        .heartbeat_interval(Duration::from_secs(2))
        .sweep_interval(Duration::from_secs(4))
        .sweep_threshold(Duration::from_secs(10))
        .recovery_delay(Duration::from_secs(1));
    // Without it the library looks into an empty queue again and again, as fast as the database answers. A job that is put
    // in meanwhile is taken at once.
    let patience = RefetchDelayConfig::default().with_duration(EMPTY).with_max_abort_threshold(1);
    let mut options = WorkerOptions::default()
        .database(database)
        .concurrency(concurrency)
        .local_queue(LocalQueueConfig::default().with_size(8).with_refetch_delay(patience))
        .worker_recovery(recovery)
        .listen_os_shutdown_signals(false)
        .shutdown_signal(shutdown)
        .shutdown_grace_period(Duration::from_secs(20))
        .add_extension(app.clone());
    options = registry::register(options);
    if timetable {
        options = options
            .with_cron(schedule::crontab())
            .map_err(|error| anyhow::anyhow!("timetable: {error:?}"))?;
    }
    Ok(options.init().await?)
}

/// Works until `shutdown` completes, then lets running jobs finish for up to 20 seconds.
///
/// # Errors
/// The database went away for good.
pub async fn run(app: &App, shutdown: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
    let worker = build(app, true, shutdown).await?;
    let watch = tokio::spawn(watch(app.clone()));
    let ended = worker.run().await;
    watch.abort();
    ended.map_err(|error| anyhow::anyhow!("worker: {error}"))
}

async fn watch(app: App) {
    loop {
        tokio::time::sleep(OVERLOOKED).await;
        if let Err(error) = call_again(&app).await {
            tracing::warn!(error = format!("{error:#}"), "nobody looks whether jobs are overlooked");
        }
    }
}

/// Calls the workers again where a job waits two seconds after it could have run, and answers whether one does. The library
/// may miss a call that comes while it goes to sleep, and would then sleep until the next one. Where all are busy the call
/// changes nothing.
///
/// # Errors
/// The database did not answer.
pub async fn call_again(app: &App) -> anyhow::Result<bool> {
    let mut conn = app.db.get().await?;
    let called = diesel::sql_query(
        "SELECT pg_notify('jobs:insert', '') WHERE EXISTS (SELECT FROM graphile_worker._private_jobs \
         WHERE is_available AND run_at <= now() - make_interval(secs => $1))",
    )
    .bind::<diesel::sql_types::Double, _>(OVERLOOKED.as_secs_f64())
    .execute(&mut conn)
    .await?;
    Ok(called > 0)
}

/// How long the oldest job that could run has been waiting, in seconds.
///
/// # Errors
/// The database did not answer.
pub async fn worker_lag(app: &App) -> anyhow::Result<f64> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Double)]
        seconds: f64,
    }
    let mut conn = app.db.get().await?;
    let row: Row = diesel::sql_query(
        "SELECT coalesce(extract(epoch FROM now() - min(run_at)), 0)::float8 AS seconds \
         FROM graphile_worker._private_jobs WHERE is_available AND run_at <= now()",
    )
    .get_result(&mut conn)
    .await?;
    Ok(row.seconds)
}
