//! Handing out: a file is saved, never shown. Nothing of it runs here, whatever it is. And how pages show letters with files.

use actix_web::HttpResponse;
use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};

use chrono::{DateTime, Utc};

use super::kinds::Kind;
use super::{File, open};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::pages::{WebResult, moment, size};

/// Should a browser show it all the same: nothing is loaded, nothing runs, and it is of no origin.
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// A name for every browser: in ASCII, and where that is not all of it, in UTF-8 besides (RFC 6266).
fn disposition(name: &str) -> ContentDisposition {
    let ascii = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let mut parameters = vec![DispositionParam::Filename(ascii)];
    if !name.is_ascii() {
        parameters.push(DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".into()),
            language_tag: None,
            value: name.as_bytes().to_vec(),
        }));
    }
    ContentDisposition { disposition: DispositionType::Attachment, parameters }
}

/// A file, for whoever may have it.
///
/// # Errors
/// `Gone` where it is lost.
pub async fn answer(app: &App, file: &File) -> WebResult {
    let content = open(app, file.id).await?;
    let content = content.ok_or(AppError::Gone("This file is no longer there. Please send it again."))?;
    let media_type = match file.media_type.as_str() {
        "text/plain" => "text/plain; charset=utf-8",
        other => other,
    };
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(disposition(&file.name))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .no_chunking(u64::try_from(file.bytes).unwrap_or_default())
        .streaming(Box::pin(content)))
}

/// A file, as `components/files.html` shows it.
pub struct Attached {
    /// Its name.
    pub name: String,
    /// Where it can be fetched; empty where it is lost.
    pub href: String,
    /// What it is, and how long.
    pub about: String,
}

impl Attached {
    /// A file that can be fetched below this path.
    pub fn of(file: File, path: &str) -> Self {
        let kind = Kind::parse(&file.media_type).map_or("a file", Kind::label);
        let length = size(u64::try_from(file.bytes).unwrap_or_default());
        let (href, about) = match file.missing_since {
            None => (format!("{path}/files/{}", file.id), format!("{kind}, {length}")),
            Some(_) => (String::new(), "lost: please send it again".into()),
        };
        Self { name: file.name, href, about }
    }

    /// Those of the files of something that belong to this part of it, taken out of the list.
    pub fn taken<K: PartialEq>(files: &mut Vec<(K, File)>, part: &K, path: &str) -> Vec<Self> {
        let theirs = files.extract_if(.., |(of, _)| *of == *part);
        theirs.map(|(_, file)| Self::of(file, path)).collect()
    }

    /// Leaves out their names: one that somebody gave a file may say anything.
    pub fn hide(files: &mut [Self]) {
        for (number, file) in files.iter_mut().enumerate() {
            file.name = format!("File {}", number + 1);
        }
    }

    /// Leaves out the way to them, and says why.
    pub fn withhold(files: &mut [Self], because: &str) {
        for file in files {
            file.href = String::new();
            file.about = format!("{}; {because}", file.about);
        }
    }
}

/// A letter, as `components/letters.html` shows it.
pub struct LetterView {
    /// Who wrote it.
    pub from: &'static str,
    /// Whether it stands on the side of whoever the page is for.
    pub own: bool,
    /// When, for programs.
    pub iso: String,
    /// When.
    pub when: String,
    /// What.
    pub body: String,
    /// What was sent along.
    pub files: Vec<Attached>,
}

impl LetterView {
    /// What was written by somebody then, and whether it is of whoever the page is for.
    pub fn of(
        (from, own): (&'static str, bool),
        sent_at: DateTime<Utc>,
        body: String,
        files: Vec<Attached>,
    ) -> Self {
        Self { from, own, iso: sent_at.to_rfc3339(), when: moment(&sent_at), body, files }
    }

    /// Shows a page of theirs to our side: their letters get this name, and stand opposite.
    pub fn turn(&mut self, writer: &'static str) {
        if self.own {
            self.from = writer;
        }
        self.own = !self.own;
    }
}
