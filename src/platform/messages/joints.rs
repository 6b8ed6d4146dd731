//! What features add to the delivery of a message, named once: the delivery itself knows none of them.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::{Body, StoredMessage};
use crate::platform::app::App;
use crate::preferences::{foot, mail_reports};

/// The body as it leaves: with what features write under it.
///
/// # Errors
/// What the database says.
pub(in crate::platform) async fn as_it_leaves(
    app: &App,
    conn: &mut AsyncPgConnection,
    message: &StoredMessage,
    body: Body,
) -> QueryResult<Body> {
    foot::under(app, conn, message, body).await
}

/// A server refused a mail for good as it was handed over, with these words. Called in the transaction that notes the
/// attempt, once it is noted and while the message is locked: whoever joins in here must not wait for whom it may hold up.
///
/// # Errors
/// What the database says.
pub(super) async fn mail_was_refused(
    app: &App,
    conn: &mut AsyncPgConnection,
    message: &StoredMessage,
    said: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    mail_reports::refused_at_once(conn, &app.keys, &message.recipient, said, now).await
}
