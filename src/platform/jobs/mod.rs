//! Background jobs on Postgres, by `graphile_worker`.
//!
//! A job is a shell around a domain function: ids as payload, safe to run twice, enqueued inside the
//! transaction that needs it. A job whose worker was killed is run again once its heartbeat stops.

mod dead;
mod registry;
pub mod schedule;
mod worker;

pub use dead::{DeadJob, dead_count, dead_jobs, retry};
pub use worker::{build, call_again, run, worker_lag};

use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::app::App;

/// The name that a domain's job runs under, its payload and its work.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Unique and stable: jobs in the queue carry it.
    const NAME: &'static str;

    /// Does the work. May run twice for one enqueueing.
    fn run(self, app: App) -> impl Future<Output = Result<(), JobError>> + Send;
}

/// How a job that did not succeed goes on.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Try again with backoff, until the attempts are used up.
    #[error("{0}")]
    Retry(String),
    /// Do not try again: staff see it among the dead jobs.
    #[error("{0}")]
    Fail(String),
}

impl From<anyhow::Error> for JobError {
    fn from(error: anyhow::Error) -> Self {
        Self::Retry(format!("{error:#}"))
    }
}

impl From<diesel::result::Error> for JobError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Retry(error.to_string())
    }
}

/// Enqueues a job inside the caller's transaction: it exists exactly if the change does.
///
/// # Errors
/// What the database says.
pub async fn enqueue<J: Job>(conn: &mut AsyncPgConnection, job: &J, max_attempts: i32) -> QueryResult<()> {
    let payload =
        serde_json::to_value(job).map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    diesel::sql_query(
        "SELECT graphile_worker.add_job(identifier := $1, payload := $2::text::json, max_attempts := $3)",
    )
    .bind::<diesel::sql_types::Text, _>(J::NAME)
    .bind::<diesel::sql_types::Text, _>(payload.to_string())
    .bind::<diesel::sql_types::Integer, _>(max_attempts)
    .execute(conn)
    .await?;
    Ok(())
}

/// As [`enqueue`]; of the jobs in one line, one runs at a time and the oldest first.
///
/// # Errors
/// What the database says.
pub async fn enqueue_in_line<J: Job>(
    conn: &mut AsyncPgConnection,
    job: &J,
    max_attempts: i32,
    line: &str,
) -> QueryResult<()> {
    let payload =
        serde_json::to_value(job).map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    diesel::sql_query(
        "SELECT graphile_worker.add_job(identifier := $1, payload := $2::text::json, max_attempts := $3, queue_name := $4)",
    )
    .bind::<diesel::sql_types::Text, _>(J::NAME)
    .bind::<diesel::sql_types::Text, _>(payload.to_string())
    .bind::<diesel::sql_types::Integer, _>(max_attempts)
    .bind::<diesel::sql_types::Text, _>(line)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the very job is in the queue: it waits, runs, or was given up.
///
/// # Errors
/// What the database says.
pub async fn is_queued<J: Job>(conn: &mut AsyncPgConnection, job: &J) -> QueryResult<bool> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        queued: bool,
    }
    let payload =
        serde_json::to_value(job).map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let row: Row = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM graphile_worker.jobs j JOIN graphile_worker._private_jobs p USING (id) \
         WHERE j.task_identifier = $1 AND p.payload::jsonb = $2::text::jsonb) AS queued",
    )
    .bind::<diesel::sql_types::Text, _>(J::NAME)
    .bind::<diesel::sql_types::Text, _>(payload.to_string())
    .get_result(conn)
    .await?;
    Ok(row.queued)
}

/// Creates or upgrades the job library's own tables. Called under the migration lock.
///
/// # Errors
/// No connection, or its migrations fail.
pub(super) async fn install(url: &str) -> anyhow::Result<()> {
    let database = graphile_worker::tokio_postgres::TokioPostgresDatabase::from_url(url, 2)?;
    graphile_worker::WorkerOptions::default()
        .database(database)
        .listen_os_shutdown_signals(false)
        .init()
        .await?;
    Ok(())
}
