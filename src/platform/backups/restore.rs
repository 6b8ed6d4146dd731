//! Making a database of a backup. It is empty before, and afterwards either whole and marked, or empty but for the mark:
//! everything is restored in one transaction, and the mark is there before it.

use std::path::Path;
use std::process::Stdio;

use age::Decryptor;
use age::x25519::Identity;
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio_postgres::Client;

use super::manifest::Manifest;
use super::pipe::{self, Reader};
use super::{earlier_path, path, programs, taken_at};
use crate::platform::db;
use crate::platform::ids::new_uuid;
use crate::platform::storage::{Download, Storage};

/// Makes the table of the mark; the migration of the same name finds it there.
const MARK: &str = include_str!("../../../migrations/2026-11-29-000026_restores/up.sql");

/// Whoever restores into a database holds this advisory lock of it, as long as that takes.
const RESTORING: i64 = 0x4c58_0016;

/// The keys in a file, as `age-keygen` writes it.
///
/// # Errors
/// It cannot be read, or holds no key.
pub fn identities(file: &Path) -> anyhow::Result<Vec<Identity>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys: Result<Vec<Identity>, _> = lines.map(str::parse).collect();
    let keys =
        keys.map_err(|why| anyhow::anyhow!("{} holds a line that is no key of age: {why}", file.display()))?;
    anyhow::ensure!(!keys.is_empty(), "{} holds no key (AGE-SECRET-KEY-1…)", file.display());
    Ok(keys)
}

/// The major version of the server.
///
/// # Errors
/// What the database says.
pub(super) async fn server_major(client: &Client) -> anyhow::Result<u32> {
    let row = client.query_one("SELECT current_setting('server_version_num')::integer", &[]).await?;
    Ok(u32::try_from(row.get::<_, i32>(0))? / 10_000)
}

/// Keeps others from restoring into the same database, for as long as the connection lives. Two of them would see that it is
/// empty, each would leave its mark, and one of these would say for good that it did not come to its end.
async fn be_alone(client: &Client) -> anyhow::Result<()> {
    let alone: bool = client.query_one("SELECT pg_try_advisory_lock($1)", &[&RESTORING]).await?.get(0);
    anyhow::ensure!(
        alone,
        "another restore into this database is under way: let it come to its end, or name another empty database"
    );
    Ok(())
}

async fn is_empty(client: &Client) -> anyhow::Result<bool> {
    let query = "SELECT NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema')";
    Ok(client.query_one(query, &[]).await?.get(0))
}

/// Restores the database of a backup into the one at this address, which is empty. Migrations, the replay of the ledger and
/// the files are for the caller to follow with; until then the database says that it must not be served.
///
/// # Errors
/// The database is not empty, or another restore into it is under way; there is no such backup; no key fits; it is damaged; `pg_restore` fails. Of a failed try
/// nothing is left but the mark, so that the database is dropped and made anew before the next.
pub async fn restore(
    url: &str,
    storage: &Storage,
    name: &str,
    keys: Vec<Identity>,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let of = taken_at(name).with_context(|| format!("{name} is not the name of a backup"))?;
    let is_earlier = Manifest::read(storage, name).await?.is_none();
    let dump = if is_earlier { earlier_path(name) } else { path(name) };
    let found = storage.open(&dump).await?.with_context(|| format!("there is no backup {name}"))?;
    let client = db::client(url).await?;
    be_alone(&client).await?;
    anyhow::ensure!(
        is_empty(&client).await?,
        "the database is not empty: a backup is restored into an empty one only"
    );
    let major = server_major(&client).await?;
    let id = new_uuid(now).to_string();
    client.batch_execute(MARK).await?;
    client
        .execute(
            "INSERT INTO restores (id, backup, taken_at, began_at) VALUES ($1::text::uuid, $2, $3, $4)",
            &[&id, &name, &of, &now],
        )
        .await?;
    fill(url, major, found, keys).await?;
    client.execute("UPDATE restores SET restored_at = $2 WHERE id = $1::text::uuid", &[&id, &now]).await?;
    Ok(())
}

