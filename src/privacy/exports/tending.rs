//! Looking after copies that were made: the files of those whose time is over go, and what is lost is not offered.

use diesel_async::AsyncConnection as _;

use super::{FOLDER, folder, queries};
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::ids::ExportId;

/// Removes the files of copies that ran out or were ended, and whatever lies in their folder without a row: what a
/// deleted person or a killed process left. For the timetable.
///
/// # Errors
/// What the database or the storage says; what is removed stays removed.
pub async fn remove_files(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for id in queries::to_remove(&mut conn, now).await? {
        app.storage.clear(&folder(id)).await?;
        queries::removed(&mut conn, id, now).await?;
    }
    // The folders are read first: a copy that is begun meanwhile has its row already.
    let folders: Vec<ExportId> =
        app.storage.folders(FOLDER).await?.iter().filter_map(|name| name.parse().ok()).collect();
    let kept = queries::with_file(&mut conn, &folders).await?;
    for id in folders.into_iter().filter(|id| !kept.contains(id)) {
        app.storage.clear(&folder(id)).await?;
    }
    Ok(())
}

/// Ends the copies that could be fetched and whose file is not there: copies are in no backup, so that the database of one
/// names some that were lost with the storage, or have gone since. Another can be made. Answers how many.
///
/// # Errors
/// What the database or the storage says; what is ended stays so.
pub async fn end_lost(app: &App) -> anyhow::Result<usize> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let mut ended = 0;
    for (id, person, file) in queries::to_fetch(&mut conn, now).await? {
        if app.storage.has(&file).await? {
            continue;
        }
        let note = id.to_string();
        conn.transaction(async |conn| {
            queries::end(conn, id, now).await?;
            let event = Event::by_system("person", person.0, "person.export.lost").note(&note);
            audit::append(conn, now, event).await.map(drop)
        })
        .await?;
        ended += 1;
    }
    Ok(ended)
}
