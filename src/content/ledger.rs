//! What was deleted in the content on instruction: a record through the API, or everything about somebody (S98, S110). Each
//! is written down by a keyed digest, which leads nowhere once the record is gone, and put beside the backups. A restored
//! backup has it again; [`replay`] deletes it again before anybody sees the copy (S165).
//!
//! What goes by a retention rule is not here: it is due in the copy, too, and goes with the next sweep.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::end_users;
use super::person_keys::IdentifierKind;
use crate::platform::app::App;
use crate::platform::backups::ledger::{self as beside, Deletion};
use crate::platform::crypto::Keys;
use crate::platform::db::schema::deleted_records;
use crate::platform::ids::{AccountId, ClaimId, CommunicationId, new_uuid};

/// Rows that are put beside the backups in one file, and ids that are looked at in one statement.
const BATCH: i64 = 10_000;

/// What was deleted.
#[derive(Clone, Copy, Debug)]
pub enum Gone<'a> {
    /// A claim.
    Claim(ClaimId),
    /// A communication.
    Communication(CommunicationId),
    /// Everything about somebody.
    Somebody(&'a end_users::Identifier),
}

impl Gone<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Claim(_) => "claim",
            Self::Communication(_) => "communication",
            Self::Somebody(who) => who.kind.as_str(),
        }
    }

    fn blinded(&self, keys: &Keys, account: AccountId) -> Vec<u8> {
        match self {
            Self::Claim(id) => blinded(keys, "claim", id.0),
            Self::Communication(id) => blinded(keys, "communication", id.0),
            Self::Somebody(who) => who.digest(keys, account),
        }
    }

    fn person_keys(&self, keys: &Keys, account: AccountId) -> Vec<i64> {
        if let Self::Somebody(who) = self { who.keys(keys, account) } else { Vec::new() }
    }
}

fn blinded(keys: &Keys, kind: &str, id: Uuid) -> Vec<u8> {
    keys.digest(&format!("deleted {kind}"), id.as_bytes())
}

