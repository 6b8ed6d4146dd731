//! How long something is kept: what is due at a moment, and the day that pages name for it.

use chrono::{DateTime, Datelike as _, Duration, Months, NaiveTime, Utc};

/// How long something is kept, counted from its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// So many minutes.
    Minutes(i64),
    /// So many hours.
    Hours(i64),
    /// So many days of 24 hours.
    Days(i64),
    /// So many calendar months.
    Months(u32),
    /// As long as whoever it belongs to has an account, and up to 60 days more (S77).
    WithOwner,
    /// As long as its owner instructs, or the product's own period (S108).
    AsInstructed,
    /// As long as a law asks for, in words: the end was counted when the row was stored, and stands in it (S74).
    ByLaw(&'static str),
    /// For good, because of this.
    ForGood(&'static str),
}

impl Period {
    /// What happened at this moment or earlier is due; nothing for what has no length.
    pub fn cutoff(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Minutes(minutes) => now.checked_sub_signed(Duration::minutes(minutes)),
            Self::Hours(hours) => now.checked_sub_signed(Duration::hours(hours)),
            Self::Days(days) => now.checked_sub_signed(Duration::days(days)),
            Self::Months(months) => now.checked_sub_months(Months::new(months)),
            Self::ByLaw(_) => Some(now),
            Self::WithOwner | Self::AsInstructed | Self::ForGood(_) => None,
        }
    }

    /// The first moment at which what began at this one is due; nothing for what has no length.
    pub fn end(self, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let length = match self {
            Self::Minutes(_) | Self::Hours(_) | Self::Days(_) => self.length(),
            Self::Months(months) => {
                let end = start.checked_add_months(Months::new(months))?;
                // A month may be too short for the day: then the time is over when the next one begins.
                return if self.cutoff(end)? >= start { Some(end) } else { first_of_next_month(end) };
            }
            Self::ByLaw(_) => return Some(start),
            Self::WithOwner | Self::AsInstructed | Self::ForGood(_) => return None,
        };
        start.checked_add_signed(length)
    }

    /// As a length of time, for what a feature itself measures by the rule.
    ///
    /// # Panics
    /// There is none: months differ, laws do, and an account has no fixed end. In a constant that is a compile error.
    pub const fn length(self) -> Duration {
        match self {
            Self::Minutes(minutes) => Duration::minutes(minutes),
            Self::Hours(hours) => Duration::hours(hours),
            Self::Days(days) => Duration::days(days),
            Self::Months(_) | Self::WithOwner | Self::AsInstructed | Self::ByLaw(_) | Self::ForGood(_) => {
                panic!("a period without a fixed length")
            }
        }
    }

    /// For people.
    pub fn words(self) -> String {
        match self {
            Self::Minutes(minutes) => many(minutes, "minute"),
            Self::Hours(hours) => many(hours, "hour"),
            Self::Days(days) => many(days, "day"),
            Self::Months(months) if months >= 24 && months % 12 == 0 => many(i64::from(months / 12), "year"),
            Self::Months(months) => many(i64::from(months), "month"),
            Self::WithOwner => "as long as the account, and up to 60 days after its closure".into(),
            Self::AsInstructed => "as long as the customer instructs, product by product".into(),
            Self::ByLaw(words) => words.into(),
            Self::ForGood(why) => format!("for good: {why}"),
        }
    }
}

fn many(count: i64, unit: &str) -> String {
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

fn first_of_next_month(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let day = at.date_naive().with_day(1)?.checked_add_months(Months::new(1))?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_a_calendar_month() {
        let now = "2026-03-31T12:00:00Z".parse().unwrap();
        assert_eq!(Period::Months(1).cutoff(now), Some("2026-02-28T12:00:00Z".parse().unwrap()));
        assert_eq!(Period::Hours(24).cutoff(now), Some("2026-03-30T12:00:00Z".parse().unwrap()));
        assert_eq!(Period::WithOwner.cutoff(now), None);
        assert_eq!(Period::Days(30).length(), Duration::hours(720));
    }

    #[test]
    fn the_day_that_is_named_is_the_day_on_which_it_is_due() {
        let months = Period::Months(12);
        for (start, end) in [
            ("2026-03-31T12:00:00Z", "2027-03-31T12:00:00Z"),
            ("2028-02-29T12:00:00Z", "2029-03-01T00:00:00Z"),
        ] {
            let (start, end): (DateTime<Utc>, DateTime<Utc>) = (start.parse().unwrap(), end.parse().unwrap());
            assert_eq!(months.end(start), Some(end));
            assert!(months.cutoff(end).unwrap() >= start);
            assert!(months.cutoff(end - Duration::seconds(1)).unwrap() < start);
        }
    }

    #[test]
    fn two_whole_years_and_more_are_said_in_years() {
        for (months, words) in [
            (1, "1 month"),
            (12, "12 months"),
            (13, "13 months"),
            (24, "2 years"),
            (30, "30 months"),
            (84, "7 years"),
        ] {
            assert_eq!(Period::Months(months).words(), words);
        }
    }
}
