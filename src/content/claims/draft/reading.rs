//! Reads a claim field by field, and notes all that is wrong with it.

use chrono::NaiveDate;
use serde_json::Value;

use super::{ClaimDraft, ClaimState, LoanDraft, Money, Origin, Vehicle};
use crate::content::claims::fields::{Errors, Fields, line};
use crate::content::claims::vin;
use crate::content::forbidden;
use crate::content::parties::{Address, MOST, MOST_CONTACTS, Party, PartyRole, parse_email};
use crate::identity::phone_verification::parse_phone;
use crate::platform::codes;

/// Largest amount in the smallest unit of its currency: what every program can hold exactly in a number of JSON.
const LARGEST_AMOUNT: i64 = 999_999_999_999_999;

pub(super) fn read(mut fields: Fields<'_>, origin: Origin) -> Option<ClaimDraft> {
    let by_name = origin == Origin::Request;
    let claim_number = fields.required_text("claim_number", 64);
    let insurer = fields.required_words("insurer", 200);
    let policy_number = fields.text("policy_number", 64);
    let friendly_name = fields.words("friendly_name", 200);
    fields.needs("state");
    let state = fields.parsed("state", ClaimState::parse);
    fields.needs("lost_on");
    let lost_on = fields.date("lost_on");
    let reported_on = reported_on(&mut fields, lost_on);
    fields.needs("parties");
    let parties = fields.list("parties", 1..=MOST, |value, at, errors| party(value, at, errors, by_name));
    let vehicle = vehicle(&mut fields, by_name);
    let loan = loan(&mut fields, by_name);
    let (claimed_amount, settled_amount) = amounts(&mut fields, by_name);
    let notes = fields.lines("notes", 10_000);
    if let Some(why) = notes.as_deref().and_then(forbidden::why) {
        fields.wrong("notes", why);
    }
    if origin == Origin::File {
        fields.pass_over(&["sid", "created_at", "updated_at"]);
    }
    fields.end(by_name);
    Some(ClaimDraft {
        claim_number: claim_number?,
        insurer: insurer?,
        policy_number,
        friendly_name,
        state: state?,
        lost_on: lost_on?,
        reported_on,
        parties,
        vehicle,
        loan,
        claimed_amount,
        settled_amount,
        notes,
    })
}

fn reported_on(fields: &mut Fields<'_>, lost_on: Option<NaiveDate>) -> Option<NaiveDate> {
    let reported_on = fields.date("reported_on");
    if reported_on.is_some() && reported_on < lost_on {
        fields.wrong("reported_on", "It cannot be reported before the day of the loss.");
    }
    reported_on
}

fn party(value: Value, at: String, errors: &mut Errors, by_name: bool) -> Option<Party> {
    let mut fields = Fields::of(value, at, errors)?;
    fields.needs("role");
    let role = fields.parsed("role", role);
    let name = fields.required_words("name", 200);
    let address = address(&mut fields, by_name);
    let phones = fields.strings("phones", MOST_CONTACTS, parse_phone);
    let emails = fields.strings("emails", MOST_CONTACTS, parse_email);
    fields.end(by_name);
    Some(Party { role: role?, name: name?, address, phones, emails })
}

fn role(text: &str) -> Result<PartyRole, String> {
    Ok(match text {
        "claimant" => PartyRole::Claimant,
        "insured" => PartyRole::Insured,
        "driver" => PartyRole::Driver,
        "witness" => PartyRole::Witness,
        "other" => PartyRole::Other,
        _ => return Err("This is none of: claimant, insured, driver, witness, other.".into()),
    })
}

fn address(party: &mut Fields<'_>, by_name: bool) -> Option<Address> {
    let mut fields = party.nested("address")?;
    let address = Address {
        lines: fields.strings("lines", 3, |text| line(text, 200).and_then(forbidden::refuse)),
        city: fields.words("city", 100),
        region: fields.words("region", 100),
        postal_code: fields.text("postal_code", 20),
        country: fields.parsed("country", |code| {
            let known = codes::is_country(code).then(|| code.to_owned());
            known.ok_or_else(|| "This is no country of ISO 3166 in two capitals, as in US.".into())
        }),
    };
    fields.end(by_name);
    Some(address)
}

fn vehicle(claim: &mut Fields<'_>, by_name: bool) -> Option<Vehicle> {
    let mut fields = claim.nested("vehicle")?;
    let vehicle = Vehicle {
        vin: fields.parsed("vin", vin::parse),
        make: fields.words("make", 100),
        model: fields.words("model", 100),
        year: fields.integer("year", 1886, 2100).and_then(|year| i32::try_from(year).ok()),
    };
    fields.end(by_name);
    Some(vehicle).filter(|vehicle| *vehicle != Vehicle::default())
}

fn loan(claim: &mut Fields<'_>, by_name: bool) -> Option<LoanDraft> {
    let mut fields = claim.nested("loan")?;
    let number = |text: &str| {
        let number = line(text, 64)?;
        let long = number.chars().count() >= 4;
        if long { Ok(number) } else { Err("This is not a text of 4 to 64 characters.".to_owned()) }
    };
    let loan = LoanDraft { lender: fields.words("lender", 200), number: fields.parsed("number", number) };
    if !by_name {
        fields.pass_over(&["number_last4"]);
    }
    fields.end(by_name);
    Some(loan).filter(|loan| *loan != LoanDraft::default())
}

fn amounts(claim: &mut Fields<'_>, by_name: bool) -> (Option<Money>, Option<Money>) {
    let (claimed, settled) =
        (money(claim, "claimed_amount", by_name), money(claim, "settled_amount", by_name));
    if let (Some(claimed), Some(settled)) = (&claimed, &settled)
        && claimed.currency != settled.currency
    {
        claim.wrong("settled_amount/currency", "Both amounts of a claim are in the same currency.");
    }
    (claimed, settled)
}

fn money(claim: &mut Fields<'_>, name: &str, by_name: bool) -> Option<Money> {
    let mut fields = claim.nested(name)?;
    fields.needs("value");
    let value = fields.integer("value", 0, LARGEST_AMOUNT);
    fields.needs("currency");
    let currency = fields.parsed("currency", |code| {
        let known = codes::is_currency(code).then(|| code.to_owned());
        known.ok_or_else(|| "This is no currency of ISO 4217 in three capitals, as in USD.".into())
    });
    fields.end(by_name);
    Some(Money { value: value?, currency: currency? })
}
