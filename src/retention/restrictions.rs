//! Restrictions that began lately, as rows for [`super::beside`]: of people (S87, S68) and of end users (S159). A restored backup
//! may not know them, and would use what is only to be kept.
//!
//! One of the backup that was lifted since stays in force: one too many is lifted by whoever asked for it, one too few is
//! noticed by nobody.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;

/// A table of restrictions, and what has to be there for one of its rows.
struct Kind {
    table: &'static str,
    parent: &'static str,
    column: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind { table: "processing_limits", parent: "people", column: "person_id" },
    Kind { table: "restrictions", parent: "accounts", column: "account_id" },
];

#[derive(Deserialize)]
struct Kept {
    table: String,
}

/// The restrictions in force that began since this moment, a text for each table. The request that asked for one may not
/// be in the backup, so it is left out.
///
/// # Errors
/// What the database says.
pub(super) async fn since(
    conn: &mut AsyncPgConnection,
    at: DateTime<Utc>,
) -> diesel::QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        kept: String,
    }
    let mut all = Vec::with_capacity(KINDS.len());
    for Kind { table, .. } in KINDS {
        let row: Row = diesel::sql_query(format!(
            "SELECT jsonb_build_object('table', '{table}', \
                'rows', coalesce(jsonb_agg(to_jsonb(t) - 'request_id' ORDER BY t.id), '[]'))::text AS kept \
             FROM {table} t WHERE lifted_at IS NULL AND began_at >= $1"
        ))
        .bind::<Timestamptz, _>(at)
        .get_result(conn)
        .await?;
        all.push(row.kept);
    }
    Ok(all)
}

/// Brings in what [`since`] kept, with the records that it covers, and answers how many restrictions were missing.
///
/// # Errors
/// What the database says; a text that is none of [`since`].
pub(super) async fn bring_in(conn: &mut AsyncPgConnection, kept: &str) -> anyhow::Result<usize> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        many: i64,
    }
    let table = serde_json::from_str::<Kept>(kept)?.table;
    let kind = KINDS.into_iter().find(|kind| kind.table == table);
    let Kind { table, parent, column } =
        kind.with_context(|| format!("no table of restrictions: {table}"))?;
    let counted: Counted = diesel::sql_query(format!(
        "WITH missing AS (INSERT INTO {table} \
            SELECT r.* FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb -> 'rows') r \
            WHERE EXISTS (SELECT FROM {parent} p WHERE p.id = r.{column}) ON CONFLICT DO NOTHING RETURNING 1) \
         SELECT count(*) AS many FROM missing"
    ))
    .bind::<Text, _>(kept)
    .get_result(conn)
    .await?;
    if table == "restrictions" {
        cover(conn, kept).await?;
    }
    Ok(usize::try_from(counted.many)?)
}

/// Puts the records of the end users under their restriction. Nobody else is at the database.
async fn cover(conn: &mut AsyncPgConnection, kept: &str) -> diesel::QueryResult<()> {
    for records in ["claims", "communications"] {
        diesel::sql_query(format!(
            "UPDATE {records} t SET restriction_id = r.id FROM restrictions r \
             WHERE r.id IN (SELECT (row ->> 'id')::uuid FROM jsonb_array_elements($1::jsonb -> 'rows') row) \
               AND t.account_id = r.account_id AND t.person_keys @> r.person_keys AND t.restriction_id IS NULL"
        ))
        .bind::<Text, _>(kept)
        .execute(conn)
        .await?;
    }
    Ok(())
}
