//! Messages that a customer's program sent or received: who, when and how it went (Customer Usage Data, S98). What a
//! message says is Customer Content and stands apart (S100): it is kept only where the account chose so, sealed, and
//! otherwise never stored (S103).
//!
//! Storing a message shares a lock of the account's row, deciding what is stored takes it alone. So a message comes
//! wholly before a decision or wholly after it.

mod addresses;
pub mod api;
mod change;
mod draft;
mod filter;
mod queries;
pub mod status;
pub mod statuses;
mod travel;

pub use travel::{Channel, Direction};

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use self::change::Change;
use self::draft::{Draft, New, Terms};
use self::queries::Row;
use super::ledger::{self, Gone};
use super::person_keys::{IdentifierKind, PersonKeys};
use super::products::Product;
use super::{locks, restrictions, storage};
use crate::api::body::Body;
use crate::api::client::ApiClient;
use crate::api::idempotency::{self, IdempotencyKey, Once};
use crate::api::problem::Problem;
use crate::api::scopes::{ReadsCommunications, WritesCommunications};
use crate::api::versions::IfMatch;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::crypto::Keys;
use crate::platform::ids::{AccountId, CommunicationId};
use crate::trust::suspensions::{Act, standing};

/// Where bodies are sealed.
pub const BODY_PLACE: &str = "communication_bodies.sealed_body";

/// By whom a communication is found: its addresses and numbers, and the words, addresses and numbers of its
/// friendly name (S98, S99).
fn person_keys(keys: &Keys, account: AccountId, contacts: &[&str], friendly_name: Option<&str>) -> Vec<i64> {
    let mut found = PersonKeys::new(keys, account);
    for contact in contacts {
        match contact.contains('@') {
            true => found.add(IdentifierKind::Email, contact),
            false => found.add(IdentifierKind::Phone, contact),
        }
    }
    if let Some(name) = friendly_name {
        found.add(IdentifierKind::Name, name);
        found.add_text(name);
    }
    found.into_vec()
}

/// By which the same words are recognised when an account sends them again, and nobody else's: 64 bits of a keyed digest.
fn body_key(keys: &Keys, account: AccountId, words: &str) -> i64 {
    let digest = keys.digest("communication body", &[account.0.as_bytes(), words.trim().as_bytes()].concat());
    i64::from_be_bytes(digest[..8].try_into().expect("a digest of 32 bytes"))
}

/// Refuses what is restricted on a person's wish (S159).
fn check_open(row: &Row) -> Result<(), Problem> {
    if row.restriction_id.is_some() {
        let detail = "Somebody in it asked that it is not used for now. Lift the restriction first.";
        return Err(Problem::restricted().because(detail));
    }
    Ok(())
}

/// Stores a communication once, and its body only where the account stores bodies. Answers it, and whether this is
/// the answer to an earlier copy of the request.
///
/// # Errors
/// 422 for fields that are wrong, 409 where the account stores no communications or the key belongs to another
/// request.
async fn create(
    app: &App,
    client: &ApiClient<WritesCommunications>,
    key: &IdempotencyKey,
    body: &Body<Draft>,
) -> Result<idempotency::Answer, Problem> {
    let now = app.clock.now();
    let once = Once { keys: &app.keys, account: client.account, key, digest: &body.digest, now };
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if let Some(answer) = once.begin(conn).await? {
            return Ok(answer);
        }
        let id = add(conn, app, client.account, &body.value, now).await?;
        let row = queries::find(conn, client.account, id).await?;
        once.keep(conn, api::created(client.account, row)).await
    })
    .await
}

