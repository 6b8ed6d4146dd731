//! How a file lies in the storage: in pieces of 64 KiB, each sealed for its file, its place in it and whether it is the
//! last, so that none can be changed, moved, left out or put into another file unseen.

use std::io;
use std::pin::Pin;

use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use super::place;
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::ids::FileId;
use crate::platform::storage::Upload;

/// Bytes of a piece before it is sealed.
const PIECE: usize = 64 * 1024;
/// What sealing adds to a piece.
const ADDED: usize = 1 + 12 + 16;

fn aad(id: FileId, number: u64, is_last: bool) -> String {
    format!("files/{id}/{number}/{}", if is_last { "last" } else { "more" })
}

/// A file that is being sealed into the storage.
pub(super) struct Sealing {
    app: App,
    id: FileId,
    upload: Upload,
    waiting: Vec<u8>,
    number: u64,
}

impl Sealing {
    /// Begins one.
    pub(super) fn begin(app: &App, id: FileId) -> anyhow::Result<Self> {
        let upload = app.storage.create(&place(id))?;
        Ok(Self { app: app.clone(), id, upload, waiting: Vec::with_capacity(2 * PIECE), number: 0 })
    }

    /// Seals on.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.waiting.extend_from_slice(bytes);
        // What may be the last piece waits until it is known.
        while self.waiting.len() > PIECE {
            let rest = self.waiting.split_off(PIECE);
            let piece = std::mem::replace(&mut self.waiting, rest);
            self.put(&piece, false).await?;
        }
        Ok(())
    }

    async fn put(&mut self, piece: &[u8], is_last: bool) -> anyhow::Result<()> {
        let sealed = self.app.keys.seal(&aad(self.id, self.number, is_last), piece);
        self.number += 1;
        self.upload.write(Bytes::from(sealed)).await
    }

    /// Makes it whole.
    pub(super) async fn finish(mut self) -> anyhow::Result<()> {
        let last = std::mem::take(&mut self.waiting);
        self.put(&last, true).await?;
        self.upload.finish().await
    }

    /// Leaves nothing of it.
    pub(super) async fn abort(self) {
        self.upload.abort().await;
    }
}

type Sealed = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A file that is being opened.
struct Opening {
    app: App,
    id: FileId,
    sealed: Sealed,
    waiting: Vec<u8>,
    number: u64,
    is_over: bool,
}

/// What was sealed, as it comes.
pub(super) fn opened(app: App, id: FileId, sealed: Sealed) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    let opening = Opening { app, id, sealed, waiting: Vec::new(), number: 0, is_over: false };
    stream::unfold(opening, |mut opening| async move {
        if opening.is_over {
            return None;
        }
        let next = opening.next().await;
        opening.is_over |= next.is_err();
        Some((next, opening))
    })
}

impl Opening {
    async fn next(&mut self) -> io::Result<Bytes> {
        // One byte beyond a piece shows that it is not the last.
        while self.waiting.len() <= PIECE + ADDED {
            match self.sealed.next().await {
                Some(bytes) => self.waiting.extend_from_slice(&bytes?),
                None => {
                    self.is_over = true;
                    break;
                }
            }
        }
        let rest = self.waiting.split_off(self.waiting.len().min(PIECE + ADDED));
        let piece = std::mem::replace(&mut self.waiting, rest);
        let number = self.number;
        self.number += 1;
        open(&self.app.keys, self.id, number, self.is_over, &piece)
    }
}

fn open(keys: &Keys, id: FileId, number: u64, is_last: bool, piece: &[u8]) -> io::Result<Bytes> {
    keys.open(&aad(id, number, is_last), piece).map(Bytes::from).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_opens_in_its_place_alone() {
        let keys = Keys::derive(&[7; 32]);
        let (one, two) = (FileId(uuid::Uuid::from_u128(1)), FileId(uuid::Uuid::from_u128(2)));
        let sealed = keys.seal(&aad(one, 3, false), b"words");
        assert_eq!(sealed.len(), b"words".len() + ADDED);
        assert_eq!(open(&keys, one, 3, false, &sealed).unwrap(), &b"words"[..]);
        assert!(open(&keys, two, 3, false, &sealed).is_err(), "another file");
        assert!(open(&keys, one, 4, false, &sealed).is_err(), "another place");
        assert!(open(&keys, one, 3, true, &sealed).is_err(), "cut off behind it");
    }
}
