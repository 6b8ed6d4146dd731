//! What whoever raised a dispute and the privacy team write to each other, on its page, with files. A mail says only that
//! there is something to read.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::states::{By, Refusal};
use super::{Dispute, files, mail, refused};
use crate::platform::app::App;
use crate::platform::db::schema::dispute_messages;
use crate::platform::error::AppError;
use crate::platform::files::letter::Letter;
use crate::platform::ids::{DisputeId, new_uuid};
use crate::platform::web::rate_limit::{self, Quota};

/// Messages of one side of one dispute.
const SENDINGS: Quota = Quota::per_minutes("dispute_message", 20, 60);

/// A message.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = dispute_messages, check_for_backend(diesel::pg::Pg))]
pub struct Message {
    /// Names it.
    pub id: Uuid,
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

/// Writes a message inside the caller's transaction, and answers its id.
///
/// # Errors
/// What the database says.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    dispute: DisputeId,
    by: By,
    body: &str,
    now: DateTime<Utc>,
) -> QueryResult<Uuid> {
    let (author_kind, author_id) = by.parts();
    let id = new_uuid(now);
    diesel::insert_into(dispute_messages::table)
        .values((
            dispute_messages::id.eq(id),
            dispute_messages::dispute_id.eq(dispute),
            dispute_messages::author_kind.eq(author_kind),
            dispute_messages::author_id.eq(author_id),
            dispute_messages::body.eq(body),
            dispute_messages::sent_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

/// Lets one side of a dispute write one more message; ask before a form with files is read.
///
/// # Errors
/// `TooManyRequests` beyond twenty an hour.
pub async fn admit(app: &App, by: By, dispute: &Dispute) -> Result<(), AppError> {
    let (side, _) = by.parts();
    rate_limit::take(app, SENDINGS, &format!("{} {side}", dispute.id)).await
}

/// Sends a message; one of staff is announced by mail. Where it is refused, its files go.
///
/// # Errors
/// Inside: that nobody confirmed the dispute, that whoever raised it was erased, or that there is no more room for files.
/// Outside: what the database says; then the files go by themselves an hour later, unless the message is there all the same.
pub async fn send(
    app: &App,
    by: By,
    dispute: &Dispute,
    letter: &Letter,
) -> Result<Result<(), Refusal>, AppError> {
    if !dispute.state().is_proven() {
        return letter.settle(app, Ok(Err(Refusal::Unproven))).await;
    }
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let sent = conn
        .transaction(async |conn| {
            let message = insert(conn, dispute.id, by, &letter.body, now).await?;
            files::attach(conn, (dispute.id, Some(message)), by, &letter.files, now).await?;
            if matches!(by, By::Staff(_)) {
                mail::wrote(conn, app, dispute, now).await?;
            }
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    letter.settle(app, refused(sent)).await
}
