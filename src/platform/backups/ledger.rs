//! What was erased, beside the backups: a small file for each erasure, named by its id, so that writing it again changes
//! nothing. A backup holds the ledger of its own moment only; this one knows what came after it.

use anyhow::Context as _;
use chrono::{DateTime, Duration, Utc};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::ids::first_uuid_of;
use crate::platform::storage::Storage;

/// An erasure is dated when its last transaction begins, and a backup when it is begun: so long before a backup one may be
/// dated that the backup does not know of. Repeating one that it does know changes nothing.
pub const MARGIN: Duration = Duration::days(2);
/// Folder of the storage that the ledger is in.
const FOLDER: &str = "erasures";
const ENDING: &str = ".json";

/// That something was erased; what, says a keyed digest alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id in the ledger: a UUIDv7 of its moment, so that names sort by time.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// `person`, `account` or `content`.
    pub kind: String,
    /// The keyed digest of the id of what was erased, in hex.
    pub blinded: String,
}

/// Puts an entry beside the backups. Safe to do twice.
///
/// # Errors
/// The storage does not take it.
pub async fn keep(storage: &Storage, entry: &Entry) -> anyhow::Result<()> {
    let mut upload = storage.create(&format!("{FOLDER}/{}{ENDING}", entry.id))?;
    upload.write(serde_json::to_vec(entry)?.into()).await?;
    upload.finish().await
}

/// The ids of the entries beside the backups.
///
/// # Errors
/// The storage does not answer.
pub async fn ids(storage: &Storage) -> anyhow::Result<Vec<Uuid>> {
    let files = storage.files(FOLDER).await?;
    let id = |(name, _): &(String, u64)| name.strip_suffix(ENDING)?.parse().ok();
    Ok(files.iter().filter_map(id).collect())
}

/// Everything that was erased in the millisecond of this moment or later, the oldest first.
///
/// # Errors
/// The storage does not answer, or an entry cannot be read: then nothing may be served.
pub async fn since(storage: &Storage, at: DateTime<Utc>) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let first = first_uuid_of(at);
    for id in ids(storage).await?.into_iter().filter(|id| *id >= first) {
        let name = format!("{FOLDER}/{id}{ENDING}");
        let found = storage.open(&name).await?.with_context(|| format!("{name} is gone"))?;
        let bytes: Vec<_> = found.bytes.try_collect().await?;
        let entry: Entry =
            serde_json::from_slice(&bytes.concat()).with_context(|| format!("{name} is damaged"))?;
        entries.push(entry);
    }
    entries.sort_by_key(|entry| (entry.at, entry.id));
    Ok(entries)
}

/// Forgets what was erased before this moment. Answers how many entries that were.
///
/// # Errors
/// The storage does not answer.
pub async fn forget_before(storage: &Storage, at: DateTime<Utc>) -> anyhow::Result<usize> {
    let first = first_uuid_of(at);
    let old: Vec<Uuid> = ids(storage).await?.into_iter().filter(|id| *id < first).collect();
    for id in &old {
        storage.remove(&format!("{FOLDER}/{id}{ENDING}")).await?;
    }
    Ok(old.len())
}
