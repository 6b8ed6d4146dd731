//! SQL of the making of copies: tries, how far each is, and what it came to.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Export;
use crate::platform::db::schema::exports;
use crate::platform::ids::ExportId;

/// What the last try failed of, as it is told by what stands of it when another begins.
const CUT_OFF: &str = "CASE WHEN attempts > 0 AND stumbled_at IS NULL THEN 'stopped' ELSE stumbled_over END";

/// Begins a try; nothing where there is no more to do. What the one before failed of stays.
pub(in crate::privacy::exports) async fn begin(
    conn: &mut AsyncPgConnection,
    id: ExportId,
    tables: i32,
    now: DateTime<Utc>,
) -> QueryResult<Option<Export>> {
    diesel::update(exports::table.find(id))
        .filter(exports::finished_at.is_null())
        .filter(exports::given_up_at.is_null().and(exports::ended_at.is_null()))
        .set((
            // A try that neither ended nor failed was cut off: whoever made it could note nothing any more.
            exports::stumbled_over.eq(sql::<Nullable<Text>>(CUT_OFF)),
            exports::attempts.eq(exports::attempts + 1),
            exports::began_at.eq(now),
            exports::tables_total.eq(tables),
            exports::tables_done.eq(0),
            exports::rows_done.eq(0),
            exports::at_table.eq(None::<String>),
            exports::stumbled_at.eq(None::<DateTime<Utc>>),
            exports::stumbled_in.eq(None::<String>),
        ))
        .returning(Export::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Notes how far it is. Answers whether it is still wanted.
pub(in crate::privacy::exports) async fn progress(
    conn: &mut AsyncPgConnection,
    id: ExportId,
    tables: i32,
    rows: i64,
    table: &str,
) -> QueryResult<bool> {
    let changed = diesel::update(exports::table.find(id).filter(exports::ended_at.is_null()))
        .set((
            exports::tables_done.eq(tables),
            exports::rows_done.eq(rows),
            exports::at_table.eq(Some(table)),
        ))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

/// What a try came to.
pub(in crate::privacy::exports) struct Made {
    pub as_of: DateTime<Utc>,
    pub file: String,
    pub bytes: i64,
    pub sha256: Vec<u8>,
    pub rows: i64,
    pub expires_at: DateTime<Utc>,
}

/// Notes that it is whole. Answers whether it was this call that did.
pub(in crate::privacy::exports) async fn finish(
    conn: &mut AsyncPgConnection,
    id: ExportId,
    made: &Made,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let changed = diesel::update(exports::table.find(id))
        .filter(exports::finished_at.is_null().and(exports::ended_at.is_null()))
        .set((
            exports::finished_at.eq(now),
            exports::as_of.eq(made.as_of),
            exports::file.eq(&made.file),
            exports::bytes.eq(made.bytes),
            exports::sha256.eq(&made.sha256),
            exports::rows_done.eq(made.rows),
            exports::tables_done.eq(exports::tables_total),
            exports::at_table.eq(None::<String>),
            exports::expires_at.eq(made.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

/// Notes that a try did not come to its end, and what it failed of, as a code. Answers the tries so far; nothing where nobody
/// wants it any more.
pub(in crate::privacy::exports) async fn stumble(
    conn: &mut AsyncPgConnection,
    id: ExportId,
    over: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<i32>> {
    diesel::update(exports::table.find(id).filter(exports::ended_at.is_null()))
        .set((
            exports::stumbled_at.eq(now),
            exports::stumbled_in.eq(exports::at_table),
            exports::stumbled_over.eq(over),
        ))
        .returning(exports::attempts)
        .get_result(conn)
        .await
        .optional()
}

pub(in crate::privacy::exports) async fn give_up(
    conn: &mut AsyncPgConnection,
    id: ExportId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let changed = diesel::update(exports::table.find(id))
        .filter(exports::given_up_at.is_null().and(exports::finished_at.is_null()))
        .filter(exports::ended_at.is_null())
        .set(exports::given_up_at.eq(now))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}
