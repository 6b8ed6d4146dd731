//! What becomes of each field of the API (S6): its class, how it is handled and when it is deleted, out of the
//! data map. A field says with `x-data` in which column it ends; [`resolve`] puts the words in its place.

use serde_json::{Value, json};

use crate::privacy::data_map::{self, Category, Class, Column, Table};
use crate::retention::rules::Period;

/// Deletion on a customer's instruction arrives everywhere within so many days (S110).
const ON_INSTRUCTION_DAYS: i64 = 30;
/// What belongs to an account goes within so many days of its closure (S77).
const AFTER_CLOSURE_DAYS: i64 = 60;

/// The label of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The policy's class of data.
    pub class: &'static str,
    /// How it is handled.
    pub handling: &'static str,
    /// Why it is kept.
    pub purpose: &'static str,
    /// Days within which it is gone, counted as `deleted` says; nothing for what is not stored.
    pub delete_within_days: Option<i64>,
    /// From when the days count.
    pub deleted: String,
}

impl Label {
    /// The label of what is in this place, `table.column`; `none` for what is worked out and not stored.
    pub fn of(place: &str) -> Option<Self> {
        if place == "none" {
            return Some(Self {
                class: "Not stored",
                handling: "Worked out for the answer",
                purpose: "Part of the answer only.",
                delete_within_days: None,
                deleted: "not stored".into(),
            });
        }
        let (table, column) = data_map::find(place)?;
        let (days, deleted) = deletion(table);
        Some(Self {
            class: class(column.class),
            handling: handling(column),
            purpose: column.purpose,
            delete_within_days: days,
            deleted,
        })
    }
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Account => "Customer Account Data",
        Class::Usage => "Customer Usage Data",
        Class::Content => "Customer Content",
        Class::Operations => "Operations",
    }
}

fn handling(column: &Column) -> &'static str {
    match column.category {
        Category::Sensitive => "Sensitive: sealed at rest, never shown in full again",
        Category::Identifiers | Category::CustomerRecords => "Personal: may identify somebody",
        Category::Professional => "Personal: about somebody's work",
        Category::Activity => "Personal: about what somebody did",
        Category::Geolocation => "Personal: a country, never finer",
        Category::Commercial => "About the claim, the vehicle or the account",
        Category::NotPersonal => "Not personal",
    }
}

fn deletion(table: &Table) -> (Option<i64>, String) {
    let from = table.rule.from;
    match table.rule.period {
        Period::AsInstructed => (
            Some(ON_INSTRUCTION_DAYS),
            "your instruction; without one, the end of the storage you chose".into(),
        ),
        Period::WithOwner => (Some(AFTER_CLOSURE_DAYS), from.into()),
        Period::Days(days) => (Some(days), from.into()),
        Period::Minutes(_) | Period::Hours(_) => (Some(1), from.into()),
        Period::Months(months) => (Some(i64::from(months) * 31), from.into()),
        Period::ByLaw(words) => (None, format!("{from}; kept for {words}")),
        Period::ForGood(why) => (None, format!("kept for good: {why}")),
    }
}

/// Puts the labels of every field of a document in the place of its `x-data`.
pub fn resolve(document: &mut Value) {
    match document {
        Value::Object(fields) => {
            if let Some(label) = fields.remove("x-data").as_ref().and_then(Value::as_str).and_then(Label::of)
            {
                fields.insert("x-data-class".into(), json!(label.class));
                fields.insert("x-data-handling".into(), json!(label.handling));
                fields.insert("x-data-purpose".into(), json!(label.purpose));
                fields.insert("x-delete-within-days".into(), json!(label.delete_within_days));
                fields.insert("x-delete-counts-from".into(), json!(label.deleted));
            }
            fields.values_mut().for_each(resolve);
        }
        Value::Array(items) => items.iter_mut().for_each(resolve),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::Label;

    #[test]
    fn a_field_has_the_label_of_its_column_and_an_unknown_place_has_none() {
        let label = Label::of("claims.parties").expect("on the data map");
        assert_eq!((label.class, label.delete_within_days), ("Customer Content", Some(30)));
        assert_eq!(Label::of("storage_choices.days").and_then(|label| label.delete_within_days), Some(60));
        assert_eq!(Label::of("none").and_then(|label| label.delete_within_days), None);
        assert_eq!(Label::of("claims.nothing"), None);
        assert_eq!(Label::of("nothing"), None);
    }
}
