//! The people in a claim (S17): what is kept of each, as it travels in the API and stands in `claims.parties`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::person_keys::{IdentifierKind, PersonKeys};

/// Most people in one claim.
pub const MOST: usize = 20;
/// Most numbers, and most addresses, of one of them.
pub const MOST_CONTACTS: usize = 10;

/// Reads the e-mail address of somebody in the content: whom our customers write to, or who writes to them. We never do, and it
/// stays as it was sent, so that it is found as it was sent, in claims and communications alike.
///
/// # Errors
/// That it is none.
pub fn parse_email(text: &str) -> Result<String, String> {
    let text = text.trim();
    let parts = text.rsplit_once('@');
    let valid = parts.is_some_and(|(local, domain)| local.len() <= 64 && domain.contains('.'))
        && text.len() <= 254
        && text.parse::<lettre::Address>().is_ok();
    if valid { Ok(text.to_owned()) } else { Err("This is not an e-mail address.".into()) }
}

/// What somebody is in a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartyRole {
    /// Who claims.
    Claimant,
    /// Who is insured.
    Insured,
    /// Who drove.
    Driver,
    /// Who saw it.
    Witness,
    /// Anybody else.
    Other,
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Lines above the city, at most three.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 3, example = json!(["12 Mill Lane"]), extensions(("x-data" = json!("claims.parties"))))]
    pub lines: Vec<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "Springfield", extensions(("x-data" = json!("claims.parties"))))]
    pub city: Option<String>,
    /// State, province or region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "IL", extensions(("x-data" = json!("claims.parties"))))]
    pub region: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 20, example = "62701", extensions(("x-data" = json!("claims.parties"))))]
    pub postal_code: Option<String>,
    /// ISO 3166 country of two capitals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Z]{2}$", example = "US", extensions(("x-data" = json!("claims.parties"))))]
    pub country: Option<String>,
}

/// Somebody in a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// What they are in it.
    #[schema(extensions(("x-data" = json!("claims.parties"))))]
    pub role: PartyRole,
    /// Full name.
    #[schema(min_length = 1, max_length = 200, example = "Ada Lovelace", extensions(("x-data" = json!("claims.parties"))))]
    pub name: String,
    /// Where they live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(extensions(("x-data" = json!("claims.parties"))))]
    pub address: Option<Address>,
    /// Telephone numbers in E.164.
    #[serde(default)]
    #[schema(max_items = 10, example = json!(["+12025550101"]), extensions(("x-data" = json!("claims.parties"))))]
    pub phones: Vec<String>,
    /// E-mail addresses.
    #[serde(default)]
    #[schema(max_items = 10, example = json!(["ada@example.com"]), extensions(("x-data" = json!("claims.parties"))))]
    pub emails: Vec<String>,
}

impl Party {
    /// Adds everything by which this person can be found.
    pub fn add_keys(&self, keys: &mut PersonKeys<'_>) {
        keys.add(IdentifierKind::Name, &self.name);
        for phone in &self.phones {
            keys.add(IdentifierKind::Phone, phone);
        }
        for email in &self.emails {
            keys.add(IdentifierKind::Email, email);
        }
    }

    /// Whether this is the person that is looked for: by address or number exactly, by name if every word that is
    /// looked for is among theirs. A VIN names a vehicle and nobody.
    pub fn is(&self, kind: IdentifierKind, value: &str) -> bool {
        let wanted = kind.normal(value);
        match kind {
            IdentifierKind::Email => self.emails.iter().any(|email| kind.normal(email) == wanted),
            IdentifierKind::Phone => self.phones.iter().any(|phone| kind.normal(phone) == wanted),
            IdentifierKind::Name => {
                let name = kind.normal(&self.name);
                let mut words = name.split(' ');
                wanted.split(' ').all(|word| words.clone().any(|held| held == word)) && words.next().is_some()
            }
            IdentifierKind::Vin => false,
        }
    }
}
