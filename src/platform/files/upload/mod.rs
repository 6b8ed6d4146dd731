//! A form with files as it arrives. Each file is sealed into the storage piece by piece, so that little is in memory
//! however many come at a time. What is wrong with a file is said beside its field, with its name; the form is read to
//! its end all the same, so that what was typed is kept.

mod reading;

use std::collections::HashMap;

use actix_web::{HttpRequest, web};

use super::kinds::Kind;
use super::{NewFile, discard};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::forms;
use crate::platform::web::rate_limit::{self, Quota};

/// What the field of the files is called.
pub const FIELD: &str = "files";
/// What stands beside it where a form is shown again.
pub const AGAIN: &str = "Choose the files again: browsers do not keep them.";
/// Forms with files that are read of one sender, also such as are then refused.
const READINGS: Quota = Quota::per_minutes("form_with_files", 60, 60);

/// What a form with files sent. Its files are in the storage: give them rows, or [discard](Upload::discard) them.
#[derive(Debug, Default)]
pub struct Upload {
    texts: HashMap<String, String>,
    /// What their field is called.
    of: String,
    /// Whether the ids of the files say no more than the day.
    apart: bool,
    /// Files that were taken.
    pub files: Vec<NewFile>,
    /// What is wrong with the files; empty where nothing is.
    pub refused: String,
}

/// The field for files of a form, with what is taken under its label. The form has `enctype="multipart/form-data"`.
pub fn field(name: &'static str, label: &str) -> forms::Field {
    forms::Field::files(name, label, &Kind::accepted()).optional().hint(
        "Up to 5 files of 10 MB each, 25 MB together: PDF, PNG, JPEG, WebP or plain text. Print other documents to a PDF first.",
    )
}

/// Lets one more form with files be read; ask before, and for whoever a smaller limit is not asked for.
///
/// # Errors
/// `TooManyRequests` beyond sixty an hour of one sender, who is a person or a network.
pub async fn admit(app: &App, sender: &str) -> Result<(), AppError> {
    rate_limit::take(app, READINGS, sender).await
}

impl Upload {
    /// Reads a form whose files are in the field `of`.
    ///
    /// # Errors
    /// `BadRequest` for what is no form, is far too long, or stops arriving.
    pub async fn read(
        app: &App,
        request: &HttpRequest,
        payload: web::Payload,
        of: &str,
    ) -> Result<Self, AppError> {
        reading::read(app, Self { of: of.to_owned(), ..Self::default() }, request, payload).await
    }

    /// As [`Upload::read`], for files that outlive what they came with: their ids do not lead to the moment at which they were
    /// sent. Where the form gets no row, what is left of them goes a day later than that of others.
    ///
    /// # Errors
    /// As [`Upload::read`].
    pub async fn read_apart(
        app: &App,
        request: &HttpRequest,
        payload: web::Payload,
        of: &str,
    ) -> Result<Self, AppError> {
        let upload = Self { of: of.to_owned(), apart: true, ..Self::default() };
        reading::read(app, upload, request, payload).await
    }

    /// What was typed into a field.
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    /// Notes in the form what is wrong with the files.
    pub fn judge(&self, form: &mut forms::Form) {
        if !self.refused.is_empty() {
            form.fail(&self.of, &self.refused);
        }
    }

    /// Leaves nothing of its files, because the form is shown again, and says there that they are to be chosen again.
    pub async fn give_up(&self, app: &App, form: &mut forms::Form) {
        if !self.files.is_empty() {
            form.fail(&self.of, AGAIN);
        }
        self.discard(app).await;
    }

    /// Leaves nothing of its files.
    pub async fn discard(&self, app: &App) {
        discard(app, &self.files).await;
    }
}

/// Ways to the forms with files: how an address begins, and how it ends.
const TAKEN_AT: [(&str, &str); 9] = [
    ("/privacy/requests/", "/messages"),
    ("/staff/requests/", "/messages"),
    ("/privacy/disputes/", "/messages"),
    ("/staff/disputes/", "/messages"),
    ("/accounts/", "/appeal"),
    ("/accounts/", "/appeal/messages"),
    ("/staff/appeals/", "/messages"),
    ("/accounts/", "/subscriber-records/new"),
    ("/accounts/", "/correction"),
];

/// Whether a form with files is sent to this address, so that it may take as long as it keeps arriving.
pub fn is_taken_at(path: &str) -> bool {
    matches!(path, "/privacy/disputes/new" | "/staff/disputes/new")
        || TAKEN_AT.iter().any(|(begin, end)| path.starts_with(begin) && path.ends_with(end))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_form_with_files_may_take_its_time_and_no_other_address_may() {
        for (path, may) in [
            ("/privacy/disputes/new", true),
            ("/privacy/disputes/links/x/messages", true),
            ("/accounts/AC1/suspensions/SU1/appeal", true),
            ("/accounts/AC1/subscriber-records/new", true),
            ("/accounts/AC1/subscriber-records/SR1/correction", true),
            ("/accounts/AC1/subscriber-records/SR1/withdrawal", false),
            ("/privacy/requests/new", false),
            ("/accounts/AC1/suspensions/SU1/appeal/withdrawal", false),
        ] {
            assert_eq!(super::is_taken_at(path), may, "{path}");
        }
    }
}
