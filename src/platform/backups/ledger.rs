//! What was erased, beside the backups: a small file for each erasure, named by its id, so that writing it again changes
//! nothing. A backup holds the ledger of its own moment only; this one knows what came after it.

use anyhow::Context as _;
use chrono::{DateTime, Duration, Utc};
use futures_util::TryStreamExt as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::ids::first_uuid_of;
use crate::platform::storage::Storage;

/// An erasure is dated when its last transaction begins, and a backup when it is begun: so long before a backup one may be
/// dated that the backup does not know of. Repeating one that it does know changes nothing.
pub const MARGIN: Duration = Duration::days(2);
/// Folder of the storage that the ledger is in.
const FOLDER: &str = "erasures";
/// Folder of what was deleted in the content, many in a file.
const DELETIONS: &str = "deletions";
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

/// That a record, or everything about somebody, was deleted in an account; which, say keyed digests alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// In which account.
    pub account: Uuid,
    /// What, or by what somebody was known.
    pub kind: String,
    /// The keyed digest, in hex.
    pub blinded: String,
    /// Of somebody: the keys that every record about them has.
    pub person_keys: Vec<i64>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Puts an entry beside the backups. Safe to do twice.
///
/// # Errors
/// The storage does not take it.
pub async fn keep(storage: &Storage, entry: &Entry) -> anyhow::Result<()> {
    put(storage, &format!("{FOLDER}/{}{ENDING}", entry.id), entry).await
}

async fn put(storage: &Storage, name: &str, what: &impl Serialize) -> anyhow::Result<()> {
    let mut upload = storage.create(name)?;
    upload.write(serde_json::to_vec(what)?.into()).await?;
    upload.finish().await
}

async fn get<T: DeserializeOwned>(storage: &Storage, name: &str) -> anyhow::Result<T> {
    let found = storage.open(name).await?.with_context(|| format!("{name} is gone"))?;
    let bytes: Vec<_> = found.bytes.try_collect().await?;
    serde_json::from_slice(&bytes.concat()).with_context(|| format!("{name} is damaged"))
}

/// Puts deletions beside the backups, as one file. Its id is of this moment, which is not before any of them.
///
/// # Errors
/// The storage does not take it.
pub async fn keep_deletions(storage: &Storage, id: Uuid, all: &[Deletion]) -> anyhow::Result<()> {
    put(storage, &format!("{DELETIONS}/{id}{ENDING}"), &all).await
}

/// Everything that was deleted at this moment or later, and what was put beside the backups with it.
///
/// # Errors
/// As [`since`].
pub async fn deletions_since(storage: &Storage, at: DateTime<Utc>) -> anyhow::Result<Vec<Deletion>> {
    let first = first_uuid_of(at);
    let mut all = Vec::new();
    for id in ids_in(storage, DELETIONS).await?.into_iter().filter(|id| *id >= first) {
        all.extend(get::<Vec<Deletion>>(storage, &format!("{DELETIONS}/{id}{ENDING}")).await?);
    }
    Ok(all)
}

/// The ids of the entries beside the backups.
///
/// # Errors
/// The storage does not answer.
pub async fn ids(storage: &Storage) -> anyhow::Result<Vec<Uuid>> {
    ids_in(storage, FOLDER).await
}

async fn ids_in(storage: &Storage, folder: &str) -> anyhow::Result<Vec<Uuid>> {
    let files = storage.files(folder).await?;
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
        entries.push(get::<Entry>(storage, &format!("{FOLDER}/{id}{ENDING}")).await?);
    }
    entries.sort_by_key(|entry| (entry.at, entry.id));
    Ok(entries)
}

/// Forgets what was erased before this moment. Answers how many entries that were.
///
/// # Errors
/// The storage does not answer.
pub async fn forget_before(storage: &Storage, at: DateTime<Utc>) -> anyhow::Result<usize> {
    let (first, mut forgotten) = (first_uuid_of(at), 0);
    for folder in [FOLDER, DELETIONS] {
        for id in ids_in(storage, folder).await?.into_iter().filter(|id| *id < first) {
            storage.remove(&format!("{folder}/{id}{ENDING}")).await?;
            forgotten += 1;
        }
    }
    Ok(forgotten)
}
