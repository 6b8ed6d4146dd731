//! The erasure ledger: that a person or an account was erased, by a keyed digest of its id, which leads nowhere once the row
//! is gone. A backup from before holds the id, and by it what has to be erased again before anybody sees the copy (S165).
//! A backup has the ledger of its own moment only, so that the entries are also put beside the backups, when an erasure is done and
//! by the timetable.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::backups::ledger::{self as beside, Entry};
use crate::platform::crypto::Keys;
use crate::platform::db::schema::erasure_ledger;
use crate::platform::ids::new_uuid;
use crate::retention::rules;

/// What was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person, with the accounts that they owned.
    Person,
    /// An account.
    Account,
    /// What programs kept in an account.
    Content,
    /// All that stood by an address, of somebody without an account.
    Address,
    /// A contact that its owner had deleted from its mailbox, and nothing else.
    Contact,
}

impl Kind {
    /// The kinds that an erasure is ordered for. A contact has an id too, and goes without one.
    pub const OF_IDS: [Self; 3] = [Self::Person, Self::Account, Self::Content];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Account => "account",
            Self::Content => "content",
            Self::Address => "address",
            Self::Contact => "contact",
        }
    }
}

/// What the ledger keeps of an id.
pub fn blinded(keys: &Keys, kind: Kind, id: Uuid) -> Vec<u8> {
    keys.digest(&format!("erasure ledger {}", kind.as_str()), id.as_bytes())
}

/// What the ledger keeps of an address, which has no id.
pub fn blinded_address(keys: &Keys, email: &str) -> Vec<u8> {
    blinded_digest(keys, &keys.email_digest(email))
}

/// The same of an address of which only [`Keys::email_digest`] is known.
pub fn blinded_digest(keys: &Keys, digest: &[u8]) -> Vec<u8> {
    keys.digest("erasure ledger address", digest)
}

/// Which of these entries the database has itself: what they say is done in it.
///
/// # Errors
/// What the database says.
pub async fn known(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> QueryResult<Vec<Uuid>> {
    let there = erasure_ledger::table.filter(erasure_ledger::id.eq_any(ids));
    there.select(erasure_ledger::id).load(conn).await
}

/// Writes down that something was erased, inside the transaction that does it.
///
/// # Errors
/// What the database says.
pub async fn record(
    conn: &mut AsyncPgConnection,
    kind: Kind,
    blinded: Vec<u8>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(erasure_ledger::table)
        .values((
            erasure_ledger::id.eq(new_uuid(now)),
            erasure_ledger::kind.eq(kind.as_str()),
            erasure_ledger::blinded.eq(blinded),
            erasure_ledger::erased_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts what was erased in the last hour beside the backups: after each erasure. Doing it again changes nothing.
///
/// # Errors
/// What the database or the storage says; [`mirror`] tries it again.
pub async fn mirror_recent(app: &App) -> anyhow::Result<()> {
    for entry in entries(app, app.clock.now() - Duration::hours(1)).await? {
        beside::keep(&app.storage, &entry).await?;
    }
    Ok(())
}

/// Puts beside the backups what is not there yet, of as long as a backup lives. For the timetable.
///
/// # Errors
/// What the database or the storage says.
pub async fn mirror(app: &App) -> anyhow::Result<()> {
    let since = rules::BACKUPS.period.cutoff(app.clock.now()).unwrap_or(DateTime::UNIX_EPOCH);
    let entries = entries(app, since).await?;
    if entries.is_empty() {
        return Ok(());
    }
    let there: HashSet<Uuid> = beside::ids(&app.storage).await?.into_iter().collect();
    for entry in entries.iter().filter(|entry| !there.contains(&entry.id)) {
        beside::keep(&app.storage, entry).await?;
    }
    Ok(())
}

/// How many erasures a restored database knows of that should be beside its backup, taken at this moment, and are not: the
/// storage is not the one that belongs to it, or lost its ledger, and erasures since the backup are not known either.
///
/// # Errors
/// What the database or the storage says.
pub async fn missing(app: &App, taken_at: DateTime<Utc>) -> anyhow::Result<usize> {
    // A day of room before they go from there, and an hour to come there.
    let Some(oldest) = rules::BACKUPS.period.cutoff(app.clock.now()) else { return Ok(0) };
    let mut entries = entries(app, oldest + Duration::days(1)).await?;
    entries.retain(|entry| entry.at < taken_at - Duration::hours(1));
    if entries.is_empty() {
        return Ok(0);
    }
    let there: HashSet<Uuid> = beside::ids(&app.storage).await?.into_iter().collect();
    Ok(entries.iter().filter(|entry| !there.contains(&entry.id)).count())
}

async fn entries(app: &App, since: DateTime<Utc>) -> anyhow::Result<Vec<Entry>> {
    type Row = (Uuid, DateTime<Utc>, String, Vec<u8>);
    let rows: Vec<Row> = erasure_ledger::table
        .filter(erasure_ledger::erased_at.ge(since))
        .order(erasure_ledger::id)
        .select((
            erasure_ledger::id,
            erasure_ledger::erased_at,
            erasure_ledger::kind,
            erasure_ledger::blinded,
        ))
        .load(&mut *app.db.get().await?)
        .await?;
    let entry = |(id, at, kind, blinded): Row| Entry { id, at, kind, blinded: hex::encode(blinded) };
    Ok(rows.into_iter().map(entry).collect())
}
