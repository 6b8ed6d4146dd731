//! A letter: words with files, from a form of one text. It works without scripts: where something is wrong, what was typed
//! stands there again, and files are to be chosen again, because no browser keeps them.

use actix_web::{HttpRequest, web};

use super::upload::{AGAIN, FIELD, Upload};
use super::{NewFile, discard, settle};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::forms::Form;

/// What is sent: words, and files that are in the storage.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// Words.
    pub body: String,
    /// Files.
    pub files: Vec<NewFile>,
}

impl Letter {
    /// Removes its files where it was refused, inside or outside.
    ///
    /// # Errors
    /// What came of sending it, as it came.
    pub async fn settle<T, R>(
        &self,
        app: &App,
        outcome: Result<Result<T, R>, AppError>,
    ) -> Result<Result<T, R>, AppError> {
        let outcome = settle(app, &self.files, outcome).await?;
        if outcome.is_err() {
            discard(app, &self.files).await;
        }
        Ok(outcome)
    }
}

/// Reads the words of a letter; of more than so many characters it is told that they are `too_long`.
///
/// # Errors
/// What is wrong with them.
pub fn parse_words(typed: &str, longest: usize, too_long: &str) -> Result<String, String> {
    let text = typed.replace("\r\n", "\n").trim().to_owned();
    if text.is_empty() {
        return Err("Write something first.".into());
    }
    if text.chars().count() > longest {
        return Err(too_long.into());
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err("There are control characters in this.".into());
    }
    Ok(text)
}

/// The form of a letter.
#[derive(Clone, Copy, Debug)]
pub struct Sheet {
    /// The field of the text.
    pub text: &'static str,
    /// The form with what was typed. Its files are in the field [`FIELD`].
    pub draw: fn(&str) -> Form,
    /// What was typed, or what is wrong with it.
    pub parse: fn(&str) -> Result<String, String>,
}

impl Sheet {
    /// The form before anything was typed.
    pub fn blank(&self) -> Form {
        (self.draw)("")
    }

    /// Reads a letter. Inside: the form with what is wrong; then nothing of its files is left.
    ///
    /// # Errors
    /// As [`Upload::read`].
    pub async fn read(
        &self,
        app: &App,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Result<Filled, Form>, AppError> {
        let upload = Upload::read(app, request, payload, FIELD).await?;
        let typed = upload.text(self.text);
        let mut form = (self.draw)(typed);
        let body = (self.parse)(typed).map_err(|message| form.fail(self.text, message)).ok();
        upload.judge(&mut form);
        let Some(body) = body.filter(|_| !form.has_errors()) else {
            upload.give_up(app, &mut form).await;
            return Ok(Err(form));
        };
        Ok(Ok(Filled { letter: Letter { body, files: upload.files }, form }))
    }
}

/// A form of a letter that was filled in well.
#[derive(Clone, Debug)]
pub struct Filled {
    /// What is sent.
    pub letter: Letter,
    form: Form,
}

impl Filled {
    /// The form again, where the letter was refused after all and nothing of its files is left: because of its files, or
    /// for another reason.
    pub fn refused(self, is_of_files: bool, words: &str) -> Form {
        let Self { letter, mut form } = self;
        if is_of_files {
            form.fail(FIELD, words);
        } else {
            form.fail_whole(words);
        }
        if !letter.files.is_empty() {
            form.fail(FIELD, AGAIN);
        }
        form
    }
}
