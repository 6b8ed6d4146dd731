//! What customers own: named accounts, each with an owner, members, a state, credentials for its
//! programs, and what the programs keep in it (S38, S54).

pub mod api_keys;
pub mod auth_token;
pub mod credentials;
pub mod frame;
pub mod guard;
pub mod leak_desk;
pub mod permissions;
pub mod request_log;
pub mod secrets;
pub mod states;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::audit::Actor;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::accounts;
use crate::platform::ids::{AccountId, PersonId};

use states::State;

/// What a first account is called until its owner names it.
const FIRST_NAME: &str = "My first account";

/// Makes somebody's first account, inside the caller's transaction. Its owner names it later.
///
/// # Errors
/// What the database says.
pub async fn create_first(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    owner: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    insert(conn, keys, account, owner, FIRST_NAME, now).await
}

/// Makes an account with its state and its auth token (S55), inside the caller's transaction. The owner is the
/// point of contact until that is handed over (S96).
///
/// # Errors
/// What the database says.
pub async fn insert(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    owner: PersonId,
    name: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(account),
            accounts::owner_id.eq(owner),
            accounts::contact_id.eq(owner),
            accounts::name.eq(name),
            accounts::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    states::begin(conn, account, State::Trial, Actor::Customer(owner.0), "Made by its owner", now).await?;
    auth_token::create(conn, keys, account, auth_token::Slot::Primary, Some(owner), now).await
}

/// What an account is called.
///
/// # Errors
/// What the database says; `NotFound` for an account that is not there.
pub async fn name_of(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<String> {
    accounts::table.find(account).select(accounts::name).first(conn).await
}
