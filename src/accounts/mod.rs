//! What customers own: named accounts, each with an owner, members, a state, credentials for its
//! programs, and what the programs keep in it (S38, S54).
//!
//! - [`account`], [`states`], [`closure`]: making and naming one, where it stands, its end
//! - [`guard`], [`permissions`]: who may do what in it; [`frame`]: the head of its pages
//! - [`members`], [`invitations`], [`handovers`]: who is in it, how they come, and what changes hands
//! - [`notices`], [`readers`]: what they are told by mail, and who of them
//! - [`invoices`]: what the billing system tells, and how long it is kept
//! - [`subscriber_records`]: who uses a number, where a local law asks for that
//! - [`credentials`]: what [`auth_token`] and [`api_keys`] share; [`secrets`]: what their secrets look like
//! - [`leak_desk`]: secrets that were found in the open
//! - [`activity`], [`request_log`]: what people and programs did in it; [`api`]: the account itself, for programs

pub mod account;
pub mod activity;
pub mod api;
pub mod api_keys;
pub mod auth_token;
pub mod closure;
pub mod credentials;
pub mod frame;
pub mod guard;
pub mod handovers;
pub mod invitations;
pub mod invoices;
pub mod leak_desk;
pub mod members;
pub mod notices;
pub mod permissions;
pub mod readers;
pub mod request_log;
pub mod secrets;
pub mod states;
pub mod subscriber_records;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::identity::people;
use crate::platform::audit::Actor;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::accounts;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::guards::SignedIn;

use closure::read_only;
use guard::Account;
use permissions::AccountRight;
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
    states::begin(conn, account, State::Trial, Actor::Customer(owner.0), "The account was made", now).await?;
    auth_token::create(conn, keys, account, auth_token::Slot::Primary, Some(owner), now).await
}

/// What an account is called.
///
/// # Errors
/// What the database says; `NotFound` for an account that is not there.
pub async fn name_of(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<String> {
    accounts::table.find(account).select(accounts::name).first(conn).await
}

/// Locks an account, then whoever is signed in, and answers the account as they see it now: changes to who is in
/// an account happen one after the other, and what was true when the page was made is looked at again. Whoever
/// changes members, ownership or the point of contact calls this first.
///
/// # Errors
/// `NotFound` if it is not theirs any more; `RollbackTransaction` as of [`people::lock_as`].
pub async fn lock(conn: &mut AsyncPgConnection, id: AccountId, who: &SignedIn) -> QueryResult<Account> {
    lock_row(conn, id).await?;
    people::lock_as(conn, who).await?;
    guard::find(conn, id, who.person).await
}

/// The row of an account alone, for whoever is no member of it yet.
///
/// # Errors
/// `NotFound` for an account that is not there.
pub async fn lock_row(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<()> {
    // What programs write refers to the account and must not wait for this.
    let row = accounts::table.find(id).select(accounts::id).for_no_key_update();
    row.first::<AccountId>(conn).await.map(|_| ())
}

/// As [`lock`], for what an owner may also do while the account is closing: what protects somebody, and the closure itself.
///
/// # Errors
/// `NotFound` if they are not the owner any more, `Barred` if it is closed.
pub async fn lock_to_manage(
    conn: &mut AsyncPgConnection,
    id: AccountId,
    who: &SignedIn,
) -> Result<Account, AppError> {
    let account = lock_with(conn, id, who, AccountRight::Manage).await?;
    read_only::must_not_be_closed(conn, id, account.state).await?;
    Ok(account)
}

/// As [`lock`], for a change that takes this right: an account on its way out is read-only (S163). The closure waits for the
/// same lock, so that of the two at once one comes wholly before the other.
///
/// # Errors
/// `NotFound` if they have the right no more, `Barred` if it is being closed, or is.
pub async fn lock_to_change(
    conn: &mut AsyncPgConnection,
    id: AccountId,
    who: &SignedIn,
    right: AccountRight,
) -> Result<Account, AppError> {
    let account = lock_with(conn, id, who, right).await?;
    read_only::must_be_open(conn, id, account.state).await?;
    Ok(account)
}

/// As [`lock`], for whoever has this right.
///
/// # Errors
/// `NotFound` if they have it no more; else as [`lock`].
pub async fn lock_with(
    conn: &mut AsyncPgConnection,
    id: AccountId,
    who: &SignedIn,
    right: AccountRight,
) -> Result<Account, AppError> {
    let account = lock(conn, id, who).await?;
    if right.granted_to(account.role) { Ok(account) } else { Err(AppError::NotFound) }
}
