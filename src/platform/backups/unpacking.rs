//! The files of a backup, back into the storage: those that a row names and the storage lacks, and no others. What was
//! erased or deleted since has no row once the ledger is replayed, so nothing of it comes back.

use std::collections::HashSet;
use std::io::{self, Read as _};
use std::sync::Arc;

use actix_web::web::Bytes;
use age::x25519::Identity;
use anyhow::Context as _;
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::manifest::Manifest;
use super::pipe::{self, Reader};
use super::restore::opened;
use super::{archive, folder, number_of};
use crate::platform::app::App;
use crate::platform::files;
use crate::platform::ids::FileId;
use crate::platform::storage::{Storage, Upload};

/// Bytes of a file that are handed on at a time.
const CHUNK: u64 = 64 * 1024;

/// What became of the files of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BroughtBack {
    /// Files that are in the storage again.
    pub files: u64,
    /// Files that rows name and that neither the storage nor the backup has. Their pages say so, and the rows go after a week.
    pub lost: usize,
}

/// Brings back the files that the database names and the storage lacks, as far as the backup has them. Safe to do again.
///
/// # Errors
/// No key fits; an archive is gone or damaged that may have what is still lost; the storage does not take a file. What the
/// other archives had is back then, and stays.
pub async fn bring_back(app: &App, backup: &str, keys: Vec<Identity>) -> anyhow::Result<BroughtBack> {
    let mut lost = files::tending::lost(app).await?;
    let packed = Manifest::read(&app.storage, backup).await?.and_then(|manifest| manifest.files);
    let before = lost.len();
    let archives = packed.unwrap_or_default().archives;
    let done = unpack_all(&app.storage, backup, archives, &Arc::new(keys), &mut lost).await;
    let files = (before - lost.len()) as u64;
    done.with_context(|| format!("{files} files were brought back, and {} are still lost", lost.len()))?;
    Ok(BroughtBack { files, lost: lost.len() })
}

/// Takes those that are lost out of all archives of a backup. One that is gone or damaged keeps nothing in the others.
async fn unpack_all(
    storage: &Storage,
    backup: &str,
    archives: u32,
    keys: &Arc<Vec<Identity>>,
    lost: &mut HashSet<FileId>,
) -> anyhow::Result<()> {
    // Mostly the storage has them all, and nothing of a backup is read.
    if lost.is_empty() || archives == 0 {
        return Ok(());
    }
    let there = storage.files(&folder(backup)).await?;
    let mut numbers: Vec<u32> = there.iter().filter_map(|(file, _)| number_of(file)).collect();
    numbers.retain(|number| (1..=archives).contains(number));
    numbers.sort_unstable();
    let are_gone = u32::try_from(numbers.len()).unwrap_or(u32::MAX) < archives;
    let mut refused = are_gone.then(|| anyhow::anyhow!("archives of {backup} are gone"));
    for number in numbers {
        if lost.is_empty() {
            break;
        }
        if let Err(error) = unpack(storage, &archive(backup, number), keys.clone(), lost).await {
            refused.get_or_insert(error);
        }
    }
    match refused {
        Some(error) if !lost.is_empty() => Err(error),
        _ => Ok(()),
    }
}

/// A piece of an archive, as it is opened.
enum Piece {
    /// A file of this path begins.
    File(String),
    /// It goes on.
    Bytes(Bytes),
    /// It is whole.
    End,
}

/// Takes those that are lost out of one archive. Answers how many.
pub(super) async fn unpack(
    storage: &Storage,
    path: &str,
    keys: Arc<Vec<Identity>>,
    lost: &mut HashSet<FileId>,
) -> anyhow::Result<u64> {
    let mut found = storage.open(path).await?.with_context(|| format!("{path} is gone"))?;
    let (to, sealed) = mpsc::channel(pipe::WAITING);
    let (pieces, from) = mpsc::channel(pipe::WAITING);
    let opening = tokio::task::spawn_blocking(move || open(Reader::new(sealed), &keys, &pieces));
    let fetching = async move {
        while let Some(chunk) = found.bytes.next().await {
            if to.send(chunk).await.is_err() {
                break;
            }
        }
    };
    let ((), taken) = tokio::join!(fetching, take(storage, from, lost));
    let opened = opening.await?;
    // The storage's own reason first: the other only follows from it.
    let taken = taken?;
    opened.with_context(|| format!("{path} does not open"))?;
    Ok(taken)
}

