//! The form that asks for a hold.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::{LONGEST_REVIEW, Matter, NewHold, Scope};
use crate::content::end_users::Identifier;
use crate::content::person_keys::IdentifierKind;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::privacy::data_map;

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HoldForm {
    scope: String,
    sid: String,
    identifier_kind: String,
    identifier: String,
    table: String,
    matter: String,
    reason: String,
    silent_because: String,
    review_on: String,
}

const SCOPES: [(&str, &str); 4] = [
    ("person", "A person, with the accounts that they own"),
    ("account", "An account and all that is in it"),
    ("end_user", "One end user's records in an account"),
    ("table", "A whole table"),
];
const KINDS: [(&str, &str); 4] =
    [("email", "E-mail address"), ("phone", "Telephone number"), ("name", "Name"), ("vin", "VIN")];

impl HoldForm {
    /// As it is drawn, with what was typed.
    pub(super) fn draw(&self) -> Form {
        let tables = data_map::tables().filter(|table| Scope::of_table(table.name).is_some());
        let tables = [("", "None")].into_iter().chain(tables.map(|table| (table.name, table.about)));
        let matters = Matter::ALL.map(|matter| (matter.as_str(), matter.label()));
        Form::new(vec![
            Field::select("scope", "What must not be deleted", Choice::list(SCOPES, &self.scope)),
            Field::text("sid", "SID of the person or the account")
                .hint("US… for a person, AC… for an account. Leave it empty for a table.")
                .autocomplete("off")
                .value(&self.sid)
                .optional(),
            Field::select(
                "identifier_kind",
                "By what the end user is known",
                Choice::list(KINDS, &self.identifier_kind),
            ),
            Field::text("identifier", "Address, number, name or VIN of the end user")
                .hint("Only for an end user. It is kept sealed.")
                .autocomplete("off")
                .value(&self.identifier)
                .optional(),
            Field::select("table", "Table", Choice::list(tables, &self.table)).optional(),
            Field::select("matter", "Matter", Choice::list(matters, &self.matter)),
            Field::textarea("reason", "Why, with the reference of the matter").value(&self.reason),
            Field::text("silent_because", "Law that forbids to tell whose data it is")
                .hint("Leave it empty, and whoever it is about reads that it is kept and why.")
                .autocomplete("off")
                .value(&self.silent_because)
                .optional(),
            Field::date("review_on", "To be looked at again on")
                .hint("At most a year from now.")
                .value(&self.review_on),
        ])
    }

    /// Reads it.
    ///
    /// # Errors
    /// The form, with what is wrong beside each field.
    pub(super) fn parse(&self, now: DateTime<Utc>) -> Result<NewHold, Form> {
        let mut form = self.draw();
        let scope = self.scope(&mut form);
        let matter = Matter::parse(&self.matter);
        if matter.is_none() {
            form.fail("matter", "Choose one.");
        }
        let reason = self.reason.trim();
        if !(10..=2000).contains(&reason.chars().count()) {
            form.fail("reason", "Write 10 to 2,000 characters: what the matter is and where it is kept.");
        }
        let silent = self.silent_because.trim();
        if !silent.is_empty() && !(10..=500).contains(&silent.chars().count()) {
            form.fail("silent_because", "Name the law in 10 to 500 characters.");
        }
        let review_on = parse_review(&self.review_on, now);
        if let Err(message) = &review_on {
            form.fail("review_on", *message);
        }
        match (scope, matter, review_on) {
            (Some(scope), Some(matter), Ok(review_on)) if !form.has_errors() => Ok(NewHold {
                scope,
                matter,
                reason: reason.into(),
                silent_because: (!silent.is_empty()).then(|| silent.into()),
                review_on,
            }),
            _ => Err(form),
        }
    }

    fn scope(&self, form: &mut Form) -> Option<Scope> {
        let sid = self.sid.trim();
        match self.scope.as_str() {
            "person" => match sid.parse() {
                Ok(id) => return Some(Scope::Person(id)),
                Err(_) => form.fail("sid", "Enter the SID of a person: US and 32 characters."),
            },
            "table" => match Scope::of_table(&self.table) {
                Some(scope) => return Some(scope),
                None => form.fail("table", "Choose a table."),
            },
            of @ ("account" | "end_user") => {
                let account = sid.parse();
                if account.is_err() {
                    form.fail("sid", "Enter the SID of an account: AC and 32 characters.");
                }
                if of == "account" {
                    return account.ok().map(Scope::Account);
                }
                let kind = IdentifierKind::parse(&self.identifier_kind).unwrap_or(IdentifierKind::Email);
                match Identifier::parse(kind, &self.identifier) {
                    Ok(who) => return account.ok().map(|account| Scope::EndUser(account, who)),
                    Err(message) => form.fail("identifier", message),
                }
            }
            _ => form.fail("scope", "Choose one."),
        }
        None
    }
}

/// The day of a review: from tomorrow to a year from now.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse_review(text: &str, now: DateTime<Utc>) -> Result<NaiveDate, &'static str> {
    let today = now.date_naive();
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
        .map_err(|_| "Enter a day as year-month-day, as in 2027-03-31.")?;
    if day > today && day <= today + LONGEST_REVIEW {
        Ok(day)
    } else {
        Err("Choose a day from tomorrow to a year from now.")
    }
}
