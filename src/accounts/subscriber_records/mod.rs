//! Subscriber records (S48–S51, S75): where a local law asks for it, an account says who uses a number there, with the address
//! at which it is used and what else that law asks for. A country without such a law never asks.
//!
//! Name, birth, address and number of a document are sealed in the database, and files in the storage. In the account the owner
//! and members for privacy keep records; values are masked until one of them has just shown who they are. Of our staff only the
//! privacy team sees one, for a reason that they type and that the account reads. They accept or refuse it, and note each time
//! that it is shown to a carrier or an authority, with the ground for that: the account reads that too.
//!
//! What a record says never changes. A correction is another record in its place, because a law may ask for what was there
//! before. A record ends when it is withdrawn or replaced, when its account is closed, or with its owner; from that day it is
//! kept as long as the law of its country asks, without a way back to the account: it has days and no moments, an id of its
//! own, no id of a person, and its files are known by the day alone. One that was never accepted was for no service, and goes
//! the night after its end, or with its account; one that was refused ends so at the latest sixty days after that.
//!
//! - `record`: one as it is stored; [`details`]: what it says, sealed and opened; [`form`]: as it is typed
//! - [`kept`]: its end, and what is kept after that
//! - [`web`], [`writing`]: the pages of the account
//! - [`staff`]: the desk; [`shares`]: who outside saw one; `seen`: who inside did
//! - [`crate::retention::subscriber_laws`]: who asks for what, and how long it is kept

pub mod details;
pub mod form;
pub mod kept;
pub mod mail;
pub mod queries;
mod record;
mod seen;
pub mod shares;
pub mod staff;
pub mod web;
pub mod writing;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::closure::read_only;
use super::invoices::queries::Whose;
use super::permissions::AccountRight;
use crate::accounts;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::files::{NewFile, discard, settle};
use crate::platform::ids::{AccountId, SubscriberRecordId, new_uuid_apart};
use crate::platform::web::guards::SignedIn;

pub use details::Details;
pub use record::Record;

/// Records that an account has in force at a time.
const MOST: i64 = 500;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody of our staff decided yet.
    Waiting,
    /// It is what the law asks for.
    Accepted,
    /// It is not, and its owner reads why.
    Refused,
    /// It is for no service any more.
    Ended,
}

impl State {
    /// The kind of its badge.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Waiting => "info",
            Self::Accepted => "success",
            Self::Refused => "danger",
            Self::Ended => "",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting for us",
            Self::Accepted => "Accepted",
            Self::Refused => "Refused",
            Self::Ended => "Ended",
        }
    }
}

/// Why a record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// It was withdrawn.
    Withdrawn,
    /// Another stands in its place.
    Replaced,
    /// Its account was closed, or went with its owner.
    Account,
}

impl Because {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Replaced => "replaced",
            Self::Account => "account",
        }
    }

    /// What was done, for people.
    pub fn label(stored: &str) -> &'static str {
        match stored {
            "withdrawn" => "withdrawn",
            "replaced" => "replaced by another record",
            _ => "ended with the account",
        }
    }
}

/// What stands against something that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There are as many as an account may have.
    Enough,
    /// There is as much with them as an account may have.
    Full,
    /// The record ended meanwhile.
    Over,
    /// Somebody decided it meanwhile.
    Decided,
    /// Its account is being closed, so that nothing is decided any more.
    Going,
}

impl Refusal {
    /// For whoever tried.
    pub fn words(self) -> &'static str {
        match self {
            Self::Enough => {
                "This account has 500 subscriber records in force, which is as many as there can be. Withdraw those that you no longer need."
            }
            Self::Full => {
                "The files with the subscriber records of this account are 2 GB together, which is as much as there can be. Send shorter ones, or write to us."
            }
            Self::Over => "This record ended meanwhile: somebody withdrew or replaced it.",
            Self::Decided => {
                "Somebody decided this record meanwhile, or it ended. Nothing was changed by you."
            }
            Self::Going => {
                "The account of this record is being closed, so that there is no service to decide it for. It goes with the account, unless the closure is undone."
            }
        }
    }
}

/// An id of this day that has no place among those that were made with it.
pub(crate) fn fresh_id(app: &App, today: NaiveDate) -> SubscriberRecordId {
    SubscriberRecordId(new_uuid_apart(today.and_time(NaiveTime::MIN).and_utc(), app.keys.random_bytes()))
}

