//! What claims look like in the API.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::draft::{ClaimState, LoanDraft, Money, Vehicle};
use super::{Stored, names_somebody};
use crate::api::problem::FieldError;
use crate::content::parties::Party;
use crate::platform::crypto::Keys;
use crate::platform::ids::{AccountId, ClaimId};

/// A file of claims. Generators of clients take it for bytes, so that it is written and read as a stream.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "only documented")]
pub(super) struct ClaimFile(Vec<u8>);

/// The loan on the vehicle, as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Loan {
    /// Who lent the money.
    #[schema(example = "First Example Bank", extensions(("x-data" = json!("claims.lender"))))]
    lender: Option<String>,
    /// The last four characters of the loan account's number.
    #[schema(example = "4352", extensions(("x-data" = json!("claims.loan_number_last4"))))]
    number_last4: Option<String>,
}

/// A claim as it is read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Claim {
    /// SID.
    #[schema(value_type = String, example = "CL0192f0c1a2b37c4d8e9f00112233aabb", extensions(("x-data" = json!("claims.id"))))]
    pub sid: ClaimId,
    /// How the insurer names it.
    #[schema(example = "C-2026-0001", extensions(("x-data" = json!("claims.claim_number"))))]
    claim_number: String,
    /// With whom the vehicle is insured.
    #[schema(example = "Example Mutual", extensions(("x-data" = json!("claims.insurer"))))]
    insurer: String,
    /// Under which policy.
    #[schema(example = "P-778-1", extensions(("x-data" = json!("claims.policy_number"))))]
    policy_number: Option<String>,
    /// What you call it.
    #[schema(example = "Rear bumper", extensions(("x-data" = json!("claims.friendly_name"))))]
    friendly_name: Option<String>,
    /// How far it is.
    #[schema(value_type = ClaimState, extensions(("x-data" = json!("claims.state"))))]
    state: String,
    /// Day of the loss.
    #[schema(value_type = String, format = Date, example = "2026-11-02", extensions(("x-data" = json!("claims.lost_on"))))]
    lost_on: NaiveDate,
    /// Day on which it was reported.
    #[schema(value_type = Option<String>, format = Date, example = "2026-11-03", extensions(("x-data" = json!("claims.reported_on"))))]
    reported_on: Option<NaiveDate>,
    /// The people in it.
    #[schema(value_type = Vec<Party>, extensions(("x-data" = json!("claims.parties"))))]
    parties: Value,
    /// The vehicle.
    #[schema(extensions(("x-data" = json!("claims.vin"))))]
    vehicle: Option<Vehicle>,
    /// The loan on it.
    #[schema(extensions(("x-data" = json!("claims.lender"))))]
    loan: Option<Loan>,
    /// What is claimed.
    #[schema(extensions(("x-data" = json!("claims.claimed_amount"))))]
    claimed_amount: Option<Money>,
    /// What was paid.
    #[schema(extensions(("x-data" = json!("claims.settled_amount"))))]
    settled_amount: Option<Money>,
    /// What you noted about it.
    #[schema(example = "Photos are with the garage.", extensions(("x-data" = json!("claims.notes"))))]
    notes: Option<String>,
    /// When it was stored.
    #[schema(extensions(("x-data" = json!("claims.created_at"))))]
    created_at: DateTime<Utc>,
    /// When it was last changed.
    #[schema(extensions(("x-data" = json!("claims.updated_at"))))]
    updated_at: DateTime<Utc>,
    /// What was stored as you sent it, and had better be changed. Only in answers to what stores.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(extensions(("x-data" = json!("none"))))]
    warnings: Vec<FieldError>,
}

