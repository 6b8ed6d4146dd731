//! Rows of receipts.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Receipt;
use crate::platform::db::schema::receipts;
use crate::platform::ids::{PersonId, ReceiptId, RequestId};
use crate::platform::web::pagination::{Window, windowed};

/// A receipt that was issued.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = receipts, check_for_backend(diesel::pg::Pg))]
pub(super) struct Row {
    pub id: ReceiptId,
    pub kind: String,
    /// As it is handed out.
    pub document: String,
    pub issued_at: DateTime<Utc>,
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: ReceiptId,
    receipt: &Receipt,
    signed: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(receipts::table)
        .values((
            receipts::id.eq(id),
            receipts::person_id.eq(receipt.person),
            receipts::account_id.eq(receipt.account),
            receipts::request_id.eq(receipt.request.as_ref().map(|(id, ..)| *id)),
            receipts::kind.eq(receipt.kind.as_str()),
            receipts::document.eq(signed),
            receipts::issued_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A window of the receipts of a person.
pub(super) async fn of_person(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    window: Window,
) -> QueryResult<Vec<Row>> {
    let window = Window {
        before: window.before.map(ReceiptId),
        after: window.after.map(ReceiptId),
        limit: window.limit,
    };
    let theirs = receipts::table.filter(receipts::person_id.eq(person)).select(Row::as_select());
    windowed!(theirs, receipts::id, window).load(conn).await
}

/// A receipt of this person; what is not theirs is not found.
pub(super) async fn find(conn: &mut AsyncPgConnection, id: ReceiptId, person: PersonId) -> QueryResult<Row> {
    receipts::table.find(id).filter(receipts::person_id.eq(person)).select(Row::as_select()).first(conn).await
}

/// The latest receipt of a request, if there is one.
pub(super) async fn of_request(conn: &mut AsyncPgConnection, request: RequestId) -> QueryResult<Option<Row>> {
    receipts::table
        .filter(receipts::request_id.eq(request))
        .order(receipts::id.desc())
        .select(Row::as_select())
        .first(conn)
        .await
        .optional()
}
