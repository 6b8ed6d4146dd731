//! The end of subscriber records, and what is kept after it.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Because, Record};
use crate::accounts::invoices::queries::Whose;
use crate::platform::db::schema::{
    account_closures, subscriber_record_files, subscriber_record_shares, subscriber_records,
};
use crate::platform::ids::AccountId;
use crate::retention::holds::guard;

/// Ends a record that is in force, and answers until when it is kept.
pub(crate) async fn end(
    conn: &mut AsyncPgConnection,
    record: &Record,
    on: NaiveDate,
    because: Because,
) -> QueryResult<DateTime<Utc>> {
    let until = record.kept_if_ended(on);
    diesel::update(subscriber_records::table.find(record.id))
        .set((
            subscriber_records::ended_on.eq(on),
            subscriber_records::ended_because.eq(because.as_str()),
            subscriber_records::kept_until.eq(until),
        ))
        .execute(conn)
        .await?;
    Ok(until)
}

/// Those in force of the accounts that are meant, locked until the end of the transaction.
pub(super) async fn in_force(conn: &mut AsyncPgConnection, whose: Whose) -> QueryResult<Vec<Record>> {
    subscriber_records::table
        .filter(subscriber_records::account_id.eq_any(whose.accounts()))
        .filter(subscriber_records::ended_on.is_null())
        .order(subscriber_records::id)
        .select(Record::as_select())
        .for_no_key_update()
        .load(conn)
        .await
}

/// Deletes those of the accounts that are meant which were never accepted, but for what a hold keeps. Inside a transaction.
pub(super) async fn delete_never_accepted(conn: &mut AsyncPgConnection, whose: Whose) -> QueryResult<usize> {
    let unheld = guard::unheld(conn, "subscriber_records").await?;
    let theirs = subscriber_records::account_id.eq_any(whose.accounts());
    diesel::delete(subscriber_records::table.filter(theirs))
        .filter(sql::<Bool>("outcome IS DISTINCT FROM 'accepted'"))
        .filter(sql::<Bool>(&unheld))
        .execute(conn)
        .await
}

/// When the closure of an account was asked for that is not undone.
pub(super) async fn closed_at(
    conn: &mut AsyncPgConnection,
    account: AccountId,
) -> QueryResult<Option<DateTime<Utc>>> {
    account_closures::table
        .filter(account_closures::account_id.eq(account).and(account_closures::undone_at.is_null()))
        .select(account_closures::requested_at)
        .first(conn)
        .await
        .optional()
}

/// Until when the last of them is kept if those in force end at this moment; nothing where none is kept beyond it.
///
/// # Errors
/// What the database says.
pub async fn last_kept(
    conn: &mut AsyncPgConnection,
    whose: Whose,
    ended_at: DateTime<Utc>,
) -> QueryResult<Option<DateTime<Utc>>> {
    let all: Vec<Record> = subscriber_records::table
        .filter(subscriber_records::account_id.eq_any(whose.accounts()))
        .filter(subscriber_records::outcome.eq("accepted"))
        .select(Record::as_select())
        .load(conn)
        .await?;
    let until =
        |record: &Record| record.kept_until.unwrap_or_else(|| record.kept_if_ended(ended_at.date_naive()));
    Ok(all.iter().map(until).filter(|until| *until > ended_at).max())
}

/// How many rows there are of them, by their tables: the records, what hangs on them, and the files themselves.
///
/// # Errors
/// What the database says.
pub async fn count_with_parts(
    conn: &mut AsyncPgConnection,
    whose: Whose,
) -> QueryResult<[(&'static str, i64); 4]> {
    let records: i64 = subscriber_records::table
        .filter(subscriber_records::account_id.eq_any(whose.accounts()))
        .count()
        .get_result(conn)
        .await?;
    let files: i64 = subscriber_record_files::table
        .inner_join(subscriber_records::table)
        .filter(subscriber_records::account_id.eq_any(whose.accounts()))
        .count()
        .get_result(conn)
        .await?;
    let shares: i64 = subscriber_record_shares::table
        .inner_join(subscriber_records::table)
        .filter(subscriber_records::account_id.eq_any(whose.accounts()))
        .count()
        .get_result(conn)
        .await?;
    Ok([
        ("subscriber_records", records),
        ("subscriber_record_files", files),
        ("files", files),
        ("subscriber_record_shares", shares),
    ])
}
