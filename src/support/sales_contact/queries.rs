//! SQL of enquiries to the sales team.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
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
