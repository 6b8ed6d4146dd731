//! What whoever asks and the privacy team write to each other, on the page of the request, with files. A mail says only
//! that there is something to read.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::states::{By, Refusal};
use super::{DataRequest, mail, refused};
use crate::content::forbidden;
use crate::platform::app::App;
use crate::platform::db::schema::{data_request_message_files, data_request_messages, files};
use crate::platform::error::AppError;
pub use crate::platform::files::letter::Letter;
use crate::platform::files::letter::parse_words;
use crate::platform::files::{self as attached, File, NewFile, Uploader};
use crate::platform::ids::{FileId, RequestId, new_uuid};
use crate::platform::web::rate_limit::{self, Quota};

/// Longest message in characters.
pub const LONGEST: usize = 4000;
/// Why nothing is taken any more.
const ENDED_UNVERIFIED: &str = "This request ended before anybody showed that it is theirs, so nothing can be sent about it any more. Nothing of what you sent was kept. You can ask anew at any time, without an account too.";
/// Messages of one side of one request.
const SENDINGS: Quota = Quota::per_minutes("data_request_message", 30, 60);

/// A message.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = data_request_messages, check_for_backend(diesel::pg::Pg))]
pub struct Message {
    /// Names it.
    pub id: Uuid,
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

/// The files of a request, each with the message that it was sent along with, by name.
///
/// # Errors
/// What the database says.
pub async fn files_of(conn: &mut AsyncPgConnection, request: RequestId) -> QueryResult<Vec<(Uuid, File)>> {
    listed()
        .filter(data_request_messages::request_id.eq(request))
        .order((files::name, files::id))
        .select((data_request_messages::id, File::as_select()))
        .load(conn)
        .await
}

/// A file of a request.
///
/// # Errors
/// `NotFound` also for one of another request; what the database says.
pub async fn file(conn: &mut AsyncPgConnection, request: RequestId, id: FileId) -> QueryResult<File> {
    listed()
        .filter(data_request_messages::request_id.eq(request).and(files::id.eq(id)))
        .select(File::as_select())
        .first(conn)
        .await
}

#[diesel::dsl::auto_type]
fn listed() -> _ {
    data_request_message_files::table.inner_join(files::table).inner_join(data_request_messages::table)
}

/// Writes a message inside the caller's transaction, and answers its id.
///
/// # Errors
/// What the database says: staff do not answer an end user before our customer agrees (S162).
pub async fn insert(
    conn: &mut AsyncPgConnection,
    request: RequestId,
    by: By,
    body: &str,
    now: DateTime<Utc>,
) -> QueryResult<Uuid> {
    let (author_kind, author_id) = by.parts();
    let id = new_uuid(now);
    diesel::insert_into(data_request_messages::table)
        .values((
            data_request_messages::id.eq(id),
            data_request_messages::request_id.eq(request),
            data_request_messages::author_kind.eq(author_kind),
            data_request_messages::author_id.eq(author_id),
            data_request_messages::body.eq(body),
            data_request_messages::sent_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

/// Sends files along with a message, inside the caller's transaction. They are in the storage.
///
/// # Errors
/// What the database says; there may be no more room for files.
pub async fn attach(
    conn: &mut AsyncPgConnection,
    message: Uuid,
    by: By,
    new: &[NewFile],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    let uploader = match by {
        By::Requester(person) => Uploader::Customer(person),
        By::Staff(person) => Uploader::Staff(person),
        By::System => Uploader::System,
    };
    attached::insert(conn, new, uploader, now).await?;
    for file in new {
        diesel::insert_into(data_request_message_files::table)
            .values((
                data_request_message_files::file_id.eq(file.id),
                data_request_message_files::message_id.eq(message),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Whether one side of a request may write now; ask before a form with files is read.
///
/// # Errors
/// `Gone` for whoever asked, once it ended before anybody showed that it is theirs; `TooManyRequests` beyond thirty an hour.
pub async fn admit(app: &App, by: By, request: &DataRequest) -> Result<(), AppError> {
    if matches!(by, By::Requester(_)) && !request.takes_letters() {
        return Err(AppError::Gone(ENDED_UNVERIFIED));
    }
    let (side, _) = by.parts();
    rate_limit::take(app, SENDINGS, &format!("{} {side}", request.id)).await
}

/// Sends a message; one of staff is announced by mail. Where it is refused, its files go.
///
/// # Errors
/// Inside: that our customer has not agreed that we answer, or that there is no more room for files. Outside: what the
/// database says; then the files go by themselves an hour later, unless the message is there all the same.
pub async fn send(
    app: &App,
    by: By,
    request: &DataRequest,
    letter: &Letter,
) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let sent = conn
        .transaction(async |conn| {
            let message = insert(conn, request.id, by, &letter.body, now).await?;
            attach(conn, message, by, &letter.files, now).await?;
            if matches!(by, By::Staff(_)) {
                let sentence = "Our privacy team wrote to you about your request. For your safety the message stands on the page of the request and not in this mail.";
                mail::tell(conn, app, request, "There is a message for you", sentence, now).await?;
            }
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    letter.settle(app, refused(sent)).await
}

/// Reads a message that was typed.
///
/// # Errors
/// What is wrong with it.
pub fn parse(typed: &str) -> Result<String, String> {
    let words = parse_words(typed, LONGEST, &format!("This is longer than {LONGEST} characters."))?;
    forbidden::refuse(words)
}
