//! How long content is kept: as its owner instructs, product by product (S103, S107–S109).

pub mod api;
mod confirmation;
pub mod decisions;
pub mod edit;
mod mail;
mod queries;
mod sweep;
pub mod web;

pub use mail::StorageDecided;
pub use sweep::{EmptyBodies, sweep};

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::locks;
use super::products::Product;
use crate::api::problem::Problem;
use crate::platform::ids::AccountId;
use crate::trust::suspensions::{Act, standing};

/// What holds for one product in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Names the decision; nothing for the product's own period.
    pub id: Option<Uuid>,
    /// How often somebody has decided about the product: 0 for its own period, and one more with each decision.
    pub version: i32,
    /// Which product.
    pub product: Product,
    /// Whether it is kept at all.
    pub stored: bool,
    /// For how many days.
    pub days: i32,
    /// What was accepted for it, in US cents per 1,000 records and month; 0 where it is included.
    pub price_cents: i32,
    /// When it was decided; nothing for the product's own period.
    pub decided_at: Option<DateTime<Utc>>,
}

impl Choice {
    /// What holds without a decision.
    pub fn usual(product: Product) -> Self {
        let (stored, days) = (product.stored_by_default(), product.included_days());
        Self { id: None, version: 0, product, stored, days, price_cents: 0, decided_at: None }
    }
}

/// What holds in an account, for every product.
///
/// # Errors
/// What the database says.
pub async fn present(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Vec<Choice>> {
    let decided = queries::present(conn, account).await?;
    let of = |product: Product| decided.iter().find(|choice| choice.product == product).copied();
    Ok(Product::ALL.into_iter().map(|product| of(product).unwrap_or(Choice::usual(product))).collect())
}

/// As [`present`], and it goes on to hold until the end of the transaction. Whoever stores something asks this first
/// ([`super::locks`]).
///
/// # Errors
/// 403 where the account cannot be written to any more, as after a closure (S163) or a suspension (S127) began while an
/// import runs.
pub async fn hold(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<Vec<Choice>, Problem> {
    locks::share_account(conn, account).await?;
    standing::must_allow(conn, account, Act::Write, now).await?;
    Ok(present(conn, account).await?)
}

/// Whether a product is stored, by these choices.
pub fn stores(choices: &[Choice], product: Product) -> bool {
    choices.iter().any(|choice| choice.product == product && choice.stored)
}

/// Refuses to store what the account does not store (S103).
///
/// # Errors
/// 409 where it is switched off.
pub fn must_store(choices: &[Choice], product: Product) -> Result<(), Problem> {
    if stores(choices, product) {
        return Ok(());
    }
    let what = product.label().to_lowercase();
    let detail = format!("This account stores no {what}. Its storage choices say so, and can be changed.");
    Err(Problem::conflict().because(detail))
}

/// What holds in an account, for one product.
///
/// # Errors
/// What the database says.
pub async fn present_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    product: Product,
) -> QueryResult<Choice> {
    let all = present(conn, account).await?;
    Ok(all.into_iter().find(|choice| choice.product == product).unwrap_or(Choice::usual(product)))
}
