//! Claims on insured vehicles, as insurers and lenders exchange them (S17, S18). They belong to the customer whose
//! program stores them; the number of a loan account is sealed, and a record that is restricted on a person's
//! wish is closed to programs until that is lifted (S159).

pub mod api;
pub mod command_line;
pub mod csv;
pub mod draft;
pub mod export;
mod fields;
pub mod import;
mod merge_patch;
mod queries;
mod restrictions;
pub mod schemas;
mod stored;
pub mod vin;

pub use stored::{LOAN_PLACE, Stored};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use serde_json::Value;

use draft::{ClaimDraft, ClaimState, Origin};
use stored::Columns;

use super::ledger::{self, Gone};
use super::locks;
use super::person_keys::PersonKeys;
use super::products::Product;
use super::restrictions::{in_force, match_for};
use super::storage;
use crate::api::client::ApiClient;
use crate::api::idempotency::{self, Answer, Once};
use crate::api::problem::Problem;
use crate::api::scopes::WritesClaims;
use crate::api::versions::IfMatch;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::crypto::Keys;
use crate::platform::error::violates;
use crate::platform::ids::{AccountId, ClaimId};

/// Which claims a list or an export is about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<ClaimState>,
    /// Of this insurer.
    pub insurer: Option<String>,
    /// With this number.
    pub claim_number: Option<String>,
    /// Lost on this day or later.
    pub lost_from: Option<NaiveDate>,
    /// Lost on this day or earlier.
    pub lost_to: Option<NaiveDate>,
    /// About this vehicle: its VIN, and the key by which it is found.
    pub vin: Option<(String, i64)>,
}

/// Whether something that looks like an address or a number of somebody stands in a friendly name (S99).
pub(super) fn names_somebody(friendly_name: &str, keys: &Keys, account: AccountId) -> bool {
    let mut found = PersonKeys::new(keys, account);
    found.add_text(friendly_name);
    !found.into_vec().is_empty()
}

fn number_taken(error: diesel::result::Error) -> Problem {
    if violates(&error, "claims_number") {
        return Problem::conflict().because("A claim of this insurer with this number is stored already.");
    }
    error.into()
}

/// Stores a new claim, once for each idempotency key.
///
/// # Errors
/// 409 for a number that the insurer's claims have already and where the account stores no claims, and what
/// [`Once::begin`] refuses.
pub async fn create(
    conn: &mut AsyncPgConnection,
    once: &Once<'_>,
    draft: &ClaimDraft,
) -> Result<Answer, Problem> {
    let (id, columns) = (ClaimId::new(once.now), Columns::of(draft, once.keys, once.account));
    conn.transaction(async |conn| {
        if let Some(again) = once.begin(conn).await? {
            return Ok(again);
        }
        storage::must_store(&storage::hold(conn, once.account, once.now).await?, Product::Claims)?;
        let restriction = match_for(conn, once.account, &columns.person_keys).await?;
        let claim = queries::insert(conn, once.account, id, &columns, restriction, once.now).await;
        let claim = claim.map_err(number_taken)?;
        once.keep(conn, api::created(claim, once.account, once.keys)?).await
    })
    .await
}

/// One claim.
///
/// # Errors
/// 404 where there is none of the account, 423 for a restricted one.
pub async fn show(conn: &mut AsyncPgConnection, account: AccountId, id: ClaimId) -> Result<Stored, Problem> {
    queries::find(conn, account, id).await?.unrestricted()
}

/// The newest claims that a filter lets through, after another one, without restricted ones.
///
/// # Errors
/// What the database says.
pub async fn list(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    filter: &Filter,
    after: Option<ClaimId>,
    rows: i64,
) -> QueryResult<Vec<Stored>> {
    queries::list(conn, account, filter, after, rows).await
}

/// Changes a claim by a JSON merge patch (RFC 7396) of what a program may write.
///
/// # Errors
/// 404, 412 where it is another version by now, 422 where the claim would not be valid, 423, and 409 for a number that is
/// taken.
pub async fn update(
    app: &App,
    account: AccountId,
    id: ClaimId,
    versions: &IfMatch,
    patch: Value,
) -> Result<Stored, Problem> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // Before the row.
        let in_force = in_force(conn, account).await?;
        let present = queries::lock(conn, account, id).await?.unrestricted()?;
        versions.check(present.version)?;
        let mut value = serde_json::to_value(present.draft(&app.keys)?).map_err(anyhow::Error::from)?;
        merge_patch::merge(&mut value, patch);
        let read = ClaimDraft::read(value, Origin::Request);
        let draft = read.map_err(|errors| Problem::invalid().with_errors(errors))?;
        let columns = Columns::of(&draft, &app.keys, account);
        let restriction = in_force.iter().find(|one| one.covers(&columns.person_keys)).map(|one| one.id);
        queries::update(conn, id, &columns, restriction, now).await.map_err(number_taken)
    })
    .await
}

/// Deletes a claim at once. Communications that belong to it stay; what was answered about it is forgotten.
///
/// # Errors
/// 404, 412 where it is another version by now, 423.
pub async fn delete(
    app: &App,
    client: &ApiClient<WritesClaims>,
    id: ClaimId,
    versions: &IfMatch,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // The ledger names it.
        locks::share_account(conn, client.account).await?;
        let present = queries::lock(conn, client.account, id).await?.unrestricted()?;
        versions.check(present.version)?;
        locks::communications_of(conn, id).await?;
        queries::delete(conn, id, now).await?;
        ledger::record(conn, &app.keys, client.account, Gone::Claim(id), now).await?;
        idempotency::forget(conn, &[id.0]).await?;
        let from = client.caller.circumstances();
        let event = Event::new(client.actor(), "account", client.account.0, "claim.deleted", &from);
        audit::append(conn, now, event).await?;
        Ok(())
    })
    .await
}
