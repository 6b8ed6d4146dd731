//! Finding a person in the content without an index of plain text (S98, S159): each record carries keyed digests of
//! the e-mail addresses, telephone numbers, names and VINs in it, 64 bits of each. A search computes the digest of what is
//! looked for. Two different values share one by accident about once in 10^19 pairs; what is found is compared
//! with the record itself all the same.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::friendly_names;
use crate::platform::crypto::Keys;
use crate::platform::ids::AccountId;

/// By what a person is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Name.
    Name,
    /// Vehicle identification number.
    Vin,
}

impl IdentifierKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Email, Self::Phone, Self::Name, Self::Vin];

    /// As it is stored and named in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Vin => "vin",
        }
    }

    /// Reads a kind as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// A value of this kind in the one form that is compared: addresses and names in lower case with single
    /// spaces, numbers as their digits, VINs in capitals.
    pub fn normal(self, value: &str) -> String {
        match self {
            Self::Email => value.trim().to_lowercase(),
            Self::Phone => value.chars().filter(char::is_ascii_digit).collect(),
            Self::Name => value.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" "),
            Self::Vin => value.trim().to_uppercase(),
        }
    }
}

/// Collects the keys of one record.
#[derive(Debug)]
pub struct PersonKeys<'a> {
    keys: Hidden<'a>,
    account: AccountId,
    found: Vec<i64>,
}

struct Hidden<'a>(&'a Keys);
impl std::fmt::Debug for Hidden<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl<'a> PersonKeys<'a> {
    /// For a record of this account. Digests of one account say nothing about another.
    pub fn new(keys: &'a Keys, account: AccountId) -> Self {
        Self { keys: Hidden(keys), account, found: Vec::new() }
    }

    /// Adds a value; an empty one is left out. A name is also found by each of its words.
    pub fn add(&mut self, kind: IdentifierKind, value: &str) {
        let normal = kind.normal(value);
        if normal.is_empty() {
            return;
        }
        if kind == IdentifierKind::Name {
            for word in normal.split(' ') {
                self.found.push(key(self.keys.0, self.account, "word", word));
            }
        }
        self.found.push(key(self.keys.0, self.account, kind.as_str(), &normal));
    }

    /// Adds the addresses and numbers that stand in a text of any kind, as in a friendly name (S99).
    pub fn add_text(&mut self, text: &str) {
        for (kind, value) in in_text(text) {
            self.add(kind, &value);
        }
    }

    /// All of them, sorted, each once.
    pub fn into_vec(mut self) -> Vec<i64> {
        self.found.sort_unstable();
        self.found.dedup();
        self.found
    }
}

/// The addresses and numbers that stand in a text, in the form that is compared.
pub fn in_text(text: &str) -> Vec<(IdentifierKind, String)> {
    let kind = |kind| match kind {
        friendly_names::Kind::Email => IdentifierKind::Email,
        friendly_names::Kind::Phone => IdentifierKind::Phone,
    };
    friendly_names::find(text).into_iter().map(|found| (kind(found.kind), found.value)).collect()
}

/// The keys that every record has which is about this value: one, or for a name those of its words.
pub fn wanted(keys: &Keys, account: AccountId, kind: IdentifierKind, value: &str) -> Vec<i64> {
    let normal = kind.normal(value);
    let mut wanted: Vec<i64> = match kind {
        IdentifierKind::Name => normal.split(' ').map(|word| key(keys, account, "word", word)).collect(),
        _ => vec![key(keys, account, kind.as_str(), &normal)],
    };
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

fn key(keys: &Keys, account: AccountId, kind: &str, normal: &str) -> i64 {
    let value = [account.0.as_bytes(), kind.as_bytes(), &[0], normal.as_bytes()].concat();
    let digest = keys.digest("person key", &value);
    i64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn collected(add: impl Fn(&mut PersonKeys<'_>)) -> Vec<i64> {
        let keys = Keys::derive(&[7; 32]);
        let mut all = PersonKeys::new(&keys, AccountId(Uuid::nil()));
        add(&mut all);
        all.into_vec()
    }

    fn is_found(kind: IdentifierKind, value: &str, add: impl Fn(&mut PersonKeys<'_>)) -> bool {
        let (keys, has) = (Keys::derive(&[7; 32]), collected(add));
        wanted(&keys, AccountId(Uuid::nil()), kind, value).iter().all(|key| has.contains(key))
    }

    #[test]
    fn a_value_is_found_however_it_is_written() {
        use IdentifierKind::{Email, Name, Phone, Vin};
        assert!(is_found(Email, " ADA@example.com", |all| all.add(Email, "ada@Example.com")));
        assert!(is_found(Phone, "+1 202 555 0100", |all| all.add(Phone, "+12025550100")));
        assert!(is_found(Name, "lovelace  ada", |all| all.add(Name, "Ada Lovelace")));
        assert!(is_found(Name, "Ada", |all| all.add(Name, "Ada Lovelace")));
        assert!(is_found(Vin, "1hgcm82633a004352", |all| all.add(Vin, "1HGCM82633A004352")));
        assert!(!is_found(Name, "Ada King", |all| all.add(Name, "Ada Lovelace")));
        assert!(!is_found(Email, "ada", |all| all.add(Name, "Ada")));
    }

    #[test]
    fn addresses_and_numbers_in_a_text_are_found_too() {
        use IdentifierKind::{Email, Phone};
        let text = "Call (202) 555-0100, or mail <ada@example.com>.";
        assert!(is_found(Email, "ada@example.com", |all| all.add_text(text)));
        assert!(is_found(Phone, "202 555 0100", |all| all.add_text(text)));
        assert!(collected(|all| all.add_text("claim 4711 of 2026")).is_empty());
    }

    #[test]
    fn another_account_has_other_keys() {
        let keys = Keys::derive(&[7; 32]);
        let of = |account| wanted(&keys, AccountId(Uuid::from_u128(account)), IdentifierKind::Email, "a@b.c");
        assert_ne!(of(1), of(2));
    }
}