/// Decrypts an archive, and hands on what is in it. Blocks.
fn open(from: Reader, keys: &[Identity], to: &mpsc::Sender<Piece>) -> anyhow::Result<()> {
    let send = |piece| to.blocking_send(piece).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe));
    let mut archive = tar::Archive::new(opened(from, keys)?);
    for entry in archive.entries()? {
        let mut entry = entry.context("the archive is damaged")?;
        anyhow::ensure!(
            entry.header().entry_type().is_file(),
            "the archive is damaged: it has more than files"
        );
        send(Piece::File(String::from_utf8_lossy(&entry.path_bytes()).into_owned()))?;
        let mut left = entry.size();
        while left > 0 {
            let mut chunk = vec![0; usize::try_from(left.min(CHUNK))?];
            entry.read_exact(&mut chunk).context("the archive is damaged")?;
            left -= chunk.len() as u64;
            send(Piece::Bytes(chunk.into()))?;
        }
        send(Piece::End)?;
    }
    // Only at its very end it is known that nothing is cut off.
    io::copy(&mut archive.into_inner(), &mut io::sink()).context("the archive is damaged")?;
    Ok(())
}

async fn take(
    storage: &Storage,
    mut from: mpsc::Receiver<Piece>,
    lost: &mut HashSet<FileId>,
) -> anyhow::Result<u64> {
    let mut current: Option<(FileId, Upload)> = None;
    let mut taken = 0;
    while let Some(piece) = from.recv().await {
        match piece {
            Piece::File(place) => {
                let wanted = files::id_of(&place).filter(|id| lost.contains(id));
                current = match wanted {
                    // Where it belongs, whatever the archive says.
                    Some(id) => Some((id, storage.create(&files::place(id))?)),
                    None => None,
                };
            }
            Piece::Bytes(bytes) => {
                let Some((_, upload)) = &mut current else { continue };
                if let Err(error) = upload.write(bytes).await {
                    leave(current).await;
                    return Err(error);
                }
            }
            Piece::End => {
                let Some((id, upload)) = current.take() else { continue };
                upload.finish().await?;
                lost.remove(&id);
                taken += 1;
            }
        }
    }
    leave(current).await;
    Ok(taken)
}

