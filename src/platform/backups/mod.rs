//! Backups (S165): the whole database, dumped by PostgreSQL's own program, and the files that it names, encrypted with age
//! on their way and put into the storage. The machine that makes them holds public keys only, so nobody who breaks into
//! it can read one. They are kept for 30 days at most, and with the last of them everything is gone that was deleted
//! when it was taken.
//!
//! A backup is older than what was erased since. So a restored database says that it is one, from its first moment, and is
//! not served before the ledger of erasures has been replayed on it.
//!
//! - [`dump`]: making one; [`packing`]: the files in it; [`manifest`]: what says that it is whole
//! - [`restore`]: making a database of one, and whether a database may be served; [`unpacking`]: its files
//! - [`ledger`]: what was erased, kept beside the backups and not in them
//! - [`programs`]: PostgreSQL's own programs; `pipe`: between what blocks and what does not

mod dump;
pub mod ledger;
mod manifest;
mod packing;
mod pipe;
mod programs;
pub mod restore;
pub mod unpacking;

pub use dump::{create, create_without_files};
pub use manifest::Packed;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDateTime, Utc};

use self::manifest::Manifest;
use super::app::App;
use super::storage::Storage;
use crate::retention::rules;

/// Folder of the storage that backups are in; each has a folder of its own there, so that what a killed process left of
/// one is found and goes in its time, too.
const FOLDER: &str = "backups";
/// The database in it.
const DATABASE: &str = "database.age";
/// The same in backups that were made before files were in them: they consist of nothing else.
const EARLIER: &str = "dump.age";
/// How the moment stands in a name: it sorts, and no file system minds it.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// A backup in the storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its name.
    pub name: String,
    /// The moment that it shows.
    pub taken_at: DateTime<Utc>,
    /// Its length, with the files.
    pub bytes: u64,
    /// The files in it; nothing where they were left out.
    pub files: Option<Packed>,
}

impl Backup {
    fn of(name: String, taken_at: DateTime<Utc>, manifest: Manifest) -> Self {
        let Manifest { database_bytes, files, .. } = manifest;
        let bytes = database_bytes + files.map_or(0, |files| files.bytes);
        Self { name, taken_at, bytes, files }
    }

    /// When it is removed.
    pub fn goes_at(&self) -> DateTime<Utc> {
        goes_at(self.taken_at)
    }
}

fn goes_at(taken_at: DateTime<Utc>) -> DateTime<Utc> {
    taken_at + rules::BACKUPS.period.length()
}

fn name(taken_at: DateTime<Utc>, random: [u8; 4]) -> String {
    format!("{}-{}", taken_at.format(STAMP), hex::encode(random))
}

/// The moment in a name; nothing for what is no backup.
fn taken_at(name: &str) -> Option<DateTime<Utc>> {
    let (stamp, _) = name.split_once('-')?;
    Some(NaiveDateTime::parse_from_str(stamp, STAMP).ok()?.and_utc())
}

fn folder(name: &str) -> String {
    format!("{FOLDER}/{name}")
}

fn path(name: &str) -> String {
    format!("{FOLDER}/{name}/{DATABASE}")
}

fn earlier_path(name: &str) -> String {
    format!("{FOLDER}/{name}/{EARLIER}")
}

/// Where an archive of its files is, counted from one.
fn archive(name: &str, number: u32) -> String {
    format!("{FOLDER}/{name}/files-{number}.age")
}

/// The number of an archive by the name of its file; nothing for another file.
fn number_of(file: &str) -> Option<u32> {
    file.strip_prefix("files-")?.strip_suffix(".age")?.parse().ok()
}

