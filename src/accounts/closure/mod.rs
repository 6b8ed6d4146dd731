//! Closing an account (S77–S79, S81, S163, S164).
//!
//! From the request on the account is read-only. For thirty days what is in it can be fetched, and the closure undone;
//! then claims and communications go, and thirty days later everything else. A person whose last account is closed goes with
//! it. What outlives the closure by law or promise is named with its date before anybody confirms, by the same table that
//! keeps it. Staff close on behalf of an owner who asks by mail; that is the same closure.
//!
//! - [`advance`]: what happens on the thirtieth and the sixtieth day
//! - [`outlook`]: what goes, what stays and until when
//! - [`read_only`]: what is refused meanwhile, and what is not
//! - [`web`]: the pages of the owner; [`staff`]: the desk

pub mod advance;
pub mod mail;
pub mod outlook;
pub mod queries;
pub mod read_only;
pub mod staff;
pub mod web;

use chrono::{DateTime, Duration, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::guard::Account;
use super::lock_to_manage;
use super::states::{self, State};
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, ClosureId};
use crate::platform::web::guards::SignedIn;
use crate::privacy::receipts::{self, Receipt};
use crate::trust::suspensions;

pub use queries::Closure;

/// What programs keep can be fetched for so long (S163), and the closure undone.
pub const CONTENT_STAYS: Duration = Duration::days(30);
/// Everything else is gone after so long (S77).
pub const DATA_STAYS: Duration = Duration::days(60);
/// So long before the content goes its owner is reminded.
pub const REMINDER: Duration = Duration::days(5);

/// What stands against a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is being closed, or is closed.
    Already,
    /// There is nothing to undo, or it is too late.
    TooLate,
}

impl Refusal {
    /// For whoever tried.
    pub fn words(self) -> &'static str {
        match self {
            Self::Already => "This account is being closed already.",
            Self::TooLate => "The closure can no longer be undone: what was in the account is gone.",
        }
    }
}

/// Begins the closure of an account that this person owns.
///
/// # Errors
/// Inside: that it is being closed already. Outside: `NotFound` if it is not theirs any more, `Barred` if it is closed.
pub async fn request(
    app: &App,
    who: &SignedIn,
    id: AccountId,
) -> Result<Result<ClosureId, Refusal>, AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::lock_account(conn, id).await?;
        let account = lock_to_manage(conn, id, who).await?;
        let from = who.caller.circumstances();
        Ok(begin(conn, app, &account, Actor::Customer(who.person.0), None, &from).await?)
    })
    .await
}

/// Begins a closure that an owner asked for by mail (S78), with a note on what they wrote and how they were recognised.
///
/// # Errors
/// Inside: that it is being closed already. Outside: `NotFound` where there is no such account.
pub async fn request_on_behalf(
    app: &App,
    who: &SignedIn,
    id: AccountId,
    note: &str,
) -> Result<Result<ClosureId, Refusal>, AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::lock_account(conn, id).await?;
        let account = queries::as_owner(conn, id).await?;
        let from = who.caller.circumstances();
        Ok(begin(conn, app, &account, Actor::Staff(who.person.0), Some(note), &from).await?)
    })
    .await
}

async fn begin(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    by: Actor,
    note: Option<&str>,
    from: &Circumstances,
) -> QueryResult<Result<ClosureId, Refusal>> {
    let now = app.clock.now();
    let why = if note.is_some() { "Its owner asked by mail to close it" } else { "Its owner is closing it" };
    if !states::change(conn, account.id, State::Closing, by, why, now).await? {
        return Ok(Err(Refusal::Already));
    }
    let id = ClosureId::new(now);
    queries::insert(conn, id, account, by, note, now).await?;
    mail::scheduled(conn, app, account, now).await?;
    let receipt = outlook::receipt(conn, account, now).await?;
    receipts::issue(conn, app, now, &receipt).await?;
    // What the owner wrote stands with the closure, where each look at it is told (S105), and not in the log besides.
    log(conn, by, account.id, "account.closure.requested", Some(&id.to_string()), from, now).await?;
    Ok(Ok(id))
}

/// Takes a closure back: the account is what it was before.
///
/// # Errors
/// Inside: that it is too late. Outside: as [`request`].
pub async fn undo(app: &App, who: &SignedIn, id: AccountId) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::lock_account(conn, id).await?;
        let account = match lock_to_manage(conn, id, who).await {
            Err(AppError::Barred(_)) => return Ok(Err(Refusal::TooLate)),
            account => account?,
        };
        if queries::undo(conn, id, who.person, now).await?.is_none() {
            return Ok(Err(Refusal::TooLate));
        }
        // Suspended or not: whatever is true by now.
        let back = suspensions::state_after_closure(conn, id, now).await?;
        let by = Actor::Customer(who.person.0);
        states::change(conn, id, back, by, "Its owner undid the closure", now).await?;
        mail::undone(conn, app, &account, now).await?;
        let (person, account) = (Some(account.owner), Some(id));
        let receipt = Receipt { person, account, ..Receipt::new(receipts::Kind::ClosureUndone) };
        receipts::issue(conn, app, now, &receipt).await?;
        let from = who.caller.circumstances();
        log(conn, by, id, "account.closure.undone", None, &from, now).await?;
        Ok(Ok(()))
    })
    .await
}

pub(super) async fn log(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    account: AccountId,
    action: &'static str,
    note: Option<&str>,
    from: &Circumstances,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    audit::append(conn, now, Event { note, ..Event::new(actor, "account", account.0, action, from) }).await?;
    Ok(())
}