/// Leaves nothing of a file that did not come to its end.
async fn leave(current: Option<(FileId, Upload)>) {
    if let Some((_, upload)) = current {
        upload.abort().await;
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use futures_util::TryStreamExt as _;

    use super::*;
    use crate::platform::backups::packing::pack;
    use crate::platform::config::StoragePlace;

    const BACKUP: &str = "20261129T143501Z-ffffffff";

    fn storage(name: &str) -> (Storage, PathBuf) {
        let folder = std::env::temp_dir().join(format!("portal-packing-{name}-{}", std::process::id()));
        (Storage::new(StoragePlace::Folder(folder.clone())), folder)
    }

    fn id(number: u128) -> FileId {
        FileId(uuid::Uuid::from_u128(number))
    }

    async fn put(storage: &Storage, path: &str, content: &[u8]) {
        let mut upload = storage.create(path).unwrap();
        upload.write(content.to_vec().into()).await.unwrap();
        upload.finish().await.unwrap();
    }

    async fn content(storage: &Storage, path: &str) -> Option<Vec<u8>> {
        let found = storage.open(path).await.unwrap()?;
        Some(found.bytes.try_collect::<Vec<_>>().await.unwrap().concat())
    }

    #[tokio::test]
    async fn files_come_back_as_they_were_out_of_several_archives_and_those_that_are_there_stay() {
        let (storage, folder) = storage("several");
        let long: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        for (number, words) in [(1, &b"one"[..]), (2, &long[..]), (3, &[7; 512][..])] {
            put(&storage, &files::place(id(number)), words).await;
        }
        let key = Identity::generate();
        let ids = vec![id(1), id(2), id(3), id(4)];
        // After the second file the first archive is long enough.
        let packed = pack(&storage, &[key.to_public()], BACKUP, ids, 2_000).await.unwrap();
        assert_eq!((packed.archives, packed.files, packed.missing), (2, 3, 1));
        for number in [2, 3] {
            storage.clear(&format!("files/{}", id(number))).await.unwrap();
        }
        put(&storage, &files::place(id(1)), b"another").await;
        let (keys, mut lost) = (Arc::new(vec![key]), HashSet::from([id(2), id(3), id(4)]));
        let mut back = 0;
        for number in 1..=packed.archives {
            back += unpack(&storage, &archive(BACKUP, number), keys.clone(), &mut lost).await.unwrap();
        }
        assert_eq!((back, lost), (2, HashSet::from([id(4)])));
        assert_eq!(content(&storage, &files::place(id(2))).await.unwrap(), long);
        assert_eq!(content(&storage, &files::place(id(3))).await.unwrap(), [7; 512]);
        assert_eq!(content(&storage, &files::place(id(1))).await.unwrap(), b"another");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn an_archive_that_is_damaged_or_gone_keeps_nothing_in_the_others() {
        let (storage, folder) = storage("others");
        let all = [id(1), id(2), id(3)];
        for one in all {
            put(&storage, &files::place(one), &[1; 2_000]).await;
        }
        let key = Identity::generate();
        let packed = pack(&storage, &[key.to_public()], BACKUP, all.to_vec(), 1).await.unwrap();
        assert_eq!(packed.archives, 3, "each in one of its own");
        let whole = content(&storage, &archive(BACKUP, 1)).await.unwrap();
        put(&storage, &archive(BACKUP, 1), &whole[..whole.len() - 1]).await;
        storage.remove(&archive(BACKUP, 2)).await.unwrap();
        storage.clear("files").await.unwrap();
        let (keys, mut lost) = (Arc::new(vec![key]), HashSet::from(all));
        let refused = unpack_all(&storage, BACKUP, 3, &keys, &mut lost).await.unwrap_err();
        assert!(refused.to_string().contains("are gone"), "{refused:#}");
        assert!(lost.contains(&id(2)) && !lost.contains(&id(3)), "{lost:?}");
        put(&storage, &archive(BACKUP, 1), &whole).await;
        assert!(unpack_all(&storage, BACKUP, 3, &keys, &mut lost).await.is_err(), "one is still lost");
        assert_eq!(lost, HashSet::from([id(2)]));
        lost = HashSet::from([id(3)]);
        storage.clear("files").await.unwrap();
        unpack_all(&storage, BACKUP, 3, &keys, &mut lost).await.unwrap();
        assert!(lost.is_empty(), "what is not wanted may be gone");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn an_archive_that_is_cut_off_says_so_and_leaves_no_half_file() {
        let (storage, folder) = storage("cut");
        let long = vec![9; 300_000];
        put(&storage, &files::place(id(1)), &long).await;
        let key = Identity::generate();
        pack(&storage, &[key.to_public()], BACKUP, vec![id(1)], u64::MAX).await.unwrap();
        let path = archive(BACKUP, 1);
        let whole = content(&storage, &path).await.unwrap();
        storage.clear(&format!("files/{}", id(1))).await.unwrap();
        let keys = Arc::new(vec![key]);
        put(&storage, &path, &whole[..whole.len() / 2]).await;
        let mut lost = HashSet::from([id(1)]);
        let refused = unpack(&storage, &path, keys.clone(), &mut lost).await.unwrap_err();
        assert!(format!("{refused:#}").contains("damaged"), "{refused:#}");
        assert_eq!(content(&storage, &files::place(id(1))).await, None);
        let stranger = Arc::new(vec![Identity::generate()]);
        put(&storage, &path, &whole).await;
        let refused = unpack(&storage, &path, stranger, &mut lost).await.unwrap_err();
        assert!(format!("{refused:#}").contains("none of the keys"), "{refused:#}");
        assert_eq!(unpack(&storage, &path, keys, &mut lost).await.unwrap(), 1);
        assert_eq!(content(&storage, &files::place(id(1))).await.unwrap(), long);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
