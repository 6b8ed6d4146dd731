//! Holds while what was erased since a backup is erased again in a restored database, which nobody uses yet.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::queries::{against, end};
use crate::platform::db::schema::holds;
use crate::platform::ids::HoldId;
use crate::privacy::data_map::rows::Subject;

/// What a table that is put aside says.
const ASIDE: &str = "Put aside while what was erased since a backup is erased again.";

/// Puts holds on whole tables aside while what was erased once is erased again in a restored database, which nobody uses
/// yet: they were placed after that, or did not stand against it.
///
/// # Errors
/// What the database says.
pub async fn put_tables_aside(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::update(holds::table.filter(holds::ended_at.is_null().and(holds::scope.eq("table"))))
        .set((holds::ended_at.eq(now), holds::ended_because.eq(ASIDE)))
        .execute(conn)
        .await
}

/// Brings them back, also those that a replay which did not come to its end had put aside.
///
/// # Errors
/// What the database says.
pub async fn bring_tables_back(conn: &mut AsyncPgConnection) -> QueryResult<usize> {
    diesel::update(holds::table.filter(holds::ended_because.eq(ASIDE)))
        .set((holds::ended_at.eq(None::<DateTime<Utc>>), holds::ended_because.eq(None::<String>)))
        .execute(conn)
        .await
}

/// Ends the holds that stand against an erasure which was done once: a restored backup has them from before they ended. A
/// hold on a whole table is about others too, and stays. Answers how many.
///
/// # Errors
/// What the database says.
pub async fn end_before_replay(
    conn: &mut AsyncPgConnection,
    subject: &Subject,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let theirs = against(subject, &[]).filter(holds::ended_at.is_null().and(holds::scope.ne("table")));
    let ids: Vec<HoldId> = theirs.select(holds::id).load(conn).await?;
    let because = "It had ended before what it kept was erased; a restored backup had it again.";
    for id in &ids {
        end(conn, *id, None, because, now).await?;
    }
    Ok(ids.len())
}
