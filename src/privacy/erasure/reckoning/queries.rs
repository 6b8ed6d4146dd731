//! What an erasure is told by, in SQL.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::db::schema::{account_closures, accounts, former_customers, people};
use crate::platform::ids::{AccountId, PersonId};

/// Whose account it is.
pub(in crate::privacy::erasure) async fn owner(
    conn: &mut AsyncPgConnection,
    id: AccountId,
) -> QueryResult<Option<PersonId>> {
    accounts::table.find(id).select(accounts::owner_id).first(conn).await.optional()
}

/// When the last account of somebody was asked to be closed, of those that are noted.
pub(super) async fn closed_at(
    conn: &mut AsyncPgConnection,
    id: PersonId,
) -> QueryResult<Option<DateTime<Utc>>> {
    let email: Option<String> = people::table.find(id).select(people::email).first(conn).await.optional()?;
    former_customers::table
        .filter(
            diesel::dsl::sql::<diesel::sql_types::Text>("lower(email)")
                .eq(email.unwrap_or_default().to_lowercase()),
        )
        .select(diesel::dsl::max(former_customers::closed_at))
        .first(conn)
        .await
}

/// When an account was asked to be closed, and by when it is gone.
pub(super) async fn closure(
    conn: &mut AsyncPgConnection,
    id: AccountId,
) -> QueryResult<Option<(DateTime<Utc>, DateTime<Utc>)>> {
    account_closures::table
        .filter(account_closures::account_id.eq(id).and(account_closures::undone_at.is_null()))
        .select((account_closures::requested_at, account_closures::data_until))
        .first(conn)
        .await
        .optional()
}
