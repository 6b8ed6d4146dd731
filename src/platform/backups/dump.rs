//! Making a backup: PostgreSQL's `pg_dump`, through age, into the storage, and behind it the files that the dump names. Nothing
//! is ever on disk in the clear, and of all of it little is in memory at a time: pieces, and the ids of files.

use std::pin::pin;
use std::process::Stdio;

use actix_web::web::Bytes;
use age::Encryptor;
use age::x25519::Recipient;
use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use tokio::sync::mpsc;
use tokio_postgres::Client;
use uuid::Uuid;

use super::manifest::Manifest;
use super::pipe::{self, Writer};
use super::restore::{ensure_servable, server_major};
use super::{Backup, folder, name, packing, path, programs};
use crate::platform::app::App;
use crate::platform::ids::FileId;
use crate::platform::storage::Upload;

/// What is not in a backup: whether a database is one of a backup is said by that database alone.
const LEFT_OUT: [&str; 1] = ["--exclude-table=public.restores"];
/// Whose rows are not in a backup: sessions that ended since must not live again, and neither must the rest of these.
const EMPTY: [&str; 3] = [
    "--exclude-table-data=public.sessions",
    "--exclude-table-data=public.rate_limits",
    "--exclude-table-data=public.passkey_ceremonies",
];

/// Makes a backup for everybody whose key is among the recipients, with the files that the database names.
///
/// # Errors
/// There are no recipients; the database is a restore that must not be served yet; `pg_dump` is missing or fails; the
/// storage does not take it, or does not give a file. Nothing is left of it then.
pub async fn create(app: &App) -> anyhow::Result<Backup> {
    make(app, true).await
}

/// The same of the database alone, for whoever keeps the files safe in another way.
///
/// # Errors
/// As [`create`].
pub async fn create_without_files(app: &App) -> anyhow::Result<Backup> {
    make(app, false).await
}

async fn make(app: &App, with_files: bool) -> anyhow::Result<Backup> {
    let recipients = app.config.backup_recipients.clone();
    anyhow::ensure!(
        !recipients.is_empty(),
        "PORTAL_BACKUP_RECIPIENTS names no key that could open the backup"
    );
    let taken_at = app.clock.now();
    let client = app.db.client().await?;
    // What is erased again by the replay would be in a backup that says nothing of being restored.
    ensure_servable(&client).await?;
    let name = name(taken_at, app.keys.random_bytes());
    match write(app, client, &name, recipients, with_files).await {
        Ok(manifest) => Ok(Backup::of(name, taken_at, manifest)),
        Err(error) => {
            if let Err(left) = app.storage.clear(&folder(&name)).await {
                tracing::warn!(error = format!("{left:#}"), "what is left of a backup goes in its time");
            }
            Err(error)
        }
    }
}

/// Writes the database, the files and then what makes the backup whole.
async fn write(
    app: &App,
    client: Client,
    name: &str,
    recipients: Vec<Recipient>,
    with_files: bool,
) -> anyhow::Result<Manifest> {
    let major = server_major(&client).await?;
    let snapshot = snapshot(&client).await?;
    let ids = if with_files { files_of(&client).await? } else { Vec::new() };
    let (url, of) = (app.db.url().to_owned(), recipients.clone());
    let upload = app.storage.create(&path(name))?;
    let (to, from) = mpsc::channel(pipe::WAITING);
    let dumping = tokio::task::spawn_blocking(move || dump(&url, major, &snapshot, &of, to));
    let database_bytes = store(upload, from, dumping).await?;
    // With it ends the snapshot, which nobody needs any more.
    drop(client);
    let files = match with_files {
        true => Some(packing::pack(&app.storage, &recipients, name, ids, packing::LARGEST).await?),
        false => None,
    };
    let manifest = Manifest::new(database_bytes, files);
    manifest.write(&app.storage, name).await?;
    Ok(manifest)
}

/// Begins a transaction and names what it sees, so that the dump sees the same: it names no file that is not copied.
async fn snapshot(client: &Client) -> anyhow::Result<String> {
    client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    Ok(client.query_one("SELECT pg_export_snapshot()", &[]).await?.get(0))
}

/// The files that the database names, oldest first.
async fn files_of(client: &Client) -> anyhow::Result<Vec<FileId>> {
    let (mut ids, nothing): (_, [&str; 0]) = (Vec::new(), []);
    let mut rows = pin!(client.query_raw("SELECT id::text FROM files ORDER BY id", nothing).await?);
    while let Some(row) = rows.try_next().await? {
        ids.push(FileId(row.get::<_, &str>(0).parse::<Uuid>()?));
    }
    Ok(ids)
}

/// Takes the bytes into the storage, where the file is whole only if the dump was.
pub(super) async fn store(
    mut upload: Upload,
    mut from: mpsc::Receiver<Bytes>,
    dumping: tokio::task::JoinHandle<anyhow::Result<()>>,
) -> anyhow::Result<u64> {
    let mut length = 0;
    let mut taken = Ok(());
    while let Some(chunk) = from.recv().await {
        length += chunk.len() as u64;
        taken = upload.write(chunk).await;
        if taken.is_err() {
            break;
        }
    }
    // Nobody takes the bytes any more: what makes them ends.
    drop(from);
    let dumped = dumping.await?;
    // The storage's own reason first: the other only follows from it.
    match taken.and(dumped) {
        Ok(()) => {
            upload.finish().await?;
            Ok(length)
        }
        Err(error) => {
            upload.abort().await;
            Err(error)
        }
    }
}

/// Dumps and encrypts. Blocks.
fn dump(
    url: &str,
    major: u32,
    snapshot: &str,
    recipients: &[Recipient],
    to: mpsc::Sender<Bytes>,
) -> anyhow::Result<()> {
    let mut command = programs::command("pg_dump", url, major)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--no-password"]);
    command.args(LEFT_OUT).args(EMPTY).arg(format!("--snapshot={snapshot}"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("pg_dump does not start")?;
    let said = programs::listen(child.stderr.take().context("a pipe")?);
    let mut dumped = child.stdout.take().context("a pipe")?;
    let encrypted = encrypt(&mut dumped, recipients, Writer::new(to));
    drop(dumped);
    let encrypted = match encrypted {
        Ok(writer) => writer,
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
    };
    programs::end(child, said, "pg_dump")?;
    // Only now is it whole: without its last chunk nobody takes it for a backup.
    let mut rest = encrypted.finish()?;
    std::io::Write::flush(&mut rest)?;
    Ok(())
}

/// Encrypts all that is read. Blocks.
///
/// # Errors
/// What is read or written fails: then what came so far lacks its end, and nobody takes it for the whole.
pub(super) fn seal(
    from: &mut impl std::io::Read,
    recipients: &[Recipient],
    to: Writer,
) -> anyhow::Result<()> {
    let mut rest = encrypt(from, recipients, to)?.finish()?;
    std::io::Write::flush(&mut rest)?;
    Ok(())
}

/// Everything but the end of the encrypted stream.
fn encrypt(
    from: &mut impl std::io::Read,
    recipients: &[Recipient],
    to: Writer,
) -> anyhow::Result<age::stream::StreamWriter<Writer>> {
    let recipients = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let mut writer = Encryptor::with_recipients(recipients)?.wrap_output(to)?;
    std::io::copy(from, &mut writer)?;
    Ok(writer)
}
