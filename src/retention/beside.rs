//! What a restored backup must not forget, kept beside the backups and sealed: the holds that are in force, and of as long as
//! a backup lives the restrictions that began ([`super::restrictions`]), who opted out of mailings ([`opt_outs`]) and who refused
//! calls or tracking ([`refusals`]). It is brought up to date every ten minutes, and holds also when they change; what came
//! after that is lost with the database. Where a folder is missing, an older program kept nothing of its kind.
//!
//! A hold of the backup that is not beside it stays in force: one too many is released by a person, one too few is not
//! brought back by anybody.

use std::collections::HashSet;

use anyhow::Context as _;
use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use futures_util::TryStreamExt as _;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::holds::guard;
use super::{restrictions, rules};
use crate::platform::app::App;
use crate::preferences::opt_outs::{self, OptOut};
use crate::preferences::partners;
use crate::preferences::refusals::{self, Refusal};

/// Folders of the storage; what is in them is sealed for the place of the same name.
const HOLDS: &str = "holds";
const OPT_OUTS: &str = "opt_outs";
const REFUSALS: &str = "refusals";
const RESTRICTIONS: &str = "restrictions";

/// Puts beside the backups what changed. Safe to run at any time and twice.
///
/// # Errors
/// What the database or the storage says.
pub async fn mirror(app: &App) -> anyhow::Result<()> {
    mirror_holds(app).await?;
    let since = rules::BACKUPS.period.cutoff(app.clock.now()).context("a backup lives for days")?;
    let there = names(app, OPT_OUTS).await?;
    let opted_out = opt_outs::since(&mut *app.db.get().await?, since).await?;
    keep(app, OPT_OUTS, &there, vec![serde_json::to_vec(&opted_out)?]).await?;
    let there = names(app, REFUSALS).await?;
    let refused = refusals::since(&mut *app.db.get().await?, &app.keys, since).await?;
    keep(app, REFUSALS, &there, vec![serde_json::to_vec(&refused)?]).await?;
    let there = names(app, RESTRICTIONS).await?;
    let restricted = restrictions::since(&mut *app.db.get().await?, since).await?;
    keep(app, RESTRICTIONS, &there, restricted.into_iter().map(String::into_bytes).collect()).await
}

/// The same for holds alone, right after one was placed, approved or released. What fails is tried again by the timetable,
/// and the change itself stands.
pub(super) async fn mirror_holds_now(app: &App) {
    if let Err(error) = mirror_holds(app).await {
        tracing::warn!(error = format!("{error:#}"), "holds are put beside the backups later");
    }
}

async fn mirror_holds(app: &App) -> anyhow::Result<()> {
    // The list first: what is placed after it is in no list of what goes.
    let there = names(app, HOLDS).await?;
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT id, to_jsonb(holds)::text AS row FROM holds WHERE ended_at IS NULL ORDER BY id",
    )
    .load(&mut *app.db.get().await?)
    .await?;
    keep(app, HOLDS, &there, rows.into_iter().map(|row| row.row.into_bytes()).collect()).await
}

/// A hold with every column of its row.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    row: String,
}

async fn names(app: &App, folder: &str) -> anyhow::Result<Vec<String>> {
    Ok(app.storage.files(folder).await?.into_iter().map(|(name, _)| name).collect())
}

/// Writes what is not there yet, under a keyed digest of what it says, and then removes what was there and is no more.
async fn keep(app: &App, folder: &str, there: &[String], files: Vec<Vec<u8>>) -> anyhow::Result<()> {
    let mut wanted = HashSet::new();
    for file in files {
        let name = hex::encode(app.keys.digest(folder, &file));
        if !there.contains(&name) {
            let mut upload = app.storage.create(&format!("{folder}/{name}"))?;
            upload.write(app.keys.seal(folder, &file).into()).await?;
            upload.finish().await?;
        }
        wanted.insert(name);
    }
    for name in there.iter().filter(|name| !wanted.contains(*name)) {
        app.storage.remove(&format!("{folder}/{name}")).await?;
    }
    Ok(())
}

async fn read(app: &App, folder: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    for name in names(app, folder).await? {
        let path = format!("{folder}/{name}");
        let found = app.storage.open(&path).await?.with_context(|| format!("{path} is gone"))?;
        let bytes: Vec<_> = found.bytes.try_collect().await?;
        files.push(app.keys.open(folder, &bytes.concat()).with_context(|| format!("{path} is damaged"))?);
    }
    Ok(files)
}

/// What all files of a folder list.
async fn read_lists<T: DeserializeOwned>(app: &App, folder: &str) -> anyhow::Result<Vec<T>> {
    let mut all = Vec::new();
    for file in read(app, folder).await? {
        let list: Vec<T> = serde_json::from_slice(&file).with_context(|| format!("{folder} is damaged"))?;
        all.extend(list);
    }
    Ok(all)
}

/// How much was brought into a restored database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BroughtIn {
    /// Holds in force.
    pub holds: usize,
    /// Restrictions that the backup did not know.
    pub restrictions: usize,
    /// Mailboxes that opted out.
    pub opted_out: usize,
    /// Refusals of calls and of tracking that the backup did not know.
    pub refusals: usize,
    /// Consents to partners, all of which end: which were taken back since is kept nowhere.
    pub consents: usize,
}

/// Brings into a restored database what it may not know.
///
/// # Errors
/// What the database or the storage says, or something beside the backups is damaged: then nothing may be served.
pub async fn bring_in(app: &App) -> anyhow::Result<BroughtIn> {
    let now = app.clock.now();
    let holds = read(app, HOLDS).await?;
    let opted_out: Vec<OptOut> = read_lists(app, OPT_OUTS).await?;
    let refused: Vec<Refusal> = read_lists(app, REFUSALS).await?;
    let restricted = read(app, RESTRICTIONS).await?;
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let mut done = BroughtIn { holds: holds.len(), ..BroughtIn::default() };
        guard::alone(conn).await?;
        for hold in holds {
            insert(conn, &String::from_utf8_lossy(&hold)).await?;
        }
        for kept in restricted {
            done.restrictions += restrictions::bring_in(conn, &String::from_utf8_lossy(&kept)).await?;
        }
        done.opted_out = opt_outs::bring_in(conn, &opted_out, now).await?;
        done.refusals = refusals::bring_in(conn, &app.keys, &refused, now).await?;
        // Last: those before are told by when a contact last decided something.
        done.consents = partners::end_all_restored(conn, now).await?;
        Ok::<_, anyhow::Error>(done)
    })
    .await
}

async fn insert(conn: &mut AsyncPgConnection, hold: &str) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let id: Id = diesel::sql_query("SELECT ($1::jsonb ->> 'id')::uuid AS id")
        .bind::<Text, _>(hold)
        .get_result(conn)
        .await?;
    diesel::sql_query("DELETE FROM holds WHERE id = $1").bind::<SqlUuid, _>(id.id).execute(conn).await?;
    diesel::sql_query("INSERT INTO holds SELECT * FROM jsonb_populate_record(NULL::holds, $1::jsonb)")
        .bind::<Text, _>(hold)
        .execute(conn)
        .await
        .map(drop)
}
