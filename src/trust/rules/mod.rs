//! Rules (S127): by which accounts may be restricted, and who answers for each of them.
//!
//! A rule has versions. A version is an [`expression`] over signals with named thresholds, a weight, the words that the
//! customer reads, and how far the restriction goes and how long it lasts. It never changes. What it may do does, by rows
//! that are only added to ([`modes`]):
//!
//! - in *shadow*, where every version begins, it is noted what it would have done;
//! - in *review* it asks a person, by an alert;
//! - in *enforce* it restricts by itself;
//! - *retired* it does nothing, for good.
//!
//! A version moves on when one person proposes it, with a [`replay`] over the last 30 days, and another approves it; the
//! database refuses anything else. Taking away needs one person, or none: the portal itself takes a version back to
//! review where too many of its decisions did not stand ([`bound`]). Of the versions of one rule, one at most acts.
//!
//! Weights add up to a score. What may be relied on by itself weighs 100; weaker signs weigh less and act only together:
//! an account is restricted when the versions in enforce that match weigh at least 100 together, and then by the
//! heaviest of them. An alert is raised in the same way over the versions in review and enforce. A version in shadow
//! counts as if it were one of them.
//!
//! - [`draft`], [`parameters`]: what staff type; `writing`: keeping it
//! - [`evaluation`]: looking at accounts; [`judging`]: from signals to what is done; [`explain`]: why, afterwards
//! - [`web`], `figures`: the desk

pub mod bound;
pub mod draft;
pub mod evaluation;
pub mod explain;
pub mod expression;
mod figures;
pub mod judging;
pub mod mail;
mod mode;
pub mod modes;
pub mod parameters;
pub mod queries;
pub mod replay;
pub mod web;
mod writing;

pub use mode::Mode;
pub(crate) use writing::insert;
pub use writing::{create, revise};

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use self::expression::Expression;
use self::parameters::Parameters;
use crate::platform::audit::{self, Event};
use crate::platform::error::rule_of;
use crate::platform::ids::{AccountId, RuleId, RuleVersionId};
use crate::platform::web::guards::SignedIn;
use crate::trust::suspensions::{Decider, Decision, Evidence, Level, Reason};

/// From this score on something is done.
pub const SCORE: i32 = 100;

/// A version of a rule, as it is stored.
#[derive(Clone, Debug, Queryable)]
pub struct Version {
    /// Names it.
    pub id: RuleVersionId,
    /// Of which rule.
    pub rule: RuleId,
    /// Name of the rule.
    pub name: String,
    /// The how-manieth.
    pub number: i32,
    /// What it says.
    pub expression: String,
    parameters: serde_json::Value,
    /// How much it counts, 1 to 100.
    pub weight: i32,
    /// Why somebody is restricted, in a code.
    pub reason_code: String,
    /// The same in words for them.
    pub words: String,
    level: String,
    /// How many hours the restriction lasts; nothing: until it is lifted.
    pub hours: Option<i32>,
    /// Who wrote it.
    pub created_by: Uuid,
    /// When.
    pub created_at: DateTime<Utc>,
    mode: String,
    /// Since when it may do what it may do.
    pub mode_since: DateTime<Utc>,
}

impl Version {
    /// What it may do.
    pub fn mode(&self) -> Mode {
        Mode::parse(&self.mode).expect("the database keeps to the modes")
    }

    /// The thresholds.
    pub fn parameters(&self) -> Parameters {
        serde_json::from_value(self.parameters.clone()).unwrap_or_default()
    }

    /// How far the restriction goes.
    pub fn level(&self) -> Level {
        Level::parse(&self.level).expect("the database keeps to the levels")
    }

    /// Why somebody is restricted.
    pub fn reason(&self) -> Reason {
        Reason::parse(&self.reason_code).unwrap_or(Reason::Terms)
    }

    /// What it decides about an account at this moment.
    pub(in crate::trust) fn decision(
        &self,
        account: AccountId,
        decider: Decider,
        evidence: Evidence,
        now: DateTime<Utc>,
    ) -> Decision {
        Decision {
            account,
            level: self.level(),
            reason: self.reason(),
            words: self.words.clone(),
            decider,
            expires_at: self.hours.map(|hours| now + Duration::hours(i64::from(hours))),
            evidence,
        }
    }

    /// How far the restriction goes, for people.
    pub fn level_label(&self) -> &'static str {
        self.level().label()
    }

    /// How long the restriction lasts, for people.
    pub fn lasts(&self) -> String {
        match self.hours {
            None => "until it is lifted".into(),
            Some(1) => "1 hour".into(),
            Some(hours) if hours % 24 == 0 && hours > 24 => format!("{} days", hours / 24),
            Some(hours) => format!("{hours} hours"),
        }
    }

    /// Its address.
    pub fn path(&self) -> String {
        format!("/staff/rules/{}/versions/{}", self.rule, self.number)
    }

    /// The expression, ready to be evaluated.
    ///
    /// # Errors
    /// It was written for signals that are no more, or before a check that it does not pass.
    pub fn compile(&self) -> Result<Expression, expression::Wrong> {
        Expression::parse(&self.expression, &self.parameters())
    }
}

/// What stands against something that staff want to do with a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A rule of this name is there.
    NameTaken,
    /// Whoever proposed it does not approve it.
    SecondPerson,
    /// It has moved on meanwhile.
    MovedOn,
    /// What it would have done was not computed yet.
    NotReplayed,
}

impl Refusal {
    /// For whoever tried.
    pub fn words(self) -> &'static str {
        match self {
            Self::NameTaken => "There is a rule of this name already.",
            Self::SecondPerson => "You proposed it, so somebody else decides about it.",
            Self::MovedOn => "The version has moved on meanwhile. This is how it stands now.",
            Self::NotReplayed => {
                "Let it be replayed first, so that whoever approves it sees what it would have done."
            }
        }
    }

    /// What the database refused, if it was this.
    pub(crate) fn of(error: &diesel::result::Error) -> Option<Self> {
        match rule_of(error)? {
            "rules_name_key" => Some(Self::NameTaken),
            "rule_proposals_second_person" => Some(Self::SecondPerson),
            "rule_proposals_replayed" => Some(Self::NotReplayed),
            "rule_modes_transition"
            | "rule_modes_two_people"
            | "rule_proposals_open"
            | "rule_proposals_kept" => Some(Self::MovedOn),
            _ => None,
        }
    }
}

pub(crate) async fn log(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    version: RuleVersionId,
    action: &'static str,
    note: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let from = who.caller.circumstances();
    let event = Event { note, ..Event::new(who.actor(), "rule_version", version.0, action, &from) };
    audit::append(conn, now, event).await.map(drop)
}

/// No connection, as an error of the database.
pub(crate) fn pool(error: anyhow::Error) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(error.into())
}
