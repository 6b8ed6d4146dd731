//! The load of a queue today, and what it held at the end of each of the last 30 days.

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Counts, Entry};
use crate::platform::web::day_chart::{self, Chart};

/// Today's load of a queue.
pub struct Load {
    /// Which.
    pub entry: &'static Entry,
    /// What waits and is overdue.
    pub counts: Counts,
    /// What is due before the day ends.
    pub due_today: i64,
    /// Since when the oldest waits.
    pub oldest: Option<DateTime<Utc>>,
    /// What waited at the end of each of the last 30 days, and the part that was overdue then; empty where nobody knows.
    pub chart: Chart,
}

#[derive(QueryableByName)]
struct LoadRow {
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = BigInt)]
    overdue: i64,
    #[diesel(sql_type = BigInt)]
    due_today: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest: Option<DateTime<Utc>>,
    #[diesel(sql_type = Jsonb)]
    days: serde_json::Value,
}

/// What happened on each day: items that came and went, and those that became overdue and no longer were. `$1` is now,
/// `$2` the first of the days, `$3` the end of today.
const LOAD: &str = "WITH i AS NOT MATERIALIZED ({items}), \
    happened AS (SELECT opened_at AS at, 0 AS what FROM i WHERE opened_at >= $2 \
        UNION ALL SELECT closed_at, 1 FROM i WHERE closed_at >= $2 \
        UNION ALL SELECT greatest(due_at, opened_at), 2 FROM i WHERE due_at <= $1 AND greatest(due_at, opened_at) >= $2 AND (closed_at IS NULL OR closed_at > due_at) \
        UNION ALL SELECT closed_at, 3 FROM i WHERE closed_at >= $2 AND closed_at > due_at), \
    days AS (SELECT (at AT TIME ZONE 'UTC')::date AS day, jsonb_build_array(count(*) FILTER (WHERE what = 0), count(*) FILTER (WHERE what = 1), \
        count(*) FILTER (WHERE what = 2), count(*) FILTER (WHERE what = 3)) AS counts FROM happened GROUP BY 1) \
    SELECT count(*) AS waiting, count(*) FILTER (WHERE due_at <= $1) AS overdue, \
        count(*) FILTER (WHERE due_at > $1 AND due_at < $3) AS due_today, min(opened_at) AS oldest, \
        (SELECT coalesce(jsonb_object_agg(day, counts), '{}') FROM days) AS days \
    FROM i WHERE closed_at IS NULL";

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Today's load of a queue, in one statement.
///
/// # Errors
/// What the database says.
pub async fn load(
    conn: &mut AsyncPgConnection,
    entry: &'static Entry,
    now: DateTime<Utc>,
) -> QueryResult<Load> {
    let today = now.date_naive();
    let row: LoadRow = diesel::sql_query(LOAD.replace("{items}", entry.items))
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(midnight(day_chart::first_day(today)))
        .bind::<Timestamptz, _>(midnight(today + Days::new(1)))
        .get_result(conn)
        .await?;
    let days: HashMap<NaiveDate, [i64; 4]> = serde_json::from_value(row.days).unwrap_or_default();
    let counts = Counts { waiting: row.waiting, overdue: row.overdue };
    let past = if entry.has_past { walk_back(today, counts, &days) } else { HashMap::new() };
    let chart = Chart::draw(today, &past);
    Ok(Load { entry, counts, due_today: row.due_today, oldest: row.oldest, chart })
}

/// From what waits now back to what waited at the end of each day: without what came since, and with what went.
fn walk_back(
    today: NaiveDate,
    now: Counts,
    days: &HashMap<NaiveDate, [i64; 4]>,
) -> HashMap<NaiveDate, (i64, i64)> {
    let (mut waiting, mut overdue) = (now.waiting, now.overdue);
    let mut series = HashMap::new();
    let mut day = today;
    while day >= day_chart::first_day(today) {
        let (all, late) = (waiting.max(0), overdue.max(0));
        series.insert(day, (all, late.min(all)));
        let [came, went, became_late, ended_late] = days.get(&day).copied().unwrap_or_default();
        waiting += went - came;
        overdue += ended_late - became_late;
        let Some(before) = day.pred_opt() else { break };
        day = before;
    }
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_days_before_are_told_from_what_came_and_went_since() {
        let today = day("2026-11-29");
        let days = HashMap::from([
            // Two came today; one that was late went.
            (today, [2, 1, 0, 1]),
            // The day before one became late.
            (day("2026-11-28"), [1, 0, 1, 0]),
        ]);
        let series = walk_back(today, Counts { waiting: 5, overdue: 0 }, &days);
        assert_eq!(series[&today], (5, 0));
        assert_eq!(series[&day("2026-11-28")], (4, 1), "before today's: five less two, and one that went");
        assert_eq!(series[&day("2026-11-27")], (3, 0));
        assert_eq!(series.len(), 30);
    }
}
