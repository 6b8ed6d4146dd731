//! What a record says, fact by fact, each under the name of its column on the data map. Pages and exports are written
//! from these.

use serde_json::{Value, json};

use super::record::{Body, Claim, Communication, Status};
use crate::content::parties::Party;
use crate::platform::crypto::Keys;

/// Where bodies are sealed.
const BODY_PLACE: &str = "communication_bodies.sealed_body";

/// Facts in order: name of the column, value.
pub(super) type Facts = Vec<(&'static str, Value)>;

/// The names of the facts of a claim.
pub(super) const CLAIM: &[&str] = &[
    "id",
    "claim_number",
    "insurer",
    "policy_number",
    "friendly_name",
    "state",
    "lost_on",
    "reported_on",
    "vin",
    "vehicle_make",
    "vehicle_model",
    "vehicle_year",
    "lender",
    "loan_number_last4",
    "claimed_amount",
    "settled_amount",
    "currency",
    "notes",
    "restriction_id",
    "created_at",
    "updated_at",
];
/// The names of the facts of somebody in a claim.
pub(super) const PARTY: &[&str] = &[
    "claim_id",
    "role",
    "withheld",
    "name",
    "address_lines",
    "city",
    "region",
    "postal_code",
    "country",
    "phones",
    "emails",
];
/// The names of the facts of a communication.
pub(super) const COMMUNICATION: &[&str] = &[
    "id",
    "claim_id",
    "channel",
    "direction",
    "sender",
    "recipient",
    "device_token",
    "friendly_name",
    "status",
    "status_at",
    "restriction_id",
    "created_at",
    "updated_at",
];
/// The names of the facts of a change in how a communication went.
pub(super) const STATUS: &[&str] = &["communication_id", "status", "detail", "at"];
/// The names of the facts of what a communication says.
pub(super) const BODY: &[&str] = &["communication_id", "body", "created_at"];

/// A claim without the people in it.
pub(super) fn of_claim(claim: &Claim) -> Facts {
    vec![
        ("id", json!(claim.id)),
        ("claim_number", json!(claim.claim_number)),
        ("insurer", json!(claim.insurer)),
        ("policy_number", json!(claim.policy_number)),
        ("friendly_name", json!(claim.friendly_name)),
        ("state", json!(claim.state)),
        ("lost_on", json!(claim.lost_on)),
        ("reported_on", json!(claim.reported_on)),
        ("vin", json!(claim.vin)),
        ("vehicle_make", json!(claim.vehicle_make)),
        ("vehicle_model", json!(claim.vehicle_model)),
        ("vehicle_year", json!(claim.vehicle_year)),
        ("lender", json!(claim.lender)),
        ("loan_number_last4", json!(claim.loan_number_last4)),
        ("claimed_amount", json!(claim.claimed_amount)),
        ("settled_amount", json!(claim.settled_amount)),
        ("currency", json!(claim.currency)),
        ("notes", json!(claim.notes)),
        ("restriction_id", json!(claim.restriction_id)),
        ("created_at", json!(claim.created_at)),
        ("updated_at", json!(claim.updated_at)),
    ]
}

/// Somebody in a claim.
pub(super) fn of_party(claim: &Claim, party: &Party) -> Facts {
    let address = party.address.clone().unwrap_or_default();
    vec![
        ("claim_id", json!(claim.id)),
        ("role", json!(party.role)),
        ("withheld", json!(false)),
        ("name", json!(party.name)),
        ("address_lines", json!(address.lines)),
        ("city", json!(address.city)),
        ("region", json!(address.region)),
        ("postal_code", json!(address.postal_code)),
        ("country", json!(address.country)),
        ("phones", json!(party.phones)),
        ("emails", json!(party.emails)),
    ]
}

/// A communication without what it says.
pub(super) fn of_communication(one: &Communication) -> Facts {
    vec![
        ("id", json!(one.id)),
        ("claim_id", json!(one.claim_id)),
        ("channel", json!(one.channel)),
        ("direction", json!(one.direction)),
        ("sender", json!(one.sender)),
        ("recipient", json!(one.recipient)),
        ("device_token", json!(one.device_token)),
        ("friendly_name", json!(one.friendly_name)),
        ("status", json!(one.status)),
        ("status_at", json!(one.status_at)),
        ("restriction_id", json!(one.restriction_id)),
        ("created_at", json!(one.created_at)),
        ("updated_at", json!(one.updated_at)),
    ]
}

/// A change in how a communication went.
pub(super) fn of_status(status: &Status) -> Facts {
    vec![
        ("communication_id", json!(status.communication_id)),
        ("status", json!(status.status)),
        ("detail", json!(status.detail)),
        ("at", json!(status.at)),
    ]
}

/// What a communication says; nothing where the seal cannot be opened.
pub(super) fn of_body(keys: &Keys, body: &Body) -> Facts {
    vec![
        ("communication_id", json!(body.communication_id)),
        ("body", json!(open_body(keys, body))),
        ("created_at", json!(body.created_at)),
    ]
}

/// What a communication says.
pub(super) fn open_body(keys: &Keys, body: &Body) -> Option<String> {
    let plain = keys.open(BODY_PLACE, &body.sealed_body).ok()?;
    Some(String::from_utf8_lossy(&plain).into_owned())
}

/// Takes a value out of facts, and says that it was there.
pub(super) fn withhold(facts: &mut Facts, column: &str) -> bool {
    let held = facts.iter_mut().find(|(name, value)| *name == column && !value.is_null());
    held.map(|(_, value)| *value = Value::Null).is_some()
}

/// Facts as one object of JSON.
pub(super) fn to_json(facts: &Facts) -> String {
    let object: serde_json::Map<String, Value> =
        facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Value::Object(object).to_string()
}

/// Facts as a line of CSV (RFC 4180); several values of one fact are put together with `; `.
pub(super) fn to_csv(facts: &Facts) -> String {
    let cells: Vec<String> = facts.iter().map(|(_, value)| quoted(&to_text(value))).collect();
    cells.join(",") + "\r\n"
}

/// A value as people read it.
pub(super) fn to_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(to_text).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) || text != text.trim() {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_csv_keeps_what_was_in_it() {
        let facts: Facts = vec![
            ("a", json!("plain")),
            ("b", json!("with \"quotes\", and\nlines")),
            ("c", json!(null)),
            ("d", json!(["x", "y"])),
            ("e", json!(7)),
        ];
        assert_eq!(to_csv(&facts), "plain,\"with \"\"quotes\"\", and\nlines\",,x; y,7\r\n");
    }

    #[test]
    fn what_is_withheld_is_gone_and_counted_only_if_it_was_there() {
        let mut facts: Facts = vec![("notes", json!("Bob was there too")), ("vin", json!(null))];
        assert!(
            withhold(&mut facts, "notes") && !withhold(&mut facts, "vin") && !withhold(&mut facts, "notes")
        );
    }
}
