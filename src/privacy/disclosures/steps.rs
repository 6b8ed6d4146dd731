//! What is done with a disclosure: each step is a row, and the database refuses those that the rules do not allow.

use chrono::NaiveDate;
use diesel::result::Error;
use diesel_async::AsyncConnection as _;

use super::kinds::Outcome;
use super::{log, queries, telling, transfers};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::{AppError, refused, rule_of};
use crate::platform::ids::DisclosureId;
use crate::platform::web::guards::SignedIn;

/// How it is stored that a later day of telling was set, as long as no second person has set the same.
pub(super) const POSTPONED: &str = "postponed";

/// A step, with what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It came in.
    Received,
    /// We think that it was not issued properly, because of this (S122).
    Objected(String),
    /// What came of that, and how.
    Answered(Outcome, String),
    /// It may be handed over.
    Approved,
    /// Telling is forbidden until another day, because of this. What is approved is told later only once two people set the
    /// same day.
    Silenced(NaiveDate, String),
    /// It was handed over on this day: what, in words.
    Disclosed(NaiveDate, String),
    /// We give nothing, because of this.
    Refused(String),
    /// It is not asked for any more, because of this.
    Withdrawn(String),
}

impl Act {
    /// As it is stored.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Objected(_) => "objected",
            Self::Answered(..) => "answered",
            Self::Approved => "approved",
            Self::Silenced(..) => "silenced",
            Self::Disclosed(..) => "disclosed",
            Self::Refused(_) => "refused",
            Self::Withdrawn(_) => "withdrawn",
        }
    }

    /// What a step is called, by how it is stored.
    pub fn label(stored: &str) -> &'static str {
        match stored {
            "received" => "Recorded",
            "objected" => "Objected",
            "answered" => "Objection answered",
            "approved" => "Approved",
            "silenced" => "Day of telling changed",
            POSTPONED => "Later day of telling proposed",
            "disclosed" => "Handed over",
            "refused" => "Refused",
            _ => "Withdrawn",
        }
    }

    /// For the audit log, by what it became.
    fn action(&self, stored: &str) -> &'static str {
        match self {
            Self::Silenced(..) if stored == POSTPONED => "disclosure.postponed",
            Self::Received => "disclosure.recorded",
            Self::Objected(_) => "disclosure.objected",
            Self::Answered(..) => "disclosure.answered",
            Self::Approved => "disclosure.approved",
            Self::Silenced(..) => "disclosure.silenced",
            Self::Disclosed(..) => "disclosure.handed_over",
            Self::Refused(_) => "disclosure.refused",
            Self::Withdrawn(_) => "disclosure.withdrawn",
        }
    }

    pub(super) fn note(&self) -> Option<&str> {
        match self {
            Self::Objected(note)
            | Self::Answered(_, note)
            | Self::Silenced(_, note)
            | Self::Refused(note)
            | Self::Withdrawn(note) => Some(note),
            Self::Received | Self::Approved | Self::Disclosed(..) => None,
        }
    }

    pub(super) fn words(&self) -> Option<&str> {
        if let Self::Disclosed(_, words) = self { Some(words) } else { None }
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        if let Self::Answered(outcome, _) = self { Some(*outcome) } else { None }
    }

    pub(super) fn silent_until(&self) -> Option<NaiveDate> {
        if let Self::Silenced(until, _) = self { Some(*until) } else { None }
    }

    pub(super) fn handed_on(&self) -> Option<NaiveDate> {
        if let Self::Disclosed(on, _) = self { Some(*on) } else { None }
    }
}

/// What stands against a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Whoever recorded it does not approve it.
    SecondPerson,
    /// It is about whoever tried, or about an account of theirs.
    Own,
    /// Somebody else acted meanwhile, or it does not follow where it stands.
    MovedOn,
    /// Whoever it is about is not told yet, and may be.
    Untold,
    /// Not everybody was told of a transfer, or its day has not come.
    Notices,
    /// It would have been handed over before it was approved, or before the day of the transfer.
    Handed,
    /// A transfer is so near that not everybody would hear of it in time.
    Ahead,
    /// Nothing forbids to tell, or for a time that is too long.
    Silence,
}

impl Refusal {
    /// For whoever tried.
    pub fn words(self) -> &'static str {
        match self {
            Self::SecondPerson => "You recorded this, so somebody else approves it.",
            Self::Own => "This is about you by now, so your colleagues work on it.",
            Self::MovedOn => "It has moved on meanwhile. This is how it stands now.",
            Self::Untold => {
                "Whoever it is about may be told by now, and is within ten minutes. Hand it over after that."
            }
            Self::Notices => {
                "Not everybody was told of the transfer before its day, or that day has not come."
            }
            Self::Handed => "Nothing is handed over before it is approved, nor before the day of a transfer.",
            Self::Ahead => {
                "A transfer is approved thirty days before its day, so that everybody hears of it."
            }
            Self::Silence => "They know of it already, or that day is more than a year from now.",
        }
    }

    fn of(error: &Error) -> Option<Self> {
        Some(match rule_of(error)? {
            "disclosures_second_person" => Self::SecondPerson,
            "disclosures_own" => Self::Own,
            "disclosures_transition" | "disclosures_stale" => Self::MovedOn,
            "disclosures_untold" => Self::Untold,
            "disclosures_notices" => Self::Notices,
            "disclosures_handed" => Self::Handed,
            "disclosures_ahead" => Self::Ahead,
            "disclosures_silence" => Self::Silence,
            _ => return None,
        })
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It holds.
    Holds,
    /// A later day of telling, which holds once a second person has set the same.
    Proposed,
}

/// Takes a step with a disclosure, as it was seen in this version. With the approval goes the mail to whoever it is about,
/// unless that is forbidden (S121).
///
/// # Errors
/// Inside: what stands against it. Outside: what the database says.
pub async fn take(
    app: &App,
    who: &SignedIn,
    id: DisclosureId,
    seen: Option<i32>,
    act: &Act,
) -> Result<Result<Taken, Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            people::lock_as(conn, who).await?;
            let stored = queries::take(conn, id, act, seen, (who.person, now)).await?;
            if *act == Act::Approved {
                transfers::announce(conn, id).await?;
            }
            if matches!(act, Act::Refused(_) | Act::Withdrawn(_)) {
                transfers::call_off(conn, id).await?;
            }
            let told = telling::tell(conn, app, id, now).await?;
            log(conn, who, id, act.action(&stored), now).await?;
            if let Some(told) = told {
                telling::log(conn, id, &told, now).await?;
            }
            Ok(if stored == POSTPONED { Taken::Proposed } else { Taken::Holds })
        })
        .await;
    refused(done, Refusal::of)
}
