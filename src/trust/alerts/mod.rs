//! Alerts (S127): a rule in review asks, and a person decides. Whoever agrees restricts the account, as the rule says and
//! with its evidence, and answers for it; whoever dismisses says why, and nothing of what was seen counts for the rule
//! again. Nobody decides about an account that they are in. Of one rule, one alert at most waits for an account.

mod queries;
pub mod queue;
pub mod web;

use chrono::{DateTime, Duration, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

pub use queries::Alert;
pub(super) use queries::{moot_of, raise, waits};

use super::rules::{Mode, explain, queries as rules};
use super::suspensions::{self, Decider};
use crate::content::locks;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::ids::{AlertId, SuspensionId};
use crate::platform::web::guards::SignedIn;
use crate::staff::desk::{Queue, claims};

/// Somebody looks at an alert within this time.
pub const WITHIN: Duration = Duration::hours(24);

/// What stands against a decision about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// They have not claimed it, or their claim ran out.
    NotClaimed,
    /// It was decided, or the rule asks no more.
    MovedOn,
    /// The account is restricted by this rule, or closed.
    Nothing,
    /// Whoever tries is in the account.
    Party,
    /// The alert waited so long that what the rule saw is past its time.
    Forgotten,
}

impl Refusal {
    /// For whoever tried.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotClaimed => "Claim the alert first: somebody else may be working on it.",
            Self::MovedOn => {
                "The alert was decided meanwhile, or its rule asks no more. This is how it stands now."
            }
            Self::Nothing => {
                "There is nothing to do: the rule restricts the account already, or it is closed."
            }
            Self::Party => "You are in this account, so somebody else decides about it.",
            Self::Forgotten => {
                "What the rule saw is kept for seven months, and they are over: nobody can be restricted for it any more. Dismiss the alert."
            }
        }
    }
}

/// Agrees: the account is restricted as the rule says, decided by whoever agrees.
///
/// # Errors
/// Inside: what stands against it. Outside: what the database says; `RollbackTransaction` as of [`people::lock_as`].
pub async fn agree(
    app: &App,
    who: &SignedIn,
    id: AlertId,
    reason: &str,
) -> QueryResult<Result<SuspensionId, Refusal>> {
    let now = app.clock.now();
    let mut conn = app.db.get().await.map_err(super::rules::pool)?;
    conn.transaction(async |conn| {
        let alert = match open(conn, who, id, now).await? {
            Ok(alert) => alert,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(evaluation) = alert.evaluation else { return Ok(Err(Refusal::Forgotten)) };
        let evaluation = explain::find(conn, evaluation).await?;
        let version = rules::find(conn, alert.version).await?;
        let decider = Decider::Alert {
            rule: alert.rule,
            version: alert.version,
            evaluation: evaluation.id,
            staff: who.person,
        };
        let decision = version.decision(alert.account, decider, evaluation.evidence(), now);
        let from = who.caller.circumstances();
        let Some(suspension) = suspensions::suspend(conn, app, &decision, &from, now).await? else {
            queries::moot(conn, id, now).await?;
            return Ok(Err(Refusal::Nothing));
        };
        queries::agree(conn, id, who.person, reason, suspension, now).await?;
        log(conn, who, id, "alert.agreed", reason, now).await?;
        Ok(Ok(suspension))
    })
    .await
}

/// Dismisses: nobody is touched, and what was seen does not count for the rule again.
///
/// # Errors
/// As [`agree`].
pub async fn dismiss(
    app: &App,
    who: &SignedIn,
    id: AlertId,
    reason: &str,
) -> QueryResult<Result<(), Refusal>> {
    let now = app.clock.now();
    let mut conn = app.db.get().await.map_err(super::rules::pool)?;
    conn.transaction(async |conn| {
        if let Err(refusal) = open(conn, who, id, now).await? {
            return Ok(Err(refusal));
        }
        queries::dismiss(conn, id, who.person, reason, now).await?;
        log(conn, who, id, "alert.dismissed", reason, now).await?;
        Ok(Ok(()))
    })
    .await
}

/// An alert that whoever decides may decide, with everything locked in the order in which rules lock: the account, the
/// version, the alert; and then whoever decides, before their claim, as whoever claims does.
async fn open(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    id: AlertId,
    now: DateTime<Utc>,
) -> QueryResult<Result<Alert, Refusal>> {
    let seen = queries::find(conn, id).await?;
    locks::hold_account(conn, seen.account).await?;
    let mode = rules::share_mode(conn, seen.version).await?;
    let alert = queries::lock(conn, id).await?;
    if alert.outcome.is_some() || mode < Mode::Review {
        return Ok(Err(Refusal::MovedOn));
    }
    people::lock_as(conn, who).await?;
    if suspensions::is_in(conn, alert.account, who.person).await? {
        return Ok(Err(Refusal::Party));
    }
    if !claims::require(conn, Queue::Alerts, id.0, who.person, now).await? {
        return Ok(Err(Refusal::NotClaimed));
    }
    Ok(Ok(alert))
}

async fn log(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    id: AlertId,
    action: &'static str,
    reason: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let from = who.caller.circumstances();
    audit::append(conn, now, Event::new(who.actor(), "alert", id.0, action, &from).note(reason))
        .await
        .map(drop)
}
