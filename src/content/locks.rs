//! The locks on content, and the one order in which everybody takes them, so that of two who want the same things each
//! waits for the other at most once, and never both at the same time:
//!
//! 1. the key of a request (`Idempotency-Key`), which a copy of the request waits for;
//! 2. the row of the account: shared by whoever stores, restricts or deletes, alone by whoever decides what is stored;
//! 3. the arrivals of the account, an advisory lock: shared by whoever stores or changes a record, alone by whoever
//!    begins or lifts a restriction or deletes a person;
//! 4. claims, in the order of their ids;
//! 5. communications, in the order of their ids; their statuses and bodies only under the lock of the communication;
//! 6. the audit log, last of all.
//!
//! Whoever also locks a person takes the account first: who decides about an account has it, and then mails its members.
//!
//! What is not needed is left out, and nothing is taken twice in another place. Three have leave to differ:
//!
//! - An import stores claims before it shares the arrivals, so that a file of a million lines keeps no restriction
//!   waiting. Nobody else sees those claims yet.
//! - The nightly sweep waits for nobody. It takes the claims that are free, of those only the ones whose communications
//!   are free too, and leaves the rest to the next night.
//! - Answers that were kept are forgotten with the record that they are about. Whoever holds such a key waits for nothing
//!   of that: it only reads what was answered.
//!
//! What the database locks by itself counts too: a row that names an account, a claim or a communication shares that
//! one, and deleting a claim writes its communications.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::db::schema::accounts;
use crate::platform::ids::{AccountId, ClaimId, RestrictionId};

/// Longest wait for each lock of whoever goes from account to account: one that somebody has for long, as by an import of
/// all or nothing, does not hold up the others.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// First half of the key of the arrivals; the other half is of the account. As in the function `restriction_for`.
const ARRIVALS: &str = "x'4c580007'::integer, hashtext($1::uuid::text)";

/// Shares the account's row until the end of the transaction: its storage choices do not change meanwhile.
///
/// # Errors
/// What the database says; `NotFound`.
pub async fn share_account(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    let row = accounts::table.find(account).select(accounts::id).for_key_share();
    row.first::<AccountId>(conn).await.map(drop)
}

/// Takes the account's row alone until the end of the transaction: nobody stores anything in it meanwhile.
///
/// # Errors
/// What the database says; `NotFound`.
pub async fn hold_account(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    let row = accounts::table.find(account).select(accounts::id).for_update();
    row.first::<AccountId>(conn).await.map(drop)
}

/// Keeps restrictions and deletions of people waiting until this transaction ends. Call it before the first lock of a
/// record that is there already.
///
/// # Errors
/// What the database says.
pub async fn share_arrivals(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    arrivals(conn, account, "SELECT pg_advisory_xact_lock_shared").await
}

/// Waits for everybody who is storing a record in the account, and lets nobody begin until this transaction ends. It
/// shares the account's row, which whatever is written for it will name. Call it before the first look at the records.
///
/// # Errors
/// What the database says; `NotFound` where there is no such account.
pub async fn hold_arrivals(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    share_account(conn, account).await?;
    arrivals(conn, account, "SELECT pg_advisory_xact_lock").await
}

async fn arrivals(conn: &mut AsyncPgConnection, account: AccountId, function: &str) -> QueryResult<()> {
    diesel::sql_query(format!("{function}({ARRIVALS})")).bind::<SqlUuid, _>(account).execute(conn).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Locks every record of an account that has all of these keys or is under one of these restrictions, and the
/// communications of those claims. Needs the arrivals, so that there are no more of them afterwards.
///
/// # Errors
/// What the database says.
pub async fn records(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    keys: &[i64],
    restrictions: &[RestrictionId],
) -> QueryResult<()> {
    // Found by their indexes first, whatever the planner thinks of the whole.
    let find = |table: &str, more: &str| {
        format!(
            "SELECT id FROM {table} WHERE account_id = $1 AND id = ANY (ARRAY( \
                SELECT id FROM {table} WHERE $2 <> '{{}}' AND person_keys @> $2 \
                UNION SELECT id FROM {table} WHERE restriction_id = ANY ($3) {more})) ORDER BY id FOR UPDATE"
        )
    };
    let claims: Vec<Id> = diesel::sql_query(find("claims", ""))
        .bind::<SqlUuid, _>(account)
        .bind::<Array<BigInt>, _>(keys)
        .bind::<Array<SqlUuid>, _>(restrictions)
        .load(conn)
        .await?;
    let claims: Vec<Uuid> = claims.into_iter().map(|row| row.id).collect();
    diesel::sql_query(find("communications", "UNION SELECT id FROM communications WHERE claim_id = ANY ($4)"))
        .bind::<SqlUuid, _>(account)
        .bind::<Array<BigInt>, _>(keys)
        .bind::<Array<SqlUuid>, _>(restrictions)
        .bind::<Array<SqlUuid>, _>(claims)
        .execute(conn)
        .await
        .map(drop)
}

/// Locks the communications of a claim, whose lock the caller has.
///
/// # Errors
/// What the database says.
pub async fn communications_of(conn: &mut AsyncPgConnection, claim: ClaimId) -> QueryResult<()> {
    diesel::sql_query("SELECT id FROM communications WHERE claim_id = $1 ORDER BY id FOR UPDATE")
        .bind::<SqlUuid, _>(claim)
        .execute(conn)
        .await
        .map(drop)
}
