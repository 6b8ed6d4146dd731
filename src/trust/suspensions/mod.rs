//! Suspensions (S127, S128): for a time an account may do less, because a rule or somebody of our staff said so.
//!
//! A suspension is a row with its statement: the facts in words, the reason, what was measured, whether a person decided,
//! since when, until when, and until when it can be appealed. It begins in one transaction with its notices by mail, a
//! receipt and the audit; the database refuses one of which nobody was told. It changes by steps alone (shortened,
//! lifted, expired), which are append-only.
//!
//! What the account may still do follows from the highest [`Level`] in force, by one table that the guards, the pages and
//! the reference of the API read. Nothing of keys, records or queued messages is rewritten, so that lifting a suspension
//! gives back exactly what was. The state of the account follows too: [`settle`].
//!
//! - [`levels`]: what works in each level; [`reasons`]: why an account is suspended
//! - [`standing`]: which suspensions an account has now, and what they refuse
//! - [`evidence`]: what a statement is shown by
//! - [`statement`]: the statement as pages show it; [`chart`]: its drawing
//! - `ruling`: what people decide about one; [`tending`]: what happens by the passing of time
//! - [`web`]: the pages of the owner and the members; [`staff`]: the desk

pub mod chart;
pub mod evidence;
pub mod levels;
pub mod mail;
mod queries;
pub mod reasons;
mod ruling;
mod settling;
pub mod staff;
pub mod standing;
pub mod statement;
pub mod tending;
pub mod web;

pub(crate) use crate::accounts::readers::everybody as readers;
pub use evidence::{EventLine, Evidence, Measure, Series};
pub use levels::{Act, Level};
pub use queries::{Step, Suspension, find, find_of, last_of, steps};
pub(crate) use queries::{is_in, parties};
pub use reasons::Reason;
pub use ruling::{Change, Refusal, Ruling, lift, log_ruling, rule_on};
pub use settling::{settle, state_after_closure};
pub use standing::{Open, Standing};

use chrono::{DateTime, Months, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use self::queries::NewStep;
use crate::accounts::guard::{self, Account};
use crate::accounts::states::{self, State};
use crate::content::locks;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::ids::{AccountId, EvaluationId, PersonId, RuleId, RuleVersionId, SuspensionId};
use crate::privacy::receipts::{self, Kind, Receipt, document};

/// A suspension can be appealed for so many months after its notice (S129, DSA 20).
pub const APPEAL_MONTHS: Months = Months::new(6);

/// Who decides that an account is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    /// A rule, by itself.
    Rule {
        /// Which.
        rule: RuleId,
        /// As it stood.
        version: RuleVersionId,
        /// What it was computed from.
        evaluation: EvaluationId,
    },
    /// A rule asked, and a person agreed.
    Alert {
        /// Which rule.
        rule: RuleId,
        /// As it stood.
        version: RuleVersionId,
        /// What it was computed from.
        evaluation: EvaluationId,
        /// Who agreed.
        staff: PersonId,
    },
    /// Somebody of our staff.
    Staff(PersonId),
}

impl Decider {
    /// Whether no person took part.
    pub fn is_automated(self) -> bool {
        matches!(self, Self::Rule { .. })
    }

    /// The person who decided, or agreed.
    pub fn staff(self) -> Option<PersonId> {
        match self {
            Self::Rule { .. } => None,
            Self::Alert { staff, .. } | Self::Staff(staff) => Some(staff),
        }
    }

    /// For the audit log.
    fn actor(self) -> Actor {
        self.staff().map_or(Actor::System, |staff| Actor::Staff(staff.0))
    }
}

/// What is decided about one account.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Which account.
    pub account: AccountId,
    /// What it may not do any more.
    pub level: Level,
    /// Why, by the list.
    pub reason: Reason,
    /// The facts, as the customer reads them: 10 to 4,000 characters.
    pub words: String,
    /// Who decides.
    pub decider: Decider,
    /// Until when; nothing for as long as nobody lifts it.
    pub expires_at: Option<DateTime<Utc>>,
    /// What it is shown by; may be empty where staff decide.
    pub evidence: Evidence,
}

