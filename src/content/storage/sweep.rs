//! Deletes the content whose time is up, account by account as its owner instructed, in batches that hold
//! locks only briefly, and without waiting for anybody ([`crate::content::locks`]). A restriction does not lengthen it. What was switched off goes with the next sweep; bodies go
//! as soon as they are switched off.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::content::products::Product;
use crate::platform::app::App;
use crate::platform::ids::AccountId;
use crate::platform::jobs::{Job, JobError};
use crate::retention::holds::guard;

/// Rows that go in one statement.
const LIMIT: i64 = 10_000;

/// Sweeps every product.
///
/// # Errors
/// What the database says; what was deleted before stays deleted.
pub async fn sweep(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for product in Product::ALL {
        let (mut all, mut from) = (0, (Uuid::nil(), DateTime::UNIX_EPOCH));
        loop {
            let batch = conn.transaction(async |conn| delete_due(conn, product, from, now).await).await?;
            all += batch.deleted;
            match (batch.account, batch.at) {
                (Some(account), Some(at)) if batch.found >= LIMIT => from = (account, at),
                _ => break,
            }
        }
        if all > 0 {
            tracing::info!(retention.product = product.as_str(), retention.rows = all, "content swept");
        }
    }
    Ok(())
}

/// What one statement found and deleted, and where it stopped. Less is deleted than was found where somebody else
/// was faster.
#[derive(QueryableByName)]
struct Batch {
    #[diesel(sql_type = BigInt)]
    found: i64,
    #[diesel(sql_type = BigInt)]
    deleted: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    account: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// The due rows of one account, `a.id`, from `a.since` to `a.until`, the oldest first. All but the bodies have an
/// index for it; bodies are found through their communications, which were stored at the same moment. A row that somebody
/// is changing is left to the next sweep.
fn due(product: Product, holds: bool) -> (&'static str, String) {
    let unheld = |alias| {
        if holds { format!("AND ({}) IS NOT TRUE", guard::held_records(alias)) } else { String::new() }
    };
    match product {
        Product::Claims => (
            "claims",
            format!(
                "SELECT ctid, id AS record, updated_at AS at FROM claims \
                 WHERE account_id = a.id AND updated_at BETWEEN a.since AND a.until {} ORDER BY updated_at LIMIT $4 \
                 FOR UPDATE SKIP LOCKED",
                unheld("claims")
            ),
        ),
        Product::Communications => (
            "communications",
            format!(
                "SELECT ctid, id AS record, created_at AS at FROM communications \
                 WHERE account_id = a.id AND created_at BETWEEN a.since AND a.until {} ORDER BY created_at LIMIT $4 \
                 FOR UPDATE SKIP LOCKED",
                unheld("communications")
            ),
        ),
        Product::CommunicationBodies => (
            "communication_bodies",
            format!(
                "SELECT b.ctid, c.id AS record, c.created_at AS at FROM communications c \
                 JOIN communication_bodies b ON b.communication_id = c.id \
                 WHERE c.account_id = a.id AND c.created_at BETWEEN a.since AND a.until {} ORDER BY c.created_at LIMIT $4 \
                 FOR UPDATE OF b SKIP LOCKED",
                unheld("c")
            ),
        ),
    }
}

/// Which of the due rows are deleted. A claim takes itself out of its communications: one of which a communication is
/// being changed stays until the next sweep too.
fn free(product: Product) -> &'static str {
    match product {
        Product::Claims => {
            "linked AS MATERIALIZED (SELECT id FROM communications \
                WHERE claim_id = ANY (ARRAY(SELECT record FROM due)) FOR UPDATE SKIP LOCKED), \
             free AS (SELECT ctid FROM due WHERE NOT EXISTS (SELECT FROM communications c \
                WHERE c.claim_id = due.record AND c.id NOT IN (SELECT id FROM linked)))"
        }
        Product::Communications | Product::CommunicationBodies => "free AS (SELECT ctid FROM due)",
    }
}

