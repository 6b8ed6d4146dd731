//! A claim or a communication as these tools read it, and what in it is about somebody.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::Jsonb;
use uuid::Uuid;

use super::{Identifier, words};
use crate::content::parties::{Party, PartyRole};
use crate::content::person_keys::{IdentifierKind, PersonKeys, in_text};
use crate::platform::crypto::Keys;
use crate::platform::db::schema::{claims, communication_bodies, communication_statuses, communications};
use crate::platform::ids::{AccountId, ClaimId, CommunicationId, RestrictionId};

/// A claim. Its columns are explained on the data map.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = claims, check_for_backend(diesel::pg::Pg))]
pub(super) struct Claim {
    pub id: ClaimId,
    pub claim_number: String,
    pub insurer: String,
    pub policy_number: Option<String>,
    pub friendly_name: Option<String>,
    pub state: String,
    pub lost_on: NaiveDate,
    pub reported_on: Option<NaiveDate>,
    #[diesel(deserialize_as = Parties)]
    pub parties: Vec<Party>,
    pub vin: Option<String>,
    pub vehicle_make: Option<String>,
    pub vehicle_model: Option<String>,
    pub vehicle_year: Option<i32>,
    pub lender: Option<String>,
    pub loan_number_last4: Option<String>,
    pub claimed_amount: Option<i64>,
    pub settled_amount: Option<i64>,
    pub currency: Option<String>,
    pub notes: Option<String>,
    pub restriction_id: Option<RestrictionId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Reads the people of a claim; what cannot be read is an error and never nobody.
#[derive(Clone, Debug, FromSqlRow)]
pub(super) struct Parties(Vec<Party>);

impl FromSql<Jsonb, Pg> for Parties {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let value = <serde_json::Value as FromSql<Jsonb, Pg>>::from_sql(bytes)?;
        Ok(Self(serde_json::from_value(value)?))
    }
}

impl From<Parties> for Vec<Party> {
    fn from(parties: Parties) -> Self {
        parties.0
    }
}

/// A communication.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = communications, check_for_backend(diesel::pg::Pg))]
pub(super) struct Communication {
    pub id: CommunicationId,
    pub claim_id: Option<ClaimId>,
    pub channel: String,
    pub direction: String,
    pub sender: Option<String>,
    pub recipient: Option<String>,
    pub device_token: Option<String>,
    pub friendly_name: Option<String>,
    pub status: String,
    pub status_at: DateTime<Utc>,
    pub restriction_id: Option<RestrictionId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A change in how a communication went.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = communication_statuses, check_for_backend(diesel::pg::Pg))]
pub(super) struct Status {
    pub communication_id: CommunicationId,
    pub status: String,
    pub detail: Option<String>,
    pub at: DateTime<Utc>,
}

/// What a communication says, sealed.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = communication_bodies, check_for_backend(diesel::pg::Pg))]
pub(super) struct Body {
    pub communication_id: CommunicationId,
    pub sealed_body: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

/// A record that was found.
#[derive(Clone, Debug)]
pub(super) enum Record {
    Claim(Box<Claim>),
    Communication(Box<Communication>),
}

impl Record {
    pub(super) fn id(&self) -> Uuid {
        match self {
            Self::Claim(claim) => claim.id.0,
            Self::Communication(communication) => communication.id.0,
        }
    }

    pub(super) fn restriction(&self) -> Option<RestrictionId> {
        match self {
            Self::Claim(claim) => claim.restriction_id,
            Self::Communication(communication) => communication.restriction_id,
        }
    }

    /// Where in the record somebody stands; empty for a record that only shares their keys.
    pub(super) fn matches(&self, who: &Identifier) -> Vec<Why> {
        match self {
            Self::Claim(claim) => claim.matches(who),
            Self::Communication(communication) => communication.matches(who),
        }
    }
}

/// Where in a record somebody stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// One of the people in a claim.
    Party(PartyRole),
    /// The vehicle of a claim.
    Vehicle,
    /// The sender of a communication.
    Sender,
    /// Its recipient.
    Recipient,
    /// What the customer calls the record (S99).
    FriendlyName,
    /// What the customer noted.
    Notes,
}

