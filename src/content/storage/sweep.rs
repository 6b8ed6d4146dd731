//! Deletes the content whose time is up, account by account as its owner instructed, in batches that hold
//! locks only briefly. A restriction does not lengthen it. What was switched off goes with the next sweep; bodies go
//! as soon as they are switched off.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::content::products::Product;
use crate::platform::app::App;
use crate::platform::ids::AccountId;
use crate::platform::jobs::{Job, JobError};

/// Rows that go in one statement.
pub(super) const BATCH: usize = 10_000;
const LIMIT: i64 = 10_000;

/// Sweeps every product.
///
/// # Errors
/// What the database says; what was deleted before stays deleted.
pub async fn sweep(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for product in Product::ALL {
        let (mut all, mut from) = (0, Uuid::nil());
        loop {
            let batch = delete_due(&mut conn, product, from, now).await?;
            all += batch.deleted;
            let Some(last) = batch.last.filter(|_| batch.deleted >= LIMIT) else { break };
            from = last;
        }
        if all > 0 {
            tracing::info!(retention.product = product.as_str(), retention.rows = all, "content swept");
        }
    }
    Ok(())
}

/// What one statement deleted, and in which account it stopped.
#[derive(QueryableByName)]
struct Batch {
    #[diesel(sql_type = BigInt)]
    deleted: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    last: Option<Uuid>,
}

/// The due rows of one account, `a.id`, as a query with `a.until`. All but the bodies have an index for it; bodies
/// are found through their communications, which were stored at the same moment.
fn due(product: Product) -> (&'static str, &'static str) {
    match product {
        Product::Claims => (
            "claims",
            "SELECT ctid FROM claims WHERE account_id = a.id AND updated_at <= a.until \
             ORDER BY updated_at LIMIT $4",
        ),
        Product::Communications => (
            "communications",
            "SELECT ctid FROM communications WHERE account_id = a.id AND created_at <= a.until \
             ORDER BY created_at LIMIT $4",
        ),
        Product::CommunicationBodies => (
            "communication_bodies",
            "SELECT b.ctid FROM communications c JOIN communication_bodies b ON b.communication_id = c.id \
             WHERE c.account_id = a.id AND c.created_at <= a.until AND b.created_at <= a.until \
             ORDER BY c.created_at LIMIT $4",
        ),
    }
}

/// Deletes a batch of what is due, beginning with the account `from`: accounts that were looked at are not looked
/// at again. Bodies are nowhere but where somebody once decided that they are stored.
async fn delete_due(
    conn: &mut AsyncPgConnection,
    product: Product,
    from: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<Batch> {
    let (table, due) = due(product);
    let somewhere = match product {
        Product::CommunicationBodies => {
            "AND EXISTS (SELECT FROM storage_choices d WHERE d.account_id = accounts.id AND d.product = $3)"
        }
        _ => "",
    };
    diesel::sql_query(format!(
        "WITH due AS MATERIALIZED ( \
            SELECT a.id, due.ctid FROM ( \
                SELECT accounts.id, $1 - make_interval(days => CASE WHEN s.stored THEN s.days \
                    WHEN NOT s.stored THEN 0 ELSE $2 END) AS until \
                FROM accounts LEFT JOIN storage_choices s \
                    ON s.account_id = accounts.id AND s.product = $3 AND s.superseded_at IS NULL \
                WHERE accounts.id >= $5 {somewhere} \
            ) a CROSS JOIN LATERAL ({due}) due ORDER BY a.id LIMIT $4), \
         gone AS (DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM due)) RETURNING 1) \
         SELECT (SELECT count(*) FROM gone) AS deleted, \
            (SELECT id FROM due ORDER BY id DESC LIMIT 1) AS last"
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<Integer, _>(product.included_days())
    .bind::<Text, _>(product.as_str())
    .bind::<BigInt, _>(LIMIT)
    .bind::<SqlUuid, _>(from)
    .get_result(conn)
    .await
}

/// Deletes a batch of the bodies of one account that were stored until then, and answers how many.
pub(super) async fn delete_bodies(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    until: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM communication_bodies WHERE communication_id = ANY (ARRAY( \
            SELECT b.communication_id FROM communications c \
            JOIN communication_bodies b ON b.communication_id = c.id \
            WHERE c.account_id = $1 AND b.created_at <= $2 LIMIT $3))",
    )
    .bind::<SqlUuid, _>(account)
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(LIMIT)
    .execute(conn)
    .await
}

/// Deletes the bodies that were stored before they were switched off, where they are too many for one statement.
#[derive(Debug, Serialize, Deserialize)]
pub struct EmptyBodies {
    /// In which account.
    pub account: AccountId,
    /// When they were switched off.
    pub until: DateTime<Utc>,
}

impl Job for EmptyBodies {
    const NAME: &'static str = "empty_bodies";

    async fn run(self, app: App) -> Result<(), JobError> {
        let mut conn = app.db.get().await?;
        while delete_bodies(&mut conn, self.account, self.until).await? > 0 {}
        Ok(())
    }
}
