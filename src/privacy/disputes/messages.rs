//! What whoever raised a dispute and the privacy team write to each other, on its page. A mail says only that there is
//! something to read.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::states::By;
use super::{Dispute, mail};
use crate::platform::app::App;
use crate::platform::db::schema::dispute_messages;
use crate::platform::error::AppError;
use crate::platform::ids::{DisputeId, new_uuid};
use crate::platform::web::rate_limit::{self, Quota};

/// Messages of one side of one dispute.
const SENDINGS: Quota = Quota::per_minutes("dispute_message", 20, 60);

/// A message.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = dispute_messages, check_for_backend(diesel::pg::Pg))]
pub struct Message {
    /// `filer` or `staff`.
    pub author_kind: String,
    /// Who exactly.
    pub author_id: Option<Uuid>,
    /// What.
    pub body: String,
    /// When.
    pub sent_at: DateTime<Utc>,
}

/// The messages of a dispute, oldest first.
///
/// # Errors
/// What the database says.
pub async fn of(conn: &mut AsyncPgConnection, dispute: DisputeId) -> QueryResult<Vec<Message>> {
    dispute_messages::table
        .filter(dispute_messages::dispute_id.eq(dispute))
        .order(dispute_messages::id)
        .select(Message::as_select())
        .load(conn)
        .await
}

/// Writes a message inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    dispute: DisputeId,
    by: By,
    body: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (author_kind, author_id) = by.parts();
    diesel::insert_into(dispute_messages::table)
        .values((
            dispute_messages::id.eq(new_uuid(now)),
            dispute_messages::dispute_id.eq(dispute),
            dispute_messages::author_kind.eq(author_kind),
            dispute_messages::author_id.eq(author_id),
            dispute_messages::body.eq(body),
            dispute_messages::sent_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sends a message; one of staff is announced by mail.
///
/// # Errors
/// `TooManyRequests` beyond twenty an hour.
pub async fn send(app: &App, by: By, dispute: &Dispute, body: &str) -> Result<(), AppError> {
    let (side, _) = by.parts();
    rate_limit::take(app, SENDINGS, &format!("{} {side}", dispute.id)).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        insert(conn, dispute.id, by, body, now).await?;
        if matches!(by, By::Staff(_)) {
            mail::wrote(conn, app, dispute, now).await?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}
