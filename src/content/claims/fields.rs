//! Reads the fields of a JSON object one by one and notes everything that is wrong, so that a program is told all of
//! it at once.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use serde_json::{Map, Value};

use crate::api::problem::FieldError;
use crate::content::forbidden;

/// What is wrong so far.
pub(super) type Errors = Vec<FieldError>;

/// One object that is being read.
pub(super) struct Fields<'e> {
    map: Map<String, Value>,
    at: String,
    errors: &'e mut Errors,
}

impl<'e> Fields<'e> {
    /// The fields of a value at this JSON Pointer; nothing, and an error, if it is no object.
    pub fn of(value: Value, at: String, errors: &'e mut Errors) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self { map, at, errors }),
            _ => {
                errors.push(FieldError { pointer: at, detail: "This is not an object.".into() });
                None
            }
        }
    }

    /// Notes that a field is wrong.
    pub fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        let pointer = format!("{}/{name}", self.at);
        self.errors.push(FieldError { pointer, detail: detail.into() });
    }

    /// A field's value; null is as good as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
    }

    fn string(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.wrong(name, "This is not a string.");
                None
            }
        }
    }

    /// A line of 1 to `most` characters, without space around it.
    pub fn text(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.string(name)?;
        match line(&text, most) {
            Ok(text) => Some(text),
            Err(detail) => {
                self.wrong(name, detail);
                None
            }
        }
    }

    /// As [`Fields::text`], for words: without what is kept nowhere.
    pub fn words(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.text(name, most)?;
        forbidden::refuse(text).map_err(|detail| self.wrong(name, detail)).ok()
    }

    /// As [`Fields::words`], and they have to be there.
    pub fn required_words(&mut self, name: &str, most: usize) -> Option<String> {
        self.needs(name);
        self.words(name, most)
    }

    /// As [`Fields::text`], and it has to be there.
    pub fn required_text(&mut self, name: &str, most: usize) -> Option<String> {
        self.needs(name);
        self.text(name, most)
    }

    /// Notes if a field is absent.
    pub fn needs(&mut self, name: &str) {
        if self.map.get(name).is_none_or(Value::is_null) {
            self.wrong(name, "This field is needed.");
        }
    }

    /// A text of several lines, exactly as it is.
    pub fn lines(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.string(name)?;
        if text.contains('\0') {
            self.wrong(name, "There is a character in it that is no text.");
        } else if text.chars().count() > most {
            self.wrong(name, format!("This is longer than {most} characters."));
        } else {
            return Some(text);
        }
        None
    }

    /// What `parse` makes of a string.
    pub fn parsed<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.string(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(detail) => {
                self.wrong(name, detail);
                None
            }
        }
    }

    /// A day, from 1900 on.
    pub fn date(&mut self, name: &str) -> Option<NaiveDate> {
        self.parsed(name, |text| {
            let shape = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| shape);
            let earliest = NaiveDate::from_ymd_opt(1900, 1, 1);
            date.filter(|date| Some(*date) >= earliest)
                .ok_or_else(|| "This is not a day from 1900 on, written as 2026-11-24.".to_owned())
        })
    }

    /// A whole number between these two.
    pub fn integer(&mut self, name: &str, least: i64, most: i64) -> Option<i64> {
        let value = self.take(name)?;
        let number = value.as_i64().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.wrong(name, format!("This is not a whole number from {least} to {most}."));
        }
        number
    }

    /// An object in a field.
    pub fn nested(&mut self, name: &str) -> Option<Fields<'_>> {
        let value = self.take(name)?;
        let at = format!("{}/{name}", self.at);
        Fields::of(value, at, &mut *self.errors)
    }

    /// What `read` makes of the elements of a list of so many; it is handed each with its pointer.
    pub fn list<T>(
        &mut self,
        name: &str,
        many: RangeInclusive<usize>,
        mut read: impl FnMut(Value, String, &mut Errors) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let Value::Array(values) = value else {
            self.wrong(name, "This is not a list.");
            return Vec::new();
        };
        if !many.contains(&values.len()) {
            self.wrong(name, format!("This is not a list of {} to {}.", many.start(), many.end()));
            return Vec::new();
        }
        let at = &self.at;
        let pointer = |index: usize| format!("{at}/{name}/{index}");
        let values = values.into_iter().enumerate();
        values.filter_map(|(index, value)| read(value, pointer(index), self.errors)).collect()
    }

    /// What `parse` makes of each string of a list.
    pub fn strings(
        &mut self,
        name: &str,
        most: usize,
        parse: impl Fn(&str) -> Result<String, String>,
    ) -> Vec<String> {
        self.list(name, 0..=most, |value, pointer, errors| {
            let read = value.as_str().ok_or_else(|| "This is not a string.".to_owned()).and_then(&parse);
            read.map_err(|detail| errors.push(FieldError { pointer, detail })).ok()
        })
    }

    /// Leaves fields out of account.
    pub fn pass_over(&mut self, names: &[&str]) {
        for name in names {
            self.map.remove(*name);
        }
    }

    /// Notes every field that nobody asked for. Their names are only told where they are not kept.
    pub fn end(self, tell_names: bool) {
        if self.map.is_empty() {
            return;
        }
        if !tell_names {
            let detail = format!("There are {} fields here that we do not know.", self.map.len());
            self.errors.push(FieldError { pointer: self.at, detail });
            return;
        }
        for name in self.map.keys() {
            let pointer = format!("{}/{}", self.at, name.replace('~', "~0").replace('/', "~1"));
            self.errors.push(FieldError { pointer, detail: "We do not know this field.".into() });
        }
    }
}

/// A line of 1 to `most` characters, without space around it.
pub(super) fn line(text: &str, most: usize) -> Result<String, String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("There is a line break or another control character in it.".into());
    }
    if text.is_empty() || text.chars().count() > most {
        return Err(format!("This is not a text of 1 to {most} characters."));
    }
    Ok(text.to_owned())
}
