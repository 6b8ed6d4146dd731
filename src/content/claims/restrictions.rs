//! What arrives about somebody who is restricted is restricted from its first moment (S159).
//!
//! Whoever stores a record shares a lock of the account until its transaction ends, and whoever begins a restriction
//! takes it alone. So either the restriction is seen here, or the record is there when the restriction
//! looks for it.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::ids::AccountId;

/// The lock's key: of all restrictions, and of the account.
const LOCK: &str = "x'4c580007'::integer, hashtext($1::uuid::text)";

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

async fn lock(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    diesel::sql_query(format!("SELECT pg_advisory_xact_lock_shared({LOCK})"))
        .bind::<SqlUuid, _>(account)
        .execute(conn)
        .await?;
    Ok(())
}

/// The restriction that a record with these keys is under, inside the transaction that stores it.
pub(super) async fn matching(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person_keys: &[i64],
) -> QueryResult<Option<Uuid>> {
    lock(conn, account).await?;
    let query = "SELECT id FROM restrictions \
                 WHERE account_id = $1 AND lifted_at IS NULL AND person_keys <@ $2 ORDER BY id LIMIT 1";
    let found: Option<Found> = diesel::sql_query(query)
        .bind::<SqlUuid, _>(account)
        .bind::<Array<BigInt>, _>(person_keys)
        .get_result(conn)
        .await
        .optional()?;
    Ok(found.map(|found| found.id))
}

/// Puts every claim of the account that is about somebody who is restricted under that restriction, inside the
/// transaction that stored many. Call it late: whoever begins a restriction waits from here to the end.
pub(super) async fn apply(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    lock(conn, account).await?;
    let update = "UPDATE claims SET restriction_id = r.id FROM restrictions r \
                  WHERE r.account_id = $1 AND r.lifted_at IS NULL AND claims.account_id = $1 \
                  AND claims.restriction_id IS NULL AND claims.person_keys @> r.person_keys";
    diesel::sql_query(update).bind::<SqlUuid, _>(account).execute(conn).await?;
    Ok(())
}
