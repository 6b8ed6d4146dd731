//! What whoever asks and the privacy team write to each other, on the page of the request. A mail says only that there
//! is something to read.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::states::{By, Refusal};
use super::{DataRequest, mail, refused};
use crate::platform::app::App;
use crate::platform::db::schema::data_request_messages;
use crate::platform::error::AppError;
use crate::platform::ids::{RequestId, new_uuid};
use crate::platform::web::rate_limit::{self, Quota};

/// Longest message in characters.
pub const LONGEST: usize = 4000;
/// Messages of one side of one request.
const SENDINGS: Quota = Quota::per_minutes("data_request_message", 20, 60);

/// A message.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = data_request_messages, check_for_backend(diesel::pg::Pg))]
pub struct Message {
    /// `requester`, `staff` or `system`.
    pub author_kind: String,
    /// Who exactly.
    pub author_id: Option<Uuid>,
    /// What.
    pub body: String,
    /// When.
    pub sent_at: DateTime<Utc>,
}

/// The messages of a request, oldest first.
///
/// # Errors
/// What the database says.
pub async fn of(conn: &mut AsyncPgConnection, request: RequestId) -> QueryResult<Vec<Message>> {
    data_request_messages::table
        .filter(data_request_messages::request_id.eq(request))
        .order(data_request_messages::id)
        .select(Message::as_select())
        .load(conn)
        .await
}

/// Writes a message inside the caller's transaction.
///
/// # Errors
/// What the database says: staff do not answer an end user before our customer agrees (S162).
pub async fn insert(
    conn: &mut AsyncPgConnection,
    request: RequestId,
    by: By,
    body: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (author_kind, author_id) = by.parts();
    diesel::insert_into(data_request_messages::table)
        .values((
            data_request_messages::id.eq(new_uuid(now)),
            data_request_messages::request_id.eq(request),
            data_request_messages::author_kind.eq(author_kind),
            data_request_messages::author_id.eq(author_id),
            data_request_messages::body.eq(body),
            data_request_messages::sent_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sends a message; one of staff is announced by mail.
///
/// # Errors
/// Inside: that our customer has not agreed that we answer. Outside: `TooManyRequests` beyond twenty an hour.
pub async fn send(
    app: &App,
    by: By,
    request: &DataRequest,
    body: &str,
) -> Result<Result<(), Refusal>, AppError> {
    let (side, _) = by.parts();
    rate_limit::take(app, SENDINGS, &format!("{} {side}", request.id)).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let sent = conn
        .transaction(async |conn| {
            insert(conn, request.id, by, body, now).await?;
            if matches!(by, By::Staff(_)) {
                let sentence = "Our privacy team wrote to you about your request. For your safety the message stands on the page of the request and not in this mail.";
                mail::tell(conn, app, request, "There is a message for you", sentence, now).await?;
            }
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    refused(sent)
}

/// Reads a message that was typed.
///
/// # Errors
/// What is wrong with it.
pub fn parse(typed: &str) -> Result<String, String> {
    let text = typed.replace("\r\n", "\n").trim().to_owned();
    if text.is_empty() {
        return Err("Write something first.".into());
    }
    if text.chars().count() > LONGEST {
        return Err(format!("This is longer than {LONGEST} characters."));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err("There are control characters in this.".into());
    }
    Ok(text)
}
