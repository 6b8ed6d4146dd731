//! After a restore: what the ledgers say was erased or deleted since the backup was made goes again, before anybody sees
//! the copy (S165), and what waited to be sent does not go out a second time.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable, Text};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Cause, Of, completion, engine, job, order, queries};
use crate::content;
use crate::identity::spellings;
use crate::platform::app::App;
use crate::platform::backups::ledger;
use crate::platform::db::schema::{accounts, people};
use crate::platform::ids::{AccountId, ContactId, PersonId};
use crate::platform::messages;
use crate::preferences::{campaigns, contacts};
use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_map::{self, Keyed, Owner};
use crate::privacy::exports;
use crate::retention::beside::{self, BroughtIn};
use crate::retention::holds;
use crate::retention::ledger::{self as erasures, Kind, blinded};

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
    /// Copies of data that were ended, because their file is not there.
    pub copies: usize,
    /// Holds, restrictions, opt-outs and refusals from beside the backups.
    pub brought_in: BroughtIn,
}

/// Brings the database of a backup that was taken at this moment up to what was erased and deleted since. It may be served
/// afterwards.
///
/// # Errors
/// What the storage or the database says; running it again goes on.
pub async fn after_restore(app: &App, taken_at: DateTime<Utc>) -> anyhow::Result<Replayed> {
    let since = taken_at - ledger::MARGIN;
    let mut entries = ledger::since(&app.storage, since).await?;
    // What the backup knows of itself is done in it, and something new may stand there since.
    let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    let known = erasures::known(&mut *app.db.get().await?, &ids).await?;
    entries.retain(|entry| !known.contains(&entry.id));
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
    let brought_in = beside::bring_in(app).await?;
    let copies = exports::end_lost(app).await?;
    Ok(Replayed { erased, of: lines.len(), deleted, messages, campaigns, copies, brought_in })
}

impl Line {
    fn of(kind: Kind, blinded: Vec<u8>) -> Self {
        Self { kind: kind.as_str().into(), blinded }
    }
}

/// Erases again what the ledger names and the database still has. Answers how many people, accounts, addresses and
/// contacts that were.
///
/// # Errors
/// What the database says, or that one did not come to its end; what was erased before stays erased, and running it again
/// goes on.
pub async fn replay(app: &App, lines: &HashSet<Line>) -> anyhow::Result<usize> {
    let mut conn = app.db.get().await?;
    holds::replaying::put_tables_aside(&mut conn, app.clock.now()).await?;
    let erased = erase_again(&mut conn, app, lines).await?;
    holds::replaying::bring_tables_back(&mut conn).await?;
    Ok(erased)
}

async fn erase_again(
    conn: &mut AsyncPgConnection,
    app: &App,
    lines: &HashSet<Line>,
) -> anyhow::Result<usize> {
    let mut erased = 0;
    for kind in Kind::OF_IDS {
        let mut after = Uuid::nil();
        loop {
            let ids = ids(conn, kind, after).await?;
            let Some(last) = ids.last().copied() else { break };
            after = last;
            for id in ids {
                if !lines.contains(&Line::of(kind, blinded(&app.keys, kind, id))) {
                    continue;
                }
                let of = match kind {
                    Kind::Person => Of::Person(PersonId(id)),
                    Kind::Account => Of::Account(AccountId(id)),
                    Kind::Content | Kind::Address | Kind::Contact => Of::Content(AccountId(id)),
                };
                again(conn, app, of).await?;
                erased += 1;
            }
        }
    }
    if lines.iter().any(|line| line.kind == Kind::Address.as_str()) {
        erased += addresses_again(conn, app, lines).await?;
    }
    if lines.iter().any(|line| line.kind == Kind::Contact.as_str()) {
        erased += contacts_again(conn, app, lines).await?;
    }
    Ok(erased)
}

