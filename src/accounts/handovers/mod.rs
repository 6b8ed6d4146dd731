//! Ownership of an account, and being the point of contact of the business behind it (S96), change hands only when
//! both sides want it: one side offers, the other accepts within a week. Until then the offer can be withdrawn.
//!
//! Ownership is offered by the owner, the point of contact by the owner or by who it is now. An owner who wants to be
//! the point of contact is both sides at once, so that takes effect immediately.

mod mail;
mod queries;
pub mod web;

pub use mail::HandoverOffered;
pub use queries::{Candidate, Offer};

use chrono::{DateTime, Duration, Utc};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::guard::Account;
use super::members::{self, record};
use super::notices::{Notice, tell};
use super::permissions::AccountRole;
use super::states::State;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, HandoverId, PersonId};
use crate::platform::mail as outbox;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::moment;

/// How long an offer can be accepted.
pub const LIVES: Duration = Duration::days(7);

const OVER: &str = "This offer was answered, withdrawn or ran out meanwhile. The page of the members shows how things stand.";
const CLOSED: &str = "This account is closed. Nothing about it can be changed any more.";

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

/// Offers something to somebody in the account.
///
/// # Errors
/// `NotFound` if whoever asks may not offer it (any more), `Gone` if the account is closed.
pub async fn offer(
    app: &App,
    who: &SignedIn,
    account: AccountId,
    what: What,
    to: PersonId,
) -> Result<Offered, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock_open(conn, account, who).await?;
        if !what.may_be_offered_by(&account, who.person) {
            return Err(AppError::NotFound);
        }
        if to == holder(&account, what) {
            return Ok(Offered::HasIt);
        }
        if to != account.owner && queries::role(conn, account.id, to).await?.is_none() {
            return Ok(Offered::NoMember);
        }
        if queries::waits(conn, account.id, what, now).await? {
            return Ok(Offered::Waits);
        }
        if to == who.person {
            give_contact(conn, app, who, &account).await?;
            return Ok(Offered::Taken);
        }
        let id = HandoverId::new(now);
        queries::insert(conn, id, account.id, what, (who.person, to), (now, now + LIVES)).await?;
        send(conn, app, who, &account, what, id, to).await?;
        let action = match what {
            What::Ownership => "account.ownership.offered",
            What::Contact => "account.contact.offered",
        };
        record(conn, app, who, &account, action, Some(&format!("to {to}"))).await?;
        Ok(Offered::Sent)
    })
    .await
}

fn holder(account: &Account, what: What) -> PersonId {
    match what {
        What::Ownership => account.owner,
        What::Contact => account.contact,
    }
}

/// The account, locked and not closed.
async fn lock_open(conn: &mut AsyncPgConnection, id: AccountId, who: &SignedIn) -> Result<Account, AppError> {
    let account = super::lock(conn, id, who).await?;
    if account.state == State::Closed { Err(AppError::Gone(CLOSED)) } else { Ok(account) }
}

async fn send(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    account: &Account,
    what: What,
    id: HandoverId,
    to: PersonId,
) -> diesel::QueryResult<()> {
    let now = app.clock.now();
    let person = people::find(conn, to).await?;
    let mail = HandoverOffered {
        recipient_name: person.name,
        from: who.name.clone(),
        noun: what.noun(),
        account: account.name.clone(),
        url: app.url(&account.path(&format!("/members/handovers/{id}"))),
        until: moment(&(now + LIVES)),
    };
    outbox::enqueue(conn, &app.keys, now, Some(to.0), &person.email, &mail).await?;
    Ok(())
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

/// Takes what was offered.
///
/// # Errors
/// `NotFound` if whoever asks is not in the account any more or it was not offered to them; `Gone` if the offer is
/// over, or who made it cannot give it any more.
pub async fn accept(app: &App, who: &SignedIn, account: AccountId, id: HandoverId) -> Result<What, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = lock_open(conn, account, who).await?;
        let offer = queries::find(conn, account.id, id).await?;
        let offer = offer.filter(|offer| offer.to == who.person).ok_or(AppError::NotFound)?;
        let what = offer.what();
        if !what.may_be_offered_by(&account, offer.from)
            || !queries::end(conn, id, queries::End::Accepted, now).await?
        {
            return Err(AppError::Gone(OVER));
        }
        match what {
            What::Ownership => give_ownership(conn, app, who, &account, now).await?,
            What::Contact => give_contact(conn, app, who, &account).await?,
        }
        Ok(what)
    })
    .await
}

