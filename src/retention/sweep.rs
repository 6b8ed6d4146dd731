//! Carries the rules out: deletes what is due, set by set, in batches that hold locks only briefly. What somebody is
//! changing at that moment is left to the next sweep, so that neither waits for the other.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use super::rules::{Carried, Often, RULES};
use crate::platform::app::App;

/// Rows that go in one statement.
const BATCH: i64 = 10_000;

/// Sweeps what should be gone within minutes.
///
/// # Errors
/// What the database says; what was deleted before stays deleted.
pub async fn soon(app: App) -> anyhow::Result<()> {
    sweep(&app, Often::Soon).await
}

/// Sweeps everything else.
///
/// # Errors
/// As [`soon`].
pub async fn nightly(app: App) -> anyhow::Result<()> {
    sweep(&app, Often::Nightly).await
}

async fn sweep(app: &App, now_and_then: Often) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for rule in RULES {
        let (Carried::Sweep(often, tables), Some(cutoff)) = (rule.carried, rule.period.cutoff(now)) else {
            continue;
        };
        if often != now_and_then {
            continue;
        }
        for (table, due) in tables {
            let deleted = delete_due(&mut conn, table, due, cutoff).await?;
            if deleted > 0 {
                tracing::info!(
                    retention.rule = rule.id,
                    retention.table = table,
                    retention.rows = deleted,
                    "swept"
                );
            }
        }
    }
    Ok(())
}

/// Deletes the due rows of one table and answers how many. Table and condition come from the rules alone.
async fn delete_due(
    conn: &mut AsyncPgConnection,
    table: &str,
    due: &str,
    cutoff: DateTime<Utc>,
) -> QueryResult<usize> {
    let statement = format!(
        "DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {due} LIMIT $2 FOR UPDATE SKIP LOCKED))"
    );
    let mut all = 0;
    loop {
        let deleted = diesel::sql_query(&statement)
            .bind::<Timestamptz, _>(cutoff)
            .bind::<BigInt, _>(BATCH)
            .execute(conn)
            .await?;
        all += deleted;
        if i64::try_from(deleted).unwrap_or(0) < BATCH {
            return Ok(all);
        }
    }
}
