//! What customers own. So far everybody has the one account that comes with signing up (S38).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::db::schema::accounts;
use crate::platform::ids::{AccountId, PersonId};

/// Makes somebody's first account, inside the caller's transaction. Its owner names it later.
///
/// # Errors
/// What the database says.
pub async fn create_first(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    owner: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(account),
            accounts::owner_id.eq(owner),
            accounts::name.eq("My first account"),
            accounts::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
