//! SQL of account recovery.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ipnet::IpNet;
use uuid::Uuid;

use super::Because;
use super::cancellation::{CANCELLED, COMPLETED, EXPIRED};
use crate::identity::people::Person;
use crate::platform::db::schema::{account_recoveries, people, recovery_optins};
use crate::platform::error::AppError;
use crate::platform::ids::{PersonId, new_uuid};
use crate::platform::web::caller::Caller;

/// One recovery.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = account_recoveries, check_for_backend(diesel::pg::Pg))]
pub struct Recovery {
    /// Its id.
    pub id: Uuid,
    /// Whose account.
    pub person_id: PersonId,
    /// The credential version it was asked for in; with any other it is void.
    pub credential_version: i32,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When the wait is over.
    pub ready_at: DateTime<Utc>,
    /// When the link to finish went out.
    pub announced_at: Option<DateTime<Utc>>,
    /// When that link ends.
    pub expires_at: DateTime<Utc>,
    /// When it was stopped.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// When it was finished.
    pub completed_at: Option<DateTime<Utc>>,
}

impl Recovery {
    /// Whether the link to finish has ended. One that never went out has not.
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.announced_at.is_some() && now >= self.expires_at
    }

    /// Fine while it can still be stopped or finished.
    ///
    /// # Errors
    /// `Gone`, with what became of it.
    pub fn check_open(&self, now: DateTime<Utc>) -> Result<(), AppError> {
        match self {
            Self { cancelled_at: Some(_), .. } => Err(AppError::Gone(CANCELLED)),
            Self { completed_at: Some(_), .. } => Err(AppError::Gone(COMPLETED)),
            _ if self.has_expired(now) => Err(AppError::Gone(EXPIRED)),
            _ => Ok(()),
        }
    }
}

/// Since when the lane is open, if it is.
pub(super) async fn opted_in(
    conn: &mut AsyncPgConnection,
    person: PersonId,
) -> QueryResult<Option<DateTime<Utc>>> {
    recovery_optins::table.find(person).select(recovery_optins::opted_in_at).first(conn).await.optional()
}

pub(super) async fn insert_optin(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    person: PersonId,
) -> QueryResult<bool> {
    let inserted = diesel::insert_into(recovery_optins::table)
        .values((recovery_optins::person_id.eq(person), recovery_optins::opted_in_at.eq(now)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted > 0)
}

pub(super) async fn delete_optin(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<bool> {
    Ok(diesel::delete(recovery_optins::table.find(person)).execute(conn).await? > 0)
}

/// The one that is neither stopped nor finished, be it void or not.
pub(super) async fn unfinished(
    conn: &mut AsyncPgConnection,
    person: PersonId,
) -> QueryResult<Option<Recovery>> {
    account_recoveries::table
        .filter(account_recoveries::person_id.eq(person))
        .filter(account_recoveries::cancelled_at.is_null().and(account_recoveries::completed_at.is_null()))
        .select(Recovery::as_select())
        .first(conn)
        .await
        .optional()
}

/// The one that can still be stopped or finished.
pub(super) async fn open(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    person: PersonId,
) -> QueryResult<Option<Recovery>> {
    let Some(recovery) = unfinished(conn, person).await? else { return Ok(None) };
    let version: i32 = people::table.find(person).select(people::credential_version).first(conn).await?;
    Ok((recovery.credential_version == version && !recovery.has_expired(now)).then_some(recovery))
}

/// By the link in any of its messages.
pub(super) async fn find_by_token(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<Recovery> {
    account_recoveries::table
        .filter(
            account_recoveries::cancel_token_hash.eq(hash).or(account_recoveries::finish_token_hash.eq(hash)),
        )
        .select(Recovery::as_select())
        .first(conn)
        .await
}

/// By the link that went out when the wait was over.
pub(super) async fn find_by_finish_token(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<Recovery> {
    account_recoveries::table
        .filter(account_recoveries::finish_token_hash.eq(hash))
        .select(Recovery::as_select())
        .first(conn)
        .await
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    caller: &Caller,
    person: &Person,
    cancel_token_hash: &[u8],
    (ready_at, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<()> {
    diesel::insert_into(account_recoveries::table)
        .values((
            account_recoveries::id.eq(new_uuid(now)),
            account_recoveries::person_id.eq(person.id),
            account_recoveries::credential_version.eq(person.credential_version),
            account_recoveries::cancel_token_hash.eq(cancel_token_hash),
            account_recoveries::requested_at.eq(now),
            account_recoveries::ready_at.eq(ready_at),
            account_recoveries::expires_at.eq(expires_at),
            account_recoveries::ip.eq(IpNet::from(caller.ip)),
            account_recoveries::country.eq(&caller.country),
            account_recoveries::user_agent.eq(&caller.user_agent),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Stops what is under way. Answers whether anything was.
pub(super) async fn cancel_open(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    person: PersonId,
    because: Because,
) -> QueryResult<bool> {
    let cancelled = diesel::update(account_recoveries::table)
        .filter(account_recoveries::person_id.eq(person))
        .filter(account_recoveries::cancelled_at.is_null().and(account_recoveries::completed_at.is_null()))
        .set((
            account_recoveries::cancelled_at.eq(now),
            account_recoveries::cancelled_because.eq(because.as_str()),
        ))
        .execute(conn)
        .await?;
    Ok(cancelled > 0)
}

/// Whose wait is over without a word from us, whose link has ended, and whose credentials were changed.
pub(super) async fn people_to_look_after(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> QueryResult<Vec<PersonId>> {
    let over = account_recoveries::announced_at.is_null().and(account_recoveries::ready_at.le(now));
    let ended = account_recoveries::announced_at.is_not_null().and(account_recoveries::expires_at.le(now));
    let changed = account_recoveries::credential_version.ne(people::credential_version);
    account_recoveries::table
        .inner_join(people::table)
        .filter(account_recoveries::cancelled_at.is_null().and(account_recoveries::completed_at.is_null()))
        .filter(over.or(ended).or(changed))
        .order(account_recoveries::id)
        .select(account_recoveries::person_id)
        .load(conn)
        .await
}

/// Marks the wait of a person as over, once. Answers whether this call did.
pub(super) async fn mark_announced(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    person: PersonId,
    finish_token_hash: &[u8],
    until: DateTime<Utc>,
) -> QueryResult<bool> {
    let marked = diesel::update(account_recoveries::table)
        .filter(account_recoveries::person_id.eq(person).and(account_recoveries::announced_at.is_null()))
        .filter(account_recoveries::cancelled_at.is_null().and(account_recoveries::completed_at.is_null()))
        .filter(account_recoveries::ready_at.le(now))
        .set((
            account_recoveries::announced_at.eq(now),
            account_recoveries::finish_token_hash.eq(finish_token_hash),
            account_recoveries::expires_at.eq(until),
        ))
        .execute(conn)
        .await?;
    Ok(marked > 0)
}

/// Marks a recovery as finished, once and not before its time. Answers whether this call did.
pub(super) async fn mark_completed(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    id: Uuid,
) -> QueryResult<bool> {
    let marked = diesel::update(account_recoveries::table.find(id))
        .filter(account_recoveries::cancelled_at.is_null().and(account_recoveries::completed_at.is_null()))
        .filter(account_recoveries::ready_at.le(now))
        .set(account_recoveries::completed_at.eq(now))
        .execute(conn)
        .await?;
    Ok(marked > 0)
}
