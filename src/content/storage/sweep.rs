//! Deletes the content whose time is up, account by account as its owner instructed, in batches that hold
//! locks only briefly.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use crate::content::products::Product;
use crate::platform::app::App;

/// Rows that go in one statement.
const BATCH: i64 = 10_000;

/// Sweeps every product.
///
/// # Errors
/// What the database says; what was deleted before stays deleted.
pub async fn sweep(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    for product in Product::ALL {
        let mut all = 0;
        loop {
            let deleted = delete_due(&mut conn, product, now).await?;
            all += deleted;
            if i64::try_from(deleted).unwrap_or(0) < BATCH {
                break;
            }
        }
        if all > 0 {
            tracing::info!(retention.product = product.as_str(), retention.rows = all, "content swept");
        }
    }
    Ok(())
}

/// Deletes a batch of what is due and answers how many rows.
async fn delete_due(
    conn: &mut AsyncPgConnection,
    product: Product,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let (table, due) = match product {
        Product::Claims => {
            ("claims", "SELECT ctid FROM claims WHERE account_id = a.id AND updated_at <= a.until LIMIT $4")
        }
        Product::Communications => (
            "communications",
            "SELECT ctid FROM communications WHERE account_id = a.id AND created_at <= a.until LIMIT $4",
        ),
        Product::CommunicationBodies => (
            "communication_bodies",
            "SELECT b.ctid FROM communication_bodies b JOIN communications c ON c.id = b.communication_id \
             WHERE c.account_id = a.id AND b.created_at <= a.until LIMIT $4",
        ),
    };
    diesel::sql_query(format!(
        "DELETE FROM {table} WHERE ctid = ANY (ARRAY( \
            SELECT due.ctid FROM ( \
                SELECT accounts.id, $1 - make_interval(days => coalesce(days, $2)) AS until FROM accounts \
                LEFT JOIN storage_choices s ON s.account_id = accounts.id AND product = $3 AND superseded_at IS NULL \
            ) a CROSS JOIN LATERAL ({due}) due LIMIT $4))"
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<Integer, _>(product.included_days())
    .bind::<Text, _>(product.as_str())
    .bind::<BigInt, _>(BATCH)
    .execute(conn)
    .await
}
