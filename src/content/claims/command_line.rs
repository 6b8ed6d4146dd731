//! Imports and exports from the command line, by the way that programs take.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use actix_web::web::Bytes;
use anyhow::Context as _;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::{Stream, StreamExt as _};
use indicatif::{ProgressBar, ProgressStyle};

use super::import::{Format, ImportSummary, Mode, Order};
use super::{Filter, export, import};
use crate::api::problem::Problem;
use crate::platform::app::App;
use crate::platform::audit::{Actor, Circumstances};
use crate::platform::crypto::sha256_of;
use crate::platform::db::schema::accounts;
use crate::platform::ids::AccountId;

/// Bytes that are read at a time.
const PIECE: usize = 256 * 1024;

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct FileImport {
    /// The file.
    pub file: PathBuf,
    /// Into which account.
    pub account: AccountId,
    /// What becomes of a file in which a line is wrong.
    pub mode: Mode,
    /// In which form it is; without it, what its name ends in tells.
    pub format: Option<Format>,
}

async fn must_exist(app: &App, account: AccountId) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    let is_there: bool = diesel::select(exists(accounts::table.find(account))).get_result(&mut conn).await?;
    anyhow::ensure!(is_there, "there is no account {account}");
    Ok(())
}

/// Imports a file, with a bar that shows how far it is. After a crash the same command goes on.
///
/// # Errors
/// The file cannot be read, or what [`import::run`] says.
pub async fn import_file(app: &App, wanted: &FileImport) -> anyhow::Result<ImportSummary> {
    must_exist(app, wanted.account).await?;
    let file = File::open(&wanted.file).with_context(|| format!("cannot open {}", wanted.file.display()))?;
    let about = file.metadata()?;
    let name = wanted.file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let format = wanted.format.or_else(|| Format::parse(&name.to_lowercase()));
    let format = format.context("say in which form the file is: --format ndjson or --format csv")?;
    let key = (wanted.mode == Mode::BestEffort).then(|| key(&wanted.file, &about));
    let (account, mode) = (wanted.account, wanted.mode);
    let order = Order { account, actor: Actor::System, from: Circumstances::default(), key, mode, format };
    let bar = ProgressBar::new(about.len());
    bar.set_style(ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {msg} {eta}")?);
    let seen = |lines: u64| bar.set_message(format!("{lines} claims"));
    let done = import::run(app, &order, Box::pin(pieces(file, bar.clone())), seen).await;
    bar.finish_and_clear();
    done.map_err(|problem| anyhow::anyhow!("{}", in_words(&problem)))
}

/// The same file is known by its place, length and last change.
fn key(path: &Path, about: &std::fs::Metadata) -> String {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let changed = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let pieces: [&[u8]; 3] =
        [path.as_os_str().as_encoded_bytes(), &about.len().to_be_bytes(), &changed.as_nanos().to_be_bytes()];
    format!("file {}", hex::encode(&sha256_of(&pieces)[..16]))
}

fn pieces(file: File, bar: ProgressBar) -> impl Stream<Item = Result<Bytes, Problem>> {
    futures_util::stream::unfold(file, move |file| {
        let bar = bar.clone();
        async move {
            let reading = tokio::task::spawn_blocking(move || {
                let (mut file, mut piece) = (file, Vec::with_capacity(PIECE));
                let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece);
                (read.map(|_| piece), file)
            });
            let (piece, file) = reading.await.ok()?;
            match piece {
                Ok(piece) if piece.is_empty() => None,
                Ok(piece) => {
                    bar.inc(piece.len() as u64);
                    Some((Ok(piece.into()), file))
                }
                Err(error) => Some((Err(anyhow::Error::from(error).into()), file)),
            }
        }
    })
}

fn in_words(problem: &Problem) -> String {
    let value = serde_json::to_value(problem).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut words = vec![text(&value["title"]), text(&value["detail"])];
    words.extend(problem.errors().iter().map(|error| error.detail.clone()));
    words.retain(|word| !word.is_empty());
    words.join(": ")
}

/// Writes the claims of an account to standard output, and how many there were to standard error.
///
/// # Errors
/// What the database says, or the output cannot be written.
pub async fn export_account(app: &App, account: AccountId, format: Format) -> anyhow::Result<()> {
    must_exist(app, account).await?;
    let noted = export::note(app, account, Actor::System, &Circumstances::default()).await;
    noted.map_err(|problem| anyhow::anyhow!("{}", in_words(&problem)))?;
    let bar = ProgressBar::no_length();
    bar.set_style(ProgressStyle::with_template("{spinner} {pos} claims, {per_sec}")?);
    let mut file = Box::pin(export::stream(app.clone(), account, Filter::default(), format));
    let mut out = std::io::stdout();
    while let Some(piece) = file.next().await {
        let (claims, bytes) = piece?;
        out.write_all(&bytes).context("cannot write to standard output")?;
        bar.inc(claims as u64);
    }
    out.flush()?;
    let claims = bar.position();
    bar.finish_and_clear();
    if std::io::stderr().is_terminal() {
        eprintln!("{claims} claims.");
    }
    Ok(())
}
