//! Writing a file, in parts where it is long: what is gathered leaves when it is a part, and nothing is kept that has left.
//!
//! S3 takes ten thousand parts of a file and 5 MiB as the least of each, which ends at 48 GiB where all are as long. So they
//! are, up to [`EVEN`] of them, because some services ask for it (R2); then each is longer than the one before, and ten
//! thousand are more than the 5 TiB that S3 takes for a file. Two of them are in memory at a time: of a file of 24 GiB some
//! 15 MiB, of one of 100 GiB half a GiB.

use std::sync::Arc;

use actix_web::web::Bytes;
use anyhow::Context as _;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload, PutPayloadMut};
use tokio::task::JoinSet;

/// Bytes of a part: the least that S3 takes.
pub(super) const PART: usize = 5 * 1024 * 1024;
/// So many parts are as long as that.
const EVEN: usize = 5_000;
/// Bytes by which each one after them is longer.
const STEP: usize = 432 * 1024;

const REFUSED: &str = "the storage does not take the file";

/// The length in bytes of a part that comes behind so many others; only the last one is shorter.
const fn length_behind(others: usize) -> usize {
    PART + (others + 1).saturating_sub(EVEN) * STEP
}

/// How many parts are on their way at a time, beside the one that is gathered.
const fn at_once(begun: usize) -> usize {
    if begun < EVEN { 2 } else { 1 }
}

/// A file that is being written. It is there, whole, once it is [finished](Upload::finish), and until then not at all. Of one
/// that is dropped before, as where whoever sent it hung up or an error comes in between, nothing is left either.
pub struct Upload {
    store: Arc<dyn ObjectStore>,
    path: Path,
    gathered: PutPayloadMut,
    /// Nothing until the first part leaves: a short file has none.
    parts: Option<Parts>,
}

struct Parts {
    upload: Box<dyn MultipartUpload>,
    begun: usize,
    under_way: JoinSet<object_store::Result<()>>,
}

impl Upload {
    pub(super) fn new(store: Arc<dyn ObjectStore>, path: Path) -> Self {
        Self { store, path, gathered: PutPayloadMut::new(), parts: None }
    }

    /// Writes on.
    ///
    /// # Errors
    /// The storage is full, gone or forbidden.
    pub async fn write(&mut self, mut bytes: Bytes) -> anyhow::Result<()> {
        while !bytes.is_empty() {
            let part = length_behind(self.parts.as_ref().map_or(0, |parts| parts.begun));
            let room = part.saturating_sub(self.gathered.content_length());
            self.gathered.push(bytes.split_to(room.min(bytes.len())));
            if self.gathered.content_length() >= part {
                self.send().await.context(REFUSED)?;
            }
        }
        Ok(())
    }

    async fn send(&mut self) -> object_store::Result<()> {
        if self.parts.is_none() {
            let upload = self.store.put_multipart(&self.path).await?;
            self.parts = Some(Parts { upload, begun: 0, under_way: JoinSet::new() });
        }
        let part = std::mem::take(&mut self.gathered).freeze();
        match &mut self.parts {
            Some(parts) => parts.put(part).await,
            None => Ok(()),
        }
    }

    /// Makes the file whole.
    ///
    /// # Errors
    /// As [`Upload::write`]; nothing of it is left then.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        let rest = std::mem::take(&mut self.gathered).freeze();
        let Some(parts) = &mut self.parts else {
            return self.store.put(&self.path, rest).await.map(drop).context(REFUSED);
        };
        let finished = parts.finish(rest).await;
        if finished.is_err() {
            parts.abort().await;
        }
        self.parts = None;
        finished.context(REFUSED)
    }

    /// Leaves nothing of it.
    pub async fn abort(mut self) {
        if let Some(parts) = &mut self.parts {
            parts.abort().await;
        }
        self.parts = None;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Not every storage clears up by itself (S3 does not). Where the program ends too, its rule for such parts does.
        if let Some(mut parts) = self.parts.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { parts.abort().await });
        }
    }
}

impl Parts {
    async fn put(&mut self, part: PutPayload) -> object_store::Result<()> {
        let most = at_once(self.begun);
        while self.under_way.len() >= most
            && let Some(done) = self.under_way.join_next().await
        {
            done??;
        }
        self.under_way.spawn(self.upload.put_part(part));
        self.begun += 1;
        Ok(())
    }

    async fn finish(&mut self, rest: PutPayload) -> object_store::Result<()> {
        if rest.content_length() > 0 {
            self.put(rest).await?;
        }
        while let Some(done) = self.under_way.join_next().await {
            done??;
        }
        self.upload.complete().await.map(drop)
    }

