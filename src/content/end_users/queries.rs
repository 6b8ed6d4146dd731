//! The SQL of finding people. Every look goes by the keys, which are of one account; the account itself is compared
//! besides, outside of the look, so that the planner does not read an index of all its records for it. The look is
//! planned as if all of it were wanted, and ends when enough is found: a limit that the planner sees makes it read the
//! whole table where it guesses wrong.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::record::{Body, Claim, Communication, Status};
use crate::platform::db::schema::{claims, communication_bodies, communication_statuses, communications};
use crate::platform::ids::AccountId;

/// Where people are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Claims,
    Communications,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Claims => "claims",
            Self::Communications => "communications",
        }
    }
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Up to `limit` records with all of these keys, in no order.
pub(super) async fn with_keys(
    conn: &mut AsyncPgConnection,
    table: Table,
    account: AccountId,
    keys: &[i64],
    limit: i64,
) -> QueryResult<Vec<Uuid>> {
    let rows: Vec<Id> = diesel::sql_query(format!(
        "WITH found AS MATERIALIZED (SELECT id, account_id FROM {} WHERE person_keys @> $2) \
         SELECT id FROM found WHERE account_id = $1 LIMIT $3",
        table.name()
    ))
    .bind::<SqlUuid, _>(account)
    .bind::<Array<BigInt>, _>(keys)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// A walk along the records of an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    /// Begins after this record; nothing for the end of the list.
    pub from: Option<Uuid>,
    /// Towards newer records, as against older ones.
    pub newer: bool,
    /// Looks at so many records.
    pub steps: i64,
    /// Stops at so many that have the keys.
    pub limit: i64,
}

/// What a walk found, in its order, and where it stopped without having found enough; nothing at the end of
/// the records.
pub(super) async fn walk(
    conn: &mut AsyncPgConnection,
    table: Table,
    account: AccountId,
    keys: &[i64],
    walk: Walk,
) -> QueryResult<(Vec<Uuid>, Option<Uuid>)> {
    let (beyond, order, end) =
        if walk.newer { (">", "ASC", Uuid::nil()) } else { ("<", "DESC", Uuid::max()) };
    let from = walk.from.unwrap_or(end);
    let stretch = |columns: &str| {
        format!(
            "SELECT {columns} FROM {} WHERE account_id = $1 AND id {beyond} $2 ORDER BY id {order} LIMIT $3",
            table.name()
        )
    };
    let found = format!(
        "SELECT id FROM ({}) s WHERE person_keys @> $4 ORDER BY id {order} LIMIT $5",
        stretch("id, person_keys")
    );
    let found: Vec<Id> = diesel::sql_query(found)
        .bind::<SqlUuid, _>(account)
        .bind::<SqlUuid, _>(from)
        .bind::<BigInt, _>(walk.steps)
        .bind::<Array<BigInt>, _>(keys)
        .bind::<BigInt, _>(walk.limit)
        .load(conn)
        .await?;
    let found: Vec<Uuid> = found.into_iter().map(|row| row.id).collect();
    if i64::try_from(found.len()).unwrap_or(0) >= walk.limit {
        return Ok((found, None));
    }
    let last = format!("SELECT id FROM ({}) s ORDER BY id {order} OFFSET $3 - 1", stretch("id"));
    let last: Vec<Id> = diesel::sql_query(last)
        .bind::<SqlUuid, _>(account)
        .bind::<SqlUuid, _>(from)
        .bind::<BigInt, _>(walk.steps)
        .load(conn)
        .await?;
    Ok((found, last.into_iter().next().map(|row| row.id)))
}

/// These claims of an account, newest first.
pub(super) async fn claims(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    ids: &[Uuid],
) -> QueryResult<Vec<Claim>> {
    claims::table
        .filter(claims::account_id.eq(account).and(claims::id.eq_any(ids)))
        .order(claims::id.desc())
        .select(Claim::as_select())
        .load(conn)
        .await
}

/// These communications of an account, newest first.
pub(super) async fn communications(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    ids: &[Uuid],
) -> QueryResult<Vec<Communication>> {
    communications::table
        .filter(communications::account_id.eq(account).and(communications::id.eq_any(ids)))
        .order(communications::id.desc())
        .select(Communication::as_select())
        .load(conn)
        .await
}

/// How these communications went, each in the order of time.
pub(super) async fn statuses(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<Status>> {
    communication_statuses::table
        .filter(communication_statuses::communication_id.eq_any(ids))
        .order((communication_statuses::communication_id.desc(), communication_statuses::id))
        .select(Status::as_select())
        .load(conn)
        .await
}

/// What these communications say, sealed.
pub(super) async fn bodies(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<Body>> {
    communication_bodies::table
        .filter(communication_bodies::communication_id.eq_any(ids))
        .order(communication_bodies::communication_id.desc())
        .select(Body::as_select())
        .load(conn)
        .await
}

/// How many of these communications have a body.
pub(super) async fn count_bodies(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<i64> {
    communication_bodies::table
        .filter(communication_bodies::communication_id.eq_any(ids))
        .count()
        .get_result(conn)
        .await
}

/// Deletes claims. Communications that belonged to them stay.
pub(super) async fn delete_claims(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<()> {
    diesel::delete(claims::table.filter(claims::id.eq_any(ids))).execute(conn).await.map(drop)
}

/// Deletes communications with their statuses and bodies.
pub(super) async fn delete_communications(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<()> {
    diesel::delete(communications::table.filter(communications::id.eq_any(ids))).execute(conn).await.map(drop)
}
