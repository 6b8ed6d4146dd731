//! Claims on insured vehicles, as insurers and lenders exchange them (S17, S18). They belong to the customer whose
//! program stores them; the number of a loan account is sealed, and a record that is restricted on a person's
//! wish is closed to programs until that is lifted (S159).

pub mod api;
mod codes;
pub mod command_line;
pub mod csv;
pub mod draft;
pub mod export;
mod fields;
pub mod import;
mod queries;
mod restrictions;
pub mod vin;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use serde_json::Value;
use uuid::Uuid;

use draft::{ClaimDraft, ClaimState, LoanDraft, Money, Origin, Vehicle};

use super::person_keys::{IdentifierKind, PersonKeys};
use super::restrictions::match_for;
use crate::api::client::ApiClient;
use crate::api::idempotency::{self, Answer, Once};
use crate::api::problem::Problem;
use crate::api::scopes::WritesClaims;
use crate::api::versions::IfMatch;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::crypto::Keys;
use crate::platform::db::schema::claims;
use crate::platform::error::violates;
use crate::platform::ids::{AccountId, ClaimId};

/// Where numbers of loan accounts are sealed.
pub const LOAN_PLACE: &str = "claims.sealed_loan_number";

/// A claim as it stands in the table.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = claims, check_for_backend(diesel::pg::Pg))]
pub struct Stored {
    /// Its id.
    pub id: ClaimId,
    /// How the insurer names it.
    pub claim_number: String,
    /// With whom the vehicle is insured.
    pub insurer: String,
    /// Under which policy.
    pub policy_number: Option<String>,
    /// What the customer calls it.
    pub friendly_name: Option<String>,
    /// How far it is.
    pub state: String,
    /// Day of the loss.
    pub lost_on: NaiveDate,
    /// Day of the report.
    pub reported_on: Option<NaiveDate>,
    /// The people in it, as JSON.
    pub parties: Value,
    /// The vehicle.
    pub vin: Option<String>,
    /// Its make.
    pub vehicle_make: Option<String>,
    /// Its model.
    pub vehicle_model: Option<String>,
    /// Its year.
    pub vehicle_year: Option<i32>,
    /// Who lent the money for it.
    pub lender: Option<String>,
    sealed_loan_number: Option<Vec<u8>>,
    /// The end of the loan account's number.
    pub loan_number_last4: Option<String>,
    /// What is claimed, in the currency's smallest unit.
    pub claimed_amount: Option<i64>,
    /// What was paid, in the currency's smallest unit.
    pub settled_amount: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// What the customer noted.
    pub notes: Option<String>,
    /// The restriction it is under.
    pub restriction_id: Option<Uuid>,
    /// Which version it is.
    pub version: i32,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Stored {
    /// The vehicle, if anything is known of it.
    pub fn vehicle(&self) -> Option<Vehicle> {
        let (vin, make, model) = (self.vin.clone(), self.vehicle_make.clone(), self.vehicle_model.clone());
        Some(Vehicle { vin, make, model, year: self.vehicle_year })
            .filter(|vehicle| *vehicle != Vehicle::default())
    }

    /// An amount with the claim's currency.
    pub fn money(&self, value: Option<i64>) -> Option<Money> {
        Some(Money { value: value?, currency: self.currency.clone()? })
    }

    /// The claim as a program would have written it, with the number of the loan account opened.
    fn draft(&self, keys: &Keys) -> anyhow::Result<ClaimDraft> {
        let open = |sealed: &Vec<u8>| anyhow::Ok(String::from_utf8(keys.open(LOAN_PLACE, sealed)?)?);
        let number = self.sealed_loan_number.as_ref().map(open).transpose()?;
        Ok(ClaimDraft {
            claim_number: self.claim_number.clone(),
            insurer: self.insurer.clone(),
            policy_number: self.policy_number.clone(),
            friendly_name: self.friendly_name.clone(),
            state: ClaimState::parse(&self.state).map_err(anyhow::Error::msg)?,
            lost_on: self.lost_on,
            reported_on: self.reported_on,
            parties: serde_json::from_value(self.parties.clone())?,
            vehicle: self.vehicle(),
            loan: Some(LoanDraft { lender: self.lender.clone(), number }),
            claimed_amount: self.money(self.claimed_amount),
            settled_amount: self.money(self.settled_amount),
            notes: self.notes.clone(),
        })
    }

    /// Refuses a restricted one.
    fn unrestricted(self) -> Result<Self, Problem> {
        match self.restriction_id {
            None => Ok(self),
            Some(_) => Err(Problem::restricted().because(
                "Somebody in this claim asked for its restriction. It is closed to programs until that is lifted.",
            )),
        }
    }
}

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

/// The columns that a draft fills.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = claims, treat_none_as_null = true)]
pub(crate) struct Columns<'a> {
    pub claim_number: &'a str,
    pub insurer: &'a str,
    pub policy_number: Option<&'a str>,
    pub friendly_name: Option<&'a str>,
    pub state: &'static str,
    pub lost_on: NaiveDate,
    pub reported_on: Option<NaiveDate>,
    pub parties: Value,
    pub vin: Option<&'a str>,
    pub vehicle_make: Option<&'a str>,
    pub vehicle_model: Option<&'a str>,
    pub vehicle_year: Option<i32>,
    pub lender: Option<&'a str>,
    pub sealed_loan_number: Option<Vec<u8>>,
    pub loan_number_last4: Option<&'a str>,
    pub claimed_amount: Option<i64>,
    pub settled_amount: Option<i64>,
    pub currency: Option<&'a str>,
    pub notes: Option<&'a str>,
    pub person_keys: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(draft: &'a ClaimDraft, keys: &Keys, account: AccountId) -> Self {
        let (vehicle, loan) = (draft.vehicle.as_ref(), draft.loan.as_ref());
        let number = loan.and_then(|loan| loan.number.as_deref());
        let (claimed, settled) = (draft.claimed_amount.as_ref(), draft.settled_amount.as_ref());
        Self {
            claim_number: &draft.claim_number,
            insurer: &draft.insurer,
            policy_number: draft.policy_number.as_deref(),
            friendly_name: draft.friendly_name.as_deref(),
            state: draft.state.as_str(),
            lost_on: draft.lost_on,
            reported_on: draft.reported_on,
            parties: serde_json::to_value(&draft.parties).expect("plain data serialises"),
            vin: vehicle.and_then(|vehicle| vehicle.vin.as_deref()),
            vehicle_make: vehicle.and_then(|vehicle| vehicle.make.as_deref()),
            vehicle_model: vehicle.and_then(|vehicle| vehicle.model.as_deref()),
            vehicle_year: vehicle.and_then(|vehicle| vehicle.year),
            lender: loan.and_then(|loan| loan.lender.as_deref()),
            sealed_loan_number: number.map(|number| keys.seal(LOAN_PLACE, number.as_bytes())),
            loan_number_last4: number.map(ending),
            claimed_amount: claimed.map(|amount| amount.value),
            settled_amount: settled.map(|amount| amount.value),
            currency: claimed.or(settled).map(|amount| amount.currency.as_str()),
            notes: draft.notes.as_deref(),
            person_keys: person_keys(draft, keys, account),
        }
    }
}

