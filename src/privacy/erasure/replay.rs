//! After a restore: what the ledgers say was erased or deleted since the backup was made goes again, before anybody sees
//! the copy (S165), and what waited to be sent does not go out a second time.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Cause, Of, job, order, queries};
use crate::content;
use crate::platform::app::App;
use crate::platform::backups::ledger;
use crate::platform::db::schema::{accounts, people};
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::messages;
use crate::preferences::campaigns;
use crate::retention::holds;
use crate::retention::ledger::{Kind, blinded};

/// Ids that are looked at in one statement.
const BATCH: i64 = 10_000;

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// What was erased, as it is stored.
    pub kind: String,
    /// The keyed digest of its id.
    pub blinded: Vec<u8>,
}

/// What was done to a restored database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// People and accounts that were erased again.
    pub erased: usize,
    /// Of so many that the ledger names.
    pub of: usize,
    /// Records, and people in the content, that were deleted again.
    pub deleted: usize,
    /// Messages that waited and are not sent by themselves.
    pub messages: usize,
    /// Campaigns that were stopped.
    pub campaigns: usize,
}

/// Brings the database of a backup that was taken at this moment up to what was erased and deleted since. It may be served
/// afterwards.
///
/// # Errors
/// What the storage or the database says; running it again goes on.
pub async fn after_restore(app: &App, taken_at: DateTime<Utc>) -> anyhow::Result<Replayed> {
    let since = taken_at - ledger::MARGIN;
    let entries = ledger::since(&app.storage, since).await?;
    let deletions = ledger::deletions_since(&app.storage, since).await?;
    let line =
        |entry: &ledger::Entry| Ok(Line { kind: entry.kind.clone(), blinded: hex::decode(&entry.blinded)? });
    let lines: HashSet<Line> = entries.iter().map(line).collect::<anyhow::Result<_>>()?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let (messages, campaigns) = conn
        .transaction(async |conn| {
            Ok::<_, diesel::result::Error>((
                messages::set_aside(conn, now).await?,
                campaigns::set_aside(conn, now).await?,
            ))
        })
        .await?;
    drop(conn);
    let erased = replay(app, &lines).await?;
    let deleted = content::ledger::replay(app, &deletions).await?;
    Ok(Replayed { erased, of: lines.len(), deleted, messages, campaigns })
}

/// Erases again what the ledger names and the database still has. Answers how many people and accounts that were.
///
/// # Errors
/// What the database says, or that one did not come to its end; what was erased before stays erased, and running it again
/// goes on.
pub async fn replay(app: &App, lines: &HashSet<Line>) -> anyhow::Result<usize> {
    let mut conn = app.db.get().await?;
    let mut erased = 0;
    for kind in Kind::ALL {
        let mut after = Uuid::nil();
        loop {
            let ids = ids(&mut conn, kind, after).await?;
            let Some(last) = ids.last().copied() else { break };
            after = last;
            for id in ids {
                let line = Line { kind: kind.as_str().into(), blinded: blinded(&app.keys, kind, id) };
                if !lines.contains(&line) {
                    continue;
                }
                let of = match kind {
                    Kind::Person => Of::Person(PersonId(id)),
                    Kind::Account => Of::Account(AccountId(id)),
                    Kind::Content => Of::Content(AccountId(id)),
                };
                again(&mut conn, app, of).await?;
                erased += 1;
            }
        }
    }
    Ok(erased)
}

async fn again(conn: &mut AsyncPgConnection, app: &App, of: Of) -> anyhow::Result<()> {
    let now = app.clock.now();
    if let Some(subject) = of.subject(conn, &app.keys).await? {
        // Nothing is erased under a hold, so whatever the backup has of them ended before.
        holds::queries::end_before_replay(conn, &subject, now).await?;
    }
    let erasure = order(conn, of, Cause::Restore, now).await?;
    job::carry_out(app, erasure).await.map_err(anyhow::Error::from)?;
    let left = queries::under_way(conn, of).await?;
    anyhow::ensure!(left.is_none(), "the erasure {erasure} did not come to its end");
    Ok(())
}

async fn ids(conn: &mut AsyncPgConnection, kind: Kind, after: Uuid) -> QueryResult<Vec<Uuid>> {
    if kind == Kind::Person {
        let found = people::table.filter(people::id.gt(PersonId(after))).order(people::id).limit(BATCH);
        let ids: Vec<PersonId> = found.select(people::id).load(conn).await?;
        return Ok(ids.into_iter().map(|id| id.0).collect());
    }
    let found = accounts::table.filter(accounts::id.gt(AccountId(after))).order(accounts::id).limit(BATCH);
    let ids: Vec<AccountId> = found.select(accounts::id).load(conn).await?;
    Ok(ids.into_iter().map(|id| id.0).collect())
}
