//! How much there is of somebody in every table, in one round trip.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_map::{self, Owner, Table};
use crate::retention::rules::{Period, Rows};

/// As far as rows of a table are counted: the page is as quick for somebody with millions.
pub const CAP: i64 = 10_000;

/// What there is of somebody in a table.
#[derive(Clone, Debug, QueryableByName)]
pub struct Found {
    /// Which table, by its place on the map.
    #[diesel(sql_type = Integer)]
    pub part: i32,
    /// How many rows; [`CAP`] and one where there are more.
    #[diesel(sql_type = BigInt)]
    pub rows: i64,
    /// The earliest moment that the time of one of them runs from; nothing where none runs yet.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub first: Option<DateTime<Utc>>,
    /// The latest such moment.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last: Option<DateTime<Utc>>,
}

impl Found {
    /// Whether there are more than were counted.
    pub fn is_capped(&self) -> bool {
        self.rows > CAP
    }
}

fn own_start(rows: &Rows) -> String {
    match rows.only {
        "" => format!("({})::timestamptz", rows.moment()),
        only => format!("CASE WHEN {only} THEN ({})::timestamptz END", rows.moment()),
    }
}

/// From when the time of a row runs, as SQL: by the rule of the table, or by that of the row which takes it along.
fn start(table: &Table) -> Option<String> {
    if let Some(rows) = table.rule.rows().iter().find(|rows| rows.table == table.name) {
        return Some(own_start(rows));
    }
    let above = |parent: &'static Table, theirs: &str, ours: &str| {
        let (of_parent, above) = (start(parent)?, parent.name);
        Some(format!("(SELECT {of_parent} FROM {above} WHERE {above}.{theirs} = {}.{ours})", table.name))
    };
    let ways = [table.owner].into_iter().chain(table.also.iter().copied());
    let listed = ways.filter_map(|way| match way {
        // What a law keeps goes with what it hangs on, whose own end is told: the rule of files counts no time for it.
        Owner::Listed(list, column) => {
            let list = data_map::table(list).filter(|list| !matches!(list.rule.period, Period::ByLaw(_)))?;
            above(list, column, "id")
        }
        _ => None,
    });
    let listed: Vec<String> = listed.collect();
    if !listed.is_empty() {
        return Some(format!("coalesce({})", listed.join(", ")));
    }
    let Owner::Through(column, parent) = table.owner else { return None };
    above(data_map::table(parent).filter(|parent| parent.rule == table.rule)?, "id", column)
}

fn part(number: usize, table: &Table, theirs: &str) -> String {
    let start = start(table).unwrap_or_else(|| "NULL::timestamptz".into());
    let (name, limit) = (table.name, CAP + 1);
    format!(
        "SELECT {number} AS part, count(*) AS rows, min(start) AS first, max(start) AS last \
         FROM (SELECT {start} AS start FROM {name} WHERE {theirs} LIMIT {limit}) AS part_{number}"
    )
}

/// The tables in which there is something of somebody, in the order of the map.
///
/// # Errors
/// What the database says.
pub async fn of(
    conn: &mut AsyncPgConnection,
    subject: &Subject,
) -> QueryResult<Vec<(&'static Table, Found)>> {
    let tables: Vec<&Table> = data_map::tables().collect();
    let of_table = |(number, table): (usize, &&Table)| Some(part(number, table, &subject.readable(table)?));
    let parts: Vec<String> = tables.iter().enumerate().filter_map(of_table).collect();
    let found: Vec<Found> = subject.query(parts.join(" UNION ALL ")).load(conn).await?;
    let mut found: Vec<Found> = found.into_iter().filter(|found| found.rows > 0).collect();
    found.sort_by_key(|found| found.part);
    let table = |found: Found| Some((*tables.get(usize::try_from(found.part).ok()?)?, found));
    Ok(found.into_iter().filter_map(table).collect())
}
