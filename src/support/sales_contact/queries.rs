//! SQL of enquiries to the sales team.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Enquiry, NewEnquiry};
use crate::platform::db::schema::sales_enquiries;
use crate::platform::ids::EnquiryId;
use crate::platform::web::pagination::{Window, windowed};

/// What the portal adds to an enquiry.
pub(super) struct New<'a> {
    pub id: EnquiryId,
    pub token_hash: &'a [u8],
    pub now: DateTime<Utc>,
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    row: &New<'_>,
    new: &NewEnquiry,
    country: Option<&str>,
) -> QueryResult<()> {
    diesel::insert_into(sales_enquiries::table)
        .values((
            sales_enquiries::id.eq(row.id),
            sales_enquiries::email.eq(&new.email),
            sales_enquiries::name.eq(&new.name),
            sales_enquiries::company.eq(&new.company),
            sales_enquiries::role.eq(&new.role),
            sales_enquiries::use_case.eq(&new.use_case),
            sales_enquiries::message.eq(&new.message),
            sales_enquiries::phone.eq(&new.phone),
            sales_enquiries::call_wanted.eq(new.phone.is_some()),
            sales_enquiries::country.eq(country),
            sales_enquiries::token_hash.eq(row.token_hash),
            sales_enquiries::received_at.eq(row.now),
        ))
        .on_conflict(sales_enquiries::id)
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn by_token(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<Option<Enquiry>> {
    let found = sales_enquiries::table.filter(sales_enquiries::token_hash.eq(hash));
    found.select(Enquiry::as_select()).first(conn).await.optional()
}

/// Answers whether there is such an enquiry.
pub(super) async fn confirm(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let meant = sales_enquiries::table.filter(sales_enquiries::token_hash.eq(hash));
    diesel::update(meant.filter(sales_enquiries::confirmed_at.is_null()))
        .set(sales_enquiries::confirmed_at.eq(now))
        .execute(conn)
        .await?;
    diesel::select(diesel::dsl::exists(meant)).get_result(conn).await
}

pub(super) async fn find(conn: &mut AsyncPgConnection, id: EnquiryId) -> QueryResult<Enquiry> {
    sales_enquiries::table.find(id).select(Enquiry::as_select()).first(conn).await
}

/// Answers whether it was this call that answered.
pub(super) async fn answer(
    conn: &mut AsyncPgConnection,
    id: EnquiryId,
    by: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let open = sales_enquiries::table.find(id).filter(sales_enquiries::answered_at.is_null());
    let changed = diesel::update(open)
        .set((sales_enquiries::answered_at.eq(now), sales_enquiries::answered_by.eq(by)))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

/// Enquiries that wait, or all of them.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    all: bool,
    window: Window,
) -> QueryResult<Vec<Enquiry>> {
    let rows = sales_enquiries::table.select(Enquiry::as_select());
    let query = windowed!(rows, sales_enquiries::id, window);
    if all {
        query.load(conn).await
    } else {
        query.filter(sales_enquiries::answered_at.is_null()).load(conn).await
    }
}

/// What is learnt from one that was answered, and whose it is.
#[derive(QueryableByName)]
pub(super) struct Lesson {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub company: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub received_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub answered_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub use_case: Option<String>,
    #[diesel(sql_type = Text)]
    pub message: String,
}

/// Answered enquiries below a key, the latest first.
pub(super) async fn answered(
    conn: &mut AsyncPgConnection,
    below: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<Lesson>> {
    diesel::sql_query(
        "SELECT id, email, name, company, received_at, answered_at, use_case, message FROM sales_enquiries \
         WHERE answered_at IS NOT NULL AND id < $1 ORDER BY id DESC LIMIT $2",
    )
    .bind::<SqlUuid, _>(below.unwrap_or(Uuid::max()))
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// Which of these addresses, in small letters, are or were of somebody whose data is restricted or who objected (S33, S87): while
/// a request for that is open, while what was granted holds, and, of somebody without an account, since it was granted. Whoever
/// closed their account may have had that too: it went with them, so they are left out.
pub(super) async fn limited(
    conn: &mut AsyncPgConnection,
    addresses: &[String],
) -> QueryResult<HashSet<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        address: String,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT a.address FROM unnest($1) AS a (address) \
         WHERE EXISTS (SELECT FROM people p JOIN processing_limits l ON l.person_id = p.id AND l.lifted_at IS NULL \
             WHERE lower(p.email) = a.address) \
         OR EXISTS (SELECT FROM email_changes c JOIN processing_limits l ON l.person_id = c.person_id AND l.lifted_at IS NULL \
             WHERE lower(c.old_email) = a.address AND c.confirmed_at IS NOT NULL AND c.undone_at IS NULL) \
         OR EXISTS (SELECT FROM data_requests r LEFT JOIN people p ON p.id = r.person_id \
             WHERE r.kind IN ('restriction', 'objection') AND r.state NOT IN ('denied', 'withdrawn', 'expired') \
             AND (r.person_id IS NULL OR r.state NOT IN ('fulfilled', 'partly_fulfilled')) \
             AND a.address IN (lower(p.email), lower(r.email))) \
         OR (EXISTS (SELECT FROM former_customers f WHERE lower(f.email) = a.address) \
             AND NOT EXISTS (SELECT FROM people p WHERE lower(p.email) = a.address))",
    )
    .bind::<Array<Text>, _>(addresses)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.address).collect())
}
