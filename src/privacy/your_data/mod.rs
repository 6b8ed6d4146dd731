//! What we hold about somebody, and why (S4, S7–S18, S89): every table of the map in which there is something of theirs,
//! with how much it is, what it serves, where it comes from, who gets it, and when it goes. All of it is read from the
//! map, from the rules that the sweep keeps to, and from one query that counts.
//!
//! - [`queries`]: the counts, and from when the time of what was counted runs
//! - [`web`]: the page

pub mod queries;
pub mod web;

use chrono::{DateTime, Utc};

use self::queries::Found;
use crate::platform::codes::count;
use crate::platform::web::pages::day;
use crate::retention::rules::{Carried, Rule};

/// How many there are, in words; beyond what is counted, that there are more.
pub fn amount(found: &Found) -> String {
    match found.rows {
        1 => "1 entry".into(),
        _ if found.is_capped() => format!("more than {} entries", count(queries::CAP)),
        rows => format!("{} entries", count(rows)),
    }
}

/// When they go, as a sentence; empty where there is nothing to say beyond the rule.
pub fn goes(rule: &Rule, found: &Found, now: DateTime<Utc>) -> String {
    let date = |start: DateTime<Utc>| rule.goes_at(start);
    match (found.first.and_then(date), found.last.and_then(date)) {
        _ if found.is_capped() => String::new(),
        (Some(_), Some(last)) if last <= now => "Goes with the next look at what is due.".into(),
        (Some(first), Some(last)) if day(&first) == day(&last) => format!("Goes on {}.", day(&last)),
        (Some(first), Some(last)) if first <= now => {
            format!("The first goes with the next look at what is due, the last on {}.", day(&last))
        }
        (Some(first), Some(last)) => format!("The next goes on {}, the last on {}.", day(&first), day(&last)),
        _ => not_yet(rule),
    }
}

/// Why there is no date.
fn not_yet(rule: &Rule) -> String {
    match rule.carried {
        Carried::Sweep(..) | Carried::Ends(..) => {
            format!("No date yet: it is counted from {}, and that has not come.", rule.from)
        }
        Carried::WithOwner => "No date as long as you have an account.".into(),
        Carried::Entry(_) | Carried::Nobody => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention::rules;

    fn found(rows: i64, first: Option<&str>, last: Option<&str>) -> Found {
        let at = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        Found { part: 0, rows, first: at(first), last: at(last) }
    }

    #[test]
    fn the_dates_are_those_of_the_rule() {
        let now = "2026-11-29T12:00:00Z".parse().unwrap();
        let sentence = |rule, found: Found| goes(rule, &found, now);
        let (old, new) = (Some("2026-01-05T12:00:00Z"), Some("2026-11-01T12:00:00Z"));
        assert_eq!(sentence(&rules::SIGN_INS, found(1, old, old)), "Goes on 5 January 2027.");
        assert_eq!(
            sentence(&rules::SIGN_INS, found(2, old, new)),
            "The next goes on 5 January 2027, the last on 1 November 2027."
        );
        let due = Some("2025-01-05T12:00:00Z");
        assert_eq!(sentence(&rules::SIGN_INS, found(1, due, due)), "Goes with the next look at what is due.");
        assert_eq!(
            sentence(&rules::DATA_REQUESTS, found(1, None, None)),
            "No date yet: it is counted from the end of the request, and that has not come."
        );
        assert_eq!(sentence(&rules::PERSON, found(1, None, None)), "No date as long as you have an account.");
        let many = found(queries::CAP + 1, old, new);
        assert_eq!(
            (sentence(&rules::SIGN_INS, many.clone()), amount(&many)),
            (String::new(), "more than 10,000 entries".into())
        );
    }
}
