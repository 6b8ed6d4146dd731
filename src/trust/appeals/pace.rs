//! How long a first answer to an appeal took of late: what customers are told is what was, not what we wish. Appeals that
//! still wait beyond their day count too, as long as they have waited.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// Answers of so many days are looked at.
const DAYS: i64 = 90;

/// How long first answers took in the last 90 days.
#[derive(Clone, Copy, Debug, PartialEq, QueryableByName)]
pub struct Pace {
    /// How many there were.
    #[diesel(sql_type = BigInt)]
    pub answers: i64,
    /// Half of them took no longer, in seconds.
    #[diesel(sql_type = Nullable<Double>)]
    pub median: Option<f64>,
    /// Nine of ten took no longer, in seconds.
    #[diesel(sql_type = Nullable<Double>)]
    pub slow: Option<f64>,
}

impl Pace {
    /// What was in the 90 days before this moment.
    ///
    /// # Errors
    /// What the database says.
    pub async fn load(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<Self> {
        diesel::sql_query(
            "SELECT count(*) AS answers, \
                percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS median, \
                percentile_cont(0.9) WITHIN GROUP (ORDER BY took) AS slow \
             FROM (SELECT extract(epoch FROM first_answered_at - filed_at)::float8 AS took FROM appeals \
                WHERE first_answered_at > $1 AND first_answered_at <= $2 \
                UNION ALL SELECT extract(epoch FROM $2 - filed_at)::float8 FROM appeals \
                WHERE outcome IS NULL AND first_answered_at IS NULL AND due_at <= $2) a",
        )
        .bind::<Timestamptz, _>(now - Duration::days(DAYS))
        .bind::<Timestamptz, _>(now)
        .get_result(conn)
        .await
    }

    /// For whoever thinks of appealing.
    pub fn words(&self) -> String {
        let aim = "We aim at a first answer within 2 business days.";
        let (Some(median), Some(slow)) = (self.median, self.slow) else {
            return format!(
                "{aim} In the last 90 days no appeal was answered, so we cannot say yet how long it takes."
            );
        };
        let of = if self.answers == 1 { "1 appeal".into() } else { format!("{} appeals", self.answers) };
        format!(
            "{aim} In the last 90 days, of {of}, half were answered within {}, and nine of ten within {}. Those that wait beyond their day count as long as they have waited.",
            span(median),
            span(slow)
        )
    }
}

/// A length of time in words, rounded up.
fn span(seconds: f64) -> String {
    let minutes = (seconds / 60.0).ceil().max(1.0) as i64;
    let (count, unit) = match minutes {
        ..120 => (minutes, "minute"),
        120..2880 => ((minutes + 59) / 60, "hour"),
        _ => ((minutes + 1439) / 1440, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_that_was_not_measured_and_nothing_is_rounded_down() {
        let none = Pace { answers: 0, median: None, slow: None };
        // There may be appeals that wait within their days.
        assert!(none.words().contains("no appeal was answered, so we cannot say yet"), "{}", none.words());
        let some = Pace { answers: 3, median: Some(3_601.0), slow: Some(172_801.0) };
        assert!(
            some.words().contains(
                "of 3 appeals, half were answered within 61 minutes, and nine of ten within 3 days"
            )
        );
        assert_eq!(
            (span(1.0), span(7_200.0), span(7_201.0)),
            ("1 minute".into(), "2 hours".into(), "3 hours".into())
        );
    }
}
