//! An account that is being closed is read-only (S163): what is in it is read and fetched until it goes, and nothing is
//! changed. What protects somebody stays open: undoing the closure, copies, revoking secrets, removing a member and leaving,
//! the requests of the people in the content, withdrawing a record, and appeals.
//!
//! Which of the two a route is, its guard says: [`crate::accounts::guard::Changer`] refuses, `Member` does not, and a test
//! lists the latter with the reason for each. Programs read, and serve the people in the content
//! ([`crate::trust::suspensions::Standing::refusal_to_serve`]); the same test lists how.
//!
//! The guard saves whoever asks a form; what counts is the look under the lock of the account, because the closure takes that
//! lock too: whoever changes something asks [`must_be_open`] with it.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use super::queries;
use crate::accounts::states::State;
use crate::api::problem::Problem;
use crate::platform::error::{AppError, Barred};
use crate::platform::ids::AccountId;
use crate::platform::web::pages::moment;

/// Title of the page that says so.
pub const TITLE: &str = "This account is read-only";

/// The address where it is explained, and undone.
pub fn way_on(account: AccountId) -> String {
    format!("/accounts/{account}/closure")
}

/// Why nothing was changed, and until when its owner can undo the closure.
pub fn words(undo_until: Option<DateTime<Utc>>) -> String {
    let why = match undo_until {
        Some(until) => format!(
            "It is being closed. What is in it can be read and fetched, and is not changed any more. Until {} its owner can undo the \
             closure with one click; then everything works as before.",
            moment(&until)
        ),
        None => "It is closed, or goes with its owner, and that can no longer be undone. What is left of it can be read.".into(),
    };
    format!("{why} Nothing was changed just now, and nothing that was typed was kept.")
}

/// The same for programs.
pub fn problem(account: AccountId) -> Problem {
    Problem::account_state()
        .because("The account is closing: it can be read, people in it can be restricted and deleted, and nothing else is changed until what is in it goes or its owner undoes the closure.")
        .instance(way_on(account))
}

/// Refuses a change to an account in this state if it is on its way out. Only under the lock of the account it stays true.
///
/// # Errors
/// [`Barred::ReadOnly`]; what the database says.
pub async fn must_be_open(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    state: State,
) -> Result<(), AppError> {
    if state.is_on_its_way_out() { Err(barred(conn, account).await?) } else { Ok(()) }
}

/// As [`must_be_open`], for what stays open while the account is closing, and ends when it is closed.
///
/// # Errors
/// As [`must_be_open`].
pub async fn must_not_be_closed(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    state: State,
) -> Result<(), AppError> {
    if state == State::Closed { Err(barred(conn, account).await?) } else { Ok(()) }
}

async fn barred(conn: &mut AsyncPgConnection, account: AccountId) -> Result<AppError, AppError> {
    let closure = queries::present(conn, account).await?;
    let undo_until =
        closure.filter(|closure| closure.content_ordered_at.is_none()).map(|closure| closure.content_until);
    Ok(AppError::Barred(Barred::ReadOnly { account, undo_until }))
}
