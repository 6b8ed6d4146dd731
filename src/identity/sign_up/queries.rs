//! SQL of sign-ups.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;

use super::{Details, SignUp, WAITS};
use crate::platform::db::schema::{messages, sign_ups};
use crate::platform::ids::{PersonId, SignUpId, new_uuid};
use crate::platform::web::caller::Caller;
use crate::public::TERMS_VERSION;
use crate::retention::holds::guard;

type Columns = (SignUpId, String, String, String, Option<DateTime<Utc>>);

const COLUMNS: (
    sign_ups::id,
    sign_ups::name,
    sign_ups::email,
    sign_ups::phone,
    sign_ups::email_confirmed_at,
) = (sign_ups::id, sign_ups::name, sign_ups::email, sign_ups::phone, sign_ups::email_confirmed_at);

fn sign_up((id, name, email, phone, email_confirmed_at): Columns) -> SignUp {
    SignUp { id, name, email, phone, email_confirmed_at }
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: SignUpId,
    details: &Details,
    password_hash: &str,
    token_hash: &[u8],
    caller: &Caller,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(sign_ups::table)
        .values((
            (
                sign_ups::id.eq(id),
                sign_ups::name.eq(&details.name),
                sign_ups::email.eq(&details.email),
                sign_ups::company.eq(&details.company),
                sign_ups::phone.eq(&details.phone),
                sign_ups::password_hash.eq(password_hash),
                sign_ups::terms_version.eq(TERMS_VERSION),
                sign_ups::terms_accepted_at.eq(now),
            ),
            (
                sign_ups::onboarding_call_refused_at.eq(details.no_onboarding_call.then_some(now)),
                sign_ups::marketing_consented_at.eq(details.marketing.then_some(now)),
                sign_ups::email_token_hash.eq(token_hash),
                sign_ups::ip.eq(IpNet::from(caller.ip)),
                sign_ups::country.eq(&caller.country),
                sign_ups::created_at.eq(now),
                sign_ups::expires_at.eq(now + WAITS),
            ),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn find_by_token(
    conn: &mut AsyncPgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<SignUp>> {
    sign_ups::table
        .filter(sign_ups::email_token_hash.eq(token_hash).and(sign_ups::expires_at.gt(now)))
        .select(COLUMNS)
        .first::<Columns>(conn)
        .await
        .optional()
        .map(|found| found.map(sign_up))
}

pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    id: SignUpId,
    now: DateTime<Utc>,
) -> QueryResult<Option<SignUp>> {
    sign_ups::table
        .find(id)
        .filter(sign_ups::expires_at.gt(now))
        .select(COLUMNS)
        .first::<Columns>(conn)
        .await
        .optional()
        .map(|found| found.map(sign_up))
}

/// Answers whether it was this call that confirmed it.
pub(super) async fn mark_email_confirmed(
    conn: &mut AsyncPgConnection,
    id: SignUpId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let changed = diesel::update(sign_ups::table.find(id))
        .filter(sign_ups::email_confirmed_at.is_null())
        .set(sign_ups::email_confirmed_at.eq(now))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

pub(super) async fn set_phone(conn: &mut AsyncPgConnection, id: SignUpId, phone: &str) -> QueryResult<()> {
    diesel::update(sign_ups::table.find(id)).set(sign_ups::phone.eq(phone)).execute(conn).await?;
    Ok(())
}

/// Sign-ups of one address finish one after the other: otherwise two would each hold their own row and wait
/// for the other's.
pub(super) async fn one_at_a_time(conn: &mut AsyncPgConnection, email: &str) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended(lower($1), 0))")
        .bind::<diesel::sql_types::Text, _>(email)
        .execute(conn)
        .await?;
    Ok(())
}

/// Turns the sign-up into a person who accepted the terms as they stood then (S46), in one statement. `NotFound` when the sign-up is gone.
pub(super) async fn make_person(
    conn: &mut AsyncPgConnection,
    id: SignUpId,
    person: PersonId,
    phone: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    use diesel::sql_types::{Text, Timestamptz, Uuid};
    let made = diesel::sql_query(
        "WITH finished AS (DELETE FROM sign_ups WHERE id = $1 AND email_confirmed_at IS NOT NULL AND expires_at > $4 RETURNING *), \
         accepted AS (INSERT INTO terms_acceptances (id, person_id, document, version, accepted_at, ip) \
             SELECT $5, $2, 'terms', terms_version, terms_accepted_at, ip FROM finished) \
         INSERT INTO people (id, name, email, company, phone, phone_verified_at, email_verified_at, password_hash, password_changed_at, \
             onboarding_call_refused_at, marketing_consented_at, created_at) \
         SELECT $2, name, email, company, $3, $4, email_confirmed_at, password_hash, $4, \
             onboarding_call_refused_at, marketing_consented_at, $4 FROM finished",
    )
    .bind::<Uuid, _>(id.0)
    .bind::<Uuid, _>(person.0)
    .bind::<Text, _>(phone)
    .bind::<Timestamptz, _>(now)
    .bind::<Uuid, _>(new_uuid(now))
    .execute(conn)
    .await?;
    if made == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound) }
}

/// Other tries with the same address have nothing to wait for any more.
pub(super) async fn delete_all_for(conn: &mut AsyncPgConnection, email: &str) -> QueryResult<()> {
    let same = diesel::dsl::sql::<diesel::sql_types::Text>("lower(email)").eq(email.to_lowercase());
    diesel::delete(sign_ups::table.filter(same)).execute(conn).await?;
    Ok(())
}

pub(super) async fn password_hash(conn: &mut AsyncPgConnection, id: SignUpId) -> QueryResult<Option<String>> {
    sign_ups::table.find(id).select(sign_ups::password_hash).first(conn).await.optional()
}

/// Forgets mail and codes of sign-ups, whether they were finished or not, that were written at this moment
/// or earlier: nothing of an unfinished one is to stay behind. The last mail to somebody who was erased holds the only copy
/// of their receipt: it is forgotten that long after it left or was given up, and not before.
pub(super) async fn forget_messages(
    conn: &mut AsyncPgConnection,
    written: DateTime<Utc>,
) -> QueryResult<usize> {
    let unheld = guard::unheld(conn, "messages").await?;
    let of_sign_ups =
        messages::name.eq_any(["confirm_email", "phone_code"]).and(messages::created_at.le(written));
    let settled = messages::sent_at.le(written).or(messages::failed_at.le(written));
    let last = messages::name.eq("data_erased").nullable().and(settled);
    diesel::delete(messages::table)
        .filter(messages::person_id.is_null().and(diesel::dsl::sql::<diesel::sql_types::Bool>(&unheld)))
        .filter(of_sign_ups.nullable().or(last))
        .execute(conn)
        .await
}
