//! The SQL of storage choices.

use chrono::{DateTime, Duration, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Choice;
use super::decisions::Wish;
use crate::content::products::Product;
use crate::platform::audit::Actor;
use crate::platform::db::schema::{accounts, storage_choices as choices};
use crate::platform::ids::{AccountId, new_uuid};
use crate::platform::web::pagination::Keyset;

/// How many choices there were for the product of a row, itself included.
const VERSION: &str = "(SELECT count(*)::integer FROM storage_choices every \
     WHERE every.account_id = storage_choices.account_id AND every.product = storage_choices.product)";

/// Id, version, product, whether it is stored, days, price and when it was decided.
type Row = (Uuid, i32, String, bool, i32, i32, DateTime<Utc>);

/// The choices in force.
pub(super) async fn present(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Vec<Choice>> {
    let rows: Vec<Row> = choices::table
        .filter(choices::account_id.eq(account).and(choices::superseded_at.is_null()))
        .select((
            choices::id,
            sql::<Integer>(VERSION),
            choices::product,
            choices::stored,
            choices::days,
            choices::price_cents,
            choices::decided_at,
        ))
        .load(conn)
        .await?;
    let mut present = Vec::with_capacity(rows.len());
    for (id, version, product, stored, days, price_cents, at) in rows {
        let Some(product) = Product::parse(&product) else { continue };
        present.push(Choice {
            id: Some(id),
            version,
            product,
            stored,
            days,
            price_cents,
            decided_at: Some(at),
        });
    }
    Ok(present)
}

/// Ends the present choice and begins the next.
pub(super) async fn replace(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    wish: &Wish,
    actor: Actor,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let product = wish.product.as_str();
    diesel::update(choices::table)
        .filter(choices::account_id.eq(account).and(choices::product.eq(product)))
        .filter(choices::superseded_at.is_null())
        .set(choices::superseded_at.eq(now))
        .execute(conn)
        .await?;
    let kind = match actor {
        Actor::Program(_) => "program",
        Actor::Customer(_) | Actor::Staff(_) => "customer",
        Actor::Visitor | Actor::System => "system",
    };
    diesel::insert_into(choices::table)
        .values((
            choices::id.eq(new_uuid(now)),
            choices::account_id.eq(account),
            choices::product.eq(product),
            choices::stored.eq(wish.stored),
            choices::days.eq(wish.days),
            choices::price_cents.eq(wish.price_cents()),
            choices::decided_by_kind.eq(kind),
            choices::decided_by.eq(actor.id()),
            choices::decided_at.eq(now),
        ))
        .execute(conn)
        .await
        .map(drop)
}

/// What the account is called.
pub(super) async fn name(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<String> {
    accounts::table.find(account).select(accounts::name).first(conn).await
}

/// How many records of a product are in the account whose days began to count until then.
pub(super) async fn count(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    product: Product,
    until: DateTime<Utc>,
) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let query = match product {
        Product::Claims => "SELECT count(*) FROM claims WHERE account_id = $1 AND updated_at <= $2",
        Product::Communications => {
            "SELECT count(*) FROM communications WHERE account_id = $1 AND created_at <= $2"
        }
        Product::CommunicationBodies => {
            "SELECT count(*) FROM communications c JOIN communication_bodies b ON b.communication_id = c.id \
             WHERE c.account_id = $1 AND b.created_at <= $2"
        }
    };
    let counted: Counted = diesel::sql_query(query)
        .bind::<SqlUuid, _>(account)
        .bind::<Timestamptz, _>(until)
        .get_result(conn)
        .await?;
    Ok(counted.count)
}

/// How many records of a product would go with the next sweep if this held.
pub(super) async fn due(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    wish: &Wish,
    now: DateTime<Utc>,
) -> QueryResult<i64> {
    let days = if wish.stored { wish.days } else { 0 };
    count(conn, account, wish.product, now - Duration::days(i64::from(days))).await
}

/// A choice, as the history shows it.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Entry {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub product: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pub stored: bool,
    #[diesel(sql_type = Integer)]
    pub days: i32,
    #[diesel(sql_type = Integer)]
    pub price_cents: i32,
    #[diesel(sql_type = Text)]
    pub decided_by_kind: String,
    /// Name of the member or of the key, where it is still known.
    #[diesel(sql_type = Nullable<Text>)]
    pub by: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub decided_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub superseded_at: Option<DateTime<Utc>>,
}

const ENTRIES: &str = "SELECT s.id, s.product, s.stored, s.days, s.price_cents, s.decided_by_kind, \
     CASE s.decided_by_kind WHEN 'customer' THEN p.name WHEN 'program' THEN k.name END AS by, \
     s.decided_at, s.superseded_at \
     FROM storage_choices s LEFT JOIN people p ON p.id = s.decided_by LEFT JOIN api_keys k ON k.id = s.decided_by \
     WHERE s.account_id = $1";

/// A page of all choices of an account, newest first or with `after` oldest first.
pub(super) async fn history(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    keyset: &Keyset,
) -> QueryResult<Vec<Entry>> {
    let order = if keyset.after.is_some() { "ASC" } else { "DESC" };
    diesel::sql_query(format!("{ENTRIES} AND s.id < $2 AND s.id > $3 ORDER BY s.id {order} LIMIT $4"))
        .bind::<SqlUuid, _>(account)
        .bind::<SqlUuid, _>(keyset.before.unwrap_or(Uuid::max()))
        .bind::<SqlUuid, _>(keyset.after.unwrap_or(Uuid::nil()))
        .bind::<BigInt, _>(Keyset::LIMIT)
        .load(conn)
        .await
}

/// The choices in force, with who made them.
pub(super) async fn in_force(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Vec<Entry>> {
    diesel::sql_query(format!("{ENTRIES} AND s.superseded_at IS NULL"))
        .bind::<SqlUuid, _>(account)
        .load(conn)
        .await
}
