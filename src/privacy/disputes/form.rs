//! The form on which a dispute is raised: what it is about, what somebody says, and files. It is the same signed in, in
//! public, and where staff log a letter.

use super::LONGEST_SUBJECT;
use super::states::Refusal;
use crate::content::forbidden;
use crate::platform::files::upload::{self, Upload};
use crate::platform::text::in_one_line;
use crate::platform::web::forms::{Field, Form};
use crate::privacy::data_requests::messages::{LONGEST, parse as parse_words};

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct DisputeForm {
    /// What it is about.
    pub subject: String,
    /// What they say.
    pub words: String,
    /// Public form: where the answer goes.
    pub email: String,
    /// Public form: their name.
    pub name: String,
    /// Public form: its guard.
    pub stamp: String,
    /// Public form: its trap.
    pub website: String,
}

impl DisputeForm {
    /// What was sent.
    pub fn of(upload: &Upload) -> Self {
        let typed = |name| upload.text(name).to_owned();
        Self {
            subject: typed("subject"),
            words: typed("words"),
            email: typed("email"),
            name: typed("name"),
            stamp: typed("stamp"),
            website: typed("website"),
        }
    }

    /// The form of somebody who is signed in.
    pub(super) fn draw(&self) -> Form {
        let mut fields = self.fields();
        fields.push(upload::field(upload::FIELD, "Files"));
        Form::new(fields)
    }

    /// The fields for words that every form has.
    pub(super) fn fields(&self) -> Vec<Field> {
        let longest = u32::try_from(LONGEST).ok();
        let words = Field {
            maxlength: longest,
            ..Field::textarea("words", "What went wrong, and what should we do?")
        };
        vec![
            Field::text("subject", "What is it about?")
                .value(&self.subject)
                .hint("In a few words, as in: A newsletter after I unsubscribed.")
                .autocomplete("off"),
            words.value(&self.words).hint(
                "Up to 4,000 characters. Please leave out what we do not need: no card numbers, passwords or tokens.",
            ),
        ]
    }

    /// What it is about and what they say, or what is wrong with it in the form.
    pub(super) fn parse(&self, form: &mut Form) -> Option<(String, String)> {
        let subject = in_one_line(&self.subject);
        match subject.chars().count() {
            _ if subject.chars().any(char::is_control) => {
                form.fail("subject", "Take the control character out.")
            }
            0 => form.fail("subject", "Say in a few words what it is about."),
            length if length > LONGEST_SUBJECT => form.fail("subject", "Say it in up to 200 characters."),
            _ => {}
        }
        if let Some(why) = forbidden::why(&subject) {
            form.fail("subject", why);
        }
        let words = parse_words(&self.words).map_err(|message| form.fail("words", message)).ok();
        if form.has_errors() { None } else { Some((subject, words?)) }
    }
}

/// Notes in a form what stands against keeping what it sent.
pub(super) fn refuse(form: &mut Form, refusal: Refusal) {
    if refusal.is_of_files() {
        form.fail(upload::FIELD, refusal.words());
    } else {
        form.fail_whole(refusal.words());
    }
}