impl From<Stored> for Claim {
    fn from(stored: Stored) -> Self {
        let (lender, number_last4) = (stored.lender.clone(), stored.loan_number_last4.clone());
        Self {
            sid: stored.id,
            vehicle: stored.vehicle(),
            loan: (lender.is_some() || number_last4.is_some()).then_some(Loan { lender, number_last4 }),
            claimed_amount: stored.money(stored.claimed_amount),
            settled_amount: stored.money(stored.settled_amount),
            claim_number: stored.claim_number,
            insurer: stored.insurer,
            policy_number: stored.policy_number,
            friendly_name: stored.friendly_name,
            state: stored.state,
            lost_on: stored.lost_on,
            reported_on: stored.reported_on,
            parties: stored.parties,
            notes: stored.notes,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            warnings: Vec::new(),
        }
    }
}

impl Claim {
    /// As it is told to whoever has just stored it.
    pub(super) fn stored(stored: Stored, account: AccountId, keys: &Keys) -> Self {
        let mut warnings = Vec::new();
        let warning =
            |pointer: &str, detail: &str| FieldError { pointer: pointer.into(), detail: detail.into() };
        if stored.friendly_name.as_deref().is_some_and(|name| names_somebody(name, keys, account)) {
            warnings.push(warning(
                "/friendly_name",
                "This looks like the address or number of somebody. Names that you give are best without.",
            ));
        }
        if stored.restriction_id.is_some() {
            warnings.push(warning(
                "",
                "Somebody in this claim asked for its restriction: it is closed to programs until that is lifted.",
            ));
        }
        Self { warnings, ..stored.into() }
    }
}

/// What may be changed in a claim: any of these; null empties a field that a claim can be without.
#[derive(Clone, Debug, ToSchema)]
#[allow(dead_code, reason = "describes a JSON merge patch, which is read as JSON")]
pub struct ClaimPatch {
    /// How the insurer names it.
    #[schema(nullable = false, min_length = 1, max_length = 64, example = "C-2026-0002", extensions(("x-data" = json!("claims.claim_number"))))]
    claim_number: Option<String>,
    /// With whom the vehicle is insured.
    #[schema(nullable = false, min_length = 1, max_length = 200, extensions(("x-data" = json!("claims.insurer"))))]
    insurer: Option<String>,
    /// Under which policy.
    #[schema(min_length = 1, max_length = 64, extensions(("x-data" = json!("claims.policy_number"))))]
    policy_number: Option<String>,
    /// What you call it.
    #[schema(min_length = 1, max_length = 200, extensions(("x-data" = json!("claims.friendly_name"))))]
    friendly_name: Option<String>,
    /// How far it is.
    #[schema(nullable = false, extensions(("x-data" = json!("claims.state"))))]
    state: Option<ClaimState>,
    /// Day of the loss.
    #[schema(value_type = Option<String>, nullable = false, format = Date, extensions(("x-data" = json!("claims.lost_on"))))]
    lost_on: Option<NaiveDate>,
    /// Day on which it was reported.
    #[schema(value_type = Option<String>, format = Date, extensions(("x-data" = json!("claims.reported_on"))))]
    reported_on: Option<NaiveDate>,
    /// The people in it: all of them, since a list is replaced as a whole.
    #[schema(nullable = false, min_items = 1, max_items = 20, extensions(("x-data" = json!("claims.parties"))))]
    parties: Option<Vec<Party>>,
    /// The vehicle.
    #[schema(extensions(("x-data" = json!("claims.vin"))))]
    vehicle: Option<Vehicle>,
    /// The loan on it.
    #[schema(extensions(("x-data" = json!("claims.sealed_loan_number"))))]
    loan: Option<LoanDraft>,
    /// What is claimed.
    #[schema(extensions(("x-data" = json!("claims.claimed_amount"))))]
    claimed_amount: Option<Money>,
    /// What was paid.
    #[schema(extensions(("x-data" = json!("claims.settled_amount"))))]
    settled_amount: Option<Money>,
    /// What you noted about it.
    #[schema(max_length = 10000, extensions(("x-data" = json!("claims.notes"))))]
    notes: Option<String>,
}

/// A page of claims.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "describes what a list answers")]
pub struct ClaimList {
    /// The claims, newest first.
    data: Vec<Claim>,
    /// Address of the next page; null on the last one.
    #[schema(extensions(("x-data" = json!("none"))))]
    next: Option<String>,
}
