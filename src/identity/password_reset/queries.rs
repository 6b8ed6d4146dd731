//! SQL of password resets.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{LIVES, Reset};
use crate::platform::db::schema::{password_resets, people};
use crate::platform::ids::{PersonId, new_uuid};

/// Puts a new reset in the place of the open one. For an id that nobody has the same statements
/// run and write nothing.
pub(super) async fn replace(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    void_open(conn, person).await?;
    let row = people::table.find(person).select((
        new_uuid(now).into_sql::<SqlUuid>(),
        people::id,
        token_hash.into_sql::<Binary>(),
        now.into_sql::<Timestamptz>(),
        (now + LIVES).into_sql::<Timestamptz>(),
    ));
    diesel::insert_into(password_resets::table)
        .values(row)
        .into_columns((
            password_resets::id,
            password_resets::person_id,
            password_resets::token_hash,
            password_resets::created_at,
            password_resets::expires_at,
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Drops the resets that nobody has used.
pub(super) async fn void_open(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    let open = password_resets::table
        .filter(password_resets::person_id.eq(person).and(password_resets::used_at.is_null()));
    diesel::delete(open).execute(conn).await?;
    Ok(())
}

pub(super) async fn find(conn: &mut AsyncPgConnection, token_hash: &[u8]) -> QueryResult<Option<Reset>> {
    password_resets::table
        .inner_join(people::table)
        .filter(password_resets::token_hash.eq(token_hash))
        .select((
            password_resets::person_id,
            people::name,
            people::email,
            password_resets::expires_at,
            password_resets::used_at,
        ))
        .first(conn)
        .await
        .optional()
}

/// Answers whether it was this call that used the link up.
pub(super) async fn mark_used(
    conn: &mut AsyncPgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let open = password_resets::table
        .filter(password_resets::token_hash.eq(token_hash))
        .filter(password_resets::used_at.is_null().and(password_resets::expires_at.gt(now)));
    let used = diesel::update(open).set(password_resets::used_at.eq(now)).execute(conn).await?;
    Ok(used > 0)
}
