//! A file as it is taken: what it is has to be found in its first bytes, and nothing of one that is refused is kept.

use ring::digest::{Context, SHA256};

use super::kinds::{HEAD, Kind, TextCheck};
use super::sealing::Sealing;
use super::{LARGEST, NewFile};
use crate::platform::app::App;
use crate::platform::ids::FileId;

/// A file that is being taken.
pub(super) struct Taking<'a> {
    app: &'a App,
    id: FileId,
    name: String,
    /// What came before its kind was known.
    head: Vec<u8>,
    begun: Option<(Kind, Sealing)>,
    text: TextCheck,
    digest: Context,
    /// How long it is so far.
    pub(super) bytes: u64,
}

impl<'a> Taking<'a> {
    /// Begins to take a file of this id and name.
    pub(super) fn new(app: &'a App, id: FileId, name: String) -> Self {
        let digest = Context::new(&SHA256);
        Self { app, id, name, head: Vec::new(), begun: None, text: TextCheck::default(), digest, bytes: 0 }
    }

    /// Takes more of it, or says what is wrong.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.bytes += bytes.len() as u64;
        if self.bytes > LARGEST {
            return Err(format!("“{}” is longer than 10 MB.", self.name));
        }
        self.digest.update(bytes);
        if self.begun.is_some() {
            return self.seal(bytes).await;
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() >= HEAD { self.begin().await } else { Ok(()) }
    }

    /// Finds out what it is, and begins to keep it.
    async fn begin(&mut self) -> Result<(), String> {
        let name = &self.name;
        let none = || {
            format!(
                "“{name}” is none of PDF, PNG, JPEG, WebP and plain text in UTF-8. Print it to a PDF, or save it as one of these."
            )
        };
        let kind = Kind::of(&self.head).ok_or_else(none)?;
        if kind == Kind::Text && !Kind::Text.fits(name) {
            return Err(none());
        }
        if !kind.fits(name) {
            let ending = kind.endings()[0];
            return Err(format!(
                "“{name}” is {} by its content. Its name has to end with .{ending}.",
                kind.label()
            ));
        }
        let sealing = Sealing::begin(self.app, self.id).map_err(|error| not_kept(&error))?;
        self.begun = Some((kind, sealing));
        let head = std::mem::take(&mut self.head);
        self.seal(&head).await
    }

    async fn seal(&mut self, bytes: &[u8]) -> Result<(), String> {
        let Some((kind, sealing)) = &mut self.begun else { return Ok(()) };
        if *kind == Kind::Text {
            self.text.take(bytes);
        }
        sealing.write(bytes).await.map_err(|error| not_kept(&error))
    }

    /// Keeps it, or says what is wrong.
    pub(super) async fn finish(mut self) -> Result<NewFile, String> {
        if self.bytes == 0 {
            return Err(format!("“{}” is empty.", self.name));
        }
        if self.begun.is_none() {
            self.begin().await?;
        }
        let Some((kind, sealing)) = self.begun else { return Err(format!("“{}” is empty.", self.name)) };
        if kind == Kind::Text && !self.text.holds() {
            sealing.abort().await;
            return Err(format!("“{}” is not plain text in UTF-8.", self.name));
        }
        sealing.finish().await.map_err(|error| not_kept(&error))?;
        let sha256 = self.digest.finish().as_ref().to_vec();
        Ok(NewFile { id: self.id, name: self.name, kind, bytes: self.bytes, sha256 })
    }

    /// Leaves nothing of it.
    pub(super) async fn abort(self) {
        if let Some((_, sealing)) = self.begun {
            sealing.abort().await;
        }
    }
}

fn not_kept(error: &anyhow::Error) -> String {
    tracing::error!(error = format!("{error:#}"), "the storage does not take a file");
    "Files cannot be kept just now. Try again in a few minutes, or go on without them.".into()
}
