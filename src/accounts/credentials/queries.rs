//! SQL that all credentials share.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::LeakResponse;
use crate::platform::db::schema::{account_members, accounts, people};
use crate::platform::ids::{AccountId, PersonId};

/// Somebody who is told.
#[derive(Clone, Debug, Queryable)]
pub(in crate::accounts) struct Recipient {
    pub id: PersonId,
    pub name: String,
    pub email: String,
}

/// Locks an account until the end of the transaction. Rows that name it can still be written.
pub(super) async fn lock(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    let row = accounts::table.find(account).select(accounts::id).for_no_key_update();
    row.first::<AccountId>(conn).await?;
    Ok(())
}

/// The owner, and whoever made a credential as long as they are a member.
pub(in crate::accounts) async fn concerned(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    maker: Option<PersonId>,
) -> QueryResult<Vec<Recipient>> {
    let owner = accounts::table.find(account).select(accounts::owner_id);
    let maker = account_members::table
        .filter(account_members::account_id.eq(account))
        .filter(account_members::person_id.eq(maker.unwrap_or(PersonId(Uuid::nil()))))
        .select(account_members::person_id);
    people::table
        .filter(people::id.eq_any(owner).or(people::id.eq_any(maker)))
        .select((people::id, people::name, people::email))
        .order(people::id)
        .load(conn)
        .await
}

pub(super) async fn leak_response(
    conn: &mut AsyncPgConnection,
    account: AccountId,
) -> QueryResult<LeakResponse> {
    let response: String = accounts::table.find(account).select(accounts::leak_response).first(conn).await?;
    Ok(LeakResponse::parse(&response).expect("the database keeps to the responses"))
}

/// Answers whether that changed anything.
pub(super) async fn set_leak_response(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    response: LeakResponse,
) -> QueryResult<bool> {
    let changed = diesel::update(accounts::table.find(account))
        .filter(accounts::leak_response.ne(response.as_str()))
        .set(accounts::leak_response.eq(response.as_str()))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}
