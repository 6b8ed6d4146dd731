//! Holds (S72, S81, S112): data of a person, an account, an end user or a whole table that is not deleted while a legal
//! matter, an audit or an investigation is open, whatever the rules say.
//!
//! A hold holds from the moment that somebody asks for it, because what is deleted while a second person is looked for
//! is gone. It lapses after three days unless that second person approves it. Its review date is mailed to both. When
//! it is released, what is due goes with the next sweep. Whose data it is reads of it on their own pages, unless a law
//! forbids that, which is named.
//!
//! The database is the last guard: it refuses to delete a person, an account or a record under a hold, whoever asks.
//! Whoever deletes shares a lock with others who do, and a hold is placed under the same lock alone: either it comes
//! before a deletion and stands against it, or after it.

mod facts;
mod form;
pub mod guard;
pub mod mail;
pub mod queries;
pub mod replaying;
pub mod scopes;
pub mod tending;
pub mod web;

pub use guard::is_refused;
pub use queries::Hold;
pub use scopes::{Matter, Scope};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::{AppError, rule_of};
use crate::platform::ids::HoldId;
use crate::platform::web::guards::SignedIn;
use crate::retention::beside;

/// A hold that nobody approved lapses after so long.
pub const PROVISIONAL: Duration = Duration::hours(72);

/// What is said to somebody who may not delete something. Not that there is a hold: the law may forbid to tell them.
pub const STANDS: &str =
    "It cannot be deleted at present. Try again later; what is due to go by our rules goes by itself.";

/// Longest time to the next review.
pub const LONGEST_REVIEW: Duration = Duration::days(366);

/// A hold to be placed.
#[derive(Clone, Debug)]
pub struct NewHold {
    /// What must not be deleted.
    pub scope: Scope,
    /// What kind of matter it is for.
    pub matter: Matter,
    /// Why, in a sentence or two.
    pub reason: String,
    /// The law that forbids to tell whose data it is.
    pub silent_because: Option<String>,
    /// When somebody looks whether it is still needed.
    pub review_on: NaiveDate,
}

/// What stands against something that staff want to do with a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Whoever asked for it does not approve it.
    SecondPerson,
    /// It was approved, released or lapsed meanwhile.
    MovedOn,
}

impl Refusal {
    /// For whoever tried.
    pub fn words(self) -> &'static str {
        match self {
            Self::SecondPerson => "You asked for this hold, so somebody else approves it.",
            Self::MovedOn => "The hold has moved on meanwhile. This is how it stands now.",
        }
    }
}

/// Places a hold. It holds at once, and until [`PROVISIONAL`] is over if nobody approves it.
///
/// # Errors
/// `NotFound` where there is no such person or account; what the database says.
pub async fn place(app: &App, who: &SignedIn, new: &NewHold) -> Result<HoldId, AppError> {
    let now = app.clock.now();
    let id = HoldId::new(now);
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // Waits for everybody who is deleting something, and lets nobody begin meanwhile.
        guard::alone(conn).await?;
        let row = scopes::row(conn, app, &new.scope).await?;
        queries::insert(conn, id, new, &row, who.person, now).await?;
        log(conn, who, id, "hold.placed", now).await?;
        Ok::<_, AppError>(())
    })
    .await?;
    drop(conn);
    beside::mirror_holds_now(app).await;
    Ok(id)
}

/// Approves a hold, which then does not lapse.
///
/// # Errors
/// Inside: that whoever approves asked for it, or that it moved on. Outside: what the database says.
pub async fn approve(app: &App, who: &SignedIn, id: HoldId) -> Result<Result<(), Refusal>, AppError> {
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            queries::lock(conn, id).await?;
            // Of two at once, whoever comes second is also later by the clock.
            let now = app.clock.now();
            if !queries::approve(conn, id, who.person, now).await? {
                return Ok(Err(Refusal::MovedOn));
            }
            log(conn, who, id, "hold.approved", now).await?;
            Ok::<_, diesel::result::Error>(Ok(()))
        })
        .await;
    match done {
        Err(error) if rule_of(&error) == Some("holds_second_person") => Ok(Err(Refusal::SecondPerson)),
        done => {
            let done = done?;
            drop(conn);
            beside::mirror_holds_now(app).await;
            Ok(done)
        }
    }
}

/// Releases a hold: what is due goes with the next sweep, and erasures that waited for it go on.
///
/// # Errors
/// Inside: that it has ended already. Outside: what the database says.
pub async fn release(
    app: &App,
    who: &SignedIn,
    id: HoldId,
    because: &str,
) -> Result<Result<(), Refusal>, AppError> {
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            queries::lock(conn, id).await?;
            let now = app.clock.now();
            if !queries::end(conn, id, Some(who.person), because, now).await? {
                return Ok(Err(Refusal::MovedOn));
            }
            log(conn, who, id, "hold.released", now).await?;
            Ok::<_, diesel::result::Error>(Ok(()))
        })
        .await?;
    drop(conn);
    beside::mirror_holds_now(app).await;
    Ok(done)
}

/// Sets the next day on which somebody looks whether a hold is still needed.
///
/// # Errors
/// As [`release`].
pub async fn review(
    app: &App,
    who: &SignedIn,
    id: HoldId,
    again_on: NaiveDate,
) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            if !queries::review(conn, id, again_on).await? {
                return Ok(Err(Refusal::MovedOn));
            }
            log(conn, who, id, "hold.reviewed", now).await?;
            Ok::<_, diesel::result::Error>(Ok(()))
        })
        .await?;
    Ok(done)
}

async fn log(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    id: HoldId,
    action: &'static str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let from = who.caller.circumstances();
    audit::append(conn, now, Event::new(who.actor(), "hold", id.0, action, &from)).await.map(drop)
}
