//! `portal backup …`.

use std::path::PathBuf;

use clap::Subcommand;
use portal::platform::app::App;
use portal::platform::backups::restore::{self, Restored};
use portal::platform::backups::{self, Backup};
use portal::platform::clock::Clock;
use portal::platform::config::Config;
use portal::platform::storage::Storage;
use portal::platform::web::pages::moment;
use portal::privacy::erasure;

#[derive(Subcommand)]
pub enum BackupCommand {
    /// Dump the database, encrypt it for PORTAL_BACKUP_RECIPIENTS and put it into the storage.
    Create,
    /// List the backups, and when each goes.
    List,
    /// Remove the backups that are older than 30 days. The timetable does so every night.
    Prune,
    /// Make an empty database one of a backup, and then erase again what was erased since.
    Restore {
        /// Name of the backup, as `portal backup list` has it.
        name: String,
        /// File with a secret key of age that it was encrypted for, as `age-keygen` writes it.
        #[arg(long)]
        identity: PathBuf,
    },
    /// Erase again what was erased since a restored database's backup was taken. Before that it is not served.
    Replay,
}

impl BackupCommand {
    /// What has to happen to a database before it is brought up to this program.
    ///
    /// # Errors
    /// As [`restore::restore`].
    pub async fn before_migrations(&self, config: &Config, url: &str) -> anyhow::Result<()> {
        let Self::Restore { name, identity } = self else { return Ok(()) };
        let (keys, storage) = (restore::identities(identity)?, Storage::new(config.storage.clone()));
        restore::restore(url, &storage, name, keys, Clock::default().now()).await?;
        println!("{name} is restored.");
        Ok(())
    }

    /// Does the rest.
    ///
    /// # Errors
    /// What the database or the storage says.
    pub async fn run(&self, app: &App) -> anyhow::Result<()> {
        let line = |backup: &Backup| {
            let (taken, goes) = (moment(&backup.taken_at), moment(&backup.goes_at()));
            format!("{}  {:>12} bytes  taken {taken}, goes {goes}", backup.name, backup.bytes)
        };
        match self {
            Self::Create => println!("{}", line(&backups::create(app).await?)),
            Self::List => {
                let all = backups::list(&app.storage).await?;
                all.iter().for_each(|backup| println!("{}", line(backup)));
                println!("{} backups.", all.len());
            }
            Self::Prune => println!("{} backups are removed.", backups::prune(app).await?),
            Self::Restore { .. } | Self::Replay => replay(app).await?,
        }
        Ok(())
    }
}

/// Erases again what was erased since the backup was taken; then the database may be served.
async fn replay(app: &App) -> anyhow::Result<()> {
    let client = app.db.client().await?;
    let taken_at = match restore::state(&client).await? {
        Restored::Unreplayed { taken_at, .. } => taken_at,
        Restored::Half { .. } => return restore::ensure_servable(&client).await,
        Restored::No => {
            println!("There is nothing to replay.");
            return Ok(());
        }
    };
    let done = erasure::replay::after_restore(app, taken_at).await?;
    restore::replayed(&client, app.clock.now()).await?;
    println!(
        "{} of {} erasures in the ledger were repeated, and {} deletions in the content.",
        done.erased, done.of, done.deleted
    );
    let beside = done.brought_in;
    println!(
        "From beside the backups were brought in: {} holds, {} restrictions, {} refusals of calls or tracking, and {} mailboxes that get no mailings until staff lift it.",
        beside.holds, beside.restrictions, beside.refusals, beside.opted_out
    );
    if done.messages + done.campaigns > 0 {
        println!(
            "{} messages that waited are not sent by themselves, and {} campaigns were stopped: they may have gone out before.",
            done.messages, done.campaigns
        );
    }
    println!("The database may be served.");
    Ok(())
}
