//! Jobs that were given up: staff see them and may try them again.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use crate::platform::messages::{self, DeliverMessage};
use crate::platform::web::pagination::Window;

/// A job that was given up.
#[derive(Clone, Debug, QueryableByName)]
pub struct DeadJob {
    /// Its number in the queue.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Which kind of job.
    #[diesel(sql_type = Text)]
    pub task: String,
    /// How often it was tried.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// What went wrong the last time.
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
    /// When it was enqueued.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

/// Dead jobs: all, or those among these.
///
/// # Errors
/// What the database says.
pub async fn dead_jobs(
    conn: &mut AsyncPgConnection,
    among: Option<&[i64]>,
    window: Window<i64>,
) -> QueryResult<Vec<DeadJob>> {
    let (above, below, order) = window.bounds(i64::MIN, i64::MAX);
    diesel::sql_query(format!(
        "SELECT id, task_identifier AS task, attempts::int AS attempts, last_error, created_at FROM graphile_worker.jobs \
         WHERE attempts >= max_attempts AND locked_at IS NULL AND id > $1 AND id < $2 AND ($4 IS NULL OR id = ANY ($4)) ORDER BY id {order} LIMIT $3",
    ))
    .bind::<BigInt, _>(above)
    .bind::<BigInt, _>(below)
    .bind::<BigInt, _>(window.limit)
    .bind::<Nullable<Array<BigInt>>, _>(among)
    .load(conn)
    .await
}

/// How many dead jobs there are.
///
/// # Errors
/// What the database says.
pub async fn dead_count(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let row: Row = diesel::sql_query("SELECT count(*) AS count FROM graphile_worker.jobs WHERE attempts >= max_attempts AND locked_at IS NULL")
        .get_result(conn)
        .await?;
    Ok(row.count)
}

/// Gives a dead job one more round of attempts, and the message it delivers too, inside the caller's
/// transaction: a message that stays given up would only be passed over. Answers whether it was still dead.
///
/// # Errors
/// What the database says.
pub async fn retry(conn: &mut AsyncPgConnection, id: i64, now: DateTime<Utc>) -> QueryResult<bool> {
    let revived = diesel::sql_query(
        "SELECT (graphile_worker.reschedule_jobs(ARRAY[id], run_at := now(), attempts := 0)).id FROM graphile_worker.jobs \
         WHERE id = $1 AND attempts >= max_attempts AND locked_at IS NULL",
    )
    .bind::<BigInt, _>(id)
    .execute(conn)
    .await?;
    if revived == 0 {
        return Ok(false);
    }
    let job: Payload =
        diesel::sql_query("SELECT payload::text AS payload FROM graphile_worker._private_jobs WHERE id = $1")
            .bind::<BigInt, _>(id)
            .get_result(conn)
            .await?;
    if let Ok(delivery) = serde_json::from_str::<DeliverMessage>(&job.payload) {
        messages::try_again(conn, delivery.message.0, now).await?;
    }
    Ok(true)
}

#[derive(QueryableByName)]
struct Payload {
    #[diesel(sql_type = Text)]
    payload: String,
}
