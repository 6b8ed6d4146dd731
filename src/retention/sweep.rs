//! Carries the rules out: deletes what is due, set by set, in batches that hold locks only briefly. A batch is whole or
//! did not happen, and what a killed sweep left is still due: the next one goes on. What is on hold stays, and what
//! somebody is changing at that moment is left to the next sweep, so that neither waits for the other.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::holds::guard;
use super::plan::{self, Due};
use super::rules::{Often, Rule};
use crate::platform::app::App;
use crate::platform::ids::new_uuid;
use crate::platform::telemetry;
use crate::privacy::data_map;

/// Rows that go in one statement.
const BATCH: i64 = 10_000;

/// Sweeps what should be gone within minutes.
///
/// # Errors
/// What the database says; what was deleted before stays deleted.
pub async fn soon(app: App) -> anyhow::Result<()> {
    sweep(&app, "soon", &plan::swept(Some(Often::Soon)), |_, _| {}).await
}

/// Sweeps everything else, and says how much is late all the same.
///
/// # Errors
/// As [`soon`].
pub async fn nightly(app: App) -> anyhow::Result<()> {
    sweep(&app, "nightly", &plan::swept(Some(Often::Nightly)), |_, _| {}).await?;
    let mut conn = app.db.get().await?;
    let late = plan::late(&mut conn, app.clock.now()).await?;
    telemetry::gauge("portal_retention_late_rows", late);
    if late > 0 {
        tracing::error!(retention.late_rows = late, "rows outlived their rule by more than a day");
    }
    Ok(())
}

/// A run, which is written down with its first batch.
struct Run {
    id: Uuid,
    kind: &'static str,
    began: DateTime<Utc>,
    begun: bool,
}

impl Run {
    /// Deletes a batch and counts it in one transaction, so that what a killed run did is counted whole.
    async fn batch(
        &mut self,
        conn: &mut AsyncPgConnection,
        due: &Due,
        cutoff: DateTime<Utc>,
    ) -> QueryResult<usize> {
        let deleted = conn
            .transaction(async |conn| {
                let deleted = delete_due(conn, due, cutoff).await?;
                if deleted > 0 {
                    let table = due.rows.table;
                    plan::note(conn, self.id, self.kind, self.begun, table, deleted, self.began).await?;
                }
                Ok::<_, diesel::result::Error>(deleted)
            })
            .await?;
        self.begun |= deleted > 0;
        Ok(deleted)
    }
}

/// Sweeps these, and tells `progress` each table with how many rows of it went so far.
///
/// # Errors
/// What the database says; what was deleted before stays deleted.
pub async fn sweep(
    app: &App,
    kind: &'static str,
    dues: &[Due],
    mut progress: impl FnMut(&Due, usize),
) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let mut run = Run { id: new_uuid(now), kind, began: now, begun: false };
    for due in dues {
        let Some(cutoff) = due.rule.period.cutoff(now) else { continue };
        let mut all = 0;
        loop {
            let deleted = run.batch(&mut conn, due, cutoff).await?;
            all += deleted;
            progress(due, all);
            if i64::try_from(deleted).unwrap_or(0) < BATCH {
                break;
            }
        }
        if all > 0 {
            tracing::info!(
                retention.rule = due.rule.id,
                retention.table = due.rows.table,
                retention.rows = all,
                "swept"
            );
        }
    }
    if run.begun || kind != "soon" {
        plan::finish(&mut conn, run.id, kind, now, app.clock.now()).await?;
    }
    Ok(())
}

/// Deletes the rows that name the moment of their end themselves, where that has come.
///
/// # Errors
/// As [`soon`].
pub(crate) async fn ended(app: &App, rule: &'static Rule) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for rows in rule.rows() {
        let due = Due { rule, rows };
        while conn.transaction(async |conn| delete_due(conn, &due, now).await).await? > 0 {}
    }
    Ok(())
}

/// Deletes a batch of the due rows of one table and answers how many. Table and condition come from the rules and the map
/// alone.
async fn delete_due(conn: &mut AsyncPgConnection, due: &Due, cutoff: DateTime<Utc>) -> QueryResult<usize> {
    guard::share(conn).await?;
    let table = due.rows.table;
    let free = match data_map::table(table) {
        // Asked of the map only while there is a hold: most of the time there is none.
        Some(known) if guard::any(conn).await? => {
            format!("AND ({}) IS NOT TRUE", guard::kept(conn, known).await?)
        }
        _ => String::new(),
    };
    diesel::sql_query(format!(
        "DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE ({}) {free} LIMIT $2 FOR UPDATE SKIP LOCKED))",
        due.rows.due()
    ))
    .bind::<Timestamptz, _>(cutoff)
    .bind::<BigInt, _>(BATCH)
    .execute(conn)
    .await
}
