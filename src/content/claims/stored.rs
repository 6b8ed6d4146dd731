//! A claim as a row: read out of the table, and laid out for it.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::draft::{ClaimDraft, ClaimState, LoanDraft, Money, Vehicle};
use crate::api::problem::Problem;
use crate::content::person_keys::{IdentifierKind, PersonKeys};
use crate::platform::crypto::Keys;
use crate::platform::db::schema::claims;
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
    pub(super) fn draft(&self, keys: &Keys) -> anyhow::Result<ClaimDraft> {
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
    pub(super) fn unrestricted(self) -> Result<Self, Problem> {
        match self.restriction_id {
            None => Ok(self),
            Some(_) => Err(Problem::restricted().because(
                "Somebody in this claim asked for its restriction. It is closed to programs until that is lifted.",
            )),
        }
    }
}

/// The columns that a draft fills.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = claims, treat_none_as_null = true)]
pub(super) struct Columns<'a> {
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
    pub fn of(draft: &'a ClaimDraft, keys: &Keys, account: AccountId) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_short_number_less_is_shown() {
        assert_eq!(["LN-2003-004352", "12345678", "12345", "1234"].map(ending), ["4352", "5678", "45", "34"]);
        assert_eq!(ending("ßßßßßßßß"), "ßßßß");
    }
}
