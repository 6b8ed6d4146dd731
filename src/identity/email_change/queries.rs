//! SQL of changes of address.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{CONFIRM_WITHIN, Change, UNDO_WITHIN};
use crate::identity::people::{self, Person};
use crate::platform::db::schema::{email_changes, known_browsers, people as people_table};
use crate::platform::ids::{PersonId, new_uuid};

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    person: &Person,
    new_email: &str,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(email_changes::table)
        .values((
            email_changes::id.eq(new_uuid(now)),
            email_changes::person_id.eq(person.id),
            email_changes::old_email.eq(&person.email),
            email_changes::new_email.eq(new_email),
            email_changes::token_hash.eq(token_hash),
            email_changes::created_at.eq(now),
            email_changes::expires_at.eq(now + CONFIRM_WITHIN),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn forget_pending(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    let pending = email_changes::table
        .filter(email_changes::person_id.eq(person).and(email_changes::confirmed_at.is_null()));
    diesel::delete(pending).execute(conn).await?;
    Ok(())
}

/// The new address that waits to be confirmed, and until when.
pub(super) async fn pending(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Option<(String, DateTime<Utc>)>> {
    email_changes::table
        .filter(email_changes::person_id.eq(person).and(email_changes::confirmed_at.is_null()))
        .filter(email_changes::expires_at.gt(now))
        .order(email_changes::id.desc())
        .select((email_changes::new_email, email_changes::expires_at))
        .first(conn)
        .await
        .optional()
}

pub(super) async fn find(conn: &mut AsyncPgConnection, token_hash: &[u8]) -> QueryResult<Option<Change>> {
    email_changes::table
        .filter(email_changes::token_hash.eq(token_hash))
        .select(Change::as_select())
        .first(conn)
        .await
        .optional()
}

pub(super) async fn find_undo(
    conn: &mut AsyncPgConnection,
    token_hash: &[u8],
) -> QueryResult<Option<Change>> {
    email_changes::table
        .filter(email_changes::undo_token_hash.eq(token_hash))
        .select(Change::as_select())
        .first(conn)
        .await
        .optional()
}

/// Answers whether it was this call that confirmed it.
pub(super) async fn mark_confirmed(
    conn: &mut AsyncPgConnection,
    change: &Change,
    undo_token_hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let open = email_changes::table
        .find(change.id)
        .filter(email_changes::confirmed_at.is_null().and(email_changes::expires_at.gt(now)));
    let confirmed = diesel::update(open)
        .set((
            email_changes::confirmed_at.eq(now),
            email_changes::undo_until.eq(now + UNDO_WITHIN),
            email_changes::undo_token_hash.eq(undo_token_hash),
        ))
        .execute(conn)
        .await?;
    Ok(confirmed > 0)
}

/// Marks everything confirmed from `since` on that can still be undone as undone, and answers the
/// address that was in use before the first of it. What a change had moved goes back with it.
pub(super) async fn mark_undone(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<Option<String>> {
    let mut undone: Vec<(DateTime<Utc>, uuid::Uuid, String)> = diesel::update(email_changes::table)
        .filter(email_changes::person_id.eq(person).and(email_changes::undone_at.is_null()))
        .filter(email_changes::confirmed_at.ge(since).and(email_changes::undo_until.gt(now)))
        .set(email_changes::undone_at.eq(now))
        .returning((
            email_changes::confirmed_at.assume_not_null(),
            email_changes::id,
            email_changes::old_email,
        ))
        .get_results(conn)
        .await?;
    undone.sort();
    for (_, change, old_email) in undone.iter().rev() {
        move_back(conn, *change, old_email).await?;
    }
    Ok(undone.into_iter().next().map(|(_, _, old_email)| old_email))
}

/// An address takes one seat at an event: where there is one under the new address, the other stays as it is. What anybody
/// typed and nobody confirmed stands against nothing.
const ONE_SEAT_AT_AN_EVENT: &str = "NOT (r.confirmed_at IS NOT NULL AND r.cancelled_at IS NULL AND EXISTS ( \
    SELECT FROM event_registrations o WHERE o.event_id = r.event_id AND o.email_key = lower($2) \
        AND o.confirmed_at IS NOT NULL AND o.cancelled_at IS NULL))";

/// What somebody sent by forms under the old address of a change, or asked for without signing in, stands under the new one
/// from now on, and goes with them. What is under way, such as a wish whose link is in a mailbox, stays with the mailbox.
pub(super) async fn move_forms(conn: &mut AsyncPgConnection, change: &Change) -> QueryResult<()> {
    diesel::sql_query(format!(
        "WITH enquiries AS (UPDATE sales_enquiries SET email = $2 WHERE lower(email) = lower($1) RETURNING id), \
         papers AS (UPDATE white_paper_requests SET email = $2 WHERE lower(email) = lower($1) RETURNING id), \
         seats AS (UPDATE event_registrations r SET email = $2, email_key = lower($2) \
            WHERE email_key = lower($1) AND {ONE_SEAT_AT_AN_EVENT} RETURNING id), \
         requests AS (UPDATE data_requests SET email = $2 \
            WHERE lower(email) = lower($1) AND person_id IS NULL AND closed_at IS NOT NULL RETURNING id), \
         disputed AS (UPDATE disputes SET email = $2 \
            WHERE lower(email) = lower($1) AND person_id IS NULL AND closed_at IS NOT NULL RETURNING id) \
         UPDATE email_changes SET moved = ARRAY(SELECT id FROM enquiries UNION ALL SELECT id FROM papers \
            UNION ALL SELECT id FROM seats UNION ALL SELECT id FROM requests UNION ALL SELECT id FROM disputed) WHERE id = $3"
    ))
    .bind::<Text, _>(&change.old_email)
    .bind::<Text, _>(&change.new_email)
    .bind::<SqlUuid, _>(change.id)
    .execute(conn)
    .await
    .map(drop)
}

/// Gives the rows back that a change moved, and no others: the new address may be somebody else's.
async fn move_back(conn: &mut AsyncPgConnection, change: uuid::Uuid, old_email: &str) -> QueryResult<()> {
    diesel::sql_query(format!(
        "WITH moved AS MATERIALIZED (SELECT unnest(moved) AS id FROM email_changes WHERE id = $1), \
         enquiries AS (UPDATE sales_enquiries SET email = $2 WHERE id IN (SELECT id FROM moved)), \
         papers AS (UPDATE white_paper_requests SET email = $2 WHERE id IN (SELECT id FROM moved)), \
         seats AS (UPDATE event_registrations r SET email = $2, email_key = lower($2) \
            WHERE id IN (SELECT id FROM moved) AND {ONE_SEAT_AT_AN_EVENT}), \
         requests AS (UPDATE data_requests SET email = $2 \
            WHERE id IN (SELECT id FROM moved) AND person_id IS NULL AND email IS NOT NULL), \
         disputed AS (UPDATE disputes SET email = $2 \
            WHERE id IN (SELECT id FROM moved) AND person_id IS NULL AND email IS NOT NULL) \
         UPDATE email_changes SET moved = '{{}}' WHERE id = $1"
    ))
    .bind::<SqlUuid, _>(change)
    .bind::<Text, _>(old_email)
    .execute(conn)
    .await
    .map(drop)
}

pub(super) async fn set_email(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    email: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(people_table::table.find(person))
        .set((people_table::email.eq(email), people_table::email_verified_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes the password useless, ends every session and forgets the browsers that were known.
pub(super) async fn lock_out(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    diesel::update(people_table::table.find(person))
        .set(people_table::password_hash.eq(None::<String>))
        .execute(conn)
        .await?;
    people::bump_credentials(conn, person).await?;
    people::end_sessions(conn, person, None).await?;
    diesel::delete(known_browsers::table.filter(known_browsers::person_id.eq(person))).execute(conn).await?;
    Ok(())
}
