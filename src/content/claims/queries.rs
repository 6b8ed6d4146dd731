//! The SQL of claims.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::stored::Columns;
use super::{Filter, Stored};
use crate::platform::db::schema::{claims, communications};
use crate::platform::ids::{AccountId, ClaimId, RestrictionId};

/// A claim of the account, restricted or not.
pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: ClaimId,
) -> QueryResult<Stored> {
    let claim = claims::table.find(id).filter(claims::account_id.eq(account));
    claim.select(Stored::as_select()).first(conn).await
}

/// As [`find`], and nobody else changes it until the transaction ends.
pub(super) async fn lock(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: ClaimId,
) -> QueryResult<Stored> {
    let claim = claims::table.find(id).filter(claims::account_id.eq(account));
    claim.select(Stored::as_select()).for_update().first(conn).await
}

/// The newest claims that a filter lets through, after another one, without restricted ones.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    filter: &Filter,
    after: Option<ClaimId>,
    rows: i64,
) -> QueryResult<Vec<Stored>> {
    selection(account, filter, after).limit(rows).select(Stored::as_select()).load(conn).await
}

/// What a filter lets through, newest first, after another one, without restricted ones.
pub(super) fn selection(
    account: AccountId,
    filter: &Filter,
    after: Option<ClaimId>,
) -> claims::BoxedQuery<'static, diesel::pg::Pg> {
    let mut query = claims::table
        .filter(claims::account_id.eq(account).and(claims::restriction_id.is_null()))
        .order(claims::id.desc())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(claims::id.lt(after));
    }
    if let Some(state) = filter.state {
        query = query.filter(claims::state.eq(state.as_str()));
    }
    if let Some(insurer) = filter.insurer.clone() {
        query = query.filter(claims::insurer.eq(insurer));
    }
    if let Some(number) = filter.claim_number.clone() {
        query = query.filter(claims::claim_number.eq(number));
    }
    if let Some(from) = filter.lost_from {
        query = query.filter(claims::lost_on.ge(from));
    }
    if let Some(to) = filter.lost_to {
        query = query.filter(claims::lost_on.le(to));
    }
    if let Some((vin, key)) = filter.vin.clone() {
        // The key is indexed, the VIN decides.
        query = query.filter(claims::person_keys.contains(vec![key])).filter(claims::vin.eq(vin));
    }
    query
}

/// Stores a new claim.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: ClaimId,
    columns: &Columns<'_>,
    restriction: Option<RestrictionId>,
    now: DateTime<Utc>,
) -> QueryResult<Stored> {
    diesel::insert_into(claims::table)
        .values((
            columns,
            claims::id.eq(id),
            claims::account_id.eq(account),
            claims::restriction_id.eq(restriction),
            claims::created_at.eq(now),
            claims::updated_at.eq(now),
        ))
        .returning(Stored::as_returning())
        .get_result(conn)
        .await
}

/// Writes a claim anew, one version on.
pub(super) async fn update(
    conn: &mut AsyncPgConnection,
    id: ClaimId,
    columns: &Columns<'_>,
    restriction: Option<RestrictionId>,
    now: DateTime<Utc>,
) -> QueryResult<Stored> {
    diesel::update(claims::table.find(id))
        .set((
            columns,
            claims::restriction_id.eq(restriction),
            claims::version.eq(claims::version + 1),
            claims::updated_at.eq(now),
        ))
        .returning(Stored::as_returning())
        .get_result(conn)
        .await
}

/// Deletes a claim. Communications that belong to it stay, and are a version on.
pub(super) async fn delete(conn: &mut AsyncPgConnection, id: ClaimId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(communications::table.filter(communications::claim_id.eq(id)))
        .set((
            communications::claim_id.eq(None::<ClaimId>),
            communications::version.eq(communications::version + 1),
            communications::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    diesel::delete(claims::table.find(id)).execute(conn).await?;
    Ok(())
}
