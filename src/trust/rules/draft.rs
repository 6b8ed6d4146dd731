//! What staff write: a rule, or a further version of one.

use serde::Deserialize;

use super::Version;
use super::expression::{Expression, LONGEST, Wrong};
use super::parameters::{self, Parameters};
use crate::platform::web::forms::{Choice, Field, Form};
use crate::trust::suspensions::{Level, Reason};

/// For which reasons a rule may restrict. What else there is, people decide.
const REASONS: [Reason; 4] = [Reason::Spam, Reason::Abuse, Reason::Fraud, Reason::Security];

/// How long a restriction may last: hours, none for without an end.
const LASTS: [(&str, &str, Option<i32>); 6] = [
    ("1", "1 hour", Some(1)),
    ("24", "24 hours", Some(24)),
    ("72", "3 days", Some(72)),
    ("168", "7 days", Some(168)),
    ("720", "30 days", Some(720)),
    ("open", "Until it is lifted", None),
];

/// A version to be written.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// What it says; checked.
    pub expression: String,
    /// Its thresholds.
    pub parameters: Parameters,
    /// 1 to 100.
    pub weight: i32,
    /// Why somebody is restricted.
    pub reason_code: String,
    /// The same for them, in words.
    pub words: String,
    /// How far it goes.
    pub level: String,
    /// How many hours it lasts.
    pub hours: Option<i32>,
}

/// The form as it comes in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RuleForm {
    pub(super) name: String,
    expression: String,
    parameters: String,
    weight: String,
    reason: String,
    words: String,
    level: String,
    lasts: String,
}

impl RuleForm {
    /// An empty one.
    pub(super) fn empty() -> Self {
        Self { weight: "100".into(), level: "sending_paused".into(), lasts: "72".into(), ..Self::default() }
    }

    /// With what a version says, for the next one.
    pub(super) fn of(version: &Version) -> Self {
        let lasts =
            LASTS.iter().find(|(.., hours)| *hours == version.hours).map_or("open", |(value, ..)| *value);
        Self {
            name: version.name.clone(),
            expression: version.expression.clone(),
            parameters: parameters::write_parameters(&version.parameters()),
            weight: version.weight.to_string(),
            reason: version.reason_code.clone(),
            words: version.words.clone(),
            level: version.level().as_str().to_owned(),
            lasts: lasts.to_owned(),
        }
    }

    /// As it is drawn, with what was typed. Only a new rule is given a name.
    pub(super) fn draw(&self, with_name: bool) -> Form {
        let mut fields = Vec::new();
        if with_name {
            fields.push(Field::text("name", "Name of the rule").autocomplete("off").value(&self.name));
        }
        let mut text = Field::textarea("expression", "Holds when")
            .hint("Signals and thresholds, compared with < <= > >=, with + - * and joined by && || and !. The signals are listed below.")
            .value(&self.expression);
        text.maxlength = Some(1000);
        let mut words = Field::textarea("words", "What the customer reads")
            .hint("What was seen and why that is a problem, in plain sentences. The figures are shown beside it.")
            .value(&self.words);
        words.maxlength = Some(1000);
        fields.extend([
            text,
            Field::textarea("parameters", "Thresholds")
                .hint("One a line: a name, an equals sign and a number, as in most_an_hour = 500.")
                .value(&self.parameters),
            Field::text("weight", "Weight")
                .hint("1 to 100. What weighs 100 acts by itself; less acts only together with others.")
                .autocomplete("off")
                .value(&self.weight),
            Field::select(
                "reason",
                "Reason",
                Choice::list(REASONS.map(|reason| (reason.as_str(), reason.label())), &self.reason),
            ),
            words,
            Field::select(
                "level",
                "What it leads to",
                Choice::list(Level::ALL.map(|level| (level.as_str(), level.label())), &self.level),
            ),
            Field::select(
                "lasts",
                "For how long",
                Choice::list(LASTS.map(|(value, label, _)| (value, label)), &self.lasts),
            ),
        ]);
        Form::new(fields)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The form, with what is wrong beside each field.
    pub(super) fn parse(&self, with_name: bool) -> Result<(String, NewVersion), Form> {
        let mut form = self.draw(with_name);
        let name = self.name.trim();
        if with_name && !(3..=100).contains(&name.chars().count()) {
            form.fail("name", "Give it a name of 3 to 100 characters.");
        }
        let parameters = parameters::parse_parameters(&self.parameters.replace('\r', ""));
        if let Err(why) = &parameters {
            form.fail("parameters", why.clone());
        }
        let parameters = parameters.unwrap_or_default();
        // Without its thresholds an expression is not judged: it would be blamed for what is wrong with them.
        let expression = self.expression.replace('\r', "").trim().to_owned();
        if form.get("parameters").error.is_empty() {
            match Expression::parse(&expression, &parameters) {
                Ok(_) => {}
                Err(Wrong::Expression(why)) => form.fail("expression", why),
                Err(Wrong::Parameters(why)) => form.fail("parameters", why),
            }
        } else if expression.is_empty() {
            form.fail("expression", format!("Write an expression of up to {LONGEST} characters."));
        }
        let weight = self.weight.trim().parse().ok().filter(|weight| (1..=100).contains(weight));
        if weight.is_none() {
            form.fail("weight", "Enter a whole number from 1 to 100.");
        }
        let words = self.words.replace('\r', "").trim().to_owned();
        if !(20..=1000).contains(&words.chars().count()) {
            form.fail("words", "Explain it in 20 to 1,000 characters.");
        }
        if !REASONS.iter().any(|reason| reason.as_str() == self.reason) {
            form.fail("reason", "Choose one.");
        }
        if Level::parse(&self.level).is_none() {
            form.fail("level", "Choose one.");
        }
        let lasts = LASTS.iter().find(|(value, ..)| *value == self.lasts).map(|(.., hours)| *hours);
        if lasts.is_none() {
            form.fail("lasts", "Choose one.");
        }
        match (weight, lasts) {
            (Some(weight), Some(hours)) if !form.has_errors() => {
                let (reason_code, level) = (self.reason.clone(), self.level.clone());
                Ok((
                    name.into(),
                    NewVersion { expression, parameters, weight, reason_code, words, level, hours },
                ))
            }
            _ => Err(form),
        }
    }
}
