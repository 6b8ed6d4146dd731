//! The form for a new key.

use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, Utc};

use super::{LONGEST_NAME, Wanted};
use crate::accounts::credentials::Act;
use crate::api::scopes::Scope;
use crate::content::forbidden;
use crate::content::friendly_names::{self, Concern};
use crate::platform::ids::ApiKeyId;
use crate::platform::web::forms::{Choice, Field, Form};

/// Where the id of the key to be is sealed in its form.
const PLACE: &str = "api_keys.form";
/// Longest life that can be chosen, in years of 12 months.
const LONGEST_LIFE: Months = Months::new(10 * 12);

/// What the form sends.
#[derive(Debug, Default)]
pub(super) struct KeyForm {
    name: String,
    /// What was decided about an address or a number in the name (S99).
    suggestion: String,
    keep_name: String,
    scopes: Vec<String>,
    expires_on: String,
    /// The id of the key to be, sealed for this account and person.
    form: String,
}

/// A form again, and what there is to decide about the name.
pub(super) struct Refused {
    pub form: Form,
    pub concern: Option<Concern>,
}

impl KeyForm {
    /// A field may come several times, which is how ticked boxes are sent.
    pub(super) fn read(typed: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in typed {
            match name.as_str() {
                "name" => form.name = value,
                "suggestion" => form.suggestion = value,
                "keep_name" => form.keep_name = value,
                "scopes" => form.scopes.push(value),
                "expires_on" => form.expires_on = value,
                "form" => form.form = value,
                _ => {}
            }
        }
        form
    }

    /// Draws it with what was typed. Each drawing is for a key of its own.
    pub(super) fn draw(&self, act: Act<'_>) -> Form {
        let choice = |scope: Scope| Choice {
            value: scope.as_str().into(),
            label: format!("{}: {}", scope.as_str(), scope.about()),
            selected: self.scopes.iter().any(|ticked| ticked == scope.as_str()),
        };
        let scopes = Scope::ALL.into_iter().map(choice).collect();
        Form::new(vec![
            Field { maxlength: Some(LONGEST_NAME as u32), ..Field::text("name", "Name") }
                .value(&self.name)
                .autocomplete("off")
                .hint("Which program will use it, as in “Nightly import”. No names, addresses or numbers of people."),
            Field::checkboxes("scopes", "What it may do", scopes)
                .hint("Tick only what the program needs. This cannot be changed later."),
            Field::date("expires_on", "Last day on which it works")
                .value(&self.expires_on)
                .optional()
                .hint("Until midnight UTC. We send a mail three days before. Leave it empty for no end."),
            Field { kind: "hidden", name: "form", ..Field::default() }.value(seal(act)),
        ])
    }

    /// Reads it.
    ///
    /// # Errors
    /// The form again, with what is wrong.
    pub(super) fn parse(&self, act: Act<'_>) -> Result<Wanted, Refused> {
        let (mut form, mut concern) = (self.draw(act), None);
        let name = match friendly_names::check(&self.name, &self.suggestion, &self.keep_name) {
            Ok(name) => parse_name(&name).map_err(|message| form.fail("name", message)).ok(),
            Err(seen) => {
                form.fail("name", seen.message.clone());
                concern = Some(seen);
                None
            }
        };
        let scopes: Option<Vec<Scope>> = self.scopes.iter().map(|text| Scope::parse(text)).collect();
        let scopes = scopes.filter(|scopes| !scopes.is_empty());
        if scopes.is_none() {
            form.fail("scopes", "Tick at least one thing that the key may do.");
        }
        let expires_at =
            parse_end(&self.expires_on, act.now()).map_err(|message| form.fail("expires_on", message)).ok();
        let id = open(act, &self.form);
        if id.is_none() && !form.has_errors() {
            form.fail_whole("This form cannot be used any more. Look through it and send it once more.");
        }
        match (id, name, scopes, expires_at) {
            (Some(id), Some(name), Some(mut scopes), Some(expires_at)) => {
                scopes.sort_unstable();
                scopes.dedup();
                Ok(Wanted { id, name, scopes, expires_at })
            }
            _ => Err(Refused { form, concern }),
        }
    }
}

fn parse_name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Give the key a name.".into());
    }
    if text.chars().count() > LONGEST_NAME {
        return Err(format!("A name has up to {LONGEST_NAME} characters."));
    }
    if text.chars().any(char::is_control) {
        return Err("Line breaks and control characters do not belong in a name.".into());
    }
    forbidden::refuse(text.to_owned())
}

/// The midnight after the last day; nothing for no end.
fn parse_end(text: &str, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| "Enter the day as year-month-day, as in 2027-03-31.")?;
    let today = now.date_naive();
    if day < today {
        return Err("This day is over. Choose today or a later day.");
    }
    let latest = today.checked_add_months(LONGEST_LIFE).unwrap_or(today);
    if day > latest {
        return Err("A key can live for ten years at most. Leave the day out for no end.");
    }
    let next = day.checked_add_days(Days::new(1)).ok_or("This day is too far away.")?;
    Ok(Some(next.and_time(NaiveTime::MIN).and_utc()))
}

/// The id of the key to be, so that nobody can choose one.
fn seal(act: Act<'_>) -> String {
    let text = format!("{} {} {}", act.account.id, act.who.person, ApiKeyId::new(act.now()));
    URL_SAFE_NO_PAD.encode(act.app.keys.seal(PLACE, text.as_bytes()))
}

fn open(act: Act<'_>, sealed: &str) -> Option<ApiKeyId> {
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let text = String::from_utf8(act.app.keys.open(PLACE, &sealed).ok()?).ok()?;
    let id = text.strip_prefix(&format!("{} {} ", act.account.id, act.who.person))?;
    ApiKeyId::from_str(id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_works_to_the_end_of_its_last_day() {
        let now: DateTime<Utc> = "2026-11-24T23:59:59Z".parse().expect("a moment");
        let midnight = "2026-11-25T00:00:00Z".parse().expect("a moment");
        assert_eq!(parse_end("2026-11-24", now), Ok(Some(midnight)));
        assert_eq!(parse_end(" ", now), Ok(None));
        assert!(parse_end("2036-11-24", now).is_ok());
        for bad in ["2026-11-23", "2036-11-25", "24.11.2026", "2026-02-30", "+262142-12-31"] {
            assert!(parse_end(bad, now).is_err(), "{bad}");
        }
    }
}
