//! Filters in the address of a queue: what is not on the queue's list is not there, so that an address, a saved view and
//! the name of a file hold nothing that somebody typed.

use std::fmt;
use std::str::FromStr;

use actix_web::web;
use chrono::{DateTime, Datelike as _, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::platform::error::AppError;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::pagination::Keyset;

/// The query of an address, as a handler takes it.
pub type Pairs = web::Query<Vec<(String, String)>>;

/// A filter of a queue.
pub struct Filter {
    /// Its name in the address.
    pub name: &'static str,
    /// What it is called on the page.
    pub label: &'static str,
    /// What can be chosen: value and words. The first, with an empty value, holds where the address says nothing.
    pub choices: fn() -> Vec<(&'static str, &'static str)>,
}

/// What the address of a queue asks for.
pub struct Asked {
    filters: &'static [Filter],
    chosen: Vec<(&'static str, &'static str)>,
    before: Option<String>,
    after: Option<String>,
}

impl Asked {
    /// Reads an address. A value that is not on the list counts as nothing.
    pub fn read(filters: &'static [Filter], pairs: &[(String, String)]) -> Self {
        let said =
            |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let choose = |filter: &Filter| {
            let asked = said(filter.name).filter(|value| !value.is_empty())?;
            let (value, _) = (filter.choices)().into_iter().find(|(value, _)| *value == asked)?;
            Some((filter.name, value))
        };
        Self {
            filters,
            chosen: filters.iter().filter_map(choose).collect(),
            before: said("before").map(str::to_owned),
            after: said("after").map(str::to_owned),
        }
    }

    /// What is chosen in a filter; empty for what holds where nothing is.
    pub fn get(&self, name: &str) -> &'static str {
        self.chosen.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// The form of the filters, with what is chosen.
    pub fn form(&self) -> Form {
        let draw = |filter: &Filter| {
            let chosen = self.get(filter.name);
            let choice = |(value, label): (&str, &str)| Choice {
                value: value.into(),
                label: label.into(),
                selected: value == chosen,
            };
            Field::select(filter.name, filter.label, (filter.choices)().into_iter().map(choice).collect())
        };
        Form::new(self.filters.iter().map(draw).collect())
    }

    /// The filters as they stand in an address, without the page: `view=late&kind=access`, or nothing.
    pub fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.chosen).finish()
    }

    /// The same, to be added to the link of a page.
    pub fn extra(&self) -> String {
        let query = self.query();
        if query.is_empty() { query } else { format!("&{query}") }
    }

    /// An address with these filters.
    pub fn on(&self, path: &str) -> String {
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The place in the queue at which the page begins.
    ///
    /// # Errors
    /// `BadRequest` for what is no place.
    pub fn keyset<K: FromStr>(&self) -> Result<Keyset<K>, AppError> {
        let read = |text: &Option<String>| {
            let place = text.as_deref().map(str::parse).transpose();
            place.map_err(|_| AppError::BadRequest("There is no such place in the list.".into()))
        };
        Ok(Keyset { before: read(&self.before)?, after: read(&self.after)? })
    }
}

/// The place of an item in a queue that is sorted by a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Place {
    /// The moment.
    pub at: DateTime<Utc>,
    /// The id, which tells two of one moment apart.
    pub id: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.timestamp_micros(), self.id.simple())
    }
}

impl FromStr for Place {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // From the right: the moment may be before 1970.
        let (micros, id) = text.rsplit_once('-').ok_or("no place")?;
        let micros = micros.parse().map_err(|_| "no moment")?;
        let at = DateTime::from_timestamp_micros(micros).ok_or("no moment")?;
        // The database knows no moment long before that.
        if !(0..=9999).contains(&at.year()) {
            return Err("no moment");
        }
        Ok(Self { at, id: Uuid::try_parse(id).map_err(|_| "no id")? })
    }
}

impl TryFrom<String> for Place {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILTERS: &[Filter] = &[
        Filter { name: "view", label: "Which", choices: || vec![("", "Open"), ("late", "Overdue")] },
        Filter { name: "kind", label: "Kind", choices: || vec![("", "Every"), ("a&b", "Odd")] },
    ];

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Asked::read(FILTERS, &pairs)
    }

    #[test]
    fn an_address_says_only_what_is_on_the_list() {
        let asked = asked(&[("kind", "a&b"), ("view", "ada@example.com"), ("more", "x"), ("before", "1-2")]);
        assert_eq!((asked.get("view"), asked.get("kind"), asked.query().as_str()), ("", "a&b", "kind=a%26b"));
        assert_eq!(asked.on("/staff/x"), "/staff/x?kind=a%26b");
        assert!(asked.keyset::<Place>().is_err());
        assert_eq!(super::Asked::read(FILTERS, &[]).on("/staff/x"), "/staff/x");
    }

    #[test]
    fn a_place_reads_back_also_before_1970() {
        for at in ["2026-11-29T18:25:00.123456Z", "1969-12-31T23:59:59Z"] {
            let place = Place { at: at.parse().unwrap(), id: Uuid::from_u128(7) };
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert!("1".parse::<Place>().is_err() && "x-y".parse::<Place>().is_err());
        for micros in [i64::MIN, i64::MAX] {
            let text = format!("{micros}-{}", Uuid::nil().simple());
            assert!(text.parse::<Place>().is_err(), "no moment of the database: {text}");
        }
    }
}
