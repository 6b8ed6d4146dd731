//! What people decide about a suspension: it stands, is shortened or is lifted.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::queries::{self, NewStep};
use super::{Log, Suspension, as_owner, mail, settle};
use crate::content::locks;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{Actor, Circumstances};
use crate::platform::error::{AppError, refused};
use crate::platform::ids::{AppealId, PersonId, SuspensionId};
use crate::platform::web::guards::SignedIn;

/// What becomes of a suspension by somebody's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It stands. Only an appeal leads to this.
    Upheld,
    /// It ends at this earlier moment.
    Shortened(DateTime<Utc>),
    /// It ends now.
    Lifted,
}

/// A decision about a suspension.
#[derive(Clone, Copy, Debug)]
pub struct Ruling<'a> {
    /// Which suspension.
    pub suspension: SuspensionId,
    /// What becomes of it.
    pub change: Change,
    /// Who decides.
    pub by: PersonId,
    /// Why, as the customer reads it: 10 to 4,000 characters.
    pub words: &'a str,
    /// The appeal that led to it, if one did.
    pub appeal: Option<AppealId>,
    /// Which version of the suspension they have seen; nothing where it does not matter.
    pub seen: Option<i32>,
}

/// Carries out a decision about a suspension, in the caller's transaction: the step and the state of the account. It writes
/// no mail: whoever calls it says what else happened, and calls [`log_ruling`] last. An open appeal against a suspension that
/// is lifted is over by that.
///
/// # Errors
/// What the database says: it refuses by `suspensions_ended`, `suspensions_stale` and `suspensions_shorter`, which
/// [`Refusal::of`] reads. `NotFound` where there is none.
pub async fn rule_on(
    conn: &mut AsyncPgConnection,
    ruling: &Ruling<'_>,
    now: DateTime<Utc>,
) -> QueryResult<Suspension> {
    let account = queries::find(conn, ruling.suspension).await?.account;
    locks::hold_account(conn, account).await?;
    queries::take(conn, ruling.suspension, &NewStep::ruling(ruling), now).await?;
    if ruling.change == Change::Lifted {
        settle(conn, account, Actor::Staff(ruling.by.0), "A suspension was lifted", now).await?;
    }
    queries::find(conn, ruling.suspension).await
}

/// Writes a decision into the audit log, as the last thing of the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn log_ruling(
    conn: &mut AsyncPgConnection,
    ruling: &Ruling<'_>,
    suspension: &Suspension,
    from: &Circumstances,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let action = match ruling.change {
        Change::Upheld => "account.suspension.upheld",
        Change::Shortened(_) => "account.suspension.shortened",
        Change::Lifted => "account.suspension.lifted",
    };
    let log = Log { actor: Actor::Staff(ruling.by.0), account: suspension.account, action };
    log.append(conn, suspension, from, now).await
}

/// What stands against a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It was lifted, or it has expired.
    Over,
    /// Somebody else decided meanwhile.
    Stale,
    /// The new end does not lie between now and the present end.
    NotShorter,
    /// Whoever tries is in the account.
    Party,
}

impl Refusal {
    /// What the database refused with; nothing for another error.
    pub fn of(error: &diesel::result::Error) -> Option<Self> {
        use diesel::result::{DatabaseErrorKind, Error};
        let Error::DatabaseError(DatabaseErrorKind::CheckViolation, info) = error else { return None };
        match info.constraint_name()? {
            "suspensions_ended" => Some(Self::Over),
            "suspensions_stale" => Some(Self::Stale),
            "suspensions_shorter" => Some(Self::NotShorter),
            _ => None,
        }
    }

    /// For whoever tried.
    pub fn words(self) -> &'static str {
        match self {
            Self::Over => "This suspension is over.",
            Self::Stale => "Somebody else decided about this suspension meanwhile.",
            Self::NotShorter => "The new end has to lie ahead, and before the present end.",
            Self::Party => "You are in this account, so somebody else decides about it.",
        }
    }
}

/// Lifts a suspension without an appeal, by somebody who may decide appeals, with reasons that the customer reads. An open
/// appeal is settled by it.
///
/// # Errors
/// Inside: that it is over, that somebody else decided meanwhile, or that whoever tries is in the account, where they decide no
/// appeal either (S130). Outside: `NotFound`.
pub async fn lift(
    app: &App,
    who: &SignedIn,
    id: SuspensionId,
    words: &str,
    seen: i32,
) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let ruling = Ruling {
        suspension: id,
        change: Change::Lifted,
        by: who.person,
        words,
        appeal: None,
        seen: Some(seen),
    };
    let mut conn = app.db.get().await?;
    let lifted = conn
        .transaction(async |conn| {
            let account = queries::find(conn, id).await?.account;
            locks::hold_account(conn, account).await?;
            people::lock_as(conn, who).await?;
            if queries::is_in(conn, account, who.person).await? {
                return Ok(Err(Refusal::Party));
            }
            let suspension = rule_on(conn, &ruling, now).await?;
            let account = as_owner(conn, account).await?;
            mail::ended(conn, app, &account, &suspension, Some(words), now).await?;
            log_ruling(conn, &ruling, &suspension, &who.caller.circumstances(), now).await.map(Ok)
        })
        .await;
    refused(lifted, Refusal::of).map(|lifted| lifted.and_then(|inner| inner))
}