async fn fill(url: &str, major: u32, mut found: Download, keys: Vec<Identity>) -> anyhow::Result<()> {
    let (to, from) = mpsc::channel(pipe::WAITING);
    let url = url.to_owned();
    let restoring = tokio::task::spawn_blocking(move || unpack(&url, major, Reader::new(from), &keys));
    while let Some(chunk) = found.bytes.next().await {
        if to.send(chunk).await.is_err() {
            break;
        }
    }
    drop(to);
    restoring.await?
}

/// What is read, decrypted.
///
/// # Errors
/// None of the keys fits, or it does not begin as what is encrypted does.
pub(super) fn opened(from: Reader, keys: &[Identity]) -> anyhow::Result<age::stream::StreamReader<Reader>> {
    let keys = keys.iter().map(|key| key as &dyn age::Identity);
    Decryptor::new(from).and_then(|file| file.decrypt(keys)).map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => anyhow::anyhow!("none of the keys opens this backup"),
        error => anyhow::anyhow!("the backup cannot be opened: {error}"),
    })
}

/// Decrypts and restores. Blocks.
fn unpack(url: &str, major: u32, from: Reader, keys: &[Identity]) -> anyhow::Result<()> {
    let mut dump = opened(from, keys)?;
    let mut command = programs::command("pg_restore", url, major)?;
    command.args([
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        "--no-password",
    ]);
    let database = url.parse::<tokio_postgres::Config>()?.get_dbname().unwrap_or("postgres").to_owned();
    command.arg("--dbname").arg(database);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().context("pg_restore does not start")?;
    let said = programs::listen(child.stderr.take().context("a pipe")?);
    let mut stdin = child.stdin.take().context("a pipe")?;
    match std::io::copy(&mut dump, &mut stdin) {
        // It ended first, and says why.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        // It must not take what came so far for the whole.
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            return Err(anyhow::Error::from(error).context("the backup is damaged"));
        }
        Ok(_) => {}
    }
    drop(stdin);
    programs::end(child, said, "pg_restore")
}

/// Whether a database may be served: one that was restored, only after the ledger of erasures was replayed on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restored {
    /// It was never restored, or all is done.
    No,
    /// A restore did not come to its end.
    Half {
        /// Of this backup.
        backup: String,
    },
    /// It is restored, and what was erased since this moment is not erased yet.
    Unreplayed {
        /// Of this backup.
        backup: String,
        /// The moment that it shows.
        taken_at: DateTime<Utc>,
    },
}

/// Finds out whether a database is one of a backup.
///
/// # Errors
/// What the database says.
pub async fn state(client: &Client) -> anyhow::Result<Restored> {
    let query = "SELECT backup, taken_at, restored_at IS NOT NULL FROM restores \
                 WHERE ledger_replayed_at IS NULL ORDER BY id DESC LIMIT 1";
    Ok(match client.query_opt(query, &[]).await? {
        None => Restored::No,
        Some(row) if row.get(2) => Restored::Unreplayed { backup: row.get(0), taken_at: row.get(1) },
        Some(row) => Restored::Half { backup: row.get(0) },
    })
}

/// Refuses to go on with a database that must not be served.
///
/// # Errors
/// What to do first.
pub async fn ensure_servable(client: &Client) -> anyhow::Result<()> {
    match state(client).await? {
        Restored::No => Ok(()),
        Restored::Half { backup } => anyhow::bail!(
            "this database is a restore of {backup} that did not come to its end: drop it, make an empty one and restore again"
        ),
        Restored::Unreplayed { backup, .. } => anyhow::bail!(
            "this database was restored from {backup}, and what was erased since is in it again: run `portal backup replay` first"
        ),
    }
}

/// Notes that the ledger was replayed: from now on the database may be served.
///
/// # Errors
/// What the database says.
pub async fn replayed(client: &Client, now: DateTime<Utc>) -> anyhow::Result<()> {
    let query = "UPDATE restores SET ledger_replayed_at = $1 WHERE ledger_replayed_at IS NULL AND restored_at IS NOT NULL";
    client.execute(query, &[&now]).await?;
    Ok(())
}
