//! What a receipt says, as JSON.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Kind, Receipt};
use crate::platform::app::App;
use crate::platform::web::pages::day;
use crate::privacy::data_map::Class;
use crate::retention::rules::Rule;

/// How many rows of a class of data went, were made anonymous, or stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The class, as the policy names it.
    pub class: String,
    /// Rows that were deleted.
    pub deleted: i64,
    /// Rows that lost what could lead to somebody.
    pub anonymised: i64,
    /// Rows that stay.
    pub kept: i64,
}

impl Count {
    /// Nothing of a class.
    pub fn none(class: Class) -> Self {
        Self { class: class.label().into(), deleted: 0, anonymised: 0, kept: 0 }
    }
}

/// A rule that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Its stable name.
    pub rule: String,
    /// What it is for.
    pub about: String,
    /// How long it keeps.
    pub kept_for: String,
    /// From when it counts.
    pub counted_from: String,
}

impl From<&Rule> for Applied {
    fn from(rule: &Rule) -> Self {
        Self {
            rule: rule.id.into(),
            about: rule.about.into(),
            kept_for: rule.period.words(),
            counted_from: rule.from.into(),
        }
    }
}

/// Something that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stays {
    /// What, in words of ours.
    pub what: String,
    /// Why.
    pub why: String,
    /// Until when; nothing where no day is known yet.
    pub until: Option<DateTime<Utc>>,
    /// Whether it stays for good.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub for_good: bool,
}

impl Stays {
    /// Until when, in words.
    pub fn how_long(&self) -> String {
        match (&self.until, self.for_good) {
            (_, true) => "for good".into(),
            (Some(until), _) => format!("until {}", day(until)),
            (None, _) => "no day is known yet".into(),
        }
    }
}

/// Why something was not done. Not the thing itself: its words could say more than a receipt may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The code of the reason.
    pub code: String,
    /// The law behind it.
    pub ground: String,
    /// How many things it holds for.
    pub items: usize,
    /// When somebody looks again.
    pub look_again_on: NaiveDate,
}

/// For which request a receipt is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its number.
    pub number: String,
    /// What was asked for, as it is stored.
    pub asked_for: String,
    /// When it came in.
    pub received_at: DateTime<Utc>,
}

/// The suspension that a receipt is about. Its words stand in the statement, to which the number leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Its number.
    pub number: String,
    /// What it takes, as it is stored.
    pub level: String,
    /// Why, as it is stored.
    pub reason: String,
    /// Whether a rule decided by itself.
    pub automated: bool,
    /// Since when.
    pub began_at: DateTime<Utc>,
    /// Until when; nothing for as long as nobody lifts it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<DateTime<Utc>>,
    /// Until when it can be appealed.
    pub appeal_until: DateTime<Utc>,
    /// The appeal that was decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub appeal: Option<Appeal>,
}

/// An appeal that was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// Its number.
    pub number: String,
    /// The first or the second.
    pub round: i32,
    /// What came of it, as it is stored.
    pub outcome: String,
    /// When it came in.
    pub filed_at: DateTime<Utc>,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its number.
    pub receipt: String,
    /// Whose portal issued it.
    pub issuer: String,
    /// What was done, as it is stored.
    pub kind: String,
    /// The same in words.
    pub done: String,
    /// When.
    pub issued_at: DateTime<Utc>,
    /// SID of the person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub person: Option<String>,
    /// SID of the account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<String>,
    /// The request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<Request>,
    /// How much, class by class.
    pub counts: Vec<Count>,
    /// The rules that were applied.
    pub rules: Vec<Applied>,
    /// What stays.
    pub stays: Vec<Stays>,
    /// Why something was not done.
    pub reasons: Vec<Reason>,
    /// The suspension that it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub suspension: Option<Suspension>,
}

impl Document {
    /// The document of a receipt that has this number.
    pub fn of(app: &App, number: &str, receipt: &Receipt, now: DateTime<Utc>) -> Self {
        let request = receipt.request.as_ref().map(|(id, asked_for, received_at)| Request {
            number: id.to_string(),
            asked_for: asked_for.clone(),
            received_at: *received_at,
        });
        Self {
            receipt: number.to_owned(),
            issuer: app.config.base_url.clone(),
            kind: receipt.kind.as_str().into(),
            done: receipt.kind.label().into(),
            issued_at: now,
            person: receipt.person.map(|id| id.to_string()),
            account: receipt.account.map(|id| id.to_string()),
            request,
            counts: receipt.counts.clone(),
            rules: receipt.rules.iter().map(|rule| Applied::from(*rule)).collect(),
            stays: receipt.stays.clone(),
            reasons: receipt.reasons.clone(),
            suspension: receipt.suspension.clone(),
        }
    }

    /// What was done, if this program knows the kind.
    pub fn kind(&self) -> Option<Kind> {
        Kind::parse(&self.kind)
    }
}
