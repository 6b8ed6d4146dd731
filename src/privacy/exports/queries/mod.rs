//! SQL of copies: the rows that say how far each is. What is copied is read in `files`.

mod making;

pub(super) use making::{Made, begin, finish, give_up, progress, stumble};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::db::schema::{accounts, exports, people};
use crate::platform::ids::{AccountId, ExportId, PersonId};
use crate::platform::web::pagination::{Window, windowed};

/// A copy, and how far it is.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = exports, check_for_backend(diesel::pg::Pg))]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// Who ordered it.
    pub person_id: PersonId,
    /// Of which account, if it is one's.
    pub account_id: Option<AccountId>,
    /// When it was ordered.
    pub requested_at: DateTime<Utc>,
    /// Tries so far.
    pub attempts: i32,
    /// When the present try began.
    pub began_at: Option<DateTime<Utc>>,
    /// Tables that it has.
    pub tables_total: i32,
    /// Tables that are in it.
    pub tables_done: i32,
    /// Rows that are in it.
    pub rows_done: i64,
    /// The table that is being read.
    pub at_table: Option<String>,
    /// When the last try failed.
    pub stumbled_at: Option<DateTime<Utc>>,
    /// What it was at.
    pub stumbled_in: Option<String>,
    /// What the last try that did not come to its end failed of, as a code.
    pub stumbled_over: Option<String>,
    /// When no more tries were made.
    pub given_up_at: Option<DateTime<Utc>>,
    /// The moment that it shows.
    pub as_of: Option<DateTime<Utc>>,
    /// When it was whole.
    pub finished_at: Option<DateTime<Utc>>,
    /// Its name in the storage.
    pub file: Option<String>,
    /// Its length in bytes.
    pub bytes: Option<i64>,
    /// Its SHA-256.
    pub sha256: Option<Vec<u8>>,
    /// Until when it can be fetched.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last fetched.
    pub fetched_at: Option<DateTime<Utc>>,
    /// When it was ended before its time.
    pub ended_at: Option<DateTime<Utc>>,
}

/// The copy that was ordered last.
pub(super) async fn last(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    account: Option<AccountId>,
) -> QueryResult<Option<Export>> {
    exports::table
        .filter(exports::person_id.eq(person).and(exports::account_id.is_not_distinct_from(account)))
        .filter(exports::ended_at.is_null().or(exports::finished_at.is_not_null()))
        .order(exports::id.desc())
        .select(Export::as_select())
        .first(conn)
        .await
        .optional()
}

pub(super) async fn last_whole(
    conn: &mut AsyncPgConnection,
    person: PersonId,
) -> QueryResult<Option<Export>> {
    exports::table
        .filter(exports::person_id.eq(person).and(exports::account_id.is_null()))
        .filter(exports::finished_at.is_not_null())
        .filter(exports::ended_at.is_null().and(exports::removed_at.is_null()))
        .order(exports::id.desc())
        .select(Export::as_select())
        .first(conn)
        .await
        .optional()
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: ExportId,
    person: PersonId,
    account: Option<AccountId>,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::insert_into(exports::table)
        .values((
            exports::id.eq(id),
            exports::person_id.eq(person),
            exports::account_id.eq(account),
            exports::requested_at.eq(now),
        ))
        .execute(conn)
        .await
}

pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    id: ExportId,
) -> QueryResult<Export> {
    exports::table
        .find(id)
        .filter(exports::person_id.eq(person))
        .select(Export::as_select())
        .first(conn)
        .await
}

pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    window: Window,
) -> QueryResult<Vec<(Export, Option<String>)>> {
    let rows = exports::table
        .left_join(accounts::table)
        .filter(exports::person_id.eq(person))
        .filter(exports::account_id.is_null().or(accounts::owner_id.nullable().eq(person)))
        .select((Export::as_select(), accounts::name.nullable()));
    windowed!(rows, exports::id, window).load(conn).await
}

/// The accounts that somebody owns, for whom copies can be ordered.
pub(super) async fn owned(
    conn: &mut AsyncPgConnection,
    person: PersonId,
) -> QueryResult<Vec<(AccountId, String)>> {
    accounts::table
        .filter(accounts::owner_id.eq(person))
        .order(accounts::name)
        .select((accounts::id, accounts::name))
        .load(conn)
        .await
}

pub(super) async fn fetched(
    conn: &mut AsyncPgConnection,
    id: ExportId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(exports::table.find(id)).set(exports::fetched_at.eq(now)).execute(conn).await
}

pub(super) async fn end(
    conn: &mut AsyncPgConnection,
    id: ExportId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(exports::table.find(id).filter(exports::ended_at.is_null()))
        .set(exports::ended_at.eq(now))
        .execute(conn)
        .await
}

/// Name and address of whoever ordered it.
pub(super) async fn recipient(
    conn: &mut AsyncPgConnection,
    person: PersonId,
) -> QueryResult<(String, String)> {
    people::table.find(person).select((people::name, people::email)).first(conn).await
}

/// Copies that can be fetched, with whoever ordered each and its name in the storage.
pub(super) async fn to_fetch(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> QueryResult<Vec<(ExportId, PersonId, String)>> {
    exports::table
        .filter(exports::ended_at.is_null().and(exports::given_up_at.is_null()))
        .filter(exports::file.is_not_null().and(exports::expires_at.gt(now)))
        .order(exports::id)
        .select((exports::id, exports::person_id, exports::file.assume_not_null()))
        .load(conn)
        .await
}

/// Copies whose file has to go.
pub(super) async fn to_remove(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> QueryResult<Vec<ExportId>> {
    exports::table
        .filter(exports::file.is_not_null().and(exports::removed_at.is_null()))
        .filter(exports::ended_at.is_not_null().or(exports::expires_at.le(now)))
        .order(exports::id)
        .select(exports::id)
        .load(conn)
        .await
}

pub(super) async fn removed(
    conn: &mut AsyncPgConnection,
    id: ExportId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(exports::table.find(id)).set(exports::removed_at.eq(now)).execute(conn).await
}

/// Those of these copies whose folder is in use: they are there or being made.
pub(super) async fn with_file(conn: &mut AsyncPgConnection, ids: &[ExportId]) -> QueryResult<Vec<ExportId>> {
    exports::table
        .filter(exports::id.eq_any(ids))
        .filter(exports::removed_at.is_null().and(exports::ended_at.is_null()))
        .filter(exports::given_up_at.is_null())
        .select(exports::id)
        .load(conn)
        .await
}
