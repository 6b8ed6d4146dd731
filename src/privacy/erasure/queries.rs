//! Rows of erasures.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use super::{Cause, Of};
use crate::platform::db::schema::{account_states, accounts, disputes, erasures, passkeys, people};
use crate::platform::ids::{AccountId, DisputeId, ErasureId, PersonId, RequestId};
use crate::privacy::data_map;
use crate::privacy::data_map::rows::Subject;

/// The erasure of something that is under way.
///
/// # Errors
/// What the database says.
pub async fn under_way(conn: &mut AsyncPgConnection, of: Of) -> QueryResult<Option<ErasureId>> {
    let (subject, id) = of.parts();
    erasures::table
        .filter(erasures::subject.eq(subject).and(erasures::subject_id.eq(id)))
        .filter(erasures::finished_at.is_null())
        .select(erasures::id)
        .first(conn)
        .await
        .optional()
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: ErasureId,
    of: Of,
    cause: Cause,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let ((subject, subject_id), (cause, request)) = (of.parts(), cause.parts());
    diesel::insert_into(erasures::table)
        .values((
            erasures::id.eq(id),
            erasures::subject.eq(subject),
            erasures::subject_id.eq(subject_id),
            erasures::cause.eq(cause),
            erasures::request_id.eq(request),
            erasures::ordered_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Nobody signs in with this password or these keys any more.
pub(super) async fn close_door(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    diesel::delete(passkeys::table.filter(passkeys::person_id.eq(person))).execute(conn).await?;
    diesel::update(people::table.find(person))
        .set(people::password_hash.eq(None::<String>))
        .execute(conn)
        .await?;
    Ok(())
}

/// The accounts that somebody owns and that are not on their way out yet.
pub(super) async fn owned(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<Vec<AccountId>> {
    accounts::table
        .inner_join(account_states::table)
        .filter(accounts::owner_id.eq(person).and(account_states::ended_at.is_null()))
        .filter(account_states::state.ne_all(["closing", "closed"]))
        .order(accounts::id)
        .select(accounts::id)
        .load(conn)
        .await
}

/// Locks the accounts that somebody owns, always in the same order.
pub(super) async fn lock_owned(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    let owned = accounts::table.filter(accounts::owner_id.eq(person)).order(accounts::id);
    owned.select(accounts::id).for_no_key_update().load::<AccountId>(conn).await.map(drop)
}

/// As [`lock_owned`], and nobody writes a row that names them either, for whoever deletes them.
pub(super) async fn lock_owned_to_delete(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    let owned = accounts::table.filter(accounts::owner_id.eq(person)).order(accounts::id);
    owned.select(accounts::id).for_update().load::<AccountId>(conn).await.map(drop)
}

/// Nobody joins an account whose owner goes, and whoever goes joins none: open invitations and offers end.
pub(super) async fn withdraw_offers(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    email: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let end = |table: &str, theirs: &str| {
        diesel::sql_query(format!(
            "UPDATE {table} SET withdrawn_at = $2 \
             WHERE accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL \
               AND ({theirs} OR account_id IN (SELECT id FROM accounts WHERE owner_id = $1))"
        ))
        .bind::<SqlUuid, _>(person.0)
        .bind::<Timestamptz, _>(now)
    };
    end("account_handovers", "to_id = $1 OR from_id = $1").execute(conn).await?;
    end("account_invitations", "lower(email) = lower($3)").bind::<Text, _>(email).execute(conn).await?;
    Ok(())
}

/// Requests of somebody that are under way, but for those that are being done as an erasure of their own.
pub(super) async fn open_requests(
    conn: &mut AsyncPgConnection,
    subject: &Subject,
) -> QueryResult<Vec<RequestId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let table = data_map::table("data_requests").expect("a table of the map");
    let Some(theirs) = subject.condition(table) else { return Ok(Vec::new()) };
    let query = format!(
        "SELECT id FROM data_requests WHERE {theirs} AND closed_at IS NULL AND NOT EXISTS ( \
            SELECT FROM erasures e WHERE e.request_id = data_requests.id AND e.finished_at IS NULL) ORDER BY id"
    );
    let rows: Vec<Row> = subject.query(query).load(conn).await?;
    Ok(rows.into_iter().map(|row| RequestId(row.id)).collect())
}

/// Disputes of somebody that are under way.
pub(super) async fn open_disputes(
    conn: &mut AsyncPgConnection,
    subject: &Subject,
) -> QueryResult<Vec<DisputeId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let table = data_map::table("disputes").expect("a table of the map");
    let Some(theirs) = subject.condition(table) else { return Ok(Vec::new()) };
    let query = format!("SELECT id FROM disputes WHERE {theirs} AND closed_at IS NULL ORDER BY id");
    let rows: Vec<Row> = subject.query(query).load(conn).await?;
    Ok(rows.into_iter().map(|row| DisputeId(row.id)).collect())
}

/// Disputes under way of which nothing says any more who raised them, but for those that somebody else is at.
pub(super) async fn orphaned_disputes(conn: &mut AsyncPgConnection) -> QueryResult<Vec<DisputeId>> {
    disputes::table
        .filter(disputes::closed_at.is_null().and(disputes::person_id.is_null()))
        .filter(disputes::email.is_null().and(disputes::postal_address.is_null()))
        .order(disputes::id)
        .select(disputes::id)
        .for_update()
        .skip_locked()
        .load(conn)
        .await
}

/// Whether an account is there.
pub(super) async fn is_there(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(accounts::table.find(id))).get_result(conn).await
}

/// As [`is_there`], and it stays until the end of the transaction.
pub(super) async fn lock_account(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<bool> {
    let row = accounts::table.find(id).select(accounts::id).for_update();
    Ok(row.first::<AccountId>(conn).await.optional()?.is_some())
}

/// An erasure, as the job reads it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = erasures, check_for_backend(diesel::pg::Pg))]
pub struct Erasure {
    /// SID.
    pub id: ErasureId,
    subject: String,
    subject_id: Option<Uuid>,
    /// Why, as it is stored.
    pub cause: String,
    /// The request that asked for it.
    #[diesel(column_name = request_id)]
    pub request: Option<RequestId>,
    /// When it was ordered.
    pub ordered_at: DateTime<Utc>,
    /// When it began.
    pub began_at: Option<DateTime<Utc>>,
    /// When it came to its end.
    pub finished_at: Option<DateTime<Utc>>,
    /// Rows that there were when it began, by table.
    pub found: Value,
}

impl Erasure {
    /// What is erased; nothing once it is.
    pub fn of(&self) -> Option<Of> {
        Of::from_parts(&self.subject, self.subject_id?)
    }
}

/// An erasure.
///
/// # Errors
/// `NotFound`; what the database says.
pub async fn find(conn: &mut AsyncPgConnection, id: ErasureId) -> QueryResult<Erasure> {
    erasures::table.find(id).select(Erasure::as_select()).first(conn).await
}

/// As [`find`], locked until the end of the transaction.
pub(super) async fn lock(conn: &mut AsyncPgConnection, id: ErasureId) -> QueryResult<Erasure> {
    erasures::table.find(id).select(Erasure::as_select()).for_update().first(conn).await
}

/// Notes a try; the first also how much there was.
pub(super) async fn begin(
    conn: &mut AsyncPgConnection,
    id: ErasureId,
    found: Option<Value>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(erasures::table.find(id))
        .set((erasures::tries.eq(erasures::tries + 1), erasures::held_since.eq(None::<DateTime<Utc>>)))
        .execute(conn)
        .await?;
    if let Some(found) = found {
        diesel::update(erasures::table.find(id).filter(erasures::began_at.is_null()))
            .set((erasures::began_at.eq(now), erasures::found.eq(found)))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Notes that it was done before, so that nobody is told a second time.
pub(super) async fn as_restore(conn: &mut AsyncPgConnection, id: ErasureId) -> QueryResult<()> {
    let (cause, _) = Cause::Restore.parts();
    diesel::update(erasures::table.find(id)).set(erasures::cause.eq(cause)).execute(conn).await?;
    Ok(())
}

/// Notes that a hold stands against it.
pub(super) async fn hold(conn: &mut AsyncPgConnection, id: ErasureId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(erasures::table.find(id).filter(erasures::held_since.is_null()))
        .set(erasures::held_since.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that it is done; of what, nobody reads any more.
pub(super) async fn finish(
    conn: &mut AsyncPgConnection,
    id: ErasureId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(erasures::table.find(id))
        .set((erasures::finished_at.eq(now), erasures::subject_id.eq(None::<Uuid>)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Erasures that wait for a hold, and those that nobody has come to an end with for long.
pub(super) async fn stuck(
    conn: &mut AsyncPgConnection,
    before: DateTime<Utc>,
) -> QueryResult<Vec<(ErasureId, Of)>> {
    let rows: Vec<(ErasureId, String, Option<Uuid>)> = erasures::table
        .filter(erasures::finished_at.is_null())
        .filter(erasures::held_since.is_not_null().or(erasures::ordered_at.le(before)))
        .order(erasures::ordered_at)
        .limit(1000)
        .select((erasures::id, erasures::subject, erasures::subject_id))
        .load(conn)
        .await?;
    let of = |(id, subject, subject_id): (ErasureId, String, Option<Uuid>)| {
        Some((id, Of::from_parts(&subject, subject_id?)?))
    };
    Ok(rows.into_iter().filter_map(of).collect())
}

/// Erasures that were ordered long ago and that no hold stands against.
pub(super) async fn late(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<i64> {
    erasures::table
        .filter(erasures::finished_at.is_null().and(erasures::held_since.is_null()))
        .filter(erasures::ordered_at.le(before))
        .count()
        .get_result(conn)
        .await
}