/// What keeping records takes.
const RIGHT: AccountRight = AccountRight::KeepSubscriberRecords;

/// Stores a record, or one instead of another that ends with that. Where it is refused, its files go.
///
/// # Errors
/// Inside: what stands against it. Outside: `NotFound` where they may not keep records of the account any more, `Barred` where
/// it is being closed, or is.
pub async fn submit(
    app: &App,
    who: &SignedIn,
    account: AccountId,
    (details, files): (&Details, &[NewFile]),
    instead_of: Option<SubscriberRecordId>,
) -> Result<Result<SubscriberRecordId, Refusal>, AppError> {
    let tried = try_to_submit(app, who, account, (details, files), instead_of).await;
    let outcome = settle(app, files, tried).await?;
    if outcome.is_err() {
        discard(app, files).await;
    }
    Ok(outcome)
}

async fn try_to_submit(
    app: &App,
    who: &SignedIn,
    account: AccountId,
    (details, files): (&Details, &[NewFile]),
    instead_of: Option<SubscriberRecordId>,
) -> Result<Result<SubscriberRecordId, Refusal>, AppError> {
    let now = app.clock.now();
    let (today, id) = (now.date_naive(), fresh_id(app, now.date_naive()));
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        accounts::lock_to_change(conn, account, who, RIGHT).await?;
        if !queries::has_room(conn, account, files).await? {
            return Ok(Err(Refusal::Full));
        }
        let (action, note) = match instead_of {
            None => {
                if queries::count_in_force(conn, account).await? >= MOST {
                    return Ok(Err(Refusal::Enough));
                }
                ("account.subscriber_record.submitted", id.to_string())
            }
            Some(old) => {
                let Some(record) = queries::lock_in_force(conn, account, old).await? else {
                    return Ok(Err(Refusal::Over));
                };
                kept::end(conn, &record, today, Because::Replaced).await?;
                ("account.subscriber_record.replaced", format!("{old} by {id}"))
            }
        };
        queries::insert(conn, &app.keys, id, account, details, today).await?;
        queries::attach(conn, id, files, today).await?;
        log(conn, who, account, action, &note, now).await?;
        Ok(Ok(id))
    })
    .await
}

/// Ends a record because the service that it was for ends, also while the account is closing. Answers until when it is kept.
///
/// # Errors
/// As [`submit`]; `Barred` only where the account is closed.
pub async fn withdraw(
    app: &App,
    who: &SignedIn,
    account: AccountId,
    id: SubscriberRecordId,
) -> Result<Result<DateTime<Utc>, Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let state = accounts::lock_with(conn, account, who, RIGHT).await?.state;
        read_only::must_not_be_closed(conn, account, state).await?;
        let Some(record) = queries::lock_in_force(conn, account, id).await? else {
            return Ok(Err(Refusal::Over));
        };
        let until = kept::end(conn, &record, now.date_naive(), Because::Withdrawn).await?;
        log(conn, who, account, "account.subscriber_record.withdrawn", &id.to_string(), now).await?;
        Ok(Ok(until))
    })
    .await
}

async fn log(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    account: AccountId,
    action: &'static str,
    note: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let from = who.caller.circumstances();
    let event = Event::new(who.actor(), "account", account.0, action, &from).note(note);
    audit::append(conn, now, event).await.map(drop)
}

/// Ends what is in force of accounts that go, inside the transaction that takes them (S75): on the day on which the closure was
/// asked for, else today. What was never accepted goes at once. From what stays the database takes the reference to the account
/// by itself, and from none that is in force.
///
/// # Errors
/// What the database says.
pub async fn end_with(conn: &mut AsyncPgConnection, whose: Whose, now: DateTime<Utc>) -> QueryResult<()> {
    for record in kept::in_force(conn, whose).await? {
        let closed_at = match record.account {
            Some(account) => kept::closed_at(conn, account).await?,
            None => None,
        };
        let ended_on = closed_at.unwrap_or(now).date_naive().max(record.submitted_on);
        kept::end(conn, &record, ended_on, Because::Account).await?;
    }
    kept::delete_never_accepted(conn, whose).await.map(drop)
}
