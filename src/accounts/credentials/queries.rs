//! SQL that all credentials share.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::LeakResponse;
use crate::accounts::permissions::{AccountRight, AccountRole};
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

/// The owner, and whoever made a credential as long as they are a member. Once they are none, the members who may manage
/// credentials are told in their place; somebody who left is told nothing of the account any more.
pub(in crate::accounts) async fn concerned(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    maker: Option<PersonId>,
) -> QueryResult<Vec<Recipient>> {
    let owner: PersonId = accounts::table.find(account).select(accounts::owner_id).first(conn).await?;
    let members = account_members::table.filter(account_members::account_id.eq(account));
    let mut told = vec![owner];
    if let Some(maker) = maker.filter(|maker| *maker != owner) {
        let theirs = members.filter(account_members::person_id.eq(maker));
        if diesel::select(exists(theirs)).get_result(conn).await? {
            told.push(maker);
        } else {
            let roles = [AccountRole::Owner].into_iter().chain(AccountRole::MEMBERS);
            let roles = roles.filter(|role| AccountRight::ManageCredentials.granted_to(*role));
            let roles: Vec<&str> = roles.map(AccountRole::as_str).collect();
            let stand_ins = members.filter(account_members::role.eq_any(roles));
            told.extend(stand_ins.select(account_members::person_id).load::<PersonId>(conn).await?);
        }
    }
    people::table
        .filter(people::id.eq_any(told))
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
