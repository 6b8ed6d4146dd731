//! What a sweep would delete at a moment, what is late, and what the last runs did.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

use super::holds::guard;
use super::rules::{Carried, Often, RULES, Rows, Rule};
use crate::platform::db::schema::retention_runs;
use crate::privacy::data_map;

/// Longer than this nothing that is due may wait: a night, and the time that a sweep takes.
const PATIENCE: Duration = Duration::hours(36);

/// What of a table is due.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// The rule.
    pub rule: &'static Rule,
    /// The rows of a table.
    pub rows: &'static Rows,
}

/// Every table that a sweep deletes from; only those that are swept this often, if that is given.
pub fn swept(often: Option<Often>) -> Vec<Due> {
    let mut all = Vec::new();
    for rule in RULES {
        if let Carried::Sweep(how_often, tables) = rule.carried
            && often.is_none_or(|often| often == how_often)
        {
            all.extend(tables.iter().map(|rows| Due { rule, rows }));
        }
    }
    all
}

/// How much of a table would go.
#[derive(Clone, Copy, Debug)]
pub struct Going {
    /// What of which table.
    pub due: Due,
    /// Rows that are due.
    pub rows: i64,
    /// Rows of them that a hold keeps.
    pub held: i64,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = BigInt)]
    held: i64,
}

/// Counts what would go at a moment, table by table. Nothing is changed.
///
/// # Errors
/// What the database says.
pub async fn at(conn: &mut AsyncPgConnection, at: DateTime<Utc>) -> QueryResult<Vec<Going>> {
    let holds = guard::any(conn).await?;
    let mut all = Vec::new();
    for due in swept(None) {
        let Some(cutoff) = due.rule.period.cutoff(at) else { continue };
        all.push(count(conn, due, cutoff, holds).await?);
    }
    Ok(all)
}

async fn count(
    conn: &mut AsyncPgConnection,
    due: Due,
    cutoff: DateTime<Utc>,
    holds: bool,
) -> QueryResult<Going> {
    let held = match data_map::table(due.rows.table) {
        Some(table) if holds => guard::kept(conn, table).await?,
        _ => "false".into(),
    };
    let counted: Counted = diesel::sql_query(format!(
        "SELECT count(*) AS rows, count(*) FILTER (WHERE {held}) AS held FROM {} WHERE {}",
        due.rows.table,
        due.rows.due()
    ))
    .bind::<Timestamptz, _>(cutoff)
    .get_result(conn)
    .await?;
    Ok(Going { due, rows: counted.rows, held: counted.held })
}

/// Rows that a sweep should have deleted a day and a half ago, and that no hold keeps.
///
/// # Errors
/// What the database says.
pub async fn late(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<i64> {
    let going = at(conn, now - PATIENCE).await?;
    Ok(going.iter().map(|going| going.rows - going.held).sum())
}

/// Counts a batch of a run; the first writes the run.
///
/// # Errors
/// What the database says.
pub(super) async fn note(
    conn: &mut AsyncPgConnection,
    run: Uuid,
    kind: &str,
    begun: bool,
    table: &str,
    deleted: usize,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if !begun {
        write(conn, run, kind, now).await?;
    }
    diesel::sql_query(
        "UPDATE retention_runs SET deleted = deleted || jsonb_build_object($2, coalesce((deleted ->> $2)::bigint, 0) + $3) WHERE id = $1",
    )
    .bind::<SqlUuid, _>(run)
    .bind::<Text, _>(table)
    .bind::<BigInt, _>(i64::try_from(deleted).unwrap_or(i64::MAX))
    .execute(conn)
    .await?;
    Ok(())
}

async fn write(conn: &mut AsyncPgConnection, run: Uuid, kind: &str, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO retention_runs (id, kind, began_at, deleted) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(run)
    .bind::<Text, _>(kind)
    .bind::<Timestamptz, _>(now)
    .bind::<Jsonb, _>(json!({}))
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a run came to its end.
///
/// # Errors
/// What the database says.
pub(super) async fn finish(
    conn: &mut AsyncPgConnection,
    run: Uuid,
    kind: &str,
    began: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    write(conn, run, kind, began).await?;
    diesel::sql_query("UPDATE retention_runs SET finished_at = $2 WHERE id = $1")
        .bind::<SqlUuid, _>(run)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// A run, as it is reported.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = retention_runs, check_for_backend(diesel::pg::Pg))]
pub struct Run {
    /// `soon`, `nightly` or `ordered`.
    pub kind: String,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it came to its end; nothing for one that was stopped or still runs.
    pub finished_at: Option<DateTime<Utc>>,
    /// Deleted rows by table.
    pub deleted: serde_json::Value,
}

impl Run {
    /// Deleted rows by table.
    pub fn by_table(&self) -> BTreeMap<String, i64> {
        serde_json::from_value(self.deleted.clone()).unwrap_or_default()
    }
}

/// The last runs, newest first.
///
/// # Errors
/// What the database says.
pub async fn runs(conn: &mut AsyncPgConnection, limit: i64) -> QueryResult<Vec<Run>> {
    retention_runs::table
        .order((retention_runs::began_at.desc(), retention_runs::id.desc()))
        .limit(limit)
        .select(Run::as_select())
        .load(conn)
        .await
}
