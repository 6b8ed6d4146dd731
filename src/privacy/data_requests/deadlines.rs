//! By when a request is answered. Where two laws hold, the earlier date rules (11 CCR 7021(b), GDPR 12(3)).

use chrono::{DateTime, Datelike as _, Days, Duration, Months, NaiveDate, Utc, Weekday};

/// Days in which the CCPA wants an answer, and by how many it lets us extend them once.
const CCPA_DAYS: i64 = 45;
/// Business days in which receipt is confirmed (11 CCR 7021(a)); ours goes out at once.
const ACKNOWLEDGED_WITHIN: u32 = 10;
/// How long a confirmed deletion can be undone.
pub const GRACE: Duration = Duration::days(7);
/// How long somebody without an account has to show who they are, and anybody to confirm a deletion.
pub const WAITS_FOR: Duration = Duration::days(14);

/// Countries where the GDPR or its British and Swiss likenesses hold.
const EUROPE: &[&str] = &[
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Which laws a request is answered under. At least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regimes {
    /// California: 45 days, and 45 more.
    pub ccpa: bool,
    /// Europe: one month, and two more.
    pub gdpr: bool,
}

impl Regimes {
    /// Both, for whoever did not say where they live.
    pub const BOTH: Self = Self { ccpa: true, gdpr: true };
    /// California's, which we keep to for everybody who is not in Europe.
    pub const CCPA: Self = Self { ccpa: true, gdpr: false };
    /// Europe's.
    pub const GDPR: Self = Self { ccpa: false, gdpr: true };

    /// Reads what somebody chose: `us`, `europe`, or anything else for both.
    pub fn chosen(home: &str) -> Self {
        match home {
            "us" => Self::CCPA,
            "europe" => Self::GDPR,
            _ => Self::BOTH,
        }
    }

    /// What a form suggests to somebody who calls from this country.
    pub fn suggested(country: Option<&str>) -> &'static str {
        match country {
            Some("US") => "us",
            Some(country) if EUROPE.contains(&country) => "europe",
            _ => "other",
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match (self.ccpa, self.gdpr) {
            (true, false) => "CCPA: 45 days, and 45 more if we say why",
            (false, _) => "GDPR: one month, and two more if we say why",
            (true, true) => "CCPA and GDPR: whichever date is earlier",
        }
    }
}

/// Until when a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// When the answer is due.
    pub due: DateTime<Utc>,
    /// Where one extension may move it.
    pub longest: DateTime<Utc>,
}

impl Deadlines {
    /// The deadlines of what was received at this moment.
    pub fn of(received: DateTime<Utc>, regimes: Regimes) -> Self {
        let by = |days: i64, months: u32| {
            let ccpa = received + Duration::days(days);
            let gdpr = received.checked_add_months(Months::new(months)).unwrap_or(ccpa);
            match (regimes.ccpa, regimes.gdpr) {
                (true, true) => ccpa.min(gdpr),
                (false, _) => gdpr,
                (true, false) => ccpa,
            }
        };
        Self { due: by(CCPA_DAYS, 1), longest: by(2 * CCPA_DAYS, 3) }
    }
}

/// By when receipt is confirmed at the latest: the end of the tenth business day after it.
pub fn acknowledge_by(received: DateTime<Utc>) -> NaiveDate {
    business_days_after(received.date_naive(), ACKNOWLEDGED_WITHIN)
}

/// The day that is so many business days after this one.
pub fn business_days_after(day: NaiveDate, count: u32) -> NaiveDate {
    let (mut day, mut left) = (day, count);
    while left > 0 {
        day = day.checked_add_days(Days::new(1)).unwrap_or(day);
        left -= u32::from(is_business_day(day));
    }
    day
}

/// Whether offices in the United States are open.
fn is_business_day(day: NaiveDate) -> bool {
    let weekend = |day: NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    // What falls on a Saturday is kept on Friday, what falls on a Sunday on Monday.
    let kept = |holiday: NaiveDate| match holiday.weekday() {
        Weekday::Sat => holiday.pred_opt(),
        Weekday::Sun => holiday.succ_opt(),
        _ => Some(holiday),
    };
    let holidays = || (day.year()..=day.year() + 1).flat_map(holidays_of).filter_map(kept);
    !weekend(day) && !holidays().any(|holiday| holiday == day)
}

/// The federal holidays of a year, where they fall.
fn holidays_of(year: i32) -> Vec<NaiveDate> {
    let fixed = [(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)];
    let fixed = fixed.into_iter().filter_map(|(month, day)| NaiveDate::from_ymd_opt(year, month, day));
    let nth = [
        (1, Weekday::Mon, 3),
        (2, Weekday::Mon, 3),
        (9, Weekday::Mon, 1),
        (10, Weekday::Mon, 2),
        (11, Weekday::Thu, 4),
    ];
    let nth = nth
        .into_iter()
        .filter_map(|(month, day, n)| NaiveDate::from_weekday_of_month_opt(year, month, day, n));
    let last_monday_of_may =
        [5, 4].into_iter().find_map(|n| NaiveDate::from_weekday_of_month_opt(year, 5, Weekday::Mon, n));
    fixed.chain(nth).chain(last_monday_of_may).collect()
}

