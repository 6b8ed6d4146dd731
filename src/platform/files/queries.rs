//! Rows of files.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{NewFile, Uploader};
use crate::platform::db::schema::files;
use crate::platform::ids::FileId;
use crate::retention::holds::guard;

/// A file.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = files, check_for_backend(diesel::pg::Pg))]
pub struct File {
    /// SID.
    pub id: FileId,
    /// Name, cleaned.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// Its length in bytes.
    pub bytes: i64,
    /// When it was sent.
    pub uploaded_at: DateTime<Utc>,
    /// Since when it is lost.
    pub missing_since: Option<DateTime<Utc>>,
}

/// Inserts the rows of files that are in the storage, inside the caller's transaction, which lists them as well.
///
/// # Errors
/// What the database says.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    new: &[NewFile],
    by: Uploader,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (kind, id) = by.parts();
    let rows: Vec<_> = new
        .iter()
        .map(|file| {
            (
                files::id.eq(file.id),
                files::name.eq(&file.name),
                files::media_type.eq(file.kind.media_type()),
                files::bytes.eq(i64::try_from(file.bytes).unwrap_or(i64::MAX)),
                files::sha256.eq(&file.sha256),
                files::uploaded_by_kind.eq(kind),
                files::uploaded_by.eq(id),
                files::uploaded_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(files::table).values(rows).execute(conn).await?;
    Ok(())
}

/// A file by its id; whose it is, is for the caller to know.
///
/// # Errors
/// `NotFound`, or what the database says.
pub async fn find(conn: &mut AsyncPgConnection, id: FileId) -> QueryResult<File> {
    files::table.find(id).select(File::as_select()).first(conn).await
}

/// Those of these that have a row.
pub(super) async fn with_row(conn: &mut AsyncPgConnection, ids: &[FileId]) -> QueryResult<Vec<FileId>> {
    files::table.filter(files::id.eq_any(ids)).select(files::id).load(conn).await
}

/// Rows that were there at this moment, by their id, after one of them: and whether each is known to be lost.
pub(super) async fn after(
    conn: &mut AsyncPgConnection,
    last: Option<FileId>,
    before: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<(FileId, bool)>> {
    let mut rows = files::table.filter(files::uploaded_at.le(before)).into_boxed();
    if let Some(last) = last {
        rows = rows.filter(files::id.gt(last));
    }
    rows.order(files::id)
        .select((files::id, files::missing_since.is_not_null()))
        .limit(limit)
        .load(conn)
        .await
}

/// Notes since when these are lost, or with nothing that they are there again.
pub(super) async fn note_missing(
    conn: &mut AsyncPgConnection,
    ids: &[FileId],
    since: Option<DateTime<Utc>>,
) -> QueryResult<usize> {
    diesel::update(files::table.filter(files::id.eq_any(ids)))
        .set(files::missing_since.eq(since))
        .execute(conn)
        .await
}

/// Deletes the rows of those that were lost at this moment or earlier, unless a hold keeps them: then they go after it. Inside
/// a transaction.
pub(super) async fn delete_missing(
    conn: &mut AsyncPgConnection,
    before: DateTime<Utc>,
) -> QueryResult<usize> {
    let unheld = guard::unheld(conn, "files").await?;
    diesel::delete(files::table.filter(files::missing_since.le(before)))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(&unheld))
        .execute(conn)
        .await
}
