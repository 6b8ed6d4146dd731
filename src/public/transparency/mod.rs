//! `/transparency`: how many requests, disputes and the like came in each quarter and how they ended, for anybody.
//!
//! A quarter is counted once, when it is over, and that count never changes: nobody learns anything by comparing two days,
//! and it outlives the records that it was counted from. What is logged later than it came counts in the quarter in which it
//! was logged. No count below ten is shown, and none can be told from the
//! others ([`suppression`]).

pub mod suppression;
pub mod web;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Date, Text, Timestamptz};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use crate::platform::app::App;
use crate::platform::db::schema::transparency_figures;
use crate::staff::reports::{MATTERS, Matter};

/// Records are kept 24 months after their end, so a quarter that began no longer ago is still whole, but for what was erased
/// together with an account: suspensions and appeals.
const COUNTABLE: Months = Months::new(23);

/// The first day of the quarter that a day lies in.
pub fn quarter_of(day: NaiveDate) -> NaiveDate {
    let month = (day.month0() / 3) * 3 + 1;
    NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day)
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Counts every quarter that is over and was not counted yet. Safe to run at any time and twice.
///
/// # Errors
/// What the database says.
pub async fn publish(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let present = quarter_of(now.date_naive());
    let oldest = quarter_of(now.date_naive().checked_sub_months(COUNTABLE).unwrap_or(present));
    let mut conn = app.db.get().await?;
    for matter in MATTERS.iter().filter(|matter| matter.public) {
        let mut quarter = oldest.checked_add_months(Months::new(3)).unwrap_or(present);
        while quarter < present {
            conn.transaction(async |conn| count(conn, matter, quarter, now).await).await?;
            quarter = quarter.checked_add_months(Months::new(3)).unwrap_or(present);
        }
    }
    Ok(())
}

/// Counts a quarter, unless that was done.
async fn count(
    conn: &mut AsyncPgConnection,
    matter: &Matter,
    quarter: NaiveDate,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let end = quarter.checked_add_months(Months::new(3)).unwrap_or(quarter);
    let items = matter.noted.unwrap_or(matter.items);
    let outcomes: Vec<&str> = matter.outcomes.iter().map(|(outcome, ..)| *outcome).collect();
    // All rows of a quarter or none: whoever comes second finds the first of them and writes nothing.
    diesel::sql_query(format!(
        "INSERT INTO transparency_figures (matter, quarter, what, count, counted_at) \
         SELECT $1, $2, what, sum(n)::bigint, $5 FROM ( \
             SELECT what, 0 AS n FROM unnest('received'::text || $6::text[]) what \
             UNION ALL SELECT 'received', count(*) FROM ({items}) i WHERE opened_at >= $3 AND opened_at < $4 \
             UNION ALL SELECT outcome, count(*) FROM ({items}) i WHERE closed_at >= $3 AND closed_at < $4 AND outcome = ANY ($6) GROUP BY outcome \
         ) counted WHERE NOT EXISTS (SELECT FROM transparency_figures f WHERE f.matter = $1 AND f.quarter = $2) GROUP BY what ORDER BY what \
         ON CONFLICT DO NOTHING"
    ))
    .bind::<Text, _>(matter.key)
    .bind::<Date, _>(quarter)
    .bind::<Timestamptz, _>(midnight(quarter))
    .bind::<Timestamptz, _>(midnight(end))
    .bind::<Timestamptz, _>(now)
    .bind::<diesel::sql_types::Array<Text>, _>(&outcomes)
    .execute(conn)
    .await?;
    Ok(())
}

/// The quarters of a year that were counted: `received`, and then each outcome in the order of the matter.
pub type Year = BTreeMap<NaiveDate, Vec<i64>>;

/// What was counted of a matter, by year.
///
/// # Errors
/// What the database says.
pub async fn counted(conn: &mut AsyncPgConnection, matter: &Matter) -> QueryResult<BTreeMap<i32, Year>> {
    let rows: Vec<(NaiveDate, String, i64)> = transparency_figures::table
        .filter(transparency_figures::matter.eq(matter.key))
        .select((transparency_figures::quarter, transparency_figures::what, transparency_figures::count))
        .load(conn)
        .await?;
    let mut years: BTreeMap<i32, Year> = BTreeMap::new();
    for (quarter, what, count) in rows {
        let place = match what.as_str() {
            "received" => Some(0),
            what => matter.outcomes.iter().position(|(outcome, ..)| *outcome == what).map(|place| place + 1),
        };
        let Some(place) = place else { continue };
        let counts = years.entry(quarter.year()).or_default().entry(quarter);
        counts.or_insert_with(|| vec![0; matter.outcomes.len() + 1])[place] = count;
    }
    Ok(years)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_begins_with_january_april_july_and_october() {
        for (day, first) in [
            ("2026-01-01", "2026-01-01"),
            ("2026-03-31", "2026-01-01"),
            ("2026-04-01", "2026-04-01"),
            ("2026-11-29", "2026-10-01"),
            ("2026-12-31", "2026-10-01"),
        ] {
            let (day, first): (NaiveDate, NaiveDate) = (day.parse().unwrap(), first.parse().unwrap());
            assert_eq!(quarter_of(day), first);
        }
    }
}
