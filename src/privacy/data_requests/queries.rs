//! Rows of requests.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::deadlines::Deadlines;
use super::{DataRequest, NewRequest};
use crate::platform::db::schema::{
    account_members, accounts, data_request_steps, data_request_withheld, data_requests,
};
use crate::platform::ids::{PersonId, RequestId, new_uuid};
use crate::platform::web::pagination::{Window, windowed};

/// Until the end of the transaction nobody else keeps a request from one of these addresses, or erases what stands by it:
/// whichever comes first is whole before the other begins. Addresses are given in small letters.
///
/// # Errors
/// What the database says.
pub async fn alone_with(conn: &mut AsyncPgConnection, addresses: &[String]) -> QueryResult<()> {
    // Always in the same order, so that two who want several do not wait for each other.
    diesel::sql_query(
        "SELECT pg_advisory_xact_lock(hashtextextended('data request from ' || address, 0)) \
         FROM (SELECT DISTINCT address FROM unnest($1) address ORDER BY address) sorted",
    )
    .bind::<Array<Text>, _>(addresses)
    .execute(conn)
    .await
    .map(drop)
}

/// Keeps a request.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: RequestId,
    new: &NewRequest<'_>,
    deadlines: Deadlines,
) -> QueryResult<()> {
    diesel::insert_into(data_requests::table)
        .values((
            data_requests::id.eq(id),
            data_requests::kind.eq(new.kind.as_str()),
            data_requests::asked_kind.eq(new.kind.as_str()),
            data_requests::channel.eq(new.channel.as_str()),
            data_requests::person_id.eq(new.person),
            data_requests::email.eq(new.email),
            data_requests::name.eq(new.name),
            data_requests::agent.eq(new.agent),
            data_requests::details.eq(new.details),
            data_requests::ccpa.eq(new.regimes.ccpa),
            data_requests::gdpr.eq(new.regimes.gdpr),
            data_requests::received_at.eq(new.received_at),
            data_requests::due_at.eq(deadlines.due),
            data_requests::longest_due_at.eq(deadlines.longest),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A request.
///
/// # Errors
/// `NotFound`, or what the database says.
pub async fn find(conn: &mut AsyncPgConnection, id: RequestId) -> QueryResult<DataRequest> {
    data_requests::table.find(id).select(DataRequest::as_select()).first(conn).await
}

/// As [`find`], locked until the end of the transaction: no step is taken meanwhile.
///
/// # Errors
/// As [`find`].
pub async fn lock(conn: &mut AsyncPgConnection, id: RequestId) -> QueryResult<DataRequest> {
    data_requests::table.find(id).select(DataRequest::as_select()).for_update().first(conn).await
}

/// The deletion of everything that somebody confirmed and that is under way, locked until the end of the transaction.
///
/// # Errors
/// What the database says.
pub async fn lock_confirmed_deletion(
    conn: &mut AsyncPgConnection,
    person: PersonId,
) -> QueryResult<Option<DataRequest>> {
    data_requests::table
        .filter(data_requests::person_id.eq(person).and(data_requests::kind.eq("deletion")))
        .filter(data_requests::closed_at.is_null().and(data_requests::confirmed_at.is_not_null()))
        .filter(data_requests::fraud_suspected_at.is_null())
        .order(data_requests::grace_until)
        .select(DataRequest::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// A request of this person.
///
/// # Errors
/// As [`find`]; what is not theirs is not found.
pub async fn find_of(
    conn: &mut AsyncPgConnection,
    id: RequestId,
    person: PersonId,
) -> QueryResult<DataRequest> {
    data_requests::table
        .find(id)
        .filter(data_requests::person_id.eq(person))
        .select(DataRequest::as_select())
        .first(conn)
        .await
}

/// The request of this kind that somebody has under way, if there is one.
///
/// # Errors
/// What the database says.
pub async fn under_way(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    kind: &str,
) -> QueryResult<Option<RequestId>> {
    data_requests::table
        .filter(data_requests::person_id.eq(person).and(data_requests::kind.eq(kind)))
        .filter(data_requests::closed_at.is_null())
        .order(data_requests::id.desc())
        .select(data_requests::id)
        .first(conn)
        .await
        .optional()
}

/// A window of the requests of a person.
///
/// # Errors
/// What the database says.
pub async fn of_person(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    window: Window,
) -> QueryResult<Vec<DataRequest>> {
    let window = Window {
        before: window.before.map(RequestId),
        after: window.after.map(RequestId),
        limit: window.limit,
    };
    let theirs =
        data_requests::table.filter(data_requests::person_id.eq(person)).select(DataRequest::as_select());
    windowed!(theirs, data_requests::id, window).load(conn).await
}

/// A step that was taken.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = data_request_steps, check_for_backend(diesel::pg::Pg))]
pub struct Taken {
    /// What, as it is stored.
    pub act: String,
    /// The state after it.
    pub state: String,
    /// `requester`, `staff` or `system`.
    pub actor_kind: String,
    /// Who exactly.
    pub actor_id: Option<Uuid>,
    /// When.
    pub at: DateTime<Utc>,
    /// With `verified`.
    pub how: Option<String>,
    /// For staff alone.
    pub note: Option<String>,
    /// For whoever asked.
    pub words: Option<String>,
    /// With `denied`.
    pub reason_code: Option<String>,
    /// With `denied`.
    pub legal_ground: Option<String>,
    /// With `denied`.
    pub look_again_on: Option<NaiveDate>,
}

/// The steps of a request, latest first.
///
/// # Errors
/// What the database says.
pub async fn steps(conn: &mut AsyncPgConnection, id: RequestId) -> QueryResult<Vec<Taken>> {
    data_request_steps::table
        .filter(data_request_steps::request_id.eq(id))
        .order(data_request_steps::seq.desc())
        .select(Taken::as_select())
        .load(conn)
        .await
}

/// Something that was withheld.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = data_request_withheld, check_for_backend(diesel::pg::Pg))]
pub struct Withheld {
    /// What.
    pub item: String,
    /// Why.
    pub reason_code: String,
    /// The law behind it.
    pub legal_ground: String,
    /// For whoever asked.
    pub words: String,
    /// When somebody looks again.
    pub look_again_on: NaiveDate,
}

/// What was withheld from a request.
///
/// # Errors
/// What the database says.
pub async fn withheld(conn: &mut AsyncPgConnection, id: RequestId) -> QueryResult<Vec<Withheld>> {
    data_request_withheld::table
        .filter(data_request_withheld::request_id.eq(id))
        .order((data_request_withheld::item, data_request_withheld::id))
        .select(Withheld::as_select())
        .load(conn)
        .await
}

/// Names something that is withheld, inside the transaction that decides the request.
///
/// # Errors
/// What the database says: only a request under way can be withheld from.
pub async fn withhold(
    conn: &mut AsyncPgConnection,
    id: RequestId,
    item: &str,
    ground: &super::states::Ground,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(data_request_withheld::table)
        .values((
            data_request_withheld::id.eq(new_uuid(now)),
            data_request_withheld::request_id.eq(id),
            data_request_withheld::item.eq(item),
            data_request_withheld::reason_code.eq(ground.reason.code),
            data_request_withheld::legal_ground.eq(ground.reason.ground),
            data_request_withheld::words.eq(&ground.words),
            data_request_withheld::look_again_on.eq(ground.again_on),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The names of accounts that somebody is the point of contact of (S96): of one with members, or of somebody else's.
/// Where nobody is named it is the owner.
///
/// # Errors
/// What the database says.
pub async fn contact_of(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<Vec<String>> {
    let shared =
        diesel::dsl::exists(account_members::table.filter(account_members::account_id.eq(accounts::id)));
    let by_default = accounts::contact_id.is_null().and(accounts::owner_id.eq(person));
    accounts::table
        .filter(accounts::contact_id.eq(person).or(by_default))
        .filter(accounts::owner_id.ne(person).or(shared))
        .order(accounts::id)
        .select(accounts::name)
        .load(conn)
        .await
}