    async fn abort(&mut self) {
        self.under_way.shutdown().await;
        if let Err(error) = self.upload.abort().await {
            tracing::warn!(error = format!("{error:#}"), "an unfinished file may be left in the storage");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;

    use futures_util::TryStreamExt as _;
    use object_store::memory::InMemory;
    use object_store::{PutResult, UploadPart};
    use tokio::sync::mpsc;

    use super::*;

    const MIB: u64 = 1024 * 1024;
    /// What S3 takes: parts of a file, bytes of a part, and bytes of a file.
    const PARTS: usize = 10_000;
    const LONGEST_PART: u64 = 5 * 1024 * MIB;
    const LONGEST_FILE: u64 = 5 * 1024 * 1024 * MIB;

    /// Parts and the longest of them, for a file of this length.
    fn parts_of(length: u64) -> (usize, u64) {
        let (mut rest, mut parts, mut longest) = (length, 0, 0);
        while rest > 0 {
            longest = length_behind(parts) as u64;
            rest = rest.saturating_sub(longest);
            parts += 1;
        }
        (parts, longest)
    }

    #[test]
    fn the_longest_file_that_s3_takes_has_no_more_parts_than_it_takes_and_none_is_too_long() {
        let (parts, longest) = parts_of(LONGEST_FILE);
        assert!(parts <= PARTS && longest <= LONGEST_PART, "{parts} parts, the longest of {longest} bytes");
        assert!(longest < LONGEST_FILE / 2_000, "what is in memory is a small share of the file: {longest}");
        assert!((0..PARTS).all(|others| length_behind(others) >= PART), "S3 takes no shorter one");
    }

    #[test]
    fn parts_are_as_long_as_each_other_up_to_24_gib_and_grow_by_little_after_that() {
        assert_eq!(parts_of(EVEN as u64 * PART as u64), (EVEN, PART as u64));
        assert_eq!(parts_of(EVEN as u64 * PART as u64 + 1), (EVEN + 1, (PART + STEP) as u64));
        assert_eq!((at_once(0), at_once(EVEN - 1), at_once(EVEN)), (2, 2, 1));
        let (_, longest) = parts_of(100 * 1024 * MIB);
        assert!((200 * MIB..300 * MIB).contains(&longest), "{longest}");
    }

    #[tokio::test]
    async fn what_is_written_in_pieces_of_any_length_is_the_file() {
        for length in [0, 1, PART - 1, PART, PART + 1, 3 * PART + 7] {
            let content: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let (store, path) = (Arc::new(InMemory::new()), Path::from("things/a"));
            let mut upload = Upload::new(store.clone(), path.clone());
            for piece in content.chunks(999_983) {
                upload.write(Bytes::copy_from_slice(piece)).await.unwrap();
            }
            assert!(store.get(&path).await.is_err(), "it is not there before it is whole");
            upload.finish().await.unwrap();
            let found = store.get(&path).await.unwrap().into_stream();
            let found: Vec<Bytes> = found.try_collect().await.unwrap();
            assert!(found.concat() == content, "{length}");
        }
    }

    #[tokio::test]
    async fn what_is_aborted_after_a_part_has_left_is_no_file() {
        let (store, path) = (Arc::new(InMemory::new()), Path::from("things/a"));
        let mut upload = Upload::new(store.clone(), path.clone());
        upload.write(Bytes::from(vec![b'x'; 2 * PART + 1])).await.unwrap();
        upload.abort().await;
        assert!(store.get(&path).await.is_err());
    }

    type Answer<'a, T> = Pin<Box<dyn Future<Output = object_store::Result<T>> + Send + 'a>>;

    /// An upload that tells what was called, and takes every part but the last.
    #[derive(Debug)]
    struct Told {
        parts: usize,
        taken: usize,
        calls: mpsc::UnboundedSender<&'static str>,
    }

    impl MultipartUpload for Told {
        fn put_part(&mut self, _data: PutPayload) -> UploadPart {
            self.parts += 1;
            let taken = self.parts <= self.taken;
            let refused = || object_store::Error::Generic { store: "test", source: "no room".into() };
            Box::pin(async move { if taken { Ok(()) } else { Err(refused()) } })
        }

        fn complete<'life0, 'async_trait>(&'life0 mut self) -> Answer<'async_trait, PutResult>
        where
            'life0: 'async_trait,
            Self: 'async_trait,
        {
            self.calls.send("complete").expect("the test listens");
            Box::pin(std::future::ready(Err(object_store::Error::NotImplemented {
                operation: "complete".into(),
                implementer: "test".into(),
            })))
        }

        fn abort<'life0, 'async_trait>(&'life0 mut self) -> Answer<'async_trait, ()>
        where
            'life0: 'async_trait,
            Self: 'async_trait,
        {
            self.calls.send("abort").expect("the test listens");
            Box::pin(std::future::ready(Ok(())))
        }
    }

    fn told(taken: usize) -> (Upload, mpsc::UnboundedReceiver<&'static str>) {
        let (calls, heard) = mpsc::unbounded_channel();
        let upload = Box::new(Told { parts: 0, taken, calls });
        let mut file = Upload::new(Arc::new(InMemory::new()), Path::from("things/a"));
        file.parts = Some(Parts { upload, begun: 0, under_way: JoinSet::new() });
        (file, heard)
    }

    #[tokio::test]
    async fn of_what_is_dropped_before_it_is_whole_no_part_is_left() {
        let (mut upload, mut heard) = told(9);
        upload.write(Bytes::from(vec![b'x'; 2 * PART + 1])).await.unwrap();
        drop(upload);
        assert_eq!((heard.recv().await, heard.recv().await), (Some("abort"), None));
    }

    #[tokio::test]
    async fn what_the_storage_refuses_at_the_last_part_is_aborted_once_and_never_completed() {
        let (mut upload, mut heard) = told(2);
        upload.write(Bytes::from(vec![b'x'; 2 * PART + 1])).await.unwrap();
        assert!(upload.finish().await.is_err());
        assert_eq!((heard.recv().await, heard.recv().await), (Some("abort"), None));
        let (upload, mut heard) = told(9);
        assert!(upload.finish().await.is_err(), "it could not be completed");
        assert_eq!(heard.recv().await, Some("complete"));
        assert_eq!((heard.recv().await, heard.recv().await), (Some("abort"), None));
    }
}
