//! Carries the rules out: deletes what is due, set by set, in batches that hold locks only briefly. A batch is whole or
//! did not happen, and what a killed sweep left is still due: the next one goes on. What is on hold stays, and what
//! somebody is changing at that moment is left to the next sweep. For a row that is due it waits a tenth of a second at
//! most; for what hangs on one, once it has met a lock, until that is free.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::holds::guard;
use super::plan::{self, Due};
use super::rules::{Often, Rule};
use crate::platform::app::App;
use crate::platform::db;
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

/// What goes in one transaction.
struct Batch<'a> {
    due: &'a Due,
    cutoff: DateTime<Utc>,
    /// The run that it is counted in, so that what a killed run did is counted whole.
    run: Option<&'a Run>,
}

impl Batch<'_> {
    /// Deletes it and answers how many rows went; none if nothing is left. Mostly nobody is changing any of them; where
    /// somebody is, the batch is done again without such rows, and so are those after it.
    async fn delete(&self, conn: &mut AsyncPgConnection, on_locked: &mut OnLocked) -> QueryResult<usize> {
        match self.attempt(conn, *on_locked).await {
            // Whatever stood against it: a lock that was not to be had is gone around now, and anything else comes again.
            Err(_) if *on_locked == OnLocked::BreakOff => {
                *on_locked = OnLocked::Skip;
                self.attempt(conn, *on_locked).await
            }
            done => done,
        }
    }

    async fn attempt(&self, conn: &mut AsyncPgConnection, on_locked: OnLocked) -> QueryResult<usize> {
        conn.transaction(async |conn| {
            let deleted = delete_due(conn, self.due, self.cutoff, on_locked).await?;
            if let Some(run) = self.run.filter(|_| deleted > 0) {
                let table = self.due.rows.table;
                plan::note(conn, run.id, run.kind, run.begun, table, deleted, run.began).await?;
            }
            Ok(deleted)
        })
        .await
    }
}

/// What to do about rows that somebody is changing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnLocked {
    /// Break off when one is met.
    BreakOff,
    /// Look for them first, and leave them.
    Skip,
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
        let (mut all, mut on_locked) = (0, OnLocked::BreakOff);
        // A batch that is not full does not tell that nothing is left: some of it may have been changed since it was found.
        loop {
            let deleted = Batch { due, cutoff, run: Some(&run) }.delete(&mut conn, &mut on_locked).await?;
            if deleted == 0 {
                break;
            }
            run.begun = true;
            all += deleted;
            progress(due, all);
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
        let (due, mut on_locked) = (Due { rule, rows }, OnLocked::BreakOff);
        while (Batch { due: &due, cutoff: now, run: None }).delete(&mut conn, &mut on_locked).await? > 0 {}
    }
    Ok(())
}

/// Deletes a batch of the due rows of one table and answers how many. Table and condition come from the rules and the map
/// alone. What was changed since it was found goes only if it is due, and not held, as it is now. Postgres looks again at a
/// row that was changed while it waited, and not at others that hang on it: where those count too, the rows are taken first,
/// and what is due is asked anew. What hangs on a row and goes with it is waited for.
async fn delete_due(
    conn: &mut AsyncPgConnection,
    due: &Due,
    cutoff: DateTime<Utc>,
    on_locked: OnLocked,
) -> QueryResult<usize> {
    guard::share(conn).await?;
    let table = due.rows.table;
    let free = match data_map::table(table) {
        // Asked of the map only while there is a hold: most of the time there is none.
        Some(known) if guard::any(conn).await? => {
            format!("AND ({}) IS NOT TRUE", guard::kept(conn, known).await?)
        }
        _ => String::new(),
    };
    if on_locked == OnLocked::BreakOff {
        // Less than the database waits before it looks for a deadlock.
        db::wait_at_most(conn, Duration::from_millis(100)).await?;
    }
    let is_due = due.rows.due();
    let found = format!("SELECT ctid FROM {table} WHERE ({is_due}) {free} LIMIT $2");
    if on_locked == OnLocked::BreakOff && !due.rows.asks_elsewhere() {
        let delete = format!("DELETE FROM {table} WHERE ctid = ANY (ARRAY({found})) AND ({is_due}) {free}");
        return diesel::sql_query(delete)
            .bind::<Timestamptz, _>(cutoff)
            .bind::<BigInt, _>(BATCH)
            .execute(conn)
            .await;
    }
    // Not while they are looked for: that takes a while, and what was found first would be locked for as long.
    let skip = if on_locked == OnLocked::Skip { "SKIP LOCKED" } else { "" };
    let take = format!(
        "SELECT ctid::text AS place FROM {table} WHERE ctid = ANY (ARRAY({found})) FOR UPDATE {skip}"
    );
    let taken: Vec<Taken> =
        diesel::sql_query(take).bind::<Timestamptz, _>(cutoff).bind::<BigInt, _>(BATCH).load(conn).await?;
    let taken: Vec<String> = taken.into_iter().map(|row| row.place).collect();
    let delete = format!("DELETE FROM {table} WHERE ctid = ANY ($2::text[]::tid[]) AND ({is_due}) {free}");
    diesel::sql_query(delete).bind::<Timestamptz, _>(cutoff).bind::<Array<Text>, _>(taken).execute(conn).await
}

/// Where a row is that stays there until the end of the transaction.
#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Text)]
    place: String,
}
