//! Messages in a restored backup. What waited when the backup was taken has most likely gone out since, from the database
//! that was lost. Nobody can know, and a second letter about a password or a deletion does harm; so none of them goes out
//! by itself. Each is marked as given up with this reason, and staff who know better send it again from its page.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::DeliverMessage;
use crate::platform::db::schema::messages;
use crate::platform::jobs::Job;

/// Why a message was given up.
const WHY: &str = "Not sent: this database was restored from a backup, and the message may have gone out before that. Send it again only if it did not.";

/// Marks every message that waits, and takes its job out of the queue. Answers how many messages that were.
///
/// # Errors
/// What the database says.
pub async fn set_aside(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    let waiting: Vec<Uuid> = messages::table
        .filter(messages::sent_at.is_null().and(messages::failed_at.is_null()))
        .select(messages::id)
        .for_update()
        .load(conn)
        .await?;
    diesel::sql_query(
        "INSERT INTO message_attempts (id, message_id, started_at, finished_at, outcome, detail) \
         SELECT gen_random_uuid(), id, $2, $2, 'permanent_failure', $3 FROM unnest($1) AS id",
    )
    .bind::<Array<SqlUuid>, _>(&waiting)
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(WHY)
    .execute(conn)
    .await?;
    diesel::update(messages::table.filter(messages::id.eq_any(&waiting)))
        .set(messages::failed_at.eq(now))
        .execute(conn)
        .await?;
    diesel::sql_query(
        "DELETE FROM graphile_worker._private_jobs p USING graphile_worker._private_tasks t \
         WHERE t.id = p.task_id AND t.identifier = $1",
    )
    .bind::<Text, _>(DeliverMessage::NAME)
    .execute(conn)
    .await?;
    Ok(waiting.len())
}
