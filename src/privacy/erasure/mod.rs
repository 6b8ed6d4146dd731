//! Erasing a person, an account or what is in it (S77, S91, S164), from the data map alone.
//!
//! An erasure is ordered, done by a job and written down. The order closes what belongs to the person, so that nothing
//! is added meanwhile. The job deletes the bulk in batches, each whole or not done, and ends with one transaction in which all
//! the rest goes, the ledger and the audit log are written and whoever asked is told. A job whose worker was killed goes on
//! where it was; afterwards everything is gone, or it is not said to be.
//!
//! A hold stands against it before every batch, and the database refuses besides. What remains is what the map keeps for a
//! reason that it names.
//!
//! - [`engine`]: deletes what the map says; `reckoning`: tells what went and what stays
//! - [`job`]: one erasure from its order to its end; [`completion`]: what the last transaction does besides
//! - [`standing`]: what stands against erasing somebody; [`replay`]: the ledger, after a restore

pub mod completion;
pub mod engine;
pub mod job;
mod mail;
pub mod queries;
mod reckoning;
pub mod replay;
pub mod standing;

pub use job::Erase;
pub use mail::DataErased;
pub use standing::{Obstacle, obstacle, obstacle_of};

use chrono::{DateTime, Duration, Utc};
use diesel::{OptionalExtension as _, QueryResult};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::accounts::states::{self, State};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::crypto::Keys;
use crate::platform::ids::{AccountId, ErasureId, PersonId, RequestId};
use crate::platform::jobs;
use crate::platform::telemetry;
use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_requests::states::By;
use crate::privacy::data_requests::{DataRequest, queries as requests};
use crate::retention::{beside, ledger};

/// Tries that failed before staff see the job among the dead ones.
const ATTEMPTS: i32 = 12;
/// The line that erasures stand in: one is done at a time.
const LINE: &str = "erasures";

/// What is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A person, with the accounts that they own.
    Person(PersonId),
    /// An account, with everything that hangs on it.
    Account(AccountId),
    /// What programs kept in an account; the account stays.
    Content(AccountId),
    /// All that stands by the address of a request, of somebody who has no account.
    Address(RequestId),
}

impl Of {
    /// As it is stored.
    pub fn parts(self) -> (&'static str, Uuid) {
        match self {
            Self::Person(id) => ("person", id.0),
            Self::Account(id) => ("account", id.0),
            Self::Content(id) => ("content", id.0),
            Self::Address(id) => ("address", id.0),
        }
    }

    /// Whose rows go; nothing for somebody who is not there any more.
    ///
    /// # Errors
    /// What the database says.
    pub async fn subject(self, conn: &mut AsyncPgConnection, keys: &Keys) -> QueryResult<Option<Subject>> {
        match self {
            Self::Person(id) => Subject::find_person(conn, keys, id).await.optional(),
            Self::Account(id) | Self::Content(id) => {
                Ok(queries::is_there(conn, id).await?.then_some(Subject::Account { id }))
            }
            Self::Address(id) => {
                let asked = requests::find(conn, id).await.optional()?;
                Ok(asked.and_then(|asked| Some(Subject::address(keys, &asked.email?))))
            }
        }
    }

    /// Reads it as it is stored.
    pub fn from_parts(subject: &str, id: Uuid) -> Option<Self> {
        Some(match subject {
            "person" => Self::Person(PersonId(id)),
            "account" => Self::Account(AccountId(id)),
            "content" => Self::Content(AccountId(id)),
            "address" => Self::Address(RequestId(id)),
            _ => return None,
        })
    }
}

/// Why something is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody asked for it.
    Request(RequestId),
    /// Somebody asked for it, and there is no request of theirs to be answered.
    Desk,
    /// An account was closed.
    Closure,
    /// It was erased before, and a restored backup had it again.
    Restore,
}

