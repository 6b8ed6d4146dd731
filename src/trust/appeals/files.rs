//! Files that were sent along with an appeal, or with a message about it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::db::schema::{appeal_files, appeals, files};
use crate::platform::files::{self as attached, File, NewFile, Uploader};
use crate::platform::ids::{AppealId, FileId, SuspensionId};

/// The files of an appeal by name, each with the message that it came with; with none where it came with the appeal itself.
///
/// # Errors
/// What the database says.
pub async fn of(conn: &mut AsyncPgConnection, appeal: AppealId) -> QueryResult<Vec<(Option<Uuid>, File)>> {
    appeal_files::table
        .inner_join(files::table)
        .filter(appeal_files::appeal_id.eq(appeal))
        .order((files::name, files::id))
        .select((appeal_files::message_id, File::as_select()))
        .load(conn)
        .await
}

/// A file of one of the appeals against a suspension, and of which.
///
/// # Errors
/// `NotFound` also for one of another suspension; what the database says.
pub async fn find(
    conn: &mut AsyncPgConnection,
    suspension: SuspensionId,
    id: FileId,
) -> QueryResult<(AppealId, File)> {
    appeal_files::table
        .inner_join(files::table)
        .inner_join(appeals::table)
        .filter(appeals::suspension_id.eq(suspension).and(files::id.eq(id)))
        .select((appeals::id, File::as_select()))
        .first(conn)
        .await
}

/// Sends files along, inside the caller's transaction: with a message, or with the appeal itself. They are in the storage.
///
/// # Errors
/// What the database says; there may be no more room for files.
pub(crate) async fn attach(
    conn: &mut AsyncPgConnection,
    (appeal, message): (AppealId, Option<Uuid>),
    by: Uploader,
    new: &[NewFile],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    attached::insert(conn, new, by, now).await?;
    for file in new {
        diesel::insert_into(appeal_files::table)
            .values((
                appeal_files::file_id.eq(file.id),
                appeal_files::appeal_id.eq(appeal),
                appeal_files::message_id.eq(message),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}
