//! The people in the content: a customer finds somebody by e-mail address, telephone number, name or VIN, sees all that
//! is kept about them, hands them a copy, restricts it or deletes it, in the portal and by API (S17–S20, S98, S99, S110,
//! S159). They are the customer's people: we know of them only what the customer keeps, and act as it says.
//!
//! Who is looked for never stands in an address, a log, the audit log or a mail. In the portal it travels
//! in a sealed token that works for an hour, for one person in one account ([`token`]); nothing of it is stored.
//!
//! - `search`: finding somebody; `record`, `facts`: a record, and what in it is about them
//! - `export`: the copy; `restrictions`; `deletion`, with its receipts and what is late
//! - [`web`], [`api`]: for people and for programs; [`sheet`]: what a customer hands to its own customers

pub mod api;
mod deletion;
mod export;
mod facts;
mod mail;
mod queries;
mod record;
mod restrictions;
mod search;
pub mod sheet;
mod token;
pub mod web;

pub(in crate::content) use deletion::delete_again;
pub use deletion::receipts::ARRIVES_WITHIN;
pub use deletion::{finish, overdue};
pub use mail::{DeletionsOverdue, EndUserDeleted};
pub use search::{Counts, Page, search};

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use self::restrictions::Begun;
use super::person_keys::{self, IdentifierKind, in_text};
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::crypto::Keys;
use crate::platform::ids::{AccountId, DeletionId};

/// Longest value in bytes.
const LONGEST: usize = 254;
/// Where a restriction keeps who it is about.
const IDENTIFIER_PLACE: &str = "restrictions.sealed_identifier";

/// By what somebody is looked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier {
    /// What it is.
    pub kind: IdentifierKind,
    /// As it was typed.
    pub value: String,
}

/// Never prints the value.
impl std::fmt::Debug for Identifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of somebody", self.kind.as_str())
    }
}

impl Identifier {
    /// Takes what was typed.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn parse(kind: IdentifierKind, value: &str) -> Result<Self, &'static str> {
        let (value, normal) = (value.trim(), kind.normal(value));
        let wrong = match kind {
            _ if value.is_empty() => Some("Type whom to look for."),
            _ if value.len() > LONGEST => Some("Type at most 254 bytes."),
            _ if value.chars().any(char::is_control) => Some("Take the control character out."),
            IdentifierKind::Email if !normal.contains('@') || normal.contains(char::is_whitespace) => {
                Some("Type a whole e-mail address.")
            }
            IdentifierKind::Phone if !(7..=15).contains(&normal.len()) => {
                Some("Type a whole number with its country code: 7 to 15 digits.")
            }
            IdentifierKind::Name if normal.chars().filter(|c| c.is_alphanumeric()).count() < 2 => {
                Some("Type at least two letters of a whole word of the name.")
            }
            IdentifierKind::Vin
                if normal.len() != 17 || !normal.bytes().all(|b| b.is_ascii_alphanumeric()) =>
            {
                Some("A VIN has 17 letters and digits.")
            }
            _ => None,
        };
        wrong.map_or_else(|| Ok(Self { kind, value: value.to_owned() }), Err)
    }

    /// The keys that every record about them has.
    pub fn keys(&self, keys: &Keys, account: AccountId) -> Vec<i64> {
        person_keys::wanted(keys, account, self.kind, &self.value)
    }

    /// What a receipt keeps of them: shows whether a given person was meant, and nothing else.
    pub fn digest(&self, keys: &Keys, account: AccountId) -> Vec<u8> {
        let (kind, normal) = (self.kind.as_str().as_bytes(), self.kind.normal(&self.value));
        keys.digest("content deletion", &[account.0.as_bytes(), kind, &[0], normal.as_bytes()].concat())
    }

    /// Whether a value of this kind is theirs.
    fn is(&self, kind: IdentifierKind, value: &str) -> bool {
        self.kind == kind && kind.normal(value) == kind.normal(&self.value)
    }

    /// Whether a text holds this address, number or VIN, or every word of this name.
    fn stands_in(&self, text: &str) -> bool {
        match self.kind {
            IdentifierKind::Email | IdentifierKind::Phone => {
                in_text(text).iter().any(|(kind, value)| self.is(*kind, value))
            }
            IdentifierKind::Name | IdentifierKind::Vin => {
                let (held, wanted) = (words(text), words(&self.value));
                !wanted.is_empty() && wanted.iter().all(|word| held.contains(word))
            }
        }
    }
}