/// Every backup that is whole, the oldest first.
///
/// # Errors
/// The storage does not answer.
pub async fn list(storage: &Storage) -> anyhow::Result<Vec<Backup>> {
    let mut all = Vec::new();
    for name in storage.folders(FOLDER).await.context("the storage does not list its backups")? {
        all.extend(whole(storage, name).await?);
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

/// A backup, if it is whole: if it has its manifest and all that this names, as long as it was, or is an earlier one.
async fn whole(storage: &Storage, name: String) -> anyhow::Result<Option<Backup>> {
    let Some(taken_at) = taken_at(&name) else { return Ok(None) };
    let files = storage.files(&folder(&name)).await?;
    let length = |of: &str| files.iter().find(|(file, _)| file == of).map(|(_, bytes)| *bytes);
    if length(manifest::NAME).is_none() {
        let earlier = length(EARLIER).map(|bytes| Backup { name, taken_at, bytes, files: None });
        return Ok(earlier);
    }
    // One that is damaged does not hide the others.
    let manifest = match Manifest::read(storage, &name).await {
        Ok(manifest) => manifest,
        Err(error) => {
            tracing::warn!(backup.name = name, error = format!("{error:#}"), "a backup that cannot be used");
            None
        }
    };
    let length_at = |path: String| path.rsplit_once('/').and_then(|(_, file)| length(file));
    let whole = manifest.filter(|manifest| {
        let packed = manifest.files.unwrap_or_default();
        let archives = (1..=packed.archives)
            .try_fold(0_u64, |sum, number| Some(sum + length_at(archive(&name, number))?));
        length_at(path(&name)) == Some(manifest.database_bytes) && archives == Some(packed.bytes)
    });
    Ok(whole.map(|manifest| Backup::of(name, taken_at, manifest)))
}

/// The files in a backup, as it was made, also where it is not whole any more: what is left of it may be all that is needed.
/// Nothing where they were left out.
///
/// # Errors
/// There is no such backup; the storage does not answer.
pub async fn files_in(storage: &Storage, name: &str) -> anyhow::Result<Option<Packed>> {
    anyhow::ensure!(taken_at(name).is_some(), "{name} is not the name of a backup");
    if let Some(manifest) = Manifest::read(storage, name).await? {
        return Ok(manifest.files);
    }
    anyhow::ensure!(storage.has(&earlier_path(name)).await?, "there is no backup {name}");
    Ok(None)
}

/// Removes the backups whose time is over, whole or not. Answers how many.
///
/// # Errors
/// The storage does not answer; what is removed stays removed.
pub async fn prune(app: &App) -> anyhow::Result<usize> {
    let now = app.clock.now();
    let mut gone = 0;
    for name in app.storage.folders(FOLDER).await? {
        if taken_at(&name).is_some_and(|taken_at| goes_at(taken_at) <= now) {
            app.storage.clear(&folder(&name)).await?;
            tracing::info!(backup.name = name, "removed a backup whose time is over");
            gone += 1;
        }
    }
    // No backup is older than this any more, so nothing from before can come back.
    if let Some(oldest) = rules::BACKUPS.period.cutoff(now) {
        ledger::forget_before(&app.storage, oldest - ledger::MARGIN).await?;
    }
    Ok(gone)
}

/// [`prune`] for the timetable.
///
/// # Errors
/// As [`prune`].
pub async fn prune_due(app: App) -> anyhow::Result<()> {
    prune(&app).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_holds_its_moment_and_sorts_by_it() {
        let at: DateTime<Utc> = "2026-11-29T14:35:01Z".parse().unwrap();
        let first = name(at, [0xff; 4]);
        assert_eq!(first, "20261129T143501Z-ffffffff");
        assert_eq!(taken_at(&first), Some(at));
        assert!(first < name(at + chrono::Duration::seconds(1), [0; 4]));
        for other in ["", "notes.txt", "20261129T143501Z", "yesterday-00"] {
            assert_eq!(taken_at(other), None, "{other}");
        }
    }

    #[test]
    fn an_archive_is_known_by_its_number() {
        let path = archive("20261129T143501Z-ffffffff", 12);
        assert_eq!(path.rsplit_once('/').and_then(|(_, file)| number_of(file)), Some(12));
        for other in [DATABASE, EARLIER, manifest::NAME, "files-.age", "files-1.age.part"] {
            assert_eq!(number_of(other), None, "{other}");
        }
    }
}