impl Why {
    /// As the API names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Party(_) => "party",
            Self::Vehicle => "vehicle",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::FriendlyName => "friendly_name",
            Self::Notes => "notes",
        }
    }

    /// As a page says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Party(PartyRole::Claimant) => "Claimant",
            Self::Party(PartyRole::Insured) => "Insured",
            Self::Party(PartyRole::Driver) => "Driver",
            Self::Party(PartyRole::Witness) => "Witness",
            Self::Party(PartyRole::Other) => "Other party",
            Self::Vehicle => "Vehicle",
            Self::Sender => "Sender",
            Self::Recipient => "Recipient",
            Self::FriendlyName => "Named in the friendly name",
            Self::Notes => "Named in the notes",
        }
    }
}

impl Claim {
    pub(super) fn matches(&self, who: &Identifier) -> Vec<Why> {
        let parties = self.parties.iter().filter(|party| party.is(who.kind, &who.value));
        let mut all: Vec<Why> = parties.map(|party| Why::Party(party.role)).collect();
        all.dedup();
        if self.vin.as_deref().is_some_and(|vin| who.is(IdentifierKind::Vin, vin)) {
            all.push(Why::Vehicle);
        }
        let texts = [(&self.friendly_name, Why::FriendlyName), (&self.notes, Why::Notes)];
        let named =
            texts.into_iter().filter(|(text, _)| text.as_deref().is_some_and(|text| who.stands_in(text)));
        all.extend(named.map(|(_, why)| why));
        all
    }

    /// The keys of what stands in it.
    pub(super) fn person_keys(&self, keys: &Keys, account: AccountId) -> Vec<i64> {
        let mut all = PersonKeys::new(keys, account);
        for party in &self.parties {
            party.add_keys(&mut all);
        }
        if let Some(vin) = &self.vin {
            all.add(IdentifierKind::Vin, vin);
        }
        if let Some(name) = &self.friendly_name {
            all.add(IdentifierKind::Name, name);
        }
        for text in self.friendly_name.iter().chain(&self.notes) {
            all.add_text(text);
        }
        all.into_vec()
    }
}

impl Communication {
    /// Whether they sent or received it.
    pub(super) fn is_with(&self, who: &Identifier) -> bool {
        self.matches(who).iter().any(|why| matches!(why, Why::Sender | Why::Recipient))
    }

    pub(super) fn matches(&self, who: &Identifier) -> Vec<Why> {
        let is =
            |value: &Option<String>| value.as_deref().is_some_and(|value| who.is(address_kind(value), value));
        let named = self.friendly_name.as_deref().is_some_and(|text| who.stands_in(text));
        let all = [
            (is(&self.sender), Why::Sender),
            (is(&self.recipient), Why::Recipient),
            (named, Why::FriendlyName),
        ];
        all.into_iter().filter(|(matches, _)| *matches).map(|(_, why)| why).collect()
    }

    /// The keys of what stands in it.
    pub(super) fn person_keys(&self, keys: &Keys, account: AccountId) -> Vec<i64> {
        let mut all = PersonKeys::new(keys, account);
        for address in self.sender.iter().chain(&self.recipient) {
            all.add(address_kind(address), address);
        }
        if let Some(name) = &self.friendly_name {
            all.add(IdentifierKind::Name, name);
            all.add_text(name);
        }
        all.into_vec()
    }
}

/// What stands for a sender or recipient: an address, or a number.
fn address_kind(value: &str) -> IdentifierKind {
    if value.contains('@') { IdentifierKind::Email } else { IdentifierKind::Phone }
}

/// Whether a text names one of these people: by an address or a number of theirs, or by a word of their name. A word of two
/// letters names nobody. Too much counts as named rather than too little.
pub(super) fn names(text: &str, people: &[&Party]) -> bool {
    let (held, values) = (words(text), in_text(text));
    let has = |kind: IdentifierKind, value: &str| {
        values.iter().any(|(held, text)| *held == kind && kind.normal(text) == kind.normal(value))
    };
    people.iter().any(|person| {
        words(&person.name).iter().any(|word| word.chars().count() > 2 && held.contains(word))
            || person.emails.iter().any(|email| has(IdentifierKind::Email, email))
            || person.phones.iter().any(|phone| has(IdentifierKind::Phone, phone))
    })
}
