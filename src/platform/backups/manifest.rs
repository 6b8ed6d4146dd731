//! What a backup consists of. It is written last: a backup without one is not whole, and goes in its time.
//!
//! Backups that were made before files were in them have none, and are one file of another name.

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use super::folder;
use crate::platform::storage::Storage;

/// Its name in the folder of the backup.
pub(super) const NAME: &str = "manifest.json";
/// The way in which backups are made now. One of a later way is left to a later program.
const VERSION: u32 = 1;

/// What a backup consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    version: u32,
    /// Length of the database in it, encrypted.
    pub database_bytes: u64,
    /// The files in it; nothing where they were left out.
    pub files: Option<Packed>,
}

/// The files in a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Archives that they are in.
    pub archives: u32,
    /// How many there are.
    pub files: u64,
    /// How many more the database names: they were lost before, or deleted between the dump and the copy.
    pub missing: u64,
    /// Length of the archives, encrypted.
    pub bytes: u64,
}

impl Manifest {
    /// One of a backup that is made now.
    pub(super) fn new(database_bytes: u64, files: Option<Packed>) -> Self {
        Self { version: VERSION, database_bytes, files }
    }

    /// That of a backup, if it has one.
    ///
    /// # Errors
    /// The storage does not answer; it is damaged, or of a later program.
    pub(super) async fn read(storage: &Storage, backup: &str) -> anyhow::Result<Option<Self>> {
        let path = format!("{}/{NAME}", folder(backup));
        let Some(found) = storage.open(&path).await? else { return Ok(None) };
        let bytes: Vec<_> = found.bytes.try_collect().await?;
        let manifest: Self =
            serde_json::from_slice(&bytes.concat()).with_context(|| format!("{path} is damaged"))?;
        anyhow::ensure!(manifest.version <= VERSION, "{backup} was made by a newer program");
        Ok(Some(manifest))
    }

    /// Makes a backup whole.
    ///
    /// # Errors
    /// The storage does not take it.
    pub(super) async fn write(&self, storage: &Storage, backup: &str) -> anyhow::Result<()> {
        let mut upload = storage.create(&format!("{}/{NAME}", folder(backup)))?;
        upload.write(serde_json::to_vec(self)?.into()).await?;
        upload.finish().await
    }
}
