//! The forms of a sub-processor: who it is, and what binds it.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::identity::people::misleads;
use crate::platform::countries;
use crate::platform::text::in_one_line;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::privacy::sub_processors::{Assurance, Draft, Function, SubProcessor};

/// Longest name and longest words, in characters, as the database has them.
const LONGEST_NAME: usize = 200;
const LONGEST_WORDS: usize = 300;

/// Who it is, as it is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DraftForm {
    name: String,
    country: String,
    function: String,
    does: String,
}

/// What binds it, as it is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AssuranceForm {
    assurance: String,
    contract_on: String,
    diligence_on: String,
}

/// A few words in one line.
fn words(name: &'static str, label: &str, value: &str) -> Field {
    let maxlength = u32::try_from(LONGEST_WORDS).ok();
    Field { maxlength, ..Field::textarea(name, label).value(value) }
}

/// Refuses what is empty, longer than that, or reads otherwise than it is: a colleague publishes what they read. Two letters that
/// are none would break the feed.
fn check(form: &mut Form, name: &str, value: &str, longest: usize, missing: &str) {
    if value.trim().is_empty() {
        form.fail(name, missing);
    } else if value.trim().chars().count() > longest {
        form.fail(name, format!("At most {longest} characters."));
    } else if misleads(&in_one_line(value)) || value.contains(['\u{fffe}', '\u{ffff}']) {
        form.fail(name, "Control characters do not belong here.");
    }
}

impl DraftForm {
    /// As it is drawn, with what was typed.
    pub(super) fn draw(&self) -> Form {
        let functions = Function::ALL.map(|one| (one.as_str(), one.label()));
        let mut country = Field::text("country", "Country")
            .value(&self.country)
            .autocomplete("off")
            .hint("Where it works for us, by its two letters, as in DE.");
        country.maxlength = Some(2);
        Form::new(vec![
            Field::text("name", "Name").value(&self.name).autocomplete("off"),
            country,
            Field::select("function", "What we need it for", Choice::list(functions, &self.function)),
            words("does", "What it does there", &self.does)
                .hint("As everybody reads it, such as: runs our machines in two data centres."),
        ])
    }

    /// Reads it.
    ///
    /// # Errors
    /// The form, with what is wrong beside each field.
    pub(super) fn parse(&self) -> Result<Draft, Form> {
        let mut form = self.draw();
        check(&mut form, "name", &self.name, LONGEST_NAME, "Give its name.");
        check(&mut form, "does", &self.does, LONGEST_WORDS, "Say what it does for us.");
        let country = self.country.trim().to_ascii_uppercase();
        if countries::name(&country).is_none() {
            form.fail("country", "Enter the two letters of a country, as in DE.");
        }
        let function = Function::parse(&self.function);
        if function.is_none() {
            form.fail("function", "Choose one.");
        }
        match function {
            Some(function) if !form.has_errors() => {
                Ok(Draft { name: in_one_line(&self.name), country, function, does: in_one_line(&self.does) })
            }
            _ => Err(form),
        }
    }
}

impl AssuranceForm {
    /// What is noted already.
    pub(super) fn of(one: &SubProcessor) -> Self {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        Self {
            assurance: one.assurance.clone().unwrap_or_default(),
            contract_on: day(one.contract_on),
            diligence_on: day(one.diligence_on),
        }
    }

    /// As it is drawn, with what was typed. Of one that is published only the days can be renewed: the words stay.
    pub(super) fn draw(&self, is_public: bool) -> Form {
        let binds = words("assurance", "What binds it", &self.assurance).hint(
            "As everybody reads it, such as: a data processing agreement with standard contractual clauses.",
        );
        Form::new(vec![
            if is_public { Field::hidden("assurance", &self.assurance) } else { binds },
            Field::date("contract_on", "Day of the contract").value(&self.contract_on),
            Field::date("diligence_on", "Day on which we last looked at it closely")
                .value(&self.diligence_on)
                .hint("How it keeps data safe, and whether it keeps to the contract."),
        ])
    }

    /// Reads it. What has not happened yet binds nobody.
    ///
    /// # Errors
    /// The form, with what is wrong beside each field.
    pub(super) fn parse(&self, today: NaiveDate, is_public: bool) -> Result<Assurance, Form> {
        let mut form = self.draw(is_public);
        check(&mut form, "assurance", &self.assurance, LONGEST_WORDS, "Say what binds it.");
        let mut day = |name: &str, text: &str| match parse_day(text, today) {
            Ok(day) => Some(day),
            Err(message) => {
                form.fail(name, message);
                None
            }
        };
        let days = (day("contract_on", &self.contract_on), day("diligence_on", &self.diligence_on));
        match days {
            (Some(contract_on), Some(diligence_on)) if !form.has_errors() => {
                Ok(Assurance { words: in_one_line(&self.assurance), contract_on, diligence_on })
            }
            _ => Err(form),
        }
    }
}

/// A day up to today.
///
/// # Errors
/// What is wrong with it.
fn parse_day(text: &str, today: NaiveDate) -> Result<NaiveDate, &'static str> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
        .map_err(|_| "Enter a day as year-month-day, as in 2026-11-30.")?;
    if day <= today { Ok(day) } else { Err("This day is still to come.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_published_reads_as_it_is_and_breaks_no_feed() {
        let form = |name: &str| DraftForm {
            name: name.into(),
            country: "de".into(),
            function: "hosting".into(),
            does: "Runs our\r\nmachines.".into(),
        };
        let draft = form(" Harbour  & Sons ]]>").parse().unwrap();
        assert_eq!((draft.name.as_str(), draft.does.as_str()), ("Harbour & Sons ]]>", "Runs our machines."));
        for name in ["Harbour\u{202e}snoS", "Harbour\u{1}", "Harbour\u{fffe}", "Harbour\0"] {
            assert!(form(name).parse().is_err(), "{name:?}");
        }
    }
}
