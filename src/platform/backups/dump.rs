//! Making a backup: PostgreSQL's `pg_dump`, through age, into the storage. Nothing is ever on disk in the clear, and little
//! is in memory at a time.

use std::process::Stdio;

use actix_web::web::Bytes;
use age::Encryptor;
use age::x25519::Recipient;
use anyhow::Context as _;
use tokio::sync::mpsc;

use super::pipe::{self, Writer};
use super::restore::{ensure_servable, server_major};
use super::{Backup, folder, name, path, programs};
use crate::platform::app::App;
use crate::platform::storage::Upload;

/// What is not in a backup: whether a database is one of a backup is said by that database alone.
const LEFT_OUT: [&str; 1] = ["--exclude-table=public.restores"];
/// Whose rows are not in a backup: sessions that ended since must not live again, and neither must the rest of these.
const EMPTY: [&str; 3] = [
    "--exclude-table-data=public.sessions",
    "--exclude-table-data=public.rate_limits",
    "--exclude-table-data=public.passkey_ceremonies",
];

/// Makes a backup for everybody whose key is among the recipients.
///
/// # Errors
/// There are no recipients; the database is a restore that must not be served yet; `pg_dump` is missing or fails; the storage does not take it. Nothing is left of it then.
pub async fn create(app: &App) -> anyhow::Result<Backup> {
    let recipients = app.config.backup_recipients.clone();
    anyhow::ensure!(
        !recipients.is_empty(),
        "PORTAL_BACKUP_RECIPIENTS names no key that could open the backup"
    );
    let (url, taken_at) = (app.db.url().to_owned(), app.clock.now());
    let client = app.db.client().await?;
    // What is erased again by the replay would be in a backup that says nothing of being restored.
    ensure_servable(&client).await?;
    let major = server_major(&client).await?;
    drop(client);
    let name = name(taken_at, app.keys.random_bytes());
    let upload = app.storage.create(&path(&name))?;
    let (to, from) = mpsc::channel(pipe::WAITING);
    let dumping = tokio::task::spawn_blocking(move || dump(&url, major, &recipients, to));
    match store(upload, from, dumping).await {
        Ok(bytes) => Ok(Backup { name, taken_at, bytes }),
        Err(error) => {
            if let Err(left) = app.storage.clear(&folder(&name)).await {
                tracing::warn!(error = format!("{left:#}"), "what is left of a backup goes in its time");
            }
            Err(error)
        }
    }
}

/// Takes the bytes into the storage, where the file is whole only if the dump was.
async fn store(
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
fn dump(url: &str, major: u32, recipients: &[Recipient], to: mpsc::Sender<Bytes>) -> anyhow::Result<()> {
    let mut command = programs::command("pg_dump", url, major)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--no-password"]);
    command.args(LEFT_OUT).args(EMPTY);
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
