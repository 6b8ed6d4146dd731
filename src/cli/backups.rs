//! `portal backup …`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use portal::platform::app::App;
use portal::platform::backups::restore::{self, Restored};
use portal::platform::backups::unpacking::{self, BroughtBack};
use portal::platform::backups::{self, Backup};
use portal::platform::clock::Clock;
use portal::platform::config::Config;
use portal::platform::files;
use portal::platform::storage::Storage;
use portal::platform::web::pages::moment;
use portal::privacy::erasure::replay::{self, Replayed};
use portal::retention::ledger;

#[derive(Subcommand)]
pub enum BackupCommand {
    /// Dump the database, copy the files that it names, encrypt both for PORTAL_BACKUP_RECIPIENTS and put them into the storage.
    Create {
        /// Leave out the files: for a bucket whose service keeps earlier versions of them, for 30 days at most.
        #[arg(long)]
        without_files: bool,
    },
    /// List the backups, what is in each, and when it goes.
    List,
    /// Remove the backups that are older than 30 days. The timetable does so every night.
    Prune,
    /// Make an empty database one of a backup, erase again what was erased since, and bring back files that are lost.
    Restore {
        /// Name of the backup, as `portal backup list` has it.
        name: String,
        /// File with a secret key of age that it was encrypted for, as `age-keygen` writes it.
        #[arg(long)]
        identity: PathBuf,
    },
    /// Erase again what was erased since a restored database's backup was taken. Before that it is not served.
    Replay {
        /// Go on although the storage lacks erasures that the backup itself knows of: only where the ledger is lost for good.
        #[arg(long)]
        without_ledger: bool,
    },
    /// Bring back the files that the database names and the storage lacks. Nothing else is changed.
    Files {
        /// Name of the backup, as `portal backup list` has it.
        name: String,
        /// File with a secret key of age that it was encrypted for, as `age-keygen` writes it.
        #[arg(long)]
        identity: PathBuf,
    },
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
        println!("The database of {name} is restored.");
        Ok(())
    }

    /// Does the rest.
    ///
    /// # Errors
    /// What the database or the storage says.
    pub async fn run(&self, app: &App) -> anyhow::Result<()> {
        match self {
            Self::Create { without_files } => create(app, !without_files).await?,
            Self::List => {
                let all = backups::list(&app.storage).await?;
                all.iter().for_each(|backup| println!("{}", line(backup)));
                println!("{} backups.", all.len());
            }
            Self::Prune => println!("{} backups are removed.", backups::prune(app).await?),
            Self::Restore { name, identity } => {
                bring_up(app, Some((name.as_str(), identity.as_path())), false).await?
            }
            Self::Replay { without_ledger } => bring_up(app, None, *without_ledger).await?,
            Self::Files { name, identity } => {
                // What is still to be erased must not come back first.
                restore::ensure_servable(&app.db.client().await?).await?;
                let packed = backups::files_in(&app.storage, name).await?;
                anyhow::ensure!(packed.is_some(), "{name} was made without files");
                say_files(&bring_back(app, name, identity).await?);
            }
        }
        Ok(())
    }
}

/// A backup in one line.
fn line(backup: &Backup) -> String {
    let (taken, goes) = (moment(&backup.taken_at), moment(&backup.goes_at()));
    let files = match backup.files {
        Some(packed) if packed.missing > 0 => {
            format!("{} files ({} missing)", packed.files, packed.missing)
        }
        Some(packed) => format!("{} files", packed.files),
        None => "without files".into(),
    };
    format!("{}  {:>12} bytes  {files:>13}  taken {taken}, goes {goes}", backup.name, backup.bytes)
}

async fn create(app: &App, with_files: bool) -> anyhow::Result<()> {
    // Who is still to be erased again would come back with a backup that is younger than the erasure.
    restore::ensure_servable(&app.db.client().await?).await?;
    let backup = match with_files {
        true => backups::create(app).await?,
        false => backups::create_without_files(app).await?,
    };
    println!("{}", line(&backup));
    if let Some(packed) = backup.files.filter(|packed| packed.missing > 0) {
        println!(
            "{} files that the database names were not in the storage: deleted meanwhile, or lost before.",
            packed.missing
        );
    }
    Ok(())
}

async fn bring_back(app: &App, name: &str, identity: &Path) -> anyhow::Result<BroughtBack> {
    unpacking::bring_back(app, name, restore::identities(identity)?).await
}

fn say_files(done: &BroughtBack) {
    println!("{} files were brought back.", done.files);
    if done.lost > 0 {
        println!(
            "{} files that the database names are neither in the storage nor in the backup. Their pages say so.",
            done.lost
        );
    }
}

/// Erases again what was erased since the backup was taken, and brings back lost files, if there is a key for them; then
/// the database may be served.
async fn bring_up(app: &App, key: Option<(&str, &Path)>, without_ledger: bool) -> anyhow::Result<()> {
    let client = app.db.client().await?;
    let (backup, taken_at) = match restore::state(&client).await? {
        Restored::Unreplayed { backup, taken_at } => (backup, taken_at),
        Restored::Half { .. } => return restore::ensure_servable(&client).await,
        Restored::No => {
            println!("There is nothing to replay.");
            return Ok(());
        }
    };
    let missing = ledger::missing(app, taken_at).await?;
    anyhow::ensure!(
        missing == 0 || without_ledger,
        "the storage lacks {missing} erasures that the backup itself knows of, so what was erased since is not known either. \
         Bring the folder `erasures` and those beside it into the storage, then run `portal backup replay`. \
         Where they are lost for good, `portal backup replay --without-ledger` goes on without them"
    );
    say_replayed(&replay::after_restore(app, taken_at).await?);
    let again = format!("`portal backup files {backup} --identity FILE`");
    match key {
        // Behind the replay: what has no row any more does not come back.
        Some((name, identity)) => {
            let done = bring_back(app, name, identity).await.with_context(|| {
                format!("not all files are back: `portal backup replay` lets the database be served without them, and then {again} goes on")
            })?;
            say_files(&done);
        }
        None => {
            let lost = files::tending::lost(app).await?.len();
            if lost > 0 {
                println!(
                    "{lost} files that the database names are not in the storage. {again} brings back those that the backup has."
                );
            }
        }
    }
    restore::replayed(&client, app.clock.now()).await?;
    println!("The database may be served.");
    Ok(())
}

fn say_replayed(done: &Replayed) {
    println!(
        "{} of {} erasures in the ledger were repeated, and {} deletions in the content.",
        done.erased, done.of, done.deleted
    );
    let beside = done.brought_in;
    println!(
        "From beside the backups were brought in: {} holds, {} restrictions, {} refusals of calls or tracking, and {} mailboxes that get no mailings until staff lift it.",
        beside.holds, beside.restrictions, beside.refusals, beside.opted_out
    );
    if beside.consents > 0 {
        println!(
            "{} consents to partners have ended, because they may have been taken back since: whoever wants it says yes again.",
            beside.consents
        );
    }
    if done.messages + done.campaigns > 0 {
        println!(
            "{} messages that waited are not sent by themselves, and {} campaigns were stopped: they may have gone out before.",
            done.messages, done.campaigns
        );
    }
    if done.copies > 0 {
        println!(
            "{} copies that people ordered were ended: copies are in no backup, and can be ordered anew.",
            done.copies
        );
    }
}
