//! The form of the smaller steps: those that make sense now, and the deed that was chosen.

use serde::Deserialize;

use super::steps::Deed;
use crate::platform::ids::AccountId;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::privacy::data_requests::DataRequest;
use crate::privacy::data_requests::kinds::Kind;
use crate::privacy::data_requests::messages;
use crate::privacy::data_requests::states::State;

/// The smaller steps: how the form names them, and what they say.
const DEEDS: [(&str, &str); 10] = [
    ("note", "Note something, for staff alone"),
    ("verify", "They are who they say: note what you looked at"),
    ("verify_agent", "The agent's signed permission is here: note where"),
    ("suspect", "Somebody else may be asking: note why"),
    ("clear", "Clear the suspicion: note why"),
    ("extend", "Take longer, once: write why, for whoever asked"),
    ("inform", "Pass it on to our customer: give the SID of their account"),
    ("bar", "The law forbids to tell our customer: note which"),
    ("agree", "Our customer agrees that we answer: note who said so"),
    ("look_again", "What was not done was looked at again: note what came of it"),
];

/// Which of the steps make sense now.
fn makes_sense(name: &str, request: &DataRequest) -> bool {
    let state = request.state();
    let end_user = request.kind() == Kind::EndUser && state.is_open();
    match name {
        "note" => true,
        "verify" => matches!(state, State::Received | State::Verifying),
        "verify_agent" => matches!(state, State::Received | State::Verifying) && request.agent.is_some(),
        "suspect" => state.is_open() && request.fraud_suspected_at.is_none(),
        "clear" => state.is_open() && request.fraud_suspected_at.is_some(),
        "extend" => state == State::Open,
        "inform" | "bar" => end_user && request.customer_informed_at.is_none(),
        "agree" => end_user && request.customer_informed_at.is_some() && request.customer_agreed_at.is_none(),
        "look_again" => matches!(state, State::Denied | State::PartlyFulfilled),
        _ => false,
    }
}

/// What the form of a smaller step sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepForm {
    act: String,
    text: String,
    pub(super) version: i32,
}

impl StepForm {
    pub(super) fn draw(&self, request: &DataRequest) -> Form {
        let sensible = DEEDS.iter().filter(|(name, _)| makes_sense(name, request));
        let choices = sensible.map(|(name, label)| Choice {
            value: (*name).into(),
            label: (*label).into(),
            selected: *name == self.act,
        });
        Form::new(vec![
            Field::hidden("version", &request.version.to_string()),
            Field::select("act", "What do you do?", choices.collect()),
            Field::textarea("text", "Words that belong to it").value(&self.text),
        ])
    }

    pub(super) fn parse(&self, form: &mut Form) -> Option<Deed> {
        let text = messages::parse(&self.text).map_err(|message| form.fail("text", message)).ok()?;
        Some(match self.act.as_str() {
            "note" => Deed::Note(text),
            "verify" => Deed::Verify(text),
            "verify_agent" => Deed::VerifyAgent(text),
            "suspect" => Deed::Suspect(text),
            "clear" => Deed::Clear(text),
            "extend" => Deed::Extend(text),
            "inform" => match text.parse::<AccountId>() {
                Ok(account) => Deed::Inform(account),
                Err(_) => {
                    form.fail("text", "Enter the SID of an account: AC and 32 hex digits.");
                    return None;
                }
            },
            "bar" => Deed::Bar(text),
            "agree" => Deed::Agree(text),
            "look_again" => Deed::LookAgain(text),
            _ => {
                form.fail("act", "Choose one of these.");
                return None;
            }
        })
    }
}
