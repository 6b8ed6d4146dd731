//! What has no row is nobody's, and what has a row should be there. Looked at by the timetable.

use std::collections::HashSet;
use std::pin::pin;

use chrono::{DateTime, Duration, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use futures_util::TryStreamExt as _;

use super::{FOLDER, folder, id_of, queries};
use crate::platform::app::App;
use crate::platform::ids::{FileId, first_uuid_of};

/// After so long a file without a row is not one whose row is still to come: no form takes longer to arrive.
const SETTLED: Duration = Duration::hours(1);
/// A lost file keeps its row for so long. Where the storage was set wrongly, there is time to notice.
const LOST: Duration = Duration::days(7);
/// Rows that are looked at together.
const BATCH: i64 = 10_000;

/// Removes files without a row: what a deleted person, an ended time or a killed process left. Notes rows whose file is
/// lost, and deletes them after a week, unless a hold keeps them. For the timetable.
///
/// # Errors
/// What the database or the storage says; what is removed stays removed.
pub async fn tend(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    // Read before the rows: a file that comes meanwhile is younger than what is looked at.
    let names = app.storage.folders(FOLDER).await?;
    let stored: HashSet<FileId> = names.iter().filter_map(|name| name.parse().ok()).collect();
    let mut conn = app.db.get().await?;
    for id in without_row(&mut conn, &stored, now).await? {
        app.storage.clear(&folder(id)).await?;
    }
    let lost = note_lost(&mut conn, &stored, now).await?;
    #[allow(clippy::cast_precision_loss, reason = "a gauge")]
    metrics::gauge!("portal_files_missing").set(lost as f64);
    if lost > 0 {
        tracing::error!(files.missing = lost, "files that should be in the storage are not there");
    }
    let deleted = conn.transaction(async |conn| queries::delete_missing(conn, now - LOST).await).await?;
    if deleted > 0 {
        tracing::error!(files.deleted = deleted, "rows of files went that were lost for a week");
    }
    Ok(())
}

/// The files that rows name now and the storage does not have, whole.
///
/// # Errors
/// What the database or the storage says.
pub async fn lost(app: &App) -> anyhow::Result<HashSet<FileId>> {
    let (mut lost, mut last) = (HashSet::new(), None);
    let mut conn = app.db.get().await?;
    loop {
        let rows = queries::after(&mut conn, last, app.clock.now(), BATCH).await?;
        let Some((end, _)) = rows.last() else { break };
        last = Some(*end);
        lost.extend(rows.into_iter().map(|(id, _)| id));
    }
    drop(conn);
    // Behind the rows: a file is there before its row.
    let mut stored = pin!(app.storage.all(FOLDER)?);
    while let Some(path) = stored.try_next().await? {
        if let Some(id) = id_of(&path) {
            lost.remove(&id);
        }
    }
    Ok(lost)
}

async fn without_row(
    conn: &mut AsyncPgConnection,
    stored: &HashSet<FileId>,
    now: DateTime<Utc>,
) -> QueryResult<Vec<FileId>> {
    let youngest = FileId(first_uuid_of(now - SETTLED));
    let settled: Vec<FileId> = stored.iter().copied().filter(|id| *id < youngest).collect();
    let mut gone = Vec::new();
    for some in settled.chunks(usize::try_from(BATCH).unwrap_or(usize::MAX)) {
        let known: HashSet<FileId> = queries::with_row(conn, some).await?.into_iter().collect();
        gone.extend(some.iter().copied().filter(|id| !known.contains(id)));
    }
    Ok(gone)
}

/// Notes what is lost and what was found again; answers how many are lost.
async fn note_lost(
    conn: &mut AsyncPgConnection,
    stored: &HashSet<FileId>,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let (mut last, mut lost) = (None, 0);
    loop {
        let rows = queries::after(conn, last, now - SETTLED, BATCH).await?;
        let Some((end, _)) = rows.last() else { return Ok(lost) };
        last = Some(*end);
        let of = |is_there: bool, was_lost: bool| -> Vec<FileId> {
            let fit = rows.iter().filter(|(id, lost)| stored.contains(id) == is_there && *lost == was_lost);
            fit.map(|(id, _)| *id).collect()
        };
        lost += rows.iter().filter(|(id, _)| !stored.contains(id)).count();
        queries::note_missing(conn, &of(false, false), Some(now)).await?;
        queries::note_missing(conn, &of(true, true), None).await?;
    }
}
