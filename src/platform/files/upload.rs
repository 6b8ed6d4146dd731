//! A form with files as it arrives. Each file is sealed into the storage piece by piece, so that little is in memory
//! however many come at a time. What is wrong with a file is said beside its field, with its name; the form is read to
//! its end all the same, so that what was typed is kept.

use std::collections::HashMap;
use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, HttpRequest, web};
use futures_util::{Stream, StreamExt as _};

use super::kinds::Kind;
use super::taking::Taking;
use super::{MOST, MOST_BYTES, NewFile, discard, names};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::FileId;
use crate::platform::web::forms;
use crate::platform::web::rate_limit::{self, Quota};

/// What the field of the files is called.
pub const FIELD: &str = "files";
/// What stands beside it where a form is shown again.
pub const AGAIN: &str = "Choose the files again: browsers do not keep them.";
/// Forms with files that are read of one sender, also such as are then refused.
const READINGS: Quota = Quota::per_minutes("form_with_files", 60, 60);

/// Most bytes of all that is typed.
const LARGEST_TEXT: usize = 64 * 1024;
/// Most bytes that are read of a form, also of what is refused: whoever sends more is cut off.
const MOST_READ: u64 = 200 * 1024 * 1024;
/// Most fields and files of a form.
const MOST_PARTS: usize = 100;
/// Longest time without a byte.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// Longest time for all of it.
const LONGEST: Duration = Duration::from_secs(600);

const NO_FORM: &str = "This is no form of ours, or it broke off.";
const TOO_LONG: &str = "What was sent is far longer than 25 MB, so it was not read to its end and nothing of it was kept. Go back, and send less.";

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
        Self { of: of.to_owned(), ..Self::default() }.fill(app, request, payload).await
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
        Self { of: of.to_owned(), apart: true, ..Self::default() }.fill(app, request, payload).await
    }

    async fn fill(self, app: &App, request: &HttpRequest, payload: web::Payload) -> Result<Self, AppError> {
        let reading = Reading { app, upload: self, kept: 0, typed: 0, read: 0 };
        let is_plain = request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let all = async {
            match is_plain {
                true => reading.plain(payload).await,
                false => reading.all(Multipart::new(request.headers(), payload)).await,
            }
        };
        // What a form leaves in the storage that never came to its end is removed an hour later.
        tokio::time::timeout(LONGEST, all).await.unwrap_or_else(|_| Err(broken()))
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

fn broken() -> AppError {
    AppError::BadRequest(NO_FORM.into())
}

async fn next<T, E>(stream: &mut (impl Stream<Item = Result<T, E>> + Unpin)) -> Result<Option<T>, AppError> {
    let next = tokio::time::timeout(LONGEST_SILENCE, stream.next()).await.map_err(|_| broken())?;
    next.transpose().map_err(|_| broken())
}

/// The name that a file was sent with; nothing for what was typed.
fn sent_as(field: &Field) -> Option<String> {
    let all = field.content_disposition()?;
    let extended = all.get_filename_ext().map(|name| String::from_utf8_lossy(&name.value).into());
    extended.or_else(|| all.get_filename().map(str::to_owned))
}

/// A form that is being read.
struct Reading<'a> {
    app: &'a App,
    upload: Upload,
    /// Bytes of files that were taken.
    kept: u64,
    /// Bytes of names and of what was typed.
    typed: usize,
    /// Bytes of everything.
    read: u64,
}

impl Reading<'_> {
    fn count(&mut self, bytes: usize) -> Result<(), AppError> {
        self.read += bytes as u64;
        if self.read > MOST_READ { Err(AppError::BadRequest(TOO_LONG.into())) } else { Ok(()) }
    }

    fn count_typed(&mut self, bytes: usize) -> Result<(), AppError> {
        self.typed += bytes;
        if self.typed > LARGEST_TEXT { Err(broken()) } else { Ok(()) }
    }

    /// A form without files, as a browser sends one that has no field for them.
    async fn plain(mut self, mut payload: web::Payload) -> Result<Upload, AppError> {
        let mut typed = Vec::new();
        while let Some(chunk) = next(&mut payload).await? {
            typed.extend_from_slice(&chunk);
            if typed.len() > LARGEST_TEXT {
                return Err(broken());
            }
        }
        self.upload.texts = form_urlencoded::parse(&typed).into_owned().collect();
        Ok(self.upload)
    }

    async fn all(mut self, form: Multipart) -> Result<Upload, AppError> {
        if let Err(error) = self.parts(form).await {
            self.upload.discard(self.app).await;
            return Err(error);
        }
        if !self.upload.refused.is_empty() {
            self.upload.discard(self.app).await;
            self.upload.files.clear();
        }
        Ok(self.upload)
    }

    async fn parts(&mut self, mut form: Multipart) -> Result<(), AppError> {
        let mut parts = 0;
        while let Some(field) = next(&mut form).await? {
            parts += 1;
            if parts > MOST_PARTS {
                return Err(broken());
            }
            let name = field.name().unwrap_or_default().to_owned();
            let sent_as = sent_as(&field);
            self.count_typed(name.len() + sent_as.as_ref().map_or(0, String::len))?;
            match sent_as {
                None => self.text(field, name).await?,
                Some(sent_as) => {
                    let is_wanted = name == self.upload.of && self.upload.refused.is_empty();
                    self.file(field, is_wanted, &sent_as).await?;
                }
            }
        }
        Ok(())
    }

    async fn text(&mut self, mut field: Field, name: String) -> Result<(), AppError> {
        let mut typed = Vec::new();
        while let Some(chunk) = next(&mut field).await? {
            self.count(chunk.len())?;
            self.count_typed(chunk.len())?;
            typed.extend_from_slice(&chunk);
        }
        self.upload.texts.insert(name, String::from_utf8(typed).map_err(|_| broken())?);
        Ok(())
    }

    async fn piece(&mut self, field: &mut Field) -> Result<Option<Bytes>, AppError> {
        let chunk = next(field).await?;
        self.count(chunk.as_ref().map_or(0, Bytes::len))?;
        Ok(chunk)
    }

    /// Reads a file, and takes it where nothing is wrong. A field that nobody chose a file for is sent without a name.
    async fn file(&mut self, mut field: Field, is_wanted: bool, sent_as: &str) -> Result<(), AppError> {
        let id =
            if self.upload.apart { super::id_apart(self.app) } else { FileId::new(self.app.clock.now()) };
        let mut taking = Taking::new(self.app, id, names::clean(sent_as));
        let mut wrong =
            (self.upload.files.len() >= MOST).then(|| format!("Send up to {MOST} files at a time."));
        loop {
            let chunk = match self.piece(&mut field).await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) => {
                    taking.abort().await;
                    return Err(error);
                }
            };
            if !is_wanted || wrong.is_some() {
                continue;
            }
            wrong = taking.write(&chunk).await.err();
            if wrong.is_none() && self.kept + taking.bytes > MOST_BYTES {
                wrong = Some("The files are longer than 25 MB together.".into());
            }
        }
        let nothing = taking.bytes == 0 && sent_as.trim().is_empty();
        let taken = match wrong {
            _ if nothing || !is_wanted => return Ok(()),
            Some(wrong) => {
                taking.abort().await;
                Err(wrong)
            }
            None => taking.finish().await,
        };
        match taken {
            Ok(file) => {
                self.kept += file.bytes;
                self.upload.files.push(file);
            }
            // The first that is wrong is named, and what comes after it is not kept.
            Err(wrong) => self.upload.refused = wrong,
        }
        Ok(())
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