/// The last four characters of a number, and of a short one not more than half of it.
fn ending(number: &str) -> &str {
    let characters = number.chars().count();
    let shown = (characters / 2).min(4);
    let at = number.char_indices().nth(characters - shown).map_or(number.len(), |(at, _)| at);
    &number[at..]
}

/// Everything by which a person in a claim can be found.
fn person_keys(draft: &ClaimDraft, keys: &Keys, account: AccountId) -> Vec<i64> {
    let mut all = PersonKeys::new(keys, account);
    for party in &draft.parties {
        party.add_keys(&mut all);
    }
    if let Some(vin) = draft.vehicle.as_ref().and_then(|vehicle| vehicle.vin.as_deref()) {
        all.add(IdentifierKind::Vin, vin);
    }
    for text in [&draft.friendly_name, &draft.notes].into_iter().flatten() {
        all.add_text(text);
    }
    all.into_vec()
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
/// 409 for a number that the insurer's claims have already, and what [`Once::begin`] refuses.
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
        let present = queries::lock(conn, account, id).await?.unrestricted()?;
        versions.check(present.version)?;
        let mut value = serde_json::to_value(present.draft(&app.keys)?).map_err(anyhow::Error::from)?;
        merge(&mut value, patch);
        let read = ClaimDraft::read(value, Origin::Request);
        let draft = read.map_err(|errors| Problem::invalid().with_errors(errors))?;
        let columns = Columns::of(&draft, &app.keys, account);
        let restriction = match_for(conn, account, &columns.person_keys).await?;
        queries::update(conn, id, &columns, restriction, now).await.map_err(number_taken)
    })
    .await
}

/// RFC 7396: null removes, an object goes into an object, anything else takes its place.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
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
        let present = queries::lock(conn, client.account, id).await?.unrestricted()?;
        versions.check(present.version)?;
        queries::delete(conn, id, now).await?;
        idempotency::forget(conn, &[id.0]).await?;
        let from = client.caller.circumstances();
        let event = Event {
            actor: client.actor(),
            subject_kind: "account",
            subject: Some(client.account.0),
            action: "claim.deleted",
            note: None,
            from: &from,
        };
        audit::append(conn, now, event).await?;
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_merged_as_the_standard_has_it() {
        let cases = [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            (r#"[1,2]"#, r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ];
        for (target, patch, result) in cases {
            let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            let mut merged = json(target);
            merge(&mut merged, json(patch));
            assert_eq!(merged, json(result), "{target} with {patch}");
        }
    }

    #[test]
    fn of_a_short_number_less_is_shown() {
        assert_eq!(["LN-2003-004352", "12345678", "12345", "1234"].map(ending), ["4352", "5678", "45", "34"]);
        assert_eq!(ending("ßßßßßßßß"), "ßßßß");
    }
}