/// Deletes a batch of what is due, beginning where the batch before stopped: what was looked at is not looked at
/// again. Bodies are nowhere but where somebody once decided that they are stored.
async fn delete_due(
    conn: &mut AsyncPgConnection,
    product: Product,
    (account, since): (Uuid, DateTime<Utc>),
    now: DateTime<Utc>,
) -> QueryResult<Batch> {
    guard::share(conn).await?;
    let ((table, due), free) = (due(product, guard::any(conn).await?), free(product));
    let somewhere = match product {
        Product::CommunicationBodies => {
            "AND EXISTS (SELECT FROM storage_choices d WHERE d.account_id = accounts.id AND d.product = $3)"
        }
        _ => "",
    };
    diesel::sql_query(format!(
        "WITH due AS MATERIALIZED ( \
            SELECT a.id, due.ctid, due.record, due.at FROM ( \
                SELECT accounts.id, CASE WHEN accounts.id = $5 THEN $6 ELSE '-infinity' END AS since, \
                    $1 - make_interval(days => CASE WHEN s.stored THEN s.days \
                    WHEN NOT s.stored THEN 0 ELSE $2 END) AS until \
                FROM accounts LEFT JOIN storage_choices s \
                    ON s.account_id = accounts.id AND s.product = $3 AND s.superseded_at IS NULL \
                WHERE accounts.id >= $5 {somewhere} \
            ) a CROSS JOIN LATERAL ({due}) due ORDER BY a.id, due.at LIMIT $4), \
         {free}, \
         gone AS (DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM free)) RETURNING 1) \
         SELECT (SELECT count(*) FROM due) AS found, (SELECT count(*) FROM gone) AS deleted, \
            last.id AS account, last.at \
         FROM (SELECT 1) one LEFT JOIN (SELECT id, at FROM due ORDER BY id DESC, at DESC LIMIT 1) last ON true"
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<Integer, _>(product.included_days())
    .bind::<Text, _>(product.as_str())
    .bind::<BigInt, _>(LIMIT)
    .bind::<SqlUuid, _>(account)
    .bind::<Timestamptz, _>(since)
    .get_result(conn)
    .await
}

/// Deletes a batch of the bodies of one account whose communications were stored in this time, the oldest first, under
/// the locks of these communications.
/// Answers when the last of them was stored, or nothing when they were the last.
pub(super) async fn delete_bodies(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<Option<DateTime<Utc>>> {
    #[derive(QueryableByName)]
    struct Last {
        #[diesel(sql_type = BigInt)]
        found: i64,
        #[diesel(sql_type = Nullable<Timestamptz>)]
        at: Option<DateTime<Utc>>,
    }
    guard::share(conn).await?;
    let last: Last = diesel::sql_query(format!(
        "WITH old AS MATERIALIZED ( \
            SELECT b.communication_id AS id, c.created_at AS at FROM communications c \
            JOIN communication_bodies b ON b.communication_id = c.id \
            WHERE c.account_id = $1 AND c.created_at BETWEEN $2 AND $3 AND ({}) IS NOT TRUE \
            ORDER BY c.created_at LIMIT $4), \
         held AS MATERIALIZED (SELECT id FROM communications WHERE id = ANY (ARRAY(SELECT id FROM old)) \
            ORDER BY id FOR UPDATE), \
         gone AS (DELETE FROM communication_bodies WHERE communication_id = ANY (ARRAY(SELECT id FROM held))) \
         SELECT count(*) AS found, max(at) AS at FROM old",
        guard::held_records("c")
    ))
    .bind::<SqlUuid, _>(account)
    .bind::<Timestamptz, _>(since)
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(LIMIT)
    .get_result(conn)
    .await?;
    Ok(last.at.filter(|_| last.found >= LIMIT))
}

/// Deletes the bodies that were stored before they were switched off, where they are too many for one statement.
#[derive(Debug, Serialize, Deserialize)]
pub struct EmptyBodies {
    /// In which account.
    pub account: AccountId,
    /// Stored at this moment or later.
    pub since: DateTime<Utc>,
    /// When they were switched off.
    pub until: DateTime<Utc>,
}

impl Job for EmptyBodies {
    const NAME: &'static str = "empty_bodies";

    async fn run(self, app: App) -> Result<(), JobError> {
        let mut conn = app.db.get().await?;
        let mut next = Some(self.since);
        while let Some(since) = next {
            next = conn
                .transaction(async |conn| delete_bodies(conn, self.account, (since, self.until)).await)
                .await?;
        }
        Ok(())
    }
}
