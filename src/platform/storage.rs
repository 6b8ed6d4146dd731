//! Files, outside the database: a folder of this machine, or a bucket of a service that speaks S3. Whoever stores a
//! file names it by the id of a row, so that a file without a row is known to be nobody's.

mod upload;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web::Bytes;
use anyhow::Context as _;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt as _};
use secrecy::ExposeSecret as _;

pub use self::upload::Upload;
use super::config::StoragePlace;

/// Longest time of one call to a bucket: a long part of a long file takes a while.
const LONGEST_CALL: Duration = Duration::from_secs(300);

/// Where files are kept. Cheap to clone; a folder is made when it is first needed.
#[derive(Clone)]
pub struct Storage(Arc<Inner>);

struct Inner {
    place: StoragePlace,
    opened: OnceLock<Arc<dyn ObjectStore>>,
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Storage")
    }
}

/// A file that is being read.
pub struct Download {
    /// Its length in bytes.
    pub length: u64,
    /// What is in it.
    pub bytes: std::pin::Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>,
}

impl Storage {
    /// Storage at this place. Nothing is opened yet.
    pub fn new(place: StoragePlace) -> Self {
        Self(Arc::new(Inner { place, opened: OnceLock::new() }))
    }

    fn store(&self) -> anyhow::Result<Arc<dyn ObjectStore>> {
        if let Some(store) = self.0.opened.get() {
            return Ok(store.clone());
        }
        let store: Arc<dyn ObjectStore> =
            match &self.0.place {
                StoragePlace::Folder(folder) => {
                    DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| {
                        format!("the folder for files, {}, cannot be made", folder.display())
                    })?;
                    Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_automatic_cleanup(true))
                }
                StoragePlace::Bucket { name, endpoint, region, key_id, key } => {
                    let mut builder = AmazonS3Builder::new()
                        .with_client_options(ClientOptions::new().with_timeout(LONGEST_CALL))
                        .with_bucket_name(name)
                        .with_region(region)
                        .with_access_key_id(key_id)
                        .with_secret_access_key(key.expose_secret());
                    if let Some(endpoint) = endpoint {
                        builder =
                            builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
                    }
                    Arc::new(builder.build()?)
                }
            };
        Ok(self.0.opened.get_or_init(|| store).clone())
    }

    /// Begins a file.
    ///
    /// # Errors
    /// The storage cannot be opened.
    pub fn create(&self, name: &str) -> anyhow::Result<Upload> {
        Ok(Upload::new(self.store()?, Path::from(name)))
    }

    /// Opens a file, if it is there.
    ///
    /// # Errors
    /// The storage does not answer.
    pub async fn open(&self, name: &str) -> anyhow::Result<Option<Download>> {
        match self.store()?.get(&Path::from(name)).await {
            Ok(found) => {
                let length = found.meta.size;
                let bytes = found.into_stream().map_err(std::io::Error::other).boxed();
                Ok(Some(Download { length, bytes }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a file is there, whole.
    ///
    /// # Errors
    /// The storage does not answer.
    pub async fn has(&self, name: &str) -> anyhow::Result<bool> {
        match self.store()?.head(&Path::from(name)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The path of every file that is whole under a folder, however deep, as the storage lists them.
    ///
    /// # Errors
    /// The storage cannot be opened. In the stream: it does not answer.
    pub fn all(&self, folder: &str) -> anyhow::Result<impl Stream<Item = anyhow::Result<String>> + use<>> {
        let found = self.store()?.list(Some(&Path::from(folder)));
        Ok(found.map_ok(|file| file.location.to_string()).map_err(anyhow::Error::from))
    }

    /// Removes everything under a folder, also what a killed process left half written there.
    ///
    /// # Errors
    /// The storage does not answer; what is gone is gone.
    pub async fn clear(&self, folder: &str) -> anyhow::Result<()> {
        let (store, prefix) = (self.store()?, Path::from(folder));
        let found = store.list(Some(&prefix)).map_ok(|file| file.location).boxed();
        store.delete_stream(found).try_for_each(async |_| Ok(())).await?;
        if let StoragePlace::Folder(root) = &self.0.place {
            match tokio::fs::remove_dir_all(root.join(folder)).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Name and length of every file in a folder.
    ///
    /// # Errors
    /// The storage does not answer.
    pub async fn files(&self, folder: &str) -> anyhow::Result<Vec<(String, u64)>> {
        let (store, prefix) = (self.store()?, Path::from(folder));
        let depth = prefix.parts().count() + 1;
        let all: Vec<_> = store.list(Some(&prefix)).try_collect().await?;
        let own = all.iter().filter(|file| file.location.parts().count() == depth);
        Ok(own.filter_map(|file| Some((file.location.filename()?.to_owned(), file.size))).collect())
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// The storage does not answer.
    pub async fn remove(&self, name: &str) -> anyhow::Result<()> {
        match self.store()?.delete(&Path::from(name)).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of the folders in a folder, also of those in which nothing is whole yet.
    ///
    /// # Errors
    /// The storage does not answer.
    pub async fn folders(&self, folder: &str) -> anyhow::Result<Vec<String>> {
        if let StoragePlace::Folder(root) = &self.0.place {
            return folders_of(root.join(folder)).await;
        }
        let found = self.store()?.list_with_delimiter(Some(&Path::from(folder))).await?;
        let name = |path: &Path| path.filename().map(str::to_owned);
        Ok(found.common_prefixes.iter().filter_map(name).collect())
    }
}

async fn folders_of(folder: PathBuf) -> anyhow::Result<Vec<String>> {
    let mut found = match tokio::fs::read_dir(folder).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut names = Vec::new();
    while let Some(entry) = found.next_entry().await? {
        if entry.file_type().await?.is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::upload::PART;
    use super::*;

    fn storage(name: &str) -> (Storage, PathBuf) {
        let folder = std::env::temp_dir().join(format!("portal-storage-{name}-{}", std::process::id()));
        (Storage::new(StoragePlace::Folder(folder.clone())), folder)
    }

    async fn text(storage: &Storage, name: &str) -> Option<String> {
        let found = storage.open(name).await.unwrap()?;
        let bytes: Vec<Bytes> = found.bytes.try_collect().await.unwrap();
        assert_eq!(bytes.iter().map(Bytes::len).sum::<usize>() as u64, found.length);
        Some(String::from_utf8(bytes.concat()).unwrap())
    }

    #[tokio::test]
    async fn a_file_is_there_once_it_is_whole_and_not_before() {
        let (storage, folder) = storage("whole");
        let mut upload = storage.create("things/one/a.txt").unwrap();
        upload.write(Bytes::from(vec![b'x'; PART + 1])).await.unwrap();
        assert_eq!(text(&storage, "things/one/a.txt").await, None);
        assert_eq!(storage.folders("things").await.unwrap(), ["one"]);
        upload.finish().await.unwrap();
        assert_eq!(text(&storage, "things/one/a.txt").await.map(|text| text.len()), Some(PART + 1));
        assert_eq!(storage.files("things/one").await.unwrap(), [("a.txt".to_owned(), PART as u64 + 1)]);
        assert!(storage.files("things").await.unwrap().is_empty(), "what lies deeper is not in it");
        storage.remove("things/one/b.txt").await.unwrap();
        storage.clear("things/one").await.unwrap();
        assert_eq!(text(&storage, "things/one/a.txt").await, None);
        assert!(storage.folders("things").await.unwrap().is_empty());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn what_is_aborted_or_was_never_there_leaves_nothing() {
        let (storage, folder) = storage("aborted");
        assert!(storage.folders("things").await.unwrap().is_empty());
        storage.clear("things/two").await.unwrap();
        let mut upload = storage.create("things/two/a.txt").unwrap();
        upload.write(Bytes::from(vec![b'x'; PART + 1])).await.unwrap();
        upload.abort().await;
        assert_eq!(text(&storage, "things/two/a.txt").await, None);
        let _ = std::fs::remove_dir_all(folder);
    }
}
