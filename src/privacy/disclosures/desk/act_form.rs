//! The forms of what is done with a disclosure.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::acts::Wanted;
use super::parts::{day, names_somebody, parse_silence, text};
use crate::platform::web::forms::{Choice, Field, Form};
use crate::privacy::disclosures::kinds::{Outcome, RecipientKind};
use crate::privacy::disclosures::record::Disclosure;
use crate::privacy::disclosures::steps::Act;

/// What the forms send: each has fields of its own, so that several can stand on one page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ActForm {
    version: String,
    objection: String,
    outcome: String,
    answer: String,
    silent_until: String,
    silence: String,
    handed_on: String,
    handed: String,
    refusal: String,
    withdrawal: String,
}

impl ActForm {
    /// The forms before anything was typed: handed over today.
    pub(super) fn blank(disclosure: &Disclosure, today: NaiveDate) -> Self {
        Self { version: disclosure.version.to_string(), handed_on: today.to_string(), ..Self::default() }
    }

    /// The version of the disclosure that was looked at. Whoever does not say what they looked at has looked at nothing: the
    /// first version is one.
    pub(super) fn seen(&self) -> i32 {
        self.version.parse().unwrap_or_default()
    }

    /// As the form of this act is drawn, with what was typed.
    pub(super) fn draw(&self, wanted: Wanted) -> Form {
        let why = |name, label: &str, value: &str| Field::textarea(name, label).value(value);
        let mut fields = vec![Field::hidden("version", &self.version)];
        match wanted {
            Wanted::Approval => {}
            Wanted::Objection => fields.push(why("objection", "Why we object", &self.objection)),
            Wanted::Answer => {
                let outcomes = Outcome::ALL.iter().map(|outcome| (outcome.as_str(), outcome.label()));
                fields.push(Field::select(
                    "outcome",
                    "What came of it",
                    Choice::list(outcomes, &self.outcome),
                ));
                fields.push(why("answer", "Who said so, and in which words", &self.answer));
            }
            Wanted::Silence => {
                let hint = "Today where nothing forbids it any more, a year from now at most.";
                fields.push(
                    Field::date("silent_until", "They are told on").value(&self.silent_until).hint(hint),
                );
                fields.push(why("silence", "Law or order that says so", &self.silence));
            }
            Wanted::Handover => {
                fields.push(Field::date("handed_on", "On which day, in UTC").value(&self.handed_on));
                let what = why("handed", "What was handed over", &self.handed);
                fields.push(what.hint("Whoever it is about reads this."));
            }
            Wanted::Refusal => fields.push(why("refusal", "Why nothing is given", &self.refusal)),
            Wanted::Withdrawal => {
                fields.push(why("withdrawal", "Who took it back, and when", &self.withdrawal));
            }
        }
        Form::new(fields)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The form, with what is wrong beside each field.
    pub(super) fn parse(
        &self,
        wanted: Wanted,
        disclosure: &Disclosure,
        now: DateTime<Utc>,
    ) -> Result<Act, Form> {
        let (mut form, today) = (self.draw(wanted), now.date_naive());
        let mut words = |name: &str, typed: &str| {
            let found = text(typed, 10..=2000);
            if found.is_none() {
                form.fail(name, "Write 10 to 2,000 characters.");
            }
            found
        };
        let act = match wanted {
            Wanted::Approval => Some(Act::Approved),
            Wanted::Objection => words("objection", &self.objection).map(Act::Objected),
            Wanted::Refusal => words("refusal", &self.refusal).map(Act::Refused),
            Wanted::Withdrawal => words("withdrawal", &self.withdrawal).map(Act::Withdrawn),
            Wanted::Answer => {
                let (answer, outcome) = (words("answer", &self.answer), Outcome::parse(&self.outcome));
                if outcome.is_none() {
                    form.fail("outcome", "Choose what came of it.");
                }
                outcome.zip(answer).map(|(outcome, answer)| Act::Answered(outcome, answer))
            }
            Wanted::Silence => {
                let why = words("silence", &self.silence);
                let until = day(&self.silent_until).filter(|until| *until == today);
                let until = until.map_or_else(|| parse_silence(&self.silent_until, today), Ok);
                if let Err(message) = until {
                    form.fail("silent_until", message);
                }
                until.ok().zip(why).map(|(until, why)| Act::Silenced(until, why))
            }
            Wanted::Handover => {
                let what = words("handed", &self.handed);
                let first = disclosure.approved_at.map_or(disclosure.received_on, |at| at.date_naive());
                let on = day(&self.handed_on).filter(|on| (first..=today).contains(on));
                if on.is_none() {
                    form.fail("handed_on", "Enter a day between that of the approval and today.");
                }
                if disclosure.kind() == RecipientKind::Deidentified && names_somebody(&self.handed) {
                    form.fail("handed", "What leads to nobody has no address and no SID in it.");
                }
                on.zip(what).map(|(on, what)| Act::Disclosed(on, what))
            }
        };
        act.filter(|_| !form.has_errors()).ok_or(form)
    }
}