/// Stores a communication, inside the caller's transaction, and its body only where the account stores bodies.
///
/// # Errors
/// 422 for fields that are wrong, 409 where the account stores no communications, 403 for one that is sent while sending
/// is paused (S127).
pub async fn add(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<CommunicationId, Problem> {
    let terms = terms(conn, account, draft, now).await?;
    store(conn, app, account, &draft.check(terms)?, now).await
}

/// Under which terms a communication is stored now; they stay until the end of the transaction.
async fn terms(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<Terms, Problem> {
    let choices = storage::hold(conn, account, now).await?;
    if draft.is_sent() {
        standing::must_allow(conn, account, Act::Send, now).await?;
    }
    storage::must_store(&choices, Product::Communications)?;
    // Before the claim.
    locks::share_arrivals(conn, account).await?;
    let claim_is_there = match draft.claim() {
        Some(claim) => queries::has_claim(conn, account, claim).await?,
        None => false,
    };
    Ok(Terms { claim_is_there, stores_bodies: storage::stores(&choices, Product::CommunicationBodies) })
}

async fn store(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    new: &New,
    now: DateTime<Utc>,
) -> Result<CommunicationId, Problem> {
    let id = CommunicationId::new(now);
    let contacts: Vec<&str> = [&new.from, &new.to].into_iter().flatten().map(String::as_str).collect();
    let keys = person_keys(&app.keys, account, &contacts, new.friendly_name.as_deref());
    let restriction = restrictions::match_for(conn, account, &keys).await?;
    let body_key = new.words.as_ref().map(|words| body_key(&app.keys, account, words.expose()));
    queries::insert(conn, &queries::Insert { id, account, new, keys, body_key, restriction, now }).await?;
    queries::insert_status(conn, id, new.status, None, now, now).await?;
    if let Some(body) = &new.body {
        let sealed = app.keys.seal(BODY_PLACE, body.expose().as_bytes());
        queries::insert_body(conn, id, sealed, now).await?;
    }
    Ok(id)
}

/// What a stored communication says.
///
/// # Errors
/// 404 where it is not there or nothing is stored, 423 where it is restricted.
async fn read_body(
    app: &App,
    client: &ApiClient<ReadsCommunications>,
    id: CommunicationId,
) -> Result<String, Problem> {
    let mut conn = app.db.get().await?;
    check_open(&queries::find(&mut conn, client.account, id).await?)?;
    let choices = storage::present(&mut conn, client.account).await?;
    // What was switched off is not read any more, also while the last of it is being deleted.
    if !storage::stores(&choices, Product::CommunicationBodies) {
        return Err(Problem::not_found());
    }
    let sealed = queries::body(&mut conn, id).await?;
    let plain = app.keys.open(BODY_PLACE, &sealed).map_err(anyhow::Error::from)?;
    Ok(String::from_utf8(plain).map_err(anyhow::Error::from)?)
}

/// Changes friendly name and claim.
///
/// # Errors
/// 404, 423 where it is restricted, 428 and 412 by its version, 422 for fields that are wrong.
async fn change(
    app: &App,
    client: &ApiClient<WritesCommunications>,
    id: CommunicationId,
    if_match: IfMatch,
    change: &Change,
) -> Result<Row, Problem> {
    let (account, now) = (client.account, app.clock.now());
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // Arrivals, then the claim, then the communication.
        let in_force = restrictions::in_force(conn, account).await?;
        let claim_is_there = match change.claim() {
            Some(claim) => queries::has_claim(conn, account, claim).await?,
            None => false,
        };
        let row = queries::lock(conn, account, id).await?;
        check_open(&row)?;
        if_match.required()?.check(row.version)?;
        let (friendly_name, claim) = change.check(&row, claim_is_there)?;
        if (&friendly_name, claim) == (&row.friendly_name, row.claim_id) {
            return Ok(row);
        }
        let contacts: Vec<&str> =
            [&row.sender, &row.recipient].into_iter().flatten().map(String::as_str).collect();
        let keys = person_keys(&app.keys, account, &contacts, friendly_name.as_deref());
        let restriction = in_force.iter().find(|one| one.covers(&keys)).map(|one| one.id);
        let update = queries::Update { friendly_name, claim, keys, restriction, now };
        queries::update(conn, id, update).await?;
        Ok(queries::find(conn, account, id).await?)
    })
    .await
}

/// Deletes a communication with its body, its statuses and what was answered about it, at once.
///
/// # Errors
/// 404, 423 where it is restricted, 412 where `if_match` names another version.
async fn delete(
    app: &App,
    client: &ApiClient<WritesCommunications>,
    id: CommunicationId,
    if_match: IfMatch,
) -> Result<(), Problem> {
    let (now, from) = (app.clock.now(), client.caller.circumstances());
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // The ledger names it.
        locks::share_account(conn, client.account).await?;
        let row = queries::lock(conn, client.account, id).await?;
        check_open(&row)?;
        if_match.check(row.version)?;
        queries::delete(conn, id).await?;
        ledger::record(conn, &app.keys, client.account, Gone::Communication(id), now).await?;
        idempotency::forget(conn, &[id.0]).await?;
        let sid = id.to_string();
        let event = Event::new(client.actor(), "account", client.account.0, "communication.deleted", &from)
            .note(&sid);
        audit::append(conn, now, event).await?;
        Ok(())
    })
    .await
}
