//! Ownership of an account, and being the point of contact of the business behind it (S96), change hands only when
//! both sides want it: one side offers, the other accepts within a week. Until then the offer can be withdrawn.
//!
//! Ownership is offered by the owner, the point of contact by the owner or by who it is now. An owner who wants to be
//! the point of contact is both sides at once, so that takes effect immediately.

mod answers;
mod mail;
mod offers;
mod queries;
pub mod web;

pub use answers::{accept, decline};
pub use mail::HandoverOffered;
pub use offers::{offer, withdraw};
pub use queries::{Candidate, Offer};

use chrono::{DateTime, Duration, Utc};
use diesel_async::AsyncPgConnection;

use super::closure::read_only;
use super::guard::Account;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, HandoverId, PersonId};

/// How long an offer can be accepted.
pub const LIVES: Duration = Duration::days(7);

const OVER: &str = "This offer was answered, withdrawn or ran out meanwhile. The page of the members shows how things stand.";

/// What changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The account itself.
    Ownership,
    /// Speaking for the business behind it.
    Contact,
}

impl What {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ownership => "ownership",
            Self::Contact => "contact",
        }
    }

    /// Reads what is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ownership, Self::Contact].into_iter().find(|what| what.as_str() == text)
    }

    /// What it is called in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Ownership => "ownership",
            Self::Contact => "role of point of contact",
        }
    }

    /// What it is called at the beginning of a line.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ownership => "Ownership",
            Self::Contact => "Point of contact",
        }
    }

    /// Whether somebody in an account may offer it.
    pub fn may_be_offered_by(self, account: &Account, person: PersonId) -> bool {
        account.owner == person || (self == Self::Contact && account.contact == person)
    }
}

/// What became of a wish to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// The mail is in the outbox.
    Sent,
    /// The owner made themself the point of contact: nobody else has to agree.
    Taken,
    /// It is theirs already.
    HasIt,
    /// They are not in the account.
    NoMember,
    /// An offer is open; only one can be.
    Waits,
}

fn holder(account: &Account, what: What) -> PersonId {
    match what {
        What::Ownership => account.owner,
        What::Contact => account.contact,
    }
}

/// Refuses what can no longer change hands: ownership once the account is on its way out. The point of contact can until it
/// is closed, because whoever that is leaves, or is deleted, only after somebody else has taken over (S96).
async fn must_be_possible(
    conn: &mut AsyncPgConnection,
    account: &Account,
    what: What,
) -> Result<(), AppError> {
    match what {
        What::Ownership => read_only::must_be_open(conn, account.id, account.state).await,
        What::Contact => read_only::must_not_be_closed(conn, account.id, account.state).await,
    }
}

/// An offer to somebody that is open.
///
/// # Errors
/// `NotFound` for one that was not made to them, `Gone` for one that is over.
pub async fn find(app: &App, account: AccountId, id: HandoverId, to: PersonId) -> Result<Offer, AppError> {
    let offer = queries::find(&mut *app.db.get().await?, account, id).await?;
    let offer = offer.filter(|offer| offer.to == to).ok_or(AppError::NotFound)?;
    if offer.is_open(app.clock.now()) { Ok(offer) } else { Err(AppError::Gone(OVER)) }
}

/// Offers that wait for somebody, newest first. They are at most two for each account that they are in.
///
/// # Errors
/// What the database says.
pub async fn open_to(app: &App, person: PersonId) -> Result<Vec<Offer>, AppError> {
    Ok(queries::open_to(&mut *app.db.get().await?, person, app.clock.now()).await?)
}

/// Offers of an account that wait for an answer: two at most.
///
/// # Errors
/// What the database says.
pub async fn open_of(app: &App, account: AccountId) -> Result<Vec<Offer>, AppError> {
    Ok(queries::open_of(&mut *app.db.get().await?, account, app.clock.now()).await?)
}

/// Those whom something can be offered to by this person: everybody in the account but who has it, by name.
///
/// # Errors
/// What the database says.
pub async fn candidates(app: &App, account: &Account, what: What) -> Result<Vec<Candidate>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::candidates(&mut conn, account, holder(account, what)).await?)
}

/// What was offered to or by somebody who goes is offered no more; inside the caller's transaction, which holds the
/// account.
///
/// # Errors
/// What the database says.
pub(super) async fn withdraw_all_with(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person: PersonId,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    queries::withdraw_all_with(conn, account, person, now).await
}
