//! The files that people sent along, into a backup: from the storage through age into the storage, in archives that are
//! no longer than every storage takes. They lie in the storage sealed, and are copied as they are. An archive is a plain tar,
//! so that whoever has the key can unpack one without this program: `age -d -i backup.key files-1.age | tar x` in the folder
//! of the storage, as the user of the portal, puts all of them where they were.
//!
//! Copies that people ordered of their data are in no backup. They live for seven days only, are as long as the
//! database, and can be made anew at any time; a restore says so to whoever ordered one.

use std::io;
use std::iter::Peekable;

use actix_web::web::Bytes;
use age::x25519::Recipient;
use anyhow::Context as _;
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::archive;
use super::dump::{seal, store};
use super::manifest::Packed;
use super::pipe::{self, Reader, Writer};
use crate::platform::files;
use crate::platform::ids::FileId;
use crate::platform::storage::{Download, Storage};

/// After so many bytes another archive is begun: no storage takes longer parts for it than the shortest.
pub(super) const LARGEST: u64 = 8 * 1024 * 1024 * 1024;

/// Everything in an archive is so many bytes long, or a multiple, and two empty ones stand behind the last file.
const BLOCK: usize = 512;
static EMPTY: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// Where the bytes of an archive go before they are encrypted.
type Plain = mpsc::Sender<io::Result<Bytes>>;

/// Copies files into a backup. One that is not there any more is counted.
///
/// # Errors
/// The storage does not give or take one. What came so far is the caller's to remove.
pub(super) async fn pack(
    storage: &Storage,
    recipients: &[Recipient],
    backup: &str,
    ids: Vec<FileId>,
    largest: u64,
) -> anyhow::Result<Packed> {
    let mut packed = Packed::default();
    let mut ids = ids.into_iter().peekable();
    while ids.peek().is_some() {
        packed.archives += 1;
        let upload = storage.create(&archive(backup, packed.archives))?;
        let (plain, fed) = mpsc::channel(pipe::WAITING);
        let (to, from) = mpsc::channel(pipe::WAITING);
        let recipients = recipients.to_vec();
        let sealing =
            tokio::task::spawn_blocking(move || seal(&mut Reader::new(fed), &recipients, Writer::new(to)));
        let (fed, stored) =
            tokio::join!(feed(storage, &mut ids, largest, plain), store(upload, from, sealing));
        // What went wrong with a file is an error of the archive, too, and one of the storage ends the feeding.
        packed.bytes += stored?;
        let (files, missing) = fed?;
        packed.files += files;
        packed.missing += missing;
    }
    Ok(packed)
}

/// Feeds an archive until it is long enough or nothing is left. Answers how many files are in it, and how many are not.
async fn feed(
    storage: &Storage,
    ids: &mut Peekable<impl Iterator<Item = FileId>>,
    largest: u64,
    to: Plain,
) -> anyhow::Result<(u64, u64)> {
    let fed = feed_all(storage, ids, largest, &to).await;
    if let Err(error) = &fed {
        // So that nobody takes what came for the whole. Where nobody listens any more, it is over anyway.
        let _ = to.send(Err(io::Error::other(format!("{error:#}")))).await;
    }
    fed
}

async fn feed_all(
    storage: &Storage,
    ids: &mut Peekable<impl Iterator<Item = FileId>>,
    largest: u64,
    to: &Plain,
) -> anyhow::Result<(u64, u64)> {
    let (mut length, mut files, mut missing) = (0, 0, 0);
    while length < largest
        && let Some(id) = ids.next()
    {
        let place = files::place(id);
        match storage.open(&place).await.with_context(|| format!("{place} cannot be read"))? {
            None => missing += 1,
            Some(found) => {
                length += feed_one(&place, found, to).await?;
                files += 1;
            }
        }
    }
    send(to, Bytes::from_static(&EMPTY)).await?;
    Ok((files, missing))
}

/// Answers how many bytes of the archive it takes.
async fn feed_one(place: &str, mut found: Download, to: &Plain) -> anyhow::Result<u64> {
    send(to, header(place, found.length)?).await?;
    let mut came = 0;
    while let Some(chunk) = found.bytes.next().await {
        let chunk = chunk.with_context(|| format!("{place} cannot be read"))?;
        came += chunk.len() as u64;
        send(to, chunk).await?;
    }
    anyhow::ensure!(came == found.length, "{place} is not as long as the storage says");
    let padding = usize::try_from(came.next_multiple_of(BLOCK as u64) - came)?;
    send(to, Bytes::from_static(&EMPTY[..padding])).await?;
    Ok(came + (BLOCK + padding) as u64)
}

/// What stands before a file.
fn header(place: &str, length: u64) -> io::Result<Bytes> {
    let mut header = tar::Header::new_ustar();
    header.set_path(place)?;
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(length);
    header.set_cksum();
    Ok(Bytes::copy_from_slice(header.as_bytes()))
}

async fn send(to: &Plain, bytes: Bytes) -> anyhow::Result<()> {
    to.send(Ok(bytes)).await.map_err(|_| anyhow::anyhow!("the archive takes no more"))
}
