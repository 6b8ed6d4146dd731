//! Files that were sent along with a dispute, or with a message about it. Of a dispute that nobody confirmed none is handed
//! out, to nobody: they may be anybody's, and they go when it ends ([`tending`](super::tending)).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Dispute;
use super::states::By;
use crate::platform::app::App;
use crate::platform::db::schema::{dispute_files, files};
use crate::platform::error::AppError;
use crate::platform::files::web::Attached;
use crate::platform::files::{self as attached, File, NewFile};
use crate::platform::ids::{DisputeId, FileId};
use crate::platform::web::pages::WebResult;

/// Why a file is not handed out.
const UNPROVEN: &str = "handed out to nobody, because nobody confirmed the mailbox";

/// The files of a dispute by name, each with the message that it came with; with none where it came with the dispute
/// itself.
///
/// # Errors
/// What the database says.
pub async fn of(conn: &mut AsyncPgConnection, dispute: DisputeId) -> QueryResult<Vec<(Option<Uuid>, File)>> {
    dispute_files::table
        .inner_join(files::table)
        .filter(dispute_files::dispute_id.eq(dispute))
        .order((files::name, files::id))
        .select((dispute_files::message_id, File::as_select()))
        .load(conn)
        .await
}

/// Sends files along, inside the caller's transaction: with a message, or with the dispute itself. They are in the storage.
///
/// # Errors
/// What the database says; there may be no more room for files.
pub(super) async fn attach(
    conn: &mut AsyncPgConnection,
    (dispute, message): (DisputeId, Option<Uuid>),
    by: By,
    new: &[NewFile],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    attached::insert(conn, new, by.uploader(), now).await?;
    for file in new {
        diesel::insert_into(dispute_files::table)
            .values((
                dispute_files::file_id.eq(file.id),
                dispute_files::dispute_id.eq(dispute),
                dispute_files::message_id.eq(message),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Those of the files that belong to a message, or with none to the dispute itself, as they can be fetched below this path.
pub(super) fn shown(
    dispute: &Dispute,
    files: &mut Vec<(Option<Uuid>, File)>,
    message: Option<Uuid>,
    path: &str,
) -> Vec<Attached> {
    let mut shown = Attached::taken(files, &message, path);
    if !dispute.state().is_proven() {
        Attached::withhold(&mut shown, UNPROVEN);
    }
    shown
}

/// A file of a dispute, for whoever may see the dispute.
///
/// # Errors
/// `NotFound` for one of another dispute, and for each of one that nobody confirmed; `Gone` where it is lost.
pub async fn hand_out(app: &App, dispute: &Dispute, sid: &str) -> WebResult {
    let id: FileId = sid.parse().map_err(|_| AppError::NotFound)?;
    if !dispute.state().is_proven() {
        return Err(AppError::NotFound);
    }
    let file: File = dispute_files::table
        .inner_join(files::table)
        .filter(dispute_files::dispute_id.eq(dispute.id).and(files::id.eq(id)))
        .select(File::as_select())
        .first(&mut *app.db.get().await?)
        .await?;
    attached::web::answer(app, &file).await
}
