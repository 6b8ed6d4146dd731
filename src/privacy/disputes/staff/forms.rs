//! The forms of a dispute at the desk.

use serde::Deserialize;

use crate::platform::web::forms::{Choice, Field, Form};
use crate::privacy::data_requests::messages::parse as parse_words;
use crate::privacy::disputes::Dispute;
use crate::privacy::disputes::states::Act;

/// What may come of a dispute.
const OUTCOMES: [(&str, &str); 2] =
    [("resolved", "Resolved: we agree on what comes of it"), ("unresolved", "Not resolved: we do not agree")];

/// What the form of the decision sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    outcome: String,
    words: String,
    pub(super) version: i32,
}

impl DecisionForm {
    pub(super) fn draw(&self, dispute: &Dispute) -> Form {
        let choice = |(value, label): (&str, &str)| Choice {
            value: value.into(),
            label: label.into(),
            selected: value == self.outcome,
        };
        let words =
            Field { maxlength: Some(4000), ..Field::textarea("words", "Reasons, for whoever raised it") };
        Form::new(vec![
            Field::hidden("version", &dispute.version.to_string()),
            Field::select("outcome", "What comes of it?", OUTCOMES.map(choice).into()),
            words.value(&self.words).hint("They stand in the mail and on the page. Where it is not resolved, the mail also says where it can go from there."),
        ])
    }

    pub(super) fn parse(&self, form: &mut Form) -> Option<(Act, String)> {
        let act = match self.outcome.as_str() {
            "resolved" => Some(Act::Resolved),
            "unresolved" => Some(Act::Unresolved),
            _ => None,
        };
        if act.is_none() {
            form.fail("outcome", "Choose one of these.");
        }
        let words = parse_words(&self.words).map_err(|message| form.fail("words", message)).ok();
        Some((act?, words?))
    }
}

/// What the form of a note sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NoteForm {
    pub(super) note: String,
}

impl NoteForm {
    pub(super) fn draw(&self) -> Form {
        let note = Field { maxlength: Some(4000), ..Field::textarea("note", "Note, for staff alone") };
        Form::new(vec![note.value(&self.note)])
    }
}

/// The forms of the page, as they are drawn where something is wrong.
#[derive(Default)]
pub(super) struct Forms {
    pub decision: Option<Form>,
    pub message: Option<Form>,
    pub note: Option<Form>,
    pub look: Option<Form>,
}

impl Forms {
    /// What is wrong with one of them, for the head of the page.
    pub fn wrong(&self) -> Form {
        Form::first_wrong([&self.decision, &self.message, &self.note, &self.look])
    }
}
