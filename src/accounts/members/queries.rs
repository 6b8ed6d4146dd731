//! SQL of members.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Fellow;
use crate::accounts::permissions::AccountRole;
use crate::platform::db::schema::{account_members, people};
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::pagination::Keyset;

type Columns = (
    account_members::person_id,
    people::name,
    people::email,
    account_members::role,
    account_members::joined_at,
);
const COLUMNS: Columns = (
    account_members::person_id,
    people::name,
    people::email,
    account_members::role,
    account_members::joined_at,
);

/// Newest first, or with `after` the ones that follow it, oldest first.
pub(super) async fn page(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    keyset: &Keyset,
) -> QueryResult<Vec<Fellow>> {
    let mut query = account_members::table
        .inner_join(people::table)
        .filter(account_members::account_id.eq(account))
        .select(COLUMNS)
        .limit(Keyset::LIMIT)
        .into_boxed();
    let (before, after) = (keyset.before.map(PersonId), keyset.after.map(PersonId));
    query = match (before, after) {
        (_, Some(after)) => {
            query.filter(account_members::person_id.gt(after)).order(account_members::person_id.asc())
        }
        (before, None) => query
            .filter(account_members::person_id.lt(before.unwrap_or(PersonId(Uuid::max()))))
            .order(account_members::person_id.desc()),
    };
    query.load(conn).await
}

pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person: PersonId,
) -> QueryResult<Fellow> {
    account_members::table.find((account, person)).inner_join(people::table).select(COLUMNS).first(conn).await
}

pub(super) async fn set_role(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person: PersonId,
    role: AccountRole,
) -> QueryResult<()> {
    diesel::update(account_members::table.find((account, person)))
        .set(account_members::role.eq(role.as_str()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes somebody out of an account, inside the caller's transaction, which holds the account.
///
/// # Errors
/// What the database says.
pub async fn remove(conn: &mut AsyncPgConnection, account: AccountId, person: PersonId) -> QueryResult<()> {
    diesel::delete(account_members::table.find((account, person))).execute(conn).await?;
    Ok(())
}

/// Puts somebody into an account who is not in it, inside the caller's transaction, which holds the account.
///
/// # Errors
/// What the database says; it refuses the owner.
pub async fn add(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person: PersonId,
    role: AccountRole,
    invited_by: Option<Uuid>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(account_members::table)
        .values((
            account_members::account_id.eq(account),
            account_members::person_id.eq(person),
            account_members::role.eq(role.as_str()),
            account_members::invited_by.eq(invited_by),
            account_members::joined_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
