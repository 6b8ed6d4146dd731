//! Who in an account is told by mail: each with id, name and address.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::permissions::AccountRole;
use crate::platform::db::schema::{account_members, accounts, people};
use crate::platform::ids::{AccountId, PersonId};

/// Somebody who is told: id, name and address.
pub type Reader = (PersonId, String, String);

/// Everybody who is in an account, the owner first.
///
/// # Errors
/// What the database says.
pub async fn everybody(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    owner: PersonId,
) -> QueryResult<Vec<Reader>> {
    let members = account_members::table
        .filter(account_members::account_id.eq(account))
        .select(account_members::person_id);
    people::table
        .filter(people::id.eq(owner).or(people::id.eq_any(members)))
        .order((people::id.ne(owner), people::id))
        .select((people::id, people::name, people::email))
        .load(conn)
        .await
}

/// Those who answer for the data in an account: its owner and its members for privacy.
///
/// # Errors
/// What the database says.
pub async fn answerable(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Vec<Reader>> {
    let owner = accounts::table.find(account).select(accounts::owner_id);
    let privacy = account_members::table
        .filter(account_members::account_id.eq(account))
        .filter(account_members::role.eq(AccountRole::Privacy.as_str()))
        .select(account_members::person_id);
    people::table
        .filter(people::id.eq_any(owner).or(people::id.eq_any(privacy)))
        .order(people::id)
        .select((people::id, people::name, people::email))
        .load(conn)
        .await
}
