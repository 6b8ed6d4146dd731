//! What the forms of disclosures are read by: days, words, and what may not stand in words.

use chrono::{Days, NaiveDate};

use crate::identity::people::misleads;
use crate::platform::text::in_one_line;

/// So long, in days, may telling be forbidden at a time.
const LONGEST_SILENCE: Days = Days::new(366);

/// Whether a text has something in it that leads to somebody: an address, or the SID of a person or an account.
pub(super) fn names_somebody(text: &str) -> bool {
    let is_sid = |word: &str| {
        let hex = word.strip_prefix("US").or_else(|| word.strip_prefix("AC"));
        hex.is_some_and(|hex| hex.len() >= 32 && hex.bytes().take(32).all(|byte| byte.is_ascii_hexdigit()))
    };
    let begins = |at: usize| text.get(at..).is_some_and(is_sid);
    text.contains('@') || (0..text.len()).any(begins)
}

/// Words as they were typed, with single spaces; nothing where they are too short or too long, or read as others than they are
/// to the colleague who approves them.
pub(super) fn text(typed: &str, length: std::ops::RangeInclusive<usize>) -> Option<String> {
    let words = in_one_line(typed);
    (length.contains(&words.chars().count()) && !misleads(&words)).then_some(words)
}

/// A day as it was typed.
pub(super) fn day(typed: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(typed.trim(), "%Y-%m-%d").ok()
}

/// The day until which telling is forbidden: from tomorrow to a year from now.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse_silence(typed: &str, today: NaiveDate) -> Result<NaiveDate, &'static str> {
    let until = day(typed).ok_or("Enter a day as year-month-day, as in 2027-03-31.")?;
    let latest = today.checked_add_days(LONGEST_SILENCE).unwrap_or(today);
    if until > today && until <= latest {
        Ok(until)
    } else {
        Err("Choose a day from tomorrow to a year from now.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_a_sid_lead_to_somebody_and_numbers_do_not() {
        assert!(!names_somebody("Claims by state in 2026, US states and AC voltage, counted in tens."));
        assert!(names_somebody("Ada is ada@example.com"));
        assert!(names_somebody("(AC019200000000700080000000000000ff)"));
        assert!(names_somebody("ünter US019200000000700080000000000000ff"));
    }

    #[test]
    fn what_is_approved_reads_as_it_is() {
        assert_eq!(text(" District\r\nCourt ", 2..=200).as_deref(), Some("District Court"));
        for typed in ["Court\u{202e}truoC", "Court\u{7}", "C"] {
            assert_eq!(text(typed, 2..=200), None, "{typed:?}");
        }
    }

    #[test]
    fn telling_is_forbidden_from_tomorrow_to_a_year_from_now() {
        let today = day("2026-11-30").expect("a day");
        for (typed, is_taken) in [
            ("2026-11-30", false),
            ("2026-12-01", true),
            ("2027-12-01", true),
            ("2027-12-02", false),
            ("soon", false),
        ] {
            assert_eq!(parse_silence(typed, today).is_ok(), is_taken, "{typed}");
        }
    }
}