/// How far a request is: day so many of so many, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The day that it is in; past `of` when it is late.
    pub day: i64,
    /// Days there are.
    pub of: i64,
    /// Share of the time that is over, in percent; 100 and more when it is late.
    pub percent: i64,
}

impl Progress {
    /// How far a request is that was received and is due then.
    pub fn of(received: DateTime<Utc>, due: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let whole = (due - received).num_seconds().max(1);
        let gone = (now - received).num_seconds().max(0);
        Self {
            day: (now - received).num_days().max(0) + 1,
            of: (due - received).num_days().max(1),
            percent: gone * 100 / whole,
        }
    }

    /// Whether it should have been answered.
    pub fn is_late(self) -> bool {
        self.percent >= 100
    }

    /// For people, as in 'day 12 of 45'.
    pub fn words(self) -> String {
        if self.is_late() {
            format!("overdue, {} days were given", self.of)
        } else {
            format!("day {} of {}", self.day, self.of)
        }
    }

    /// The kind of badge that it is shown with.
    pub fn badge(self) -> &'static str {
        match self.percent {
            ..50 => "success",
            50..75 => "info",
            75..100 => "warning",
            _ => "danger",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    fn due(received: &str, regimes: Regimes) -> (String, String) {
        let deadlines = Deadlines::of(at(received), regimes);
        (deadlines.due.to_rfc3339(), deadlines.longest.to_rfc3339())
    }

    #[test]
    fn california_gives_45_days_and_45_more_to_the_second() {
        let (due, longest) = due("2026-11-24T09:41:07Z", Regimes::CCPA);
        assert_eq!(
            (due.as_str(), longest.as_str()),
            ("2027-01-08T09:41:07+00:00", "2027-02-22T09:41:07+00:00")
        );
    }

    #[test]
    fn europe_gives_calendar_months_and_the_end_of_a_short_one() {
        let (due_at, longest) = due("2027-01-31T12:00:00Z", Regimes::GDPR);
        assert_eq!(
            (due_at.as_str(), longest.as_str()),
            ("2027-02-28T12:00:00+00:00", "2027-04-30T12:00:00+00:00")
        );
        assert_eq!(due("2028-01-31T12:00:00Z", Regimes::GDPR).0, "2028-02-29T12:00:00+00:00");
    }

    #[test]
    fn where_both_hold_the_earlier_date_rules_each_time() {
        // Three months of 92 days are longer than twice 45 days.
        let (due, longest) = due("2026-07-01T00:00:00Z", Regimes::BOTH);
        assert_eq!(
            (due.as_str(), longest.as_str()),
            ("2026-08-01T00:00:00+00:00", "2026-09-29T00:00:00+00:00")
        );
    }

    #[test]
    fn ten_business_days_leave_out_weekends_and_holidays() {
        assert_eq!(acknowledge_by(at("2026-03-02T10:00:00Z")).to_string(), "2026-03-16");
        // Thanksgiving.
        assert_eq!(acknowledge_by(at("2026-11-24T10:00:00Z")).to_string(), "2026-12-09");
        // Christmas, and New Year's Day, a Friday.
        assert_eq!(acknowledge_by(at("2026-12-24T10:00:00Z")).to_string(), "2027-01-11");
        // The fourth of July 2026 is a Saturday and kept on the third; Juneteenth is a Friday.
        assert_eq!(acknowledge_by(at("2026-06-18T10:00:00Z")).to_string(), "2026-07-06");
        // New Year's Day 2028 is a Saturday, kept in the year before.
        assert!(!is_business_day(NaiveDate::from_ymd_opt(2027, 12, 31).expect("a day")));
        // The last Monday of May.
        assert!(!is_business_day(NaiveDate::from_ymd_opt(2027, 5, 31).expect("a day")));
    }

    #[test]
    fn the_first_day_is_day_one_and_late_is_late_to_the_second() {
        let received = at("2026-11-24T09:41:00Z");
        let due = Deadlines::of(received, Regimes::CCPA).due;
        let words = |days: i64, seconds: i64| {
            Progress::of(received, due, received + Duration::days(days) + Duration::seconds(seconds)).words()
        };
        assert_eq!(words(0, 0), "day 1 of 45");
        assert_eq!(words(11, 5), "day 12 of 45");
        assert_eq!(words(45, -1), "day 45 of 45");
        assert_eq!(words(45, 0), "overdue, 45 days were given");
    }

    #[test]
    fn a_form_suggests_the_law_of_where_somebody_calls_from() {
        assert_eq!(Regimes::chosen(Regimes::suggested(Some("US"))), Regimes::CCPA);
        assert_eq!(Regimes::chosen(Regimes::suggested(Some("DE"))), Regimes::GDPR);
        assert_eq!(Regimes::chosen(Regimes::suggested(None)), Regimes::BOTH);
    }
}
