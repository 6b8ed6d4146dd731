//! The form of a message about a dispute; both sides use it.

use serde::Deserialize;

use crate::platform::web::forms::{Field, Form};
use crate::privacy::data_requests::messages;

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MessageForm {
    body: String,
}

impl MessageForm {
    /// The form with what was typed.
    pub fn draw(&self) -> Form {
        let limit = u32::try_from(messages::LONGEST).ok();
        let field = Field { maxlength: limit, ..Field::textarea("body", "Your message") };
        Form::new(vec![field.value(&self.body).hint(
            "Please leave out what we do not need: no card numbers, passwords or tokens, nothing about anybody's health.",
        )])
    }

    /// The message, or the form with what is wrong.
    pub fn parse(&self) -> Result<String, Form> {
        messages::parse(&self.body).map_err(|message| {
            let mut form = self.draw();
            form.fail("body", message);
            form
        })
    }
}
