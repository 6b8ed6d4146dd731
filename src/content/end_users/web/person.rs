//! What is kept about somebody, as their page shows it: every field with the class of data that it is on the data map.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::{Identifier, kind_label};
use crate::api::labels::Label;
use crate::content::end_users::facts::{self, Facts};
use crate::content::end_users::queries;
use crate::content::end_users::record::{Body, Claim, Communication, Record, Status};
use crate::content::end_users::search::{Count, Hit};
use crate::content::parties::Party;
use crate::content::person_keys::IdentifierKind;
use crate::platform::crypto::Keys;
use crate::platform::text::capitalised;
use crate::platform::web::pages::moment;

/// A fact with the class of data that it is.
pub(super) struct FactView {
    pub label: String,
    pub value: String,
    pub class: &'static str,
}

/// A group of facts.
pub(super) struct Group {
    /// What it is about; empty for the record itself.
    pub title: String,
    pub facts: Vec<FactView>,
}

/// A record.
pub(super) struct RecordView {
    /// What it is, and how the customer recognises it.
    pub title: String,
    pub sid: String,
    /// Why it is here.
    pub why: Vec<&'static str>,
    pub restricted: bool,
    pub stored: String,
    pub stored_iso: String,
    pub groups: Vec<Group>,
}

/// Another address, number or name of the same person in these records.
pub(super) struct KnownAs {
    pub kind: &'static str,
    pub label: &'static str,
    pub value: String,
}

/// How many, in words.
pub(super) fn count(count: Count, one: &str, more: &str) -> String {
    match count.records {
        1 if !count.or_more => format!("1 {one}"),
        records if count.or_more => format!("more than {records} {more}"),
        records => format!("{records} {more}"),
    }
}

/// Reads what hangs on the records of a page, and puts all of it into words.
pub(super) async fn views(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    who: &Identifier,
    hits: &[Hit],
) -> QueryResult<Vec<RecordView>> {
    let ids: Vec<Uuid> = hits.iter().map(|hit| hit.record.id()).collect();
    let (statuses, bodies) = (queries::statuses(conn, &ids).await?, queries::bodies(conn, &ids).await?);
    let view = |hit: &Hit| {
        let why = hit.why.iter().map(|why| why.words()).collect();
        match &hit.record {
            Record::Claim(claim) => of_claim(claim, who, why),
            Record::Communication(one) => of_communication(one, why, &statuses, &bodies, keys),
        }
    };
    Ok(hits.iter().map(view).collect())
}

fn of_claim(claim: &Claim, who: &Identifier, why: Vec<&'static str>) -> RecordView {
    let mut groups = vec![group("", "claims", facts::of_claim(claim))];
    for party in &claim.parties {
        let theirs = if party.is(who.kind, &who.value) { " (this person)" } else { "" };
        let title = format!("{}{theirs}", title(party));
        groups.push(group(&title, "claims.parties", facts::of_party(claim, party)));
    }
    RecordView {
        title: format!("Claim {} with {}", claim.claim_number, claim.insurer),
        sid: claim.id.to_string(),
        why,
        restricted: claim.restriction_id.is_some(),
        stored: moment(&claim.created_at),
        stored_iso: claim.created_at.to_rfc3339(),
        groups,
    }
}

fn title(party: &Party) -> &'static str {
    crate::content::end_users::record::Why::Party(party.role).words()
}

fn of_communication(
    one: &Communication,
    why: Vec<&'static str>,
    statuses: &[Status],
    bodies: &[Body],
    keys: &Keys,
) -> RecordView {
    let mut groups = vec![group("", "communications", facts::of_communication(one))];
    for status in statuses.iter().filter(|status| status.communication_id == one.id) {
        groups.push(group("How it went", "communication_statuses", facts::of_status(status)));
    }
    for body in bodies.iter().filter(|body| body.communication_id == one.id) {
        groups.push(group("What it says", "communication_bodies", facts::of_body(keys, body)));
    }
    let channel = match one.channel.as_str() {
        "email" => "E-mail",
        "sms" => "Text message",
        "voice" => "Call",
        _ => "Push message",
    };
    let way = if one.direction == "inbound" { "received" } else { "sent" };
    RecordView {
        title: format!("{channel}, {way}"),
        sid: one.id.to_string(),
        why,
        restricted: one.restriction_id.is_some(),
        stored: moment(&one.created_at),
        stored_iso: one.created_at.to_rfc3339(),
        groups,
    }
}

/// Facts that say something, with their labels. `place` is a table of the data map, or one column of it for all.
fn group(title: &str, place: &str, facts: Facts) -> Group {
    const SAID_ELSEWHERE: [&str; 5] = ["id", "communication_id", "withheld", "role", "restriction_id"];
    let class = |column: &str| {
        let column = if column == "body" { "sealed_body" } else { column };
        let place = if place.contains('.') { place.to_owned() } else { format!("{place}.{column}") };
        Label::of(&place).map_or("", |label| label.class)
    };
    let is_told =
        |column: &str| !(SAID_ELSEWHERE.contains(&column) || (column == "claim_id" && place.contains('.')));
    let facts = facts.into_iter().filter(|(column, _)| is_told(column)).map(|(column, value)| FactView {
        label: words(column),
        value: facts::to_text(&value),
        class: class(column),
    });
    Group { title: title.to_owned(), facts: facts.filter(|fact| !fact.value.is_empty()).collect() }
}

/// The name of a column as people write it.
fn words(column: &str) -> String {
    match column {
        "vin" => return "VIN".into(),
        "loan_number_last4" => return "End of the loan number".into(),
        "claimed_amount" | "settled_amount" => {
            return format!(
                "{} amount, in the smallest unit",
                if column.starts_with('c') { "Claimed" } else { "Settled" }
            );
        }
        "claim_id" => return "Claim".into(),
        _ => {}
    }
    capitalised(column).replace('_', " ")
}

/// By what else the same person stands in these records: searching, exporting and deleting go by one
/// identifier at a time.
pub(super) fn known_as(who: &Identifier, hits: &[Hit]) -> Vec<KnownAs> {
    let mut all: Vec<(IdentifierKind, &str)> = Vec::new();
    for hit in hits {
        let Record::Claim(claim) = &hit.record else { continue };
        for party in claim.parties.iter().filter(|party| party.is(who.kind, &who.value)) {
            all.extend(party.emails.iter().map(|email| (IdentifierKind::Email, email.as_str())));
            all.extend(party.phones.iter().map(|phone| (IdentifierKind::Phone, phone.as_str())));
            all.push((IdentifierKind::Name, &party.name));
        }
    }
    all.retain(|(kind, value)| !who.is(*kind, value));
    all.sort_by_key(|(kind, value)| (kind.as_str(), kind.normal(value)));
    all.dedup_by_key(|(kind, value)| (kind.as_str(), kind.normal(value)));
    let known = |(kind, value): (IdentifierKind, &str)| KnownAs {
        kind: kind.as_str(),
        label: kind_label(kind),
        value: value.to_owned(),
    };
    all.into_iter().map(known).take(20).collect()
}
