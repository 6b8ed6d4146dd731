//! Files that people send along with what they write: taken from a form while they arrive, sealed before they reach the
//! storage, and handed out as files and never as pages.
//!
//! What a file is, is found in its content and has to agree with the ending of its name. The list is short: PDF, PNG,
//! JPEG, WebP and plain text. Documents of office programs are not on it. They carry macros, links that are followed
//! when they open, and other files inside, which nobody here can tell from the harmless kind; each such program prints
//! a PDF. Nothing looks for viruses: a file is opened by nobody here but by the person who fetches it.
//!
//! A file is in the storage before its row is committed. Where that does not happen, it has no row, and what has none
//! an hour later is removed; so is the file of a row that was deleted, however that came about.
//!
//! Whoever lets files be sent along has a table of their own that lists them in `file_id`, with the trigger
//! `drop_listed_file`, so that a file goes with what it hangs on.
//!
//! - [`upload`]: a form as it arrives; `taking`: one of its files; [`letter`]: a form of words with files
//! - [`kinds`], [`names`]: what is taken, and what it is called
//! - [`sealing`]: what lies in the storage
//! - [`tending`]: what has lost its row or its file
//! - [`web`]: handing out, and letters on a page

pub mod kinds;
pub mod letter;
pub mod names;
mod queries;
mod sealing;
mod taking;
pub mod tending;
pub mod upload;
pub mod web;

use actix_web::web::Bytes;
use chrono::{Days, NaiveTime};
use futures_util::Stream;
use ring::digest::{SHA256, digest};
use uuid::Uuid;

use super::app::App;
use super::error::AppError;
use super::ids::{FileId, PersonId, new_uuid_apart};
use kinds::Kind;
pub use queries::{File, find, insert};

/// Folder of the storage that files are in; each has a folder of its own there, named by its id.
const FOLDER: &str = "files";
/// Longest file in bytes.
pub const LARGEST: u64 = 10 * 1024 * 1024;
/// Files that are sent along at a time.
pub const MOST: usize = 5;
/// Bytes of all that are sent along at a time.
pub const MOST_BYTES: u64 = 25 * 1024 * 1024;

/// A file that is in the storage and has no row yet.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// SID.
    pub id: FileId,
    /// Name, cleaned.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of what is in it.
    pub sha256: Vec<u8>,
}

/// Who sent a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uploader {
    /// A customer, or somebody by a link that was mailed to them.
    Customer(Option<PersonId>),
    /// A member of staff.
    Staff(PersonId),
    /// The portal.
    System,
}

impl Uploader {
    fn parts(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Customer(person) => ("customer", person.map(|person| person.0)),
            Self::Staff(person) => ("staff", Some(person.0)),
            Self::System => ("system", None),
        }
    }
}

fn folder(id: FileId) -> String {
    format!("{FOLDER}/{id}")
}

/// Where a file lies in the storage.
pub(in crate::platform) fn place(id: FileId) -> String {
    format!("{FOLDER}/{id}/content")
}

/// The file that lies at a place of the storage; nothing for a place where none can be.
pub(in crate::platform) fn id_of(place: &str) -> Option<FileId> {
    let id = place.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix("/content")?;
    id.parse().ok()
}

/// An id that says of which day its file is, and nothing finer. It is of the end of that day: until an hour later nobody takes
/// the file for one whose row never came.
fn id_apart(app: &App) -> FileId {
    let tomorrow = app.clock.now().date_naive() + Days::new(1);
    FileId(new_uuid_apart(tomorrow.and_time(NaiveTime::MIN).and_utc(), app.keys.random_bytes()))
}

/// Puts a file that is at hand into the storage; its row is the caller's to insert.
///
/// # Errors
/// It is none of what is taken, or the storage does not take it.
pub async fn keep(app: &App, name: &str, content: &[u8]) -> anyhow::Result<NewFile> {
    let kind = Kind::of(content).filter(|kind| kind.fits(name));
    let kind = kind.ok_or_else(|| anyhow::anyhow!("{name} is none of the files that are taken"))?;
    let id = FileId::new(app.clock.now());
    let mut sealing = sealing::Sealing::begin(app, id)?;
    sealing.write(content).await?;
    sealing.finish().await?;
    let sha256 = digest(&SHA256, content).as_ref().to_vec();
    Ok(NewFile { id, name: names::clean(name), kind, bytes: content.len() as u64, sha256 })
}

/// What is in a file, as it comes out of the storage; nothing where it is lost.
///
/// # Errors
/// The storage does not answer. In the stream: what was kept is damaged.
pub async fn open(
    app: &App,
    id: FileId,
) -> anyhow::Result<Option<impl Stream<Item = std::io::Result<Bytes>> + use<>>> {
    let found = app.storage.open(&place(id)).await?;
    Ok(found.map(|found| sealing::opened(app.clone(), id, found.bytes)))
}

/// Removes files that get no row.
///
/// What cannot be removed goes an hour later by itself.
pub async fn discard(app: &App, files: &[NewFile]) {
    for file in files {
        if let Err(error) = app.storage.clear(&folder(file.id)).await {
            tracing::warn!(error = format!("{error:#}"), "a refused file goes with the next look");
        }
    }
}

/// Removes files of what was refused. Where something failed that may have been committed all the same, they stay: what got
/// no row goes an hour later by itself.
///
/// # Errors
/// What came of it, as it came.
pub async fn settle<T>(app: &App, files: &[NewFile], outcome: Result<T, AppError>) -> Result<T, AppError> {
    if matches!(&outcome, Err(error) if !matches!(error, AppError::Internal(_))) {
        discard(app, files).await;
    }
    outcome
}
