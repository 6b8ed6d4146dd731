//! What the billing system tells, read out of JSON: everything that is wrong is named at once, each by its place.

use chrono::{Days, NaiveDate};
use serde::Deserialize;

use super::{BilledTo, End, LONGEST_NUMBER, NewInvoice};
use crate::api::body::{self, whole};
use crate::api::problem::{FieldError, Problem};
use crate::platform::codes;
use crate::platform::ids::AccountId;

/// Largest amount in the smallest unit of its currency: what every program can hold exactly in a number of JSON.
const LARGEST: i64 = 9_007_199_254_740_991;
/// Most lines of an address.
const MOST_LINES: usize = 5;

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// An invoice was issued.
    Issued(NewInvoice),
    /// Something became of one: its number, the day, and what.
    Ended(String, NaiveDate, End),
    /// It is about something else, of which nothing is kept here.
    Other,
}

/// What is read first: of other events nothing else is looked at.
#[derive(Deserialize)]
struct Head {
    event: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Issued {
    account: Option<String>,
    number: Option<String>,
    issued_on: Option<String>,
    due_on: Option<String>,
    currency: Option<String>,
    #[serde(deserialize_with = "whole")]
    total_minor: Option<i64>,
    #[serde(deserialize_with = "whole")]
    tax_minor: Option<i64>,
    billing: Address,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Address {
    name: Option<String>,
    lines: Vec<String>,
    postal_code: Option<String>,
    city: Option<String>,
    country: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ended {
    number: Option<String>,
    on: Option<String>,
    reason: Option<String>,
}

/// Reads what is told; `today` is the day in UTC.
///
/// # Errors
/// 400 for what is no JSON, 422 with every field that is wrong.
pub(super) fn read(bytes: &[u8], today: NaiveDate) -> Result<Told, Problem> {
    let mut wrong = Wrong(Vec::new());
    let told = match body::parse::<Head>(bytes)?.event.as_str() {
        "invoice.issued" => issued(&body::parse(bytes)?, today, &mut wrong).map(Told::Issued),
        "invoice.paid" => ended(&body::parse(bytes)?, false, today, &mut wrong),
        "invoice.voided" => ended(&body::parse(bytes)?, true, today, &mut wrong),
        _ => return Ok(Told::Other),
    };
    told.filter(|_| wrong.0.is_empty()).ok_or_else(|| Problem::invalid().with_errors(wrong.0))
}

fn issued(sent: &Issued, today: NaiveDate, wrong: &mut Wrong) -> Option<NewInvoice> {
    let account: Option<AccountId> = sent.account.as_deref().and_then(|sid| sid.parse().ok());
    if account.is_none() {
        wrong.say("/account", "This is the SID of an account: AC and 32 characters.");
    }
    let number = wrong.text("/number", sent.number.as_deref(), LONGEST_NUMBER);
    // Until when it is kept is counted from this day.
    let issued_on = wrong.day_that_came("/issued_on", sent.issued_on.as_deref(), today);
    let due_on = wrong.date("/due_on", sent.due_on.as_deref());
    if issued_on.zip(due_on).is_some_and(|(issued, due)| due < issued) {
        wrong.say("/due_on", "An invoice is due on the day of its issue or later.");
    }
    let currency = wrong.code("/currency", sent.currency.as_deref(), codes::is_currency, "ISO 4217");
    let total_minor = wrong.amount("/total_minor", sent.total_minor);
    let tax_minor = wrong.amount("/tax_minor", sent.tax_minor);
    if tax_minor > total_minor {
        wrong.say("/tax_minor", "The tax is part of the total, and no more than that.");
    }
    let billed_to = billed_to(&sent.billing, wrong);
    let (account, issued_on, due_on) = (account?, issued_on?, due_on?);
    Some(NewInvoice { account, number, issued_on, due_on, currency, total_minor, tax_minor, billed_to })
}

fn billed_to(sent: &Address, wrong: &mut Wrong) -> BilledTo {
    let lines: Vec<String> = sent
        .lines
        .iter()
        .enumerate()
        .map(|(index, line)| wrong.text(&format!("/billing/lines/{index}"), Some(line), 200))
        .collect();
    if lines.is_empty() || lines.len() > MOST_LINES {
        wrong.say("/billing/lines", format!("An address has 1 to {MOST_LINES} lines."));
    }
    let postal_code = sent.postal_code.as_deref().map(str::trim).filter(|code| !code.is_empty());
    BilledTo {
        name: wrong.text("/billing/name", sent.name.as_deref(), 200),
        lines,
        postal_code: postal_code.map(|code| wrong.text("/billing/postal_code", Some(code), 20)),
        city: wrong.text("/billing/city", sent.city.as_deref(), 100),
        country: wrong.code(
            "/billing/country",
            sent.country.as_deref(),
            codes::is_country,
            "ISO 3166-1, two letters",
        ),
    }
}

fn ended(sent: &Ended, voided: bool, today: NaiveDate, wrong: &mut Wrong) -> Option<Told> {
    let number = wrong.text("/number", sent.number.as_deref(), LONGEST_NUMBER);
    // It is told once it happened: what was noted of it is never taken back.
    let on = wrong.day_that_came("/on", sent.on.as_deref(), today);
    let end =
        if voided { End::Voided(wrong.text("/reason", sent.reason.as_deref(), 500)) } else { End::Paid };
    Some(Told::Ended(number, on?, end))
}

/// What is wrong, by place.
struct Wrong(Vec<FieldError>);

impl Wrong {
    fn say(&mut self, pointer: &str, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    /// A line of text of at most so many characters; a blank one is none.
    fn text(&mut self, pointer: &str, given: Option<&str>, most: usize) -> String {
        let text = given.unwrap_or_default().trim();
        if text.is_empty() {
            self.say(pointer, "This is needed.");
        } else if text.chars().count() > most {
            self.say(pointer, format!("This is at most {most} characters."));
        } else if text.chars().any(char::is_control) {
            self.say(pointer, "This is one line of text.");
        }
        text.to_owned()
    }

    /// A day of this century, as year-month-day.
    fn date(&mut self, pointer: &str, given: Option<&str>) -> Option<NaiveDate> {
        let text = given.unwrap_or_default();
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let day = day.filter(|_| text.len() == 10 && text.starts_with("20"));
        if day.is_none() {
            self.say(pointer, "This is a day as year-month-day, as in 2026-11-30.");
        }
        day
    }

    /// As [`Wrong::date`], and no day that is still to come. East of us it may be tomorrow.
    fn day_that_came(&mut self, pointer: &str, given: Option<&str>, today: NaiveDate) -> Option<NaiveDate> {
        let day = self.date(pointer, given);
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        if day.is_some_and(|day| day > tomorrow) {
            self.say(pointer, "This day has not come.");
        }
        day
    }

    fn code(&mut self, pointer: &str, given: Option<&str>, is_known: fn(&str) -> bool, list: &str) -> String {
        let code = given.unwrap_or_default();
        if !is_known(code) {
            self.say(pointer, format!("This is a code of {list}, in capitals."));
        }
        code.to_owned()
    }

    fn amount(&mut self, pointer: &str, given: Option<i64>) -> i64 {
        if given.is_none_or(|amount| !(0..=LARGEST).contains(&amount)) {
            self.say(pointer, "This is an amount in the smallest unit of the currency, 0 or more.");
        }
        given.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn today() -> NaiveDate {
        "2026-11-30".parse().unwrap()
    }

    fn sample() -> Value {
        json!({
            "event": "invoice.issued", "account": "AC019200000000700080000000000000ff", "number": "2026-0001",
            "issued_on": "2026-11-01", "due_on": "2026-11-15", "currency": "EUR",
            "total_minor": 119_000, "tax_minor": 19_000,
            "billing": { "name": "Lovelace GmbH", "lines": ["Hauptstraße 1"], "postal_code": "10115", "city": "Berlin", "country": "DE" },
        })
    }

    fn pointers(sent: &Value) -> Vec<String> {
        let problem = read(sent.to_string().as_bytes(), today()).unwrap_err();
        problem.errors().iter().map(|error| error.pointer.clone()).collect()
    }

    #[test]
    fn an_invoice_is_read_with_the_day_until_which_it_is_kept() {
        let Told::Issued(new) = read(sample().to_string().as_bytes(), today()).unwrap() else { panic!() };
        assert_eq!((new.number.as_str(), new.total_minor, new.tax_minor), ("2026-0001", 119_000, 19_000));
        assert_eq!(
            new.kept_until(),
            "2035-01-01T12:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()
        );
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once_and_by_its_place() {
        let empty = pointers(&json!({ "event": "invoice.issued" }));
        let all = [
            "/account",
            "/number",
            "/issued_on",
            "/due_on",
            "/currency",
            "/total_minor",
            "/tax_minor",
            "/billing/lines",
            "/billing/name",
            "/billing/city",
            "/billing/country",
        ];
        assert_eq!(empty, all);
        for (change, pointer) in [
            (json!({ "issued_on": "2026-12-02" }), "/issued_on"),
            (json!({ "due_on": "2026-10-31" }), "/due_on"),
            (json!({ "due_on": "2026-02-30" }), "/due_on"),
            (json!({ "currency": "EURO" }), "/currency"),
            (json!({ "tax_minor": 119_001 }), "/tax_minor"),
            (json!({ "total_minor": "119000" }), "/total_minor"),
            (json!({ "number": "a\u{0}b" }), "/number"),
            (json!({ "account": "AC1" }), "/account"),
        ] {
            let mut sent = sample();
            sent.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let found = pointers(&sent);
            assert!(found.iter().any(|one| one == pointer), "{change}: {found:?}");
        }
        assert_eq!(
            pointers(&json!({ "event": "invoice.voided", "number": "1", "on": "2026-11-30" })),
            ["/reason"]
        );
        let paid = |on: &str| json!({ "event": "invoice.paid", "number": "1", "on": on });
        assert_eq!(pointers(&paid("2026-12-02")), ["/on"]);
        assert!(
            read(paid("2026-12-01").to_string().as_bytes(), today()).is_ok(),
            "east of us it is tomorrow"
        );
    }

    #[test]
    fn what_is_about_something_else_is_left_alone() {
        let other = json!({ "event": "customer.updated", "number": 5 }).to_string();
        assert_eq!(read(other.as_bytes(), today()).unwrap(), Told::Other);
        assert!(read(b"{}", today()).is_err() && read(b"[", today()).is_err());
    }
}