async fn again(conn: &mut AsyncPgConnection, app: &App, of: Of) -> anyhow::Result<()> {
    let now = app.clock.now();
    if let Some(subject) = of.subject(conn, &app.keys).await? {
        // Nothing is erased under a hold, so whatever the backup has of them ended before.
        holds::replaying::end_before_replay(conn, &subject, now).await?;
    }
    let erasure = order(conn, of, Cause::Restore, now).await?;
    // The backup may have it under way for a reason of its own; it came to its end since, and they were told then.
    queries::as_restore(conn, erasure).await?;
    job::carry_out(app, erasure).await.map_err(anyhow::Error::from)?;
    let left = queries::under_way(conn, of).await?;
    anyhow::ensure!(left.is_none(), "the erasure {erasure} did not come to its end");
    Ok(())
}

/// What the ledger has of an address, which may have been erased by another spelling than it is kept in here.
fn line_of(app: &App, lines: &HashSet<Line>, address: Option<&str>, digest: &[u8]) -> Option<Vec<u8>> {
    let spelled = address.map(spellings::all).unwrap_or_default();
    let digests = spelled.iter().map(|one| app.keys.email_digest(one)).chain([digest.to_vec()]);
    let mut blinded = digests.map(|digest| erasures::blinded_digest(&app.keys, &digest));
    blinded.find(|one| lines.contains(&Line::of(Kind::Address, one.clone())))
}

/// The same for addresses of people without an account.
async fn addresses_again(
    conn: &mut AsyncPgConnection,
    app: &App,
    lines: &HashSet<Line>,
) -> anyhow::Result<usize> {
    let now = app.clock.now();
    let mut erased = 0;
    for (digest, address) in addresses(conn, app).await? {
        let Some(blinded) = line_of(app, lines, address.as_deref(), &digest) else { continue };
        let subject = Subject::without_account(address.as_deref(), digest);
        holds::replaying::end_before_replay(conn, &subject, now).await?;
        conn.transaction(async |conn| {
            holds::guard::share(conn).await?;
            completion::end_disputes(conn, &subject, now).await?;
            engine::finish(conn, &subject, false).await?;
            completion::end_orphaned_disputes(conn, now).await?;
            erasures::record(conn, Kind::Address, blinded, now).await
        })
        .await?;
        erased += 1;
    }
    Ok(erased)
}

/// The same for contacts that their owners had deleted, whatever their address was when the backup was made.
async fn contacts_again(
    conn: &mut AsyncPgConnection,
    app: &App,
    lines: &HashSet<Line>,
) -> anyhow::Result<usize> {
    let (now, mut after, mut erased) = (app.clock.now(), ContactId(Uuid::nil()), 0);
    loop {
        let some = contacts::after(conn, after, BATCH).await?;
        let Some(last) = some.last() else { return Ok(erased) };
        after = last.id;
        for contact in some {
            let blinded = erasures::blinded(&app.keys, Kind::Contact, contact.id.0);
            if !lines.contains(&Line::of(Kind::Contact, blinded.clone())) {
                continue;
            }
            conn.transaction(async |conn| {
                contacts::erase(conn, &app.keys, &contact, now).await?;
                erasures::record(conn, Kind::Contact, blinded, now).await
            })
            .await?;
            erased += 1;
        }
    }
}

/// Every address in the database by its keyed digest; where only the digest is kept, without the address.
async fn addresses(
    conn: &mut AsyncPgConnection,
    app: &App,
) -> anyhow::Result<BTreeMap<Vec<u8>, Option<String>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Text>)]
        address: Option<String>,
        #[diesel(sql_type = Nullable<Binary>)]
        digest: Option<Vec<u8>>,
    }
    let mut found = BTreeMap::new();
    for table in data_map::tables() {
        for way in [table.owner].into_iter().chain(table.also.iter().copied()) {
            let columns = match way {
                Owner::Address(column) => format!("lower({column}) AS address, NULL::bytea AS digest"),
                Owner::Digest(column, of) if of.contains(&Keyed::Email) => {
                    format!("NULL AS address, {column} AS digest")
                }
                _ => continue,
            };
            let query = format!("SELECT DISTINCT {columns} FROM {}", table.name);
            for row in diesel::sql_query(query).load::<Row>(conn).await? {
                match (row.address, row.digest) {
                    (Some(address), _) => {
                        found.insert(app.keys.email_digest(&address), Some(address));
                    }
                    (None, Some(digest)) => {
                        found.entry(digest).or_insert(None);
                    }
                    (None, None) => {}
                }
            }
        }
    }
    Ok(found)
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
