//! What of the log is looked for; it stands in the address, so that a view can be kept and sent on.

use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use super::queries::Named;
use crate::platform::ids::{ApiKeyId, AuthTokenId};
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::pagination::Keyset;

/// Methods that the API takes.
const METHODS: [&str; 5] = ["GET", "POST", "PATCH", "PUT", "DELETE"];
/// Classes of answers: how the address names them, their first digit, and what they say.
const CLASSES: [(&str, i32, &str); 4] = [
    ("2xx", 2, "Answered (2xx)"),
    ("3xx", 3, "Elsewhere or unchanged (3xx)"),
    ("4xx", 4, "Refused (4xx)"),
    ("5xx", 5, "Failed on our side (5xx)"),
];
/// How the address names requests without a valid credential.
const NO_CREDENTIAL: &str = "none";

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    status: String,
    method: String,
    credential: String,
    from: String,
    to: String,
    before: Option<Uuid>,
    after: Option<Uuid>,
}

/// A credential that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    None,
    Token(AuthTokenId),
    Key(ApiKeyId),
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// First digit of the status.
    pub status: Option<i32>,
    pub method: Option<&'static str>,
    pub credential: Option<Which>,
    /// First day, in UTC.
    pub from: Option<NaiveDate>,
    /// Last day, in UTC.
    pub to: Option<NaiveDate>,
}

impl Filter {
    /// Whether anything is looked for in particular.
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }
}

/// Nothing for an empty text, else what can be read of it.
fn wanted<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ()> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { read(text).map(Some).ok_or(()) }
}

fn read_credential(text: &str) -> Option<Which> {
    let token = || text.parse().map(Which::Token);
    let key = || text.parse().map(Which::Key);
    if text == NO_CREDENTIAL { Some(Which::None) } else { token().or_else(|_| key()).ok() }
}

fn read_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

impl Asked {
    /// Which page of the list.
    pub(super) fn keyset(&self) -> Keyset {
        Keyset { before: self.before, after: self.after }
    }

    /// What is looked for, as it stands in the addresses of other pages of the list.
    pub(super) fn extra(&self) -> String {
        let pairs = [
            ("status", &self.status),
            ("method", &self.method),
            ("credential", &self.credential),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.trim().is_empty());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        if query.is_empty() { query } else { format!("&{query}") }
    }

    /// Draws the form with what was asked.
    pub(super) fn draw(&self, credentials: &[Named]) -> Form {
        let any = |label: &str| Choice { label: label.into(), ..Choice::default() };
        let choice = |value: &str, label: String, asked: &str| Choice {
            value: value.into(),
            label,
            selected: value == asked.trim(),
        };
        let classes = CLASSES.iter().map(|(name, _, label)| choice(name, (*label).into(), &self.status));
        let methods = METHODS.iter().map(|method| choice(method, (*method).into(), &self.method));
        let named = credentials.iter().map(|one| {
            let label = format!("{} ({}…{})", one.name, &one.sid[..2], &one.sid[one.sid.len() - 6..]);
            choice(&one.sid, label, &self.credential)
        });
        let none = choice(NO_CREDENTIAL, "No valid credential".into(), &self.credential);
        let all = |label, choices: Vec<Choice>| [vec![any(label)], choices].concat();
        Form::new(vec![
            Field::select("status", "Answer", all("Every answer", classes.collect())),
            Field::select("method", "Method", all("Every method", methods.collect())),
            Field::select("credential", "Credential", all("Every credential", named.chain([none]).collect())),
            Field::date("from", "From").value(&self.from).optional(),
            Field::date("to", "To").value(&self.to).optional(),
        ])
    }

    /// Reads what was asked; what is wrong is noted in the form.
    pub(super) fn parse(&self, form: &mut Form) -> Filter {
        let class = |text: &str| CLASSES.iter().find(|(name, ..)| *name == text).map(|(_, digit, _)| *digit);
        let method = |text: &str| METHODS.into_iter().find(|method| *method == text);
        let status =
            wanted(&self.status, class).map_err(|()| form.fail("status", "Choose one of the answers."));
        let method =
            wanted(&self.method, method).map_err(|()| form.fail("method", "Choose one of the methods."));
        let credential = wanted(&self.credential, read_credential)
            .map_err(|()| form.fail("credential", "Choose one of the credentials."));
        let day = "Enter the day as year-month-day, as in 2027-03-31.";
        let from = wanted(&self.from, read_day).map_err(|()| form.fail("from", day));
        let to = wanted(&self.to, read_day).map_err(|()| form.fail("to", day));
        let filter = Filter {
            status: status.unwrap_or_default(),
            method: method.unwrap_or_default(),
            credential: credential.unwrap_or_default(),
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
        };
        if filter.from.zip(filter.to).is_some_and(|(from, to)| to < from) {
            form.fail("to", "The last day is before the first.");
        }
        filter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> (Filter, Form) {
        let asked: Asked = serde_urlencoded::from_str(query).expect("a query");
        let mut form = asked.draw(&[]);
        (asked.parse(&mut form), form)
    }

    #[test]
    fn an_empty_form_asks_for_everything() {
        let (filter, form) = read("status=&method=&credential=&from=&to=");
        assert!(!filter.is_any() && !form.has_errors());
    }

    #[test]
    fn what_cannot_be_read_is_said_beside_its_field() {
        for (query, field) in [
            ("status=9xx", "status"),
            ("method=BREW", "method"),
            ("credential=SK1", "credential"),
            ("from=yesterday", "from"),
            ("from=2026-11-24&to=2026-11-23", "to"),
        ] {
            let (_, form) = read(query);
            assert_eq!(form.errors().iter().map(|wrong| wrong.name).collect::<Vec<_>>(), [field], "{query}");
        }
    }
}
