//! SQL of the outbox.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::db::schema::{message_attempts, messages};
use crate::platform::ids;
use crate::retention::holds::guard;

#[derive(Insertable)]
#[diesel(table_name = messages)]
pub(super) struct NewMessage<'a> {
    pub id: Uuid,
    pub kind: &'a str,
    pub name: &'a str,
    pub class: &'a str,
    pub person_id: Option<Uuid>,
    pub recipient: &'a str,
    pub subject: &'a str,
    pub sealed_body: Option<Vec<u8>>,
    pub message_id: String,
    pub created_at: DateTime<Utc>,
}

/// A message as it stands in the outbox.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages, check_for_backend(diesel::pg::Pg))]
pub struct StoredMessage {
    /// Its id; sorts by time.
    pub id: Uuid,
    /// `mail`, `sms` or `voice`.
    pub kind: String,
    /// Name of its template.
    pub name: String,
    /// `transactional` or `marketing`.
    pub class: String,
    /// Address or number.
    pub recipient: String,
    /// Subject of a mail.
    pub subject: String,
    /// Text, HTML and headers, sealed; gone some days after delivery.
    pub sealed_body: Option<Vec<u8>>,
    /// Message-ID without angle brackets.
    pub message_id: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When a server took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub failed_at: Option<DateTime<Utc>>,
}

/// One try to deliver.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = message_attempts, check_for_backend(diesel::pg::Pg))]
pub struct Attempt {
    /// Its id; sorts by time.
    pub id: Uuid,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; nothing while it runs or if its worker died.
    pub finished_at: Option<DateTime<Utc>>,
    /// `sent`, `temporary_failure`, `permanent_failure` or `interrupted`.
    pub outcome: Option<String>,
    /// What the other side said.
    pub detail: Option<String>,
}

pub(super) async fn insert(conn: &mut AsyncPgConnection, message: &NewMessage<'_>) -> QueryResult<()> {
    diesel::insert_into(messages::table).values(message).execute(conn).await?;
    Ok(())
}

/// One message, if it is there.
///
/// # Errors
/// What the database says.
pub async fn find(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<StoredMessage>> {
    messages::table.find(id).select(StoredMessage::as_select()).first(conn).await.optional()
}

/// The newest messages, newest first, before the given id.
///
/// # Errors
/// What the database says.
pub async fn recent(
    conn: &mut AsyncPgConnection,
    before: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<StoredMessage>> {
    messages::table
        .filter(messages::id.lt(before.unwrap_or(Uuid::max())))
        .order(messages::id.desc())
        .limit(limit)
        .select(StoredMessage::as_select())
        .load(conn)
        .await
}

/// Messages newer than an id, oldest first: the way back through a list.
///
/// # Errors
/// What the database says.
pub async fn newer_than(
    conn: &mut AsyncPgConnection,
    after: Uuid,
    limit: i64,
) -> QueryResult<Vec<StoredMessage>> {
    messages::table
        .filter(messages::id.gt(after))
        .order(messages::id.asc())
        .limit(limit)
        .select(StoredMessage::as_select())
        .load(conn)
        .await
}

/// Every try to deliver one message, oldest first.
///
/// # Errors
/// What the database says.
pub async fn attempts(conn: &mut AsyncPgConnection, message: Uuid) -> QueryResult<Vec<Attempt>> {
    message_attempts::table
        .filter(message_attempts::message_id.eq(message))
        .order(message_attempts::id)
        .select(Attempt::as_select())
        .load(conn)
        .await
}

/// Marks what an earlier, killed worker began as interrupted, begins an attempt, and says how many
/// there were before and whether one of them was interrupted just now.
pub(super) async fn begin_attempt(
    conn: &mut AsyncPgConnection,
    message: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<(Uuid, i64, bool)> {
    let interrupted = diesel::update(message_attempts::table)
        .filter(message_attempts::message_id.eq(message).and(message_attempts::finished_at.is_null()))
        .set((
            message_attempts::finished_at.eq(now),
            message_attempts::outcome.eq("interrupted"),
            message_attempts::detail.eq("The worker stopped before it could note the outcome."),
        ))
        .execute(conn)
        .await?;
    let round_began: Option<DateTime<Utc>> =
        messages::table.find(message).select(messages::tried_again_at).first(conn).await?;
    let earlier: i64 = message_attempts::table
        .filter(message_attempts::message_id.eq(message))
        .filter(message_attempts::started_at.ge(round_began.unwrap_or(DateTime::UNIX_EPOCH)))
        .count()
        .get_result(conn)
        .await?;
    let id = ids::new_uuid(now);
    diesel::insert_into(message_attempts::table)
        .values((
            message_attempts::id.eq(id),
            message_attempts::message_id.eq(message),
            message_attempts::started_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok((id, earlier, interrupted > 0))
}

pub(super) async fn finish_attempt(
    conn: &mut AsyncPgConnection,
    attempt: Uuid,
    now: DateTime<Utc>,
    outcome: &str,
    detail: &str,
) -> QueryResult<()> {
    diesel::update(message_attempts::table.find(attempt))
        .set((
            message_attempts::finished_at.eq(now),
            message_attempts::outcome.eq(outcome),
            message_attempts::detail.eq(detail),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn mark_sent(conn: &mut AsyncPgConnection, id: Uuid, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(messages::table.find(id)).set(messages::sent_at.eq(now)).execute(conn).await?;
    Ok(())
}

/// Marks a message as given up; answers whether it is there and was not sent after all.
pub(super) async fn mark_failed(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let open = messages::table.find(id).filter(messages::sent_at.is_null());
    Ok(diesel::update(open).set(messages::failed_at.eq(now)).execute(conn).await? > 0)
}

/// Gives a message that was given up another round of attempts, inside the caller's transaction. Its job is
/// revived or enqueued by the caller.
///
/// # Errors
/// What the database says.
pub async fn try_again(conn: &mut AsyncPgConnection, id: Uuid, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(messages::table.find(id))
        .filter(messages::sent_at.is_null())
        .set((messages::failed_at.eq(None::<DateTime<Utc>>), messages::tried_again_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the bodies of messages that were settled before this moment: they carry links.
///
/// # Errors
/// What the database says.
pub(super) async fn forget_bodies(
    conn: &mut AsyncPgConnection,
    settled_before: DateTime<Utc>,
) -> QueryResult<usize> {
    let unheld = guard::unheld(conn, "messages").await?;
    diesel::update(messages::table)
        .filter(messages::sealed_body.is_not_null())
        .filter(messages::sent_at.lt(settled_before).or(messages::failed_at.lt(settled_before)))
        // What must not be deleted is not forgotten either.
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&unheld))
        .set(messages::sealed_body.eq(None::<Vec<u8>>))
        .execute(conn)
        .await
}