/// Suspends an account, in the caller's transaction: the suspension with its statement, notices by mail to the owner and
/// to every member, a receipt, audit, and the state of the account (S128). It locks the account, so an import that is
/// under way stops at its next batch. The audit log is locked until the transaction ends: call it last.
///
/// Answers nothing where this rule has one in force for the account already, or the account is closed.
///
/// # Errors
/// What the database says; `NotFound` where there is no such account. It refuses words outside their bounds and an end
/// that does not lie ahead.
pub async fn suspend(
    conn: &mut AsyncPgConnection,
    app: &App,
    decision: &Decision,
    from: &Circumstances,
    now: DateTime<Utc>,
) -> QueryResult<Option<SuspensionId>> {
    suspend_as(conn, app, SuspensionId::new(now), decision, from, now).await
}

/// As [`suspend`], with a number that was given out before, so that a form that is sent twice makes it once.
///
/// # Errors
/// As [`suspend`]; a number that is taken violates `suspensions_pkey`.
pub(crate) async fn suspend_as(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: SuspensionId,
    decision: &Decision,
    from: &Circumstances,
    now: DateTime<Utc>,
) -> QueryResult<Option<SuspensionId>> {
    locks::hold_account(conn, decision.account).await?;
    if states::present(conn, decision.account).await? == State::Closed {
        return Ok(None);
    }
    let expired = tending::expire_of(conn, app, decision.account, now).await?;
    if let Decider::Rule { rule, .. } | Decider::Alert { rule, .. } = decision.decider
        && queries::rule_has_one(conn, decision.account, rule).await?
    {
        tending::log(conn, decision.account, &expired, now).await?;
        return Ok(None);
    }
    queries::insert(conn, id, decision, now).await?;
    queries::take(conn, id, &NewStep::began(decision.decider), now).await?;
    let why = format!("{}: {}", decision.level.label(), decision.reason.label());
    settle(conn, decision.account, decision.decider.actor(), &why, now).await?;
    let suspension = queries::find(conn, id).await?;
    let account = as_owner(conn, decision.account).await?;
    mail::began(conn, app, &account, &suspension, now).await?;
    receipts::issue(conn, app, now, &receipt(Kind::SuspensionBegan, &account, &suspension, None)).await?;
    tending::log(conn, account.id, &expired, now).await?;
    let log =
        Log { actor: decision.decider.actor(), account: account.id, action: "account.suspension.began" };
    log.append(conn, &suspension, from, now).await?;
    Ok(Some(id))
}

/// The account as its owner sees it.
pub(crate) async fn as_owner(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<Account> {
    let owner = queries::owner_of(conn, id).await?;
    guard::find(conn, id, owner).await
}

/// The receipt about a suspension, or about an appeal against it.
pub(crate) fn receipt(
    kind: Kind,
    account: &Account,
    suspension: &Suspension,
    appeal: Option<document::Appeal>,
) -> Receipt {
    let about = document::Suspension {
        number: suspension.id.to_string(),
        level: suspension.level().as_str().into(),
        reason: suspension.reason().as_str().into(),
        automated: suspension.automated,
        began_at: suspension.began_at,
        expires_at: suspension.expires_at,
        ended_at: suspension.ended_at,
        appeal_until: suspension.appeal_until,
        appeal,
    };
    Receipt {
        person: Some(account.owner),
        account: Some(account.id),
        suspension: Some(about),
        ..Receipt::new(kind)
    }
}

/// An entry of the audit log to be.
struct Log {
    actor: Actor,
    account: AccountId,
    action: &'static str,
}

impl Log {
    async fn append(
        &self,
        conn: &mut AsyncPgConnection,
        suspension: &Suspension,
        from: &Circumstances,
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        let note = format!("{}, statement {}", suspension.level().label(), suspension.id);
        let event = Event::new(self.actor, "account", self.account.0, self.action, from).note(&note);
        audit::append(conn, now, event).await.map(drop)
    }
}