/// The former owner stays as a developer and can leave. A member who becomes the owner is no member before they
/// are, because the database keeps nobody in two roles.
async fn give_ownership(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    account: &Account,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    members::forget(conn, account.id, who.person).await?;
    queries::set_owner(conn, account, who.person).await?;
    if account.contact != account.owner {
        // Who owned it offered the point of contact as its owner only.
        queries::withdraw_all_from(conn, account.id, account.owner, now).await?;
    }
    let inviter = Some(who.person.0);
    members::add(conn, account.id, account.owner, AccountRole::Developer, inviter, now).await?;
    tell(conn, app, account, who.person, &Notice::YouOwnIt).await?;
    tell(conn, app, account, account.owner, &Notice::OwnershipTaken(who.name.clone())).await?;
    let note = format!("from {} to {}", account.owner, who.person);
    record(conn, app, who, account, "account.ownership.changed", Some(&note)).await
}

/// Makes whoever is signed in the point of contact. The one who was is told, and the owner.
async fn give_contact(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    account: &Account,
) -> diesel::QueryResult<()> {
    queries::set_contact(conn, account.id, who.person).await?;
    tell(conn, app, account, who.person, &Notice::YouAreContact).await?;
    let mut others = vec![account.contact, account.owner];
    others.dedup();
    for other in others.into_iter().filter(|other| *other != who.person) {
        tell(conn, app, account, other, &Notice::ContactTaken(who.name.clone())).await?;
    }
    let note = format!("from {} to {}", account.contact, who.person);
    record(conn, app, who, account, "account.contact.changed", Some(&note)).await
}

/// Declines what was offered.
///
/// # Errors
/// `NotFound` if it was not offered to whoever asks; `Gone` if the offer is over.
pub async fn decline(app: &App, who: &SignedIn, account: AccountId, id: HandoverId) -> Result<(), AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = super::lock(conn, account, who).await?;
        let offer = queries::find(conn, account.id, id).await?;
        let offer = offer.filter(|offer| offer.to == who.person).ok_or(AppError::NotFound)?;
        if !queries::end(conn, id, queries::End::Declined, app.clock.now()).await? {
            return Err(AppError::Gone(OVER));
        }
        let declined = Notice::Declined(offer.what(), who.name.clone());
        tell(conn, app, &account, offer.from, &declined).await?;
        let action = match offer.what() {
            What::Ownership => "account.ownership.declined",
            What::Contact => "account.contact.declined",
        };
        record(conn, app, who, &account, action, None).await?;
        Ok(())
    })
    .await
}

/// Withdraws an offer: whoever made it, or the owner.
///
/// # Errors
/// `NotFound` if whoever asks is neither; `Gone` if the offer is over.
pub async fn withdraw(app: &App, who: &SignedIn, account: AccountId, id: HandoverId) -> Result<(), AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let account = super::lock(conn, account, who).await?;
        let offer = queries::find(conn, account.id, id).await?;
        let mine = |offer: &Offer| offer.from == who.person || account.owner == who.person;
        let offer = offer.filter(mine).ok_or(AppError::NotFound)?;
        if !queries::end(conn, id, queries::End::Withdrawn, app.clock.now()).await? {
            return Err(AppError::Gone(OVER));
        }
        tell(conn, app, &account, offer.to, &Notice::Withdrawn(offer.what())).await?;
        let action = match offer.what() {
            What::Ownership => "account.ownership.withdrawn",
            What::Contact => "account.contact.withdrawn",
        };
        record(conn, app, who, &account, action, Some(&format!("to {}", offer.to))).await?;
        Ok(())
    })
    .await
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
