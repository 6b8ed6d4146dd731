//! A claim as a program writes it, and how it is read: everything that is wrong with it is told at once.

mod reading;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::fields::{Errors, Fields};
use crate::api::problem::FieldError;
use crate::content::parties::Party;

/// How far a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// It was reported.
    Reported,
    /// It is being worked on.
    Open,
    /// It will be paid.
    Approved,
    /// It will not be paid.
    Denied,
    /// It was paid.
    Settled,
    /// Nothing more is done about it.
    Closed,
    /// Whoever made it took it back.
    Withdrawn,
}

impl ClaimState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Reported,
        Self::Open,
        Self::Approved,
        Self::Denied,
        Self::Settled,
        Self::Closed,
        Self::Withdrawn,
    ];

    /// As it is stored and named in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Settled => "settled",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads a state.
    ///
    /// # Errors
    /// The names of all of them, in a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|state| state.as_str()).collect();
            format!("This is none of: {}.", names.join(", "))
        })
    }
}

/// The vehicle of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Vehicle {
    /// Vehicle identification number of 17 characters, with a right check digit.
    #[schema(min_length = 17, max_length = 17, example = "1HGCM82633A004352", extensions(("x-data" = json!("claims.vin"))))]
    pub vin: Option<String>,
    /// Make.
    #[schema(min_length = 1, max_length = 100, example = "Honda", extensions(("x-data" = json!("claims.vehicle_make"))))]
    pub make: Option<String>,
    /// Model.
    #[schema(min_length = 1, max_length = 100, example = "Accord", extensions(("x-data" = json!("claims.vehicle_model"))))]
    pub model: Option<String>,
    /// Model year.
    #[schema(minimum = 1886, maximum = 2100, example = 2003, extensions(("x-data" = json!("claims.vehicle_year"))))]
    pub year: Option<i32>,
}

/// The loan on the vehicle, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct LoanDraft {
    /// Who lent the money.
    #[schema(min_length = 1, max_length = 200, example = "First Example Bank", extensions(("x-data" = json!("claims.lender"))))]
    pub lender: Option<String>,
    /// Number of the loan account. It is sealed, and never given back: answers have its last characters only.
    #[schema(min_length = 4, max_length = 64, write_only, example = "LN-2003-004352", extensions(("x-data" = json!("claims.sealed_loan_number"))))]
    pub number: Option<String>,
}

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Money {
    /// In the smallest unit of the currency: cents, for dollars.
    #[schema(minimum = 0, maximum = 999999999999999i64, example = 125000, extensions(("x-data" = json!("claims.claimed_amount"))))]
    pub value: i64,
    /// ISO 4217 currency. Both amounts of a claim are in the same.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD", extensions(("x-data" = json!("claims.currency"))))]
    pub currency: String,
}

/// A claim as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClaimDraft {
    /// How the insurer names it. No two claims of one insurer share a number.
    #[schema(min_length = 1, max_length = 64, example = "C-2026-0001", extensions(("x-data" = json!("claims.claim_number"))))]
    pub claim_number: String,
    /// With whom the vehicle is insured.
    #[schema(min_length = 1, max_length = 200, example = "Example Mutual", extensions(("x-data" = json!("claims.insurer"))))]
    pub insurer: String,
    /// Under which policy.
    #[schema(min_length = 1, max_length = 64, example = "P-778-1", extensions(("x-data" = json!("claims.policy_number"))))]
    pub policy_number: Option<String>,
    /// What you call it. Keep names, addresses and numbers of people out of it.
    #[schema(min_length = 1, max_length = 200, example = "Rear bumper", extensions(("x-data" = json!("claims.friendly_name"))))]
    pub friendly_name: Option<String>,
    /// How far it is.
    #[schema(extensions(("x-data" = json!("claims.state"))))]
    pub state: ClaimState,
    /// Day of the loss.
    #[schema(value_type = String, format = Date, example = "2026-11-02", extensions(("x-data" = json!("claims.lost_on"))))]
    pub lost_on: NaiveDate,
    /// Day on which it was reported; not before the loss.
    #[schema(value_type = Option<String>, format = Date, example = "2026-11-03", extensions(("x-data" = json!("claims.reported_on"))))]
    pub reported_on: Option<NaiveDate>,
    /// The people in it.
    #[schema(min_items = 1, max_items = 20, extensions(("x-data" = json!("claims.parties"))))]
    pub parties: Vec<Party>,
    /// The vehicle.
    #[schema(extensions(("x-data" = json!("claims.vin"))))]
    pub vehicle: Option<Vehicle>,
    /// The loan on it.
    #[schema(extensions(("x-data" = json!("claims.sealed_loan_number"))))]
    pub loan: Option<LoanDraft>,
    /// What is claimed.
    #[schema(extensions(("x-data" = json!("claims.claimed_amount"))))]
    pub claimed_amount: Option<Money>,
    /// What was paid.
    #[schema(extensions(("x-data" = json!("claims.settled_amount"))))]
    pub settled_amount: Option<Money>,
    /// What you noted about it. Numbers of payment cards are refused.
    #[schema(max_length = 10000, example = "Photos are with the garage.", extensions(("x-data" = json!("claims.notes"))))]
    pub notes: Option<String>,
}

/// Where a draft comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A request about one claim.
    Request,
    /// A line of a file. It may have been exported here, so what only we set is passed over; and what is wrong is kept,
    /// so nothing of what it says is told, not even the names of fields.
    File,
}

impl ClaimDraft {
    /// Reads a claim.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(value: Value, origin: Origin) -> Result<Self, Vec<FieldError>> {
        let mut errors = Errors::new();
        let draft =
            Fields::of(value, String::new(), &mut errors).and_then(|fields| reading::read(fields, origin));
        match draft {
            Some(draft) if errors.is_empty() => Ok(draft),
            _ => Err(errors),
        }
    }
}
