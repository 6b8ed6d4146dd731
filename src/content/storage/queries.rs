//! The SQL of storage choices.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Choice;
use crate::content::products::Product;
use crate::platform::db::schema::storage_choices as choices;
use crate::platform::ids::AccountId;

/// The choices in force.
pub(super) async fn present(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Vec<Choice>> {
    let rows: Vec<(String, bool, i32, i32, DateTime<Utc>)> = choices::table
        .filter(choices::account_id.eq(account).and(choices::superseded_at.is_null()))
        .select((choices::product, choices::stored, choices::days, choices::price_cents, choices::decided_at))
        .load(conn)
        .await?;
    let choice = |(product, stored, days, price_cents, at): (String, bool, i32, i32, DateTime<Utc>)| {
        let product = Product::parse(&product)?;
        Some(Choice { product, stored, days, price_cents, decided_at: Some(at) })
    };
    Ok(rows.into_iter().filter_map(choice).collect())
}
