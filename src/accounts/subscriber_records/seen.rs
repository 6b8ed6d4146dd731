//! Writing down that somebody sees a record or a file of one, before they do (S48).

use diesel_async::AsyncConnection as _;

use super::{Record, log};
use crate::accounts::invoices::queries::share_account;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, SubscriberRecordId};
use crate::platform::web::guards::SignedIn;
use crate::staff::desk::Queue;

/// In the account: a record was shown unmasked.
pub(super) const SHOWN: &str = "account.subscriber_record.shown";
/// In the account or at the desk: a file of a record was opened.
pub(super) const FILE_OPENED: &str = "account.subscriber_record.file_opened";

/// Writes down what somebody in the account sees of a record.
///
/// # Errors
/// `NotFound` where the account went meanwhile; what the database says.
pub(super) async fn by_member(
    app: &App,
    who: &SignedIn,
    account: AccountId,
    id: SubscriberRecordId,
    action: &'static str,
) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let note = id.to_string();
    conn.transaction(async |conn| {
        // Beside the id of an account that is gone no record is named.
        if !share_account(conn, account).await? {
            return Err(diesel::result::Error::NotFound);
        }
        log(conn, who, account, action, &note, now).await
    })
    .await?;
    Ok(())
}

/// Writes down what one of our staff sees of a record: in the activity of its account, or beside the record alone.
///
/// # Errors
/// What the database says.
pub(super) async fn by_staff(
    app: &App,
    who: &SignedIn,
    record: &Record,
    action: &'static str,
    note: &str,
) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let from = who.caller.circumstances();
    conn.transaction(async |conn| {
        // Beside the id of an account that is gone no record is named: whoever erases it waits for this, or is done.
        let subject = match record.account {
            Some(account) => share_account(conn, account).await?.then_some(("account", account.0)),
            None => None,
        };
        let (kind, subject) = subject.unwrap_or((Queue::SubscriberRecords.subject_kind(), record.id.0));
        let event = Event::new(who.actor(), kind, subject, action, &from).note(note);
        audit::append(conn, now, event).await.map(drop)
    })
    .await?;
    Ok(())
}
