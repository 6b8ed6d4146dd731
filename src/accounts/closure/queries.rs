//! Rows of closures.

use chrono::{DateTime, NaiveTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{CONTENT_STAYS, DATA_STAYS, REMINDER};
use crate::accounts::guard::{self, Account};
use crate::platform::audit::Actor;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::{account_closures, account_members, accounts, former_customers, people};
use crate::platform::ids::{AccountId, ClosureId, PersonId, new_uuid_apart};
use crate::platform::web::pagination::{Window, windowed};

/// A closure that is under way, or was.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = account_closures, check_for_backend(diesel::pg::Pg))]
pub struct Closure {
    /// SID.
    pub id: ClosureId,
    /// Of which account.
    #[diesel(column_name = account_id)]
    pub account: AccountId,
    /// `customer` or `staff`.
    pub requested_by_kind: String,
    /// What an owner wrote who asked by mail, and how they were recognised.
    pub note: Option<String>,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// What the account was in before, as it is stored.
    pub from_state: String,
    /// Until when what is in the account can be fetched, and the closure undone.
    pub content_until: DateTime<Utc>,
    /// When everything else is gone.
    pub data_until: DateTime<Utc>,
    /// When it was undone.
    pub undone_at: Option<DateTime<Utc>>,
    /// When what was in the account was ordered to go.
    pub content_ordered_at: Option<DateTime<Utc>>,
    /// When the rest was.
    pub data_ordered_at: Option<DateTime<Utc>>,
}

/// Waits for everybody who is storing something in the account, and lets nobody begin until the end of the transaction.
pub(super) async fn lock_account(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<()> {
    accounts::table.find(id).select(accounts::id).for_update().first::<AccountId>(conn).await.map(drop)
}

/// An account as its owner sees it.
pub(super) async fn as_owner(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<Account> {
    let owner: PersonId = accounts::table.find(id).select(accounts::owner_id).first(conn).await?;
    guard::find(conn, id, owner).await
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: ClosureId,
    account: &Account,
    by: Actor,
    note: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(account_closures::table)
        .values((
            account_closures::id.eq(id),
            account_closures::account_id.eq(account.id),
            account_closures::requested_by_kind.eq(if note.is_some() { "staff" } else { "customer" }),
            account_closures::requested_by.eq(by.id().unwrap_or_default()),
            account_closures::note.eq(note),
            account_closures::requested_at.eq(now),
            account_closures::from_state.eq(account.state.as_str()),
            account_closures::content_until.eq(now + CONTENT_STAYS),
            account_closures::data_until.eq(now + DATA_STAYS),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The closure of an account that is under way.
///
/// # Errors
/// What the database says.
pub async fn present(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<Option<Closure>> {
    account_closures::table
        .filter(account_closures::account_id.eq(account).and(account_closures::undone_at.is_null()))
        .select(Closure::as_select())
        .first(conn)
        .await
        .optional()
}

/// A closure by its id, also one that was undone.
pub(super) async fn find(conn: &mut AsyncPgConnection, id: ClosureId) -> QueryResult<Closure> {
    account_closures::table.find(id).select(Closure::as_select()).first(conn).await
}

/// Undoes the closure that is under way, if nothing has gone yet.
pub(super) async fn undo(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Closure>> {
    diesel::update(account_closures::table)
        .filter(account_closures::account_id.eq(account).and(account_closures::undone_at.is_null()))
        .filter(account_closures::content_ordered_at.is_null())
        .set((account_closures::undone_at.eq(now), account_closures::undone_by.eq(by.0)))
        .returning(Closure::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Closures whose reminder, content or rest is due, with the account of each.
pub(super) async fn due(
    conn: &mut AsyncPgConnection,
    stage: Stage,
    now: DateTime<Utc>,
) -> QueryResult<Vec<(ClosureId, AccountId)>> {
    let open = account_closures::table.filter(account_closures::undone_at.is_null()).into_boxed();
    let open = match stage {
        Stage::Reminder => open
            .filter(
                account_closures::reminded_at.is_null().and(account_closures::content_ordered_at.is_null()),
            )
            // After that the content goes at once, and there is nothing to remind of.
            .filter(account_closures::content_until.gt(now))
            .filter(account_closures::content_until.le(now + REMINDER)),
        Stage::Content => open
            .filter(account_closures::content_ordered_at.is_null())
            .filter(account_closures::content_until.le(now)),
        Stage::Data => open
            .filter(account_closures::content_ordered_at.is_not_null())
            .filter(account_closures::data_ordered_at.is_null().and(account_closures::data_until.le(now))),
    };
    open.order(account_closures::id)
        .limit(1000)
        .select((account_closures::id, account_closures::account_id))
        .load(conn)
        .await
}

/// A stage of a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its owner is reminded.
    Reminder,
    /// What is in the account goes.
    Content,
    /// The rest goes.
    Data,
}

/// Takes a stage of a closure, and answers whether it was this call that took it.
pub(super) async fn take(
    conn: &mut AsyncPgConnection,
    id: ClosureId,
    stage: Stage,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let closure = account_closures::table.find(id).filter(account_closures::undone_at.is_null());
    let changed = match stage {
        Stage::Reminder => {
            diesel::update(closure.filter(account_closures::reminded_at.is_null()))
                .set(account_closures::reminded_at.eq(now))
                .execute(conn)
                .await?
        }
        Stage::Content => {
            diesel::update(closure.filter(account_closures::content_ordered_at.is_null()))
                .set(account_closures::content_ordered_at.eq(now))
                .execute(conn)
                .await?
        }
        Stage::Data => {
            diesel::update(closure.filter(account_closures::data_ordered_at.is_null()))
                .set(account_closures::data_ordered_at.eq(now))
                .execute(conn)
                .await?
        }
    };
    Ok(changed > 0)
}

/// The day of a moment.
fn day(at: DateTime<Utc>) -> DateTime<Utc> {
    at.date_naive().and_time(NaiveTime::MIN).and_utc()
}

/// Notes that somebody was a customer (S73), in such a way that nothing that stays without a name leads here: no id that
/// stands elsewhere or has its place beside one that does, and no moment that something else happened at.
pub(super) async fn remember(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: &Account,
    closed_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (name, email, company): (String, String, Option<String>) = people::table
        .find(account.owner)
        .select((people::name, people::email, people::company))
        .first(conn)
        .await?;
    let opened_at: DateTime<Utc> =
        accounts::table.find(account.id).select(accounts::created_at).first(conn).await?;
    diesel::insert_into(former_customers::table)
        .values((
            former_customers::id.eq(new_uuid_apart(day(now), keys.random_bytes())),
            former_customers::account_digest.eq(keys.digest("former customer", account.id.0.as_bytes())),
            former_customers::email.eq(email),
            former_customers::name.eq(name),
            former_customers::company.eq(company),
            former_customers::opened_at.eq(day(opened_at)),
            former_customers::closed_at.eq(day(closed_at)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether somebody has another account, or a place in one or on the staff. An account of theirs that is on its way out like
/// this one, and further, is none: of two that are closed in one sitting, the second takes its owner along. Call it with
/// them locked, so that of two at once one sees the other.
pub(super) async fn has_more(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    but: AccountId,
) -> QueryResult<bool> {
    use crate::platform::db::schema::staff_roles;
    use diesel::dsl::exists;
    let going = account_closures::table
        .filter(account_closures::account_id.eq(accounts::id).and(account_closures::undone_at.is_null()))
        .filter(account_closures::data_ordered_at.is_not_null());
    let others = accounts::table
        .filter(accounts::owner_id.eq(person).and(accounts::id.ne(but)))
        .filter(diesel::dsl::not(exists(going)));
    diesel::select(
        exists(others)
            .or(exists(account_members::table.filter(account_members::person_id.eq(person))))
            .or(exists(staff_roles::table.filter(staff_roles::person_id.eq(person)))),
    )
    .get_result(conn)
    .await
}

/// Closures under way, newest first: a page of them.
pub(super) async fn list(conn: &mut AsyncPgConnection, window: Window) -> QueryResult<Vec<Closure>> {
    let rows = account_closures::table.select(Closure::as_select());
    windowed!(rows, account_closures::id, window)
        .filter(account_closures::undone_at.is_null())
        .load(conn)
        .await
}

/// The id of a row, for paging.
pub(super) fn key(closure: &Closure) -> Uuid {
    closure.id.0
}