/// The words of a text in lower case, without the signs around them.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// What a kind is called on a page.
fn kind_label(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Email => "E-mail address",
        IdentifierKind::Phone => "Telephone number",
        IdentifierKind::Name => "Name",
        IdentifierKind::Vin => "VIN",
    }
}

/// What a kind is called inside a sentence.
fn kind_words(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Email => "an e-mail address",
        IdentifierKind::Phone => "a telephone number",
        IdentifierKind::Name => "a name",
        IdentifierKind::Vin => "a VIN",
    }
}

/// Who does something for somebody in the content, where and when.
#[derive(Clone, Debug)]
pub struct Act {
    /// In which account.
    pub account: AccountId,
    /// A member, or a program.
    pub actor: Actor,
    /// Where the request came from.
    pub from: Circumstances,
    /// When.
    pub now: DateTime<Utc>,
}

impl Act {
    /// As the tables of the content store who acted.
    fn actor_kind(&self) -> &'static str {
        if matches!(self.actor, Actor::Program(_)) { "program" } else { "customer" }
    }

    fn actor_id(&self) -> uuid::Uuid {
        self.actor.id().unwrap_or_default()
    }

    /// Notes what was done, never for whom. The last thing in its transaction.
    async fn note(
        &self,
        conn: &mut AsyncPgConnection,
        action: &'static str,
        kind: IdentifierKind,
    ) -> QueryResult<()> {
        let note = format!("Found by {}", kind.as_str());
        let event = Event::new(self.actor, "account", self.account.0, action, &self.from).note(&note);
        audit::append(conn, self.now, event).await?;
        Ok(())
    }
}

/// Restricts the records about somebody, inside the caller's transaction, and notes it; the last thing in it. Answers
/// what became of the wish.
///
/// # Errors
/// What the database says.
pub async fn restrict(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    act: &Act,
    who: &Identifier,
    reason: &str,
) -> QueryResult<Begun> {
    let begun = restrictions::begin(conn, keys, act, who, reason).await?;
    if matches!(begun, Begun::New(..)) {
        act.note(conn, "end_user.restricted", who.kind).await?;
    }
    Ok(begun)
}

/// Deletes somebody, inside the caller's transaction, and tells whoever has to know; the last thing in it. Answers the
/// receipt.
///
/// # Errors
/// What the database says.
pub async fn delete(
    conn: &mut AsyncPgConnection,
    app: &App,
    act: &Act,
    who: &Identifier,
) -> QueryResult<DeletionId> {
    let receipt = deletion::carry_out(conn, &app.keys, act, who).await?;
    deletion::announce(conn, app, act, &receipt).await?;
    Ok(receipt.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_found_is_looked_for() {
        use IdentifierKind::{Email, Name, Phone, Vin};
        for (kind, value) in [
            (Email, " Ada@Example.com"),
            (Phone, "+1 202 555 0100"),
            (Name, "Ada"),
            (Name, "李小龍"),
            (Vin, "1hgcm82633a004352"),
        ] {
            assert!(Identifier::parse(kind, value).is_ok(), "{value}");
        }
        for (kind, value) in [
            (Email, "ada"),
            (Email, "a b@c.de"),
            (Phone, "555"),
            (Name, "A"),
            (Name, " - "),
            (Vin, "1HG"),
            (Name, ""),
        ] {
            assert!(Identifier::parse(kind, value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_text_holds_somebody_by_address_number_or_every_word_of_a_name() {
        use IdentifierKind::{Email, Name, Phone, Vin};
        let text = "Ms. Lovelace (Ada) called from +1 202-555-0100 about 1HGCM82633A004352; ada@example.com.";
        let holds = |kind, value| Identifier::parse(kind, value).unwrap().stands_in(text);
        assert!(holds(Email, "ADA@example.com") && holds(Phone, "12025550100"));
        assert!(holds(Name, "ada lovelace") && holds(Vin, "1hgcm82633a004352"));
        assert!(!holds(Name, "Ada King") && !holds(Email, "da@example.com") && !holds(Phone, "2025550100"));
    }

    #[test]
    fn an_identifier_is_never_printed() {
        let ada = Identifier::parse(IdentifierKind::Email, "ada@example.com").unwrap();
        assert!(!format!("{ada:?}").contains("ada@"));
    }
}