impl Cause {
    pub(super) fn parts(self) -> (&'static str, Option<RequestId>) {
        match self {
            Self::Request(request) => ("request", Some(request)),
            Self::Desk => ("request", None),
            Self::Closure => ("closure", None),
            Self::Restore => ("restore", None),
        }
    }
}

/// Orders an erasure inside the caller's transaction; ordering twice is one erasure. From here on a person can no longer
/// sign in and their programs can no longer write.
///
/// # Errors
/// What the database says.
pub async fn order(
    conn: &mut AsyncPgConnection,
    of: Of,
    cause: Cause,
    now: DateTime<Utc>,
) -> QueryResult<ErasureId> {
    if let Some(id) = queries::under_way(conn, of).await? {
        return Ok(id);
    }
    let id = ErasureId::new(now);
    queries::insert(conn, id, of, cause, now).await?;
    if let Of::Person(person) = of {
        let email = lock_somebody(conn, person).await?.email;
        queries::withdraw_offers(conn, person, &email, now).await?;
        people::bump_credentials(conn, person).await?;
        people::end_sessions(conn, person, None).await?;
        queries::close_door(conn, person).await?;
        for account in queries::owned(conn, person).await? {
            let why = "Its owner is being deleted";
            states::change(conn, account, State::Closing, Actor::System, why, now).await?;
        }
    }
    jobs::enqueue_in_line(conn, &Erase { erasure: id }, ATTEMPTS, LINE).await?;
    Ok(id)
}

/// Orders the deletion that a request asks for, inside the caller's transaction, unless something stands against it: then
/// that is the answer. Where staff decided, it is not what is theirs to decide. The request is done when everything is
/// deleted, and not before.
///
/// # Errors
/// What the database says.
pub async fn order_for(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    request: &DataRequest,
    by: By,
    now: DateTime<Utc>,
) -> QueryResult<Option<Obstacle>> {
    if let Some(person) = request.person {
        lock_somebody(conn, person).await?;
    }
    let staff = matches!(by, By::Staff(_));
    let obstacle = obstacle_of(conn, keys, request).await?;
    let obstacle = obstacle.filter(|found| !(staff && found.is_for_staff()));
    if obstacle.is_none() {
        let of = request.person.map_or(Of::Address(request.id), Of::Person);
        order(conn, of, Cause::Request(request.id), now).await?;
    }
    Ok(obstacle)
}

/// Locks the accounts that somebody owns, so that nobody becomes a member of one meanwhile, and then them. Accounts come
/// first, as everywhere.
///
/// Then once more: whoever takes an account over holds the new owner, so when those are locked, what was being handed over to
/// them has become theirs after the first look, and nothing more does. Without a lock on it somebody could join it once it
/// was seen to have no members. This one lock comes after that of the person: where they are at that very account in that
/// moment, Postgres ends one of the two, and it can be done again.
///
/// # Errors
/// `NotFound` where they are gone; what the database says.
pub async fn lock_somebody(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<people::Person> {
    queries::lock_owned(conn, person).await?;
    let locked = people::lock_to_delete(conn, person).await?;
    queries::lock_owned(conn, person).await?;
    Ok(locked)
}

/// Sets going what waited for a hold that has ended, and what a lost job left. For the timetable.
///
/// # Errors
/// What the database says.
pub async fn resume(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for (id, of) in queries::stuck(&mut conn, now - Duration::hours(2)).await? {
        let job = Erase { erasure: id };
        // One that was given up is for staff, who see it among the dead jobs.
        if !standing::is_held(&mut conn, &app.keys, of).await? && !jobs::is_queued(&mut conn, &job).await? {
            jobs::enqueue_in_line(&mut conn, &job, ATTEMPTS, LINE).await?;
        }
    }
    let late = queries::late(&mut conn, now - Duration::hours(24)).await?;
    telemetry::gauge("portal_erasures_late", late);
    drop(conn);
    ledger::mirror(&app).await?;
    beside::mirror(&app).await
}
