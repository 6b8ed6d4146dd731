//! Reading a form: part by part, within limits of length and of time.

use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, HttpRequest, web};
use futures_util::{Stream, StreamExt as _};

use super::Upload;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::taking::Taking;
use crate::platform::files::{MOST, MOST_BYTES, id_apart, names};
use crate::platform::ids::FileId;

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

/// Reads a form to its end, into what is known of it.
pub(super) async fn read(
    app: &App,
    upload: Upload,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Upload, AppError> {
    let reading = Reading { app, upload, kept: 0, typed: 0, read: 0 };
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
        let app = self.app;
        let id = if self.upload.apart { id_apart(app) } else { FileId::new(app.clock.now()) };
        let mut taking = Taking::new(app, id, names::clean(sent_as));
        let wrong = match self.pieces(&mut field, &mut taking, is_wanted).await {
            Ok(wrong) => wrong,
            Err(error) => {
                taking.abort().await;
                return Err(error);
            }
        };
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

    /// Takes what arrives of a file as long as nothing is wrong with it, and answers what is. All of it is read.
    async fn pieces(
        &mut self,
        field: &mut Field,
        taking: &mut Taking<'_>,
        is_wanted: bool,
    ) -> Result<Option<String>, AppError> {
        let mut wrong =
            (self.upload.files.len() >= MOST).then(|| format!("Send up to {MOST} files at a time."));
        while let Some(chunk) = self.piece(field).await? {
            if !is_wanted || wrong.is_some() {
                continue;
            }
            wrong = taking.write(&chunk).await.err();
            if wrong.is_none() && self.kept + taking.bytes > MOST_BYTES {
                wrong = Some("The files are longer than 25 MB together.".into());
            }
        }
        Ok(wrong)
    }
}