/// Writes down that something was deleted, inside the transaction that does it.
///
/// # Errors
/// What the database says.
pub async fn record(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    gone: Gone<'_>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(deleted_records::table)
        .values((
            deleted_records::id.eq(new_uuid(now)),
            deleted_records::account_id.eq(account),
            deleted_records::kind.eq(gone.kind()),
            deleted_records::blinded.eq(gone.blinded(keys, account)),
            deleted_records::person_keys.eq(gone.person_keys(keys, account)),
            deleted_records::deleted_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts beside the backups what is not there yet. A process that ends between the two writes the same once more, which
/// changes nothing. For the timetable.
///
/// # Errors
/// What the database or the storage says.
pub async fn mirror(app: App) -> anyhow::Result<()> {
    type Row = (Uuid, AccountId, String, Vec<u8>, Vec<Option<i64>>, DateTime<Utc>);
    loop {
        let mut conn = app.db.get().await?;
        let rows: Vec<Row> = deleted_records::table
            .filter(deleted_records::mirrored_at.is_null())
            .order(deleted_records::id)
            .limit(BATCH)
            .select((
                deleted_records::id,
                deleted_records::account_id,
                deleted_records::kind,
                deleted_records::blinded,
                deleted_records::person_keys,
                deleted_records::deleted_at,
            ))
            .load(&mut conn)
            .await?;
        drop(conn);
        if rows.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = rows.iter().map(|row| row.0).collect();
        let entry = |(_, account, kind, blinded, person_keys, at): Row| Deletion {
            account: account.0,
            kind,
            blinded: hex::encode(blinded),
            person_keys: person_keys.into_iter().flatten().collect(),
            at,
        };
        let now = app.clock.now();
        let entries: Vec<Deletion> = rows.into_iter().map(entry).collect();
        beside::keep_deletions(&app.storage, new_uuid(now), &entries).await?;
        diesel::update(deleted_records::table.filter(deleted_records::id.eq_any(ids)))
            .set(deleted_records::mirrored_at.eq(now))
            .execute(&mut *app.db.get().await?)
            .await?;
    }
}

/// Deletes again what stands beside the backups and the database still has. Answers how many records and people that were.
///
/// # Errors
/// What the database says; what was deleted before stays deleted, and running it again goes on.
pub async fn replay(app: &App, deletions: &[Deletion]) -> anyhow::Result<usize> {
    let mut conn = app.db.get().await?;
    let mut by_account: BTreeMap<Uuid, Vec<&Deletion>> = BTreeMap::new();
    for one in deletions {
        by_account.entry(one.account).or_default().push(one);
    }
    let mut deleted = 0;
    for (account, of_account) in by_account {
        let account = AccountId(account);
        // People first: who they are stands in the records that go with them, and maybe one by one as well.
        for one in &of_account {
            if let Some(kind) = IdentifierKind::parse(&one.kind) {
                deleted += usize::from(somebody(&mut conn, app, account, kind, one).await?);
            }
        }
        for (kind, table) in [("communication", "communications"), ("claim", "claims")] {
            let of_kind = of_account.iter().filter(|one| one.kind == kind);
            let wanted = of_kind.map(|one| hex::decode(&one.blinded)).collect::<Result<HashSet<_>, _>>()?;
            if !wanted.is_empty() {
                deleted +=
                    records(&mut conn, &app.keys, account, (kind, table), &wanted, app.clock.now()).await?;
            }
        }
    }
    Ok(deleted)
}

async fn somebody(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    kind: IdentifierKind,
    one: &Deletion,
) -> anyhow::Result<bool> {
    let now = app.clock.now();
    let gone = conn
        .transaction(async |conn| {
            end_holds(conn, account, Of::Somebody(&one.person_keys), now).await?;
            end_users::delete_again(conn, &app.keys, account, kind, &one.person_keys).await
        })
        .await?;
    Ok(gone)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Array<BigInt>)]
    person_keys: Vec<i64>,
}

/// Deletes the records of an account whose blinded ids are among these.
async fn records(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    (kind, table): (&str, &str),
    wanted: &HashSet<Vec<u8>>,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let query =
        format!("SELECT id, person_keys FROM {table} WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    let (mut after, mut deleted) = (Uuid::nil(), 0);
    loop {
        let found: Vec<Found> = diesel::sql_query(&query)
            .bind::<SqlUuid, _>(account)
            .bind::<SqlUuid, _>(after)
            .bind::<BigInt, _>(BATCH)
            .load(conn)
            .await?;
        let Some(last) = found.last() else { return Ok(deleted) };
        after = last.id;
        let going: Vec<Found> =
            found.into_iter().filter(|one| wanted.contains(&blinded(keys, kind, one.id))).collect();
        if going.is_empty() {
            continue;
        }
        deleted += conn
            .transaction(async |conn| {
                for one in &going {
                    end_holds(conn, account, Of::Record(&one.person_keys), now).await?;
                }
                let ids: Vec<Uuid> = going.iter().map(|one| one.id).collect();
                diesel::sql_query(format!("DELETE FROM {table} WHERE id = ANY ($1)"))
                    .bind::<Array<SqlUuid>, _>(ids)
                    .execute(conn)
                    .await
            })
            .await?;
    }
}

/// Whose holds end.
enum Of<'a> {
    /// Those of a record with these keys: its people are all who it names.
    Record(&'a [i64]),
    /// Those of somebody with these keys: each record that has one of them goes, whoever else is in it.
    Somebody(&'a [i64]),
}

/// Ends the holds that stand against deleting: what they kept was deleted after the backup, so that they had ended by then.
/// These are the holds that the database looks at when a record or a part of one goes.
async fn end_holds(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    of: Of<'_>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (person_keys, meets) = match of {
        Of::Record(keys) => (keys, "@>"),
        Of::Somebody(keys) => (keys, "&&"),
    };
    diesel::sql_query(format!(
        "UPDATE holds h SET ended_at = $3, ended_because = $4 WHERE h.ended_at IS NULL AND ( \
            h.scope = 'account' AND h.account_id = $1 \
            OR h.scope = 'end_user' AND h.account_id = $1 AND $2 {meets} h.person_keys \
            OR h.scope = 'person' AND h.person_id = (SELECT owner_id FROM accounts WHERE id = $1) \
            OR h.scope = 'table' AND h.table_name IN \
                ('claims', 'communications', 'communication_statuses', 'communication_bodies'))"
    ))
    .bind::<SqlUuid, _>(account)
    .bind::<Array<BigInt>, _>(person_keys)
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>("It had ended before what it kept was deleted; a restored backup had it again.")
    .execute(conn)
    .await
    .map(drop)
}
