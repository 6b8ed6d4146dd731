//! The figures of a year. An item counts in the year in which it came.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Jsonb, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Matter;

/// The figures of one row.
#[derive(Clone, Debug)]
pub struct Figures {
    /// What it is told apart by, as it is stored; empty for all together.
    pub name: String,
    /// How many came.
    pub came: i64,
    /// How many wait now.
    pub waiting: i64,
    /// How many were decided, or wait, after they were due.
    pub late: i64,
    /// Days to a decision: the one in the middle.
    pub median_days: Option<f64>,
    /// Days to a decision: nine of ten took no longer.
    pub p90_days: Option<f64>,
    /// Days that the oldest of those waiting has waited.
    pub oldest_days: Option<f64>,
    /// How many ended in which way, in the order of the matter's outcomes.
    pub outcomes: Vec<i64>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = BigInt)]
    came: i64,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = BigInt)]
    late: i64,
    #[diesel(sql_type = Nullable<Double>)]
    median_days: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    p90_days: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    oldest_days: Option<f64>,
    #[diesel(sql_type = Jsonb)]
    outcomes: serde_json::Value,
}

/// `$1` and `$2` are the year, `$3` is now, `$4` the outcomes that are decisions. One pass over the items of the year, with
/// a row for all of them together.
const FIGURES: &str = "SELECT name, count(*) AS came, count(*) FILTER (WHERE closed_at IS NULL) AS waiting, \
        count(*) FILTER (WHERE due_at < coalesce(CASE WHEN decided THEN closed_at END, CASE WHEN closed_at IS NULL THEN $3 END)) AS late, \
        percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median_days, percentile_cont(0.9) WITHIN GROUP (ORDER BY days) AS p90_days, \
        max(age) AS oldest_days, \
        jsonb_build_object({counts}) AS outcomes \
    FROM (SELECT *, closed_at IS NOT NULL AND outcome = ANY ($4) AS decided, \
            CASE WHEN closed_at IS NOT NULL AND outcome = ANY ($4) THEN extract(epoch FROM closed_at - opened_at)::float8 / 86400 END AS days, \
            CASE WHEN closed_at IS NULL THEN extract(epoch FROM $3 - opened_at)::float8 / 86400 END AS age \
        FROM ({items}) all_items WHERE opened_at >= $1 AND opened_at < $2) i \
    GROUP BY GROUPING SETS ((name), ()) ORDER BY name NULLS LAST";

/// The figures of what came between two moments: a row for each name, and last one for all together. Nothing where nothing
/// came.
///
/// # Errors
/// What the database says.
pub async fn figures(
    conn: &mut AsyncPgConnection,
    matter: &Matter,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> QueryResult<Vec<Figures>> {
    // Outcomes are ours and never typed.
    let count = |(outcome, ..): &(&str, &str, bool)| {
        format!("'{outcome}', count(*) FILTER (WHERE closed_at IS NOT NULL AND outcome = '{outcome}')")
    };
    let counts = matter.outcomes.iter().map(count).collect::<Vec<_>>().join(", ");
    let decisions: Vec<&str> =
        matter.outcomes.iter().filter(|(.., decided)| *decided).map(|(outcome, ..)| *outcome).collect();
    let rows: Vec<Row> =
        diesel::sql_query(FIGURES.replace("{counts}", &counts).replace("{items}", matter.items))
            .bind::<Timestamptz, _>(from)
            .bind::<Timestamptz, _>(to)
            .bind::<Timestamptz, _>(now)
            .bind::<Array<Text>, _>(decisions)
            .load(conn)
            .await?;
    let figures = |row: Row| {
        let counts: HashMap<String, i64> = serde_json::from_value(row.outcomes).unwrap_or_default();
        let of = |(outcome, ..): &(&str, &str, bool)| counts.get(*outcome).copied().unwrap_or_default();
        Figures {
            name: row.name.unwrap_or_default(),
            came: row.came,
            waiting: row.waiting,
            late: row.late,
            median_days: row.median_days,
            p90_days: row.p90_days,
            oldest_days: row.oldest_days,
            outcomes: matter.outcomes.iter().map(of).collect(),
        }
    };
    // The grouping set of all has a row even where there is nothing.
    Ok(rows.into_iter().map(figures).filter(|figures| figures.came > 0).collect())
}
