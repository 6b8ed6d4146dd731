//! SQL of sign-ins.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;

use super::Method;
use crate::platform::app::App;
use crate::platform::db::schema::{sign_in_failures, sign_ins};
use crate::platform::ids::{PersonId, SessionId, new_uuid};
use crate::platform::web::caller::Caller;

/// Notes a try in the history (S62).
pub(in crate::identity) async fn note(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    person: Option<PersonId>,
    email_digest: Option<&[u8]>,
    method: Method,
    outcome: &'static str,
) -> QueryResult<()> {
    insert(conn, app, caller, (person, email_digest, None), method, outcome).await
}

/// Notes a sign-in with the session that it began.
pub(super) async fn note_signed_in(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    person: PersonId,
    session: SessionId,
    method: Method,
) -> QueryResult<()> {
    insert(conn, app, caller, (Some(person), None, Some(session)), method, "signed_in").await
}

async fn insert(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    (person, email_digest, session): (Option<PersonId>, Option<&[u8]>, Option<SessionId>),
    method: Method,
    outcome: &'static str,
) -> QueryResult<()> {
    let now = app.clock.now();
    metrics::counter!("portal_sign_ins_total", "method" => method.as_str(), "outcome" => outcome)
        .increment(1);
    diesel::insert_into(sign_ins::table)
        .values((
            sign_ins::id.eq(new_uuid(now)),
            sign_ins::person_id.eq(person),
            sign_ins::email_digest.eq(email_digest),
            sign_ins::at.eq(now),
            sign_ins::method.eq(method.as_str()),
            sign_ins::outcome.eq(outcome),
            sign_ins::ip.eq(IpNet::from(caller.ip)),
            sign_ins::country.eq(&caller.country),
            sign_ins::user_agent.eq(&caller.user_agent),
            sign_ins::session_id.eq(session.map(|session| session.0)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether this person has signed in from this country before.
pub(super) async fn country_is_known(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    country: Option<&str>,
) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        sign_ins::table
            .filter(sign_ins::person_id.eq(person).and(sign_ins::outcome.eq("signed_in")))
            .filter(sign_ins::country.is_not_distinct_from(country)),
    ))
    .get_result(conn)
    .await
}

pub(super) async fn consecutive_failures(conn: &mut AsyncPgConnection, digest: &[u8]) -> QueryResult<i32> {
    let found = sign_in_failures::table
        .find(digest)
        .select(sign_in_failures::consecutive)
        .first(conn)
        .await
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// Counts one more failure and answers how many there are in a row.
pub(super) async fn count_failure(
    conn: &mut AsyncPgConnection,
    digest: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<i32> {
    diesel::insert_into(sign_in_failures::table)
        .values((
            sign_in_failures::subject_digest.eq(digest),
            sign_in_failures::consecutive.eq(1),
            sign_in_failures::last_at.eq(now),
        ))
        .on_conflict(sign_in_failures::subject_digest)
        .do_update()
        .set((
            sign_in_failures::consecutive.eq(sign_in_failures::consecutive + 1),
            sign_in_failures::last_at.eq(now),
        ))
        .returning(sign_in_failures::consecutive)
        .get_result(conn)
        .await
}

pub(super) async fn forget_failures(conn: &mut AsyncPgConnection, digest: &[u8]) -> QueryResult<()> {
    diesel::delete(sign_in_failures::table.find(digest)).execute(conn).await?;
    Ok(())
}
