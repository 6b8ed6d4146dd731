//! The desk of rules.

mod act;
mod evaluation;
mod index;
mod show;
mod write;

pub use act::{decide, propose, replay, take_back};
pub use evaluation::show as show_evaluation;
pub use index::{index, signals};
pub use show::{replayed, show, version};
pub use write::{create, create_version, new, new_version};

use chrono::{DateTime, Utc};

use crate::platform::error::AppError;
use crate::platform::ids::RuleId;
use crate::platform::web::pages;

pub(super) const PATH: &str = "/staff/rules";

/// A rule and a number of an address.
pub(super) type Place = actix_web::web::Path<(String, String)>;

fn rule_of(text: &str) -> Result<RuleId, AppError> {
    text.parse().map_err(|_| AppError::NotFound)
}

fn place(place: &Place) -> Result<(RuleId, i32), AppError> {
    Ok((rule_of(&place.0)?, place.1.parse().map_err(|_| AppError::NotFound)?))
}

/// A moment, for programs and for people.
#[derive(Clone, Debug)]
pub(super) struct When {
    pub iso: String,
    pub text: String,
}

impl When {
    pub fn of(at: &DateTime<Utc>) -> Self {
        Self { iso: at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), text: pages::moment(at) }
    }
}

/// What an evaluation led to, for people, with the kind of its badge.
pub(super) fn led_to(text: &str) -> (&'static str, &'static str) {
    match text {
        "alert" => ("warning", "Asked staff"),
        "restriction" => ("danger", "Restricted"),
        _ => ("info", "Noted"),
    }
}
