//! Rows of subscriber records and of the files with them.

use chrono::{Days, NaiveDate, NaiveTime};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Details, Record};
use crate::platform::crypto::Keys;
use crate::platform::db::schema::{files, subscriber_record_files, subscriber_records};
use crate::platform::files::{self as attached, File, NewFile, Uploader};
use crate::platform::ids::{AccountId, FileId, SubscriberRecordId};
use crate::platform::web::pagination::{Window, windowed};

/// Bytes of all files with the records of an account, also with those that ended and are kept.
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Stores a record.
///
/// # Errors
/// What the database says; it takes none for a country that is not in the register.
pub(crate) async fn insert(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    id: SubscriberRecordId,
    account: AccountId,
    details: &Details,
    today: NaiveDate,
) -> QueryResult<()> {
    let sealed = details.sealed(keys, id);
    let kind = details.identification.as_ref().map(|(document, _)| document.as_str());
    diesel::insert_into(subscriber_records::table)
        .values((
            subscriber_records::id.eq(id),
            subscriber_records::account_id.eq(account),
            subscriber_records::country.eq(details.law.country),
            subscriber_records::subject.eq(details.subject.as_str()),
            subscriber_records::sealed_name.eq(sealed.name),
            subscriber_records::sealed_address.eq(sealed.address),
            subscriber_records::identification_kind.eq(kind),
            subscriber_records::sealed_identification.eq(sealed.number),
            subscriber_records::sealed_birth.eq(sealed.birth),
            subscriber_records::submitted_on.eq(today),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Lists files with a record, which are in the storage. They are called by their number, because what somebody calls them may
/// say who they are; nobody stands in their rows, and no moment.
///
/// # Errors
/// What the database says.
pub(crate) async fn attach(
    conn: &mut AsyncPgConnection,
    record: SubscriberRecordId,
    new: &[NewFile],
    today: NaiveDate,
) -> QueryResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    let numbered = |(index, file): (usize, &NewFile)| {
        let ending = file.kind.endings().first().copied().unwrap_or_default();
        NewFile { name: format!("proof-{}.{ending}", index + 1), ..file.clone() }
    };
    let new: Vec<NewFile> = new.iter().enumerate().map(numbered).collect();
    // The end of the day, as their ids have it: nobody misses one whose row was not there yet when the storage was listed.
    let sent = (today + Days::new(1)).and_time(NaiveTime::MIN).and_utc();
    attached::insert(conn, &new, Uploader::Customer(None), sent).await?;
    for file in &new {
        diesel::insert_into(subscriber_record_files::table)
            .values((
                subscriber_record_files::file_id.eq(file.id),
                subscriber_record_files::record_id.eq(record),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// The files of a record.
///
/// # Errors
/// What the database says.
pub(super) async fn files_of(
    conn: &mut AsyncPgConnection,
    record: SubscriberRecordId,
) -> QueryResult<Vec<File>> {
    subscriber_record_files::table
        .inner_join(files::table)
        .filter(subscriber_record_files::record_id.eq(record))
        .order((files::name, files::id))
        .select(File::as_select())
        .load(conn)
        .await
}

/// A file of a record.
///
/// # Errors
/// `NotFound` also for one of another record; what the database says.
pub(super) async fn file(
    conn: &mut AsyncPgConnection,
    record: SubscriberRecordId,
    id: FileId,
) -> QueryResult<File> {
    subscriber_record_files::table
        .inner_join(files::table)
        .filter(subscriber_record_files::record_id.eq(record).and(files::id.eq(id)))
        .select(File::as_select())
        .first(conn)
        .await
}

/// Records of an account, newest first: a page of them. Those of one day have no order.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    window: Window,
) -> QueryResult<Vec<Record>> {
    let rows = subscriber_records::table
        .filter(subscriber_records::account_id.eq(account))
        .select(Record::as_select());
    windowed!(rows, subscriber_records::id, window).load(conn).await
}

/// A record of an account.
pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: SubscriberRecordId,
) -> QueryResult<Record> {
    subscriber_records::table
        .find(id)
        .filter(subscriber_records::account_id.eq(account))
        .select(Record::as_select())
        .first(conn)
        .await
}

/// Any record, for our staff.
pub(crate) async fn any(conn: &mut AsyncPgConnection, id: SubscriberRecordId) -> QueryResult<Record> {
    subscriber_records::table.find(id).select(Record::as_select()).first(conn).await
}

/// Records of any account whose ids come before one, or the newest.
pub(super) async fn before(
    conn: &mut AsyncPgConnection,
    before: Option<SubscriberRecordId>,
    limit: i64,
) -> QueryResult<Vec<Record>> {
    let rows = subscriber_records::table
        .order(subscriber_records::id.desc())
        .limit(limit)
        .select(Record::as_select());
    match before {
        Some(id) => rows.filter(subscriber_records::id.lt(id)).load(conn).await,
        None => rows.load(conn).await,
    }
}

/// Records of any account, newest first: a page of them. `view` is one of [`super::staff::VIEWS`].
pub(super) async fn queue(
    conn: &mut AsyncPgConnection,
    view: &str,
    window: Window,
) -> QueryResult<Vec<Record>> {
    let rows = subscriber_records::table.select(Record::as_select());
    let rows = windowed!(rows, subscriber_records::id, window);
    let in_force = subscriber_records::ended_on.is_null();
    match view {
        "accepted" | "refused" => {
            rows.filter(subscriber_records::outcome.eq(view)).filter(in_force).load(conn).await
        }
        "ended" => rows.filter(subscriber_records::ended_on.is_not_null()).load(conn).await,
        "all" => rows.load(conn).await,
        _ => rows.filter(subscriber_records::outcome.is_null()).filter(in_force).load(conn).await,
    }
}

/// How many an account has in force.
pub(super) async fn count_in_force(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<i64> {
    subscriber_records::table
        .filter(subscriber_records::account_id.eq(account))
        .filter(subscriber_records::ended_on.is_null())
        .count()
        .get_result(conn)
        .await
}

/// Whether these may come to the files with the records of an account. Whoever asks has locked the account: of two forms at
/// once the second counts the files of the first.
pub(super) async fn has_room(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    new: &[NewFile],
) -> QueryResult<bool> {
    if new.is_empty() {
        return Ok(true);
    }
    let there: i64 = subscriber_record_files::table
        .inner_join(subscriber_records::table)
        .inner_join(files::table)
        .filter(subscriber_records::account_id.eq(account))
        .select(sql::<BigInt>("coalesce(sum(files.bytes), 0)::bigint"))
        .get_result(conn)
        .await?;
    let sent: u64 = new.iter().map(|file| file.bytes).sum();
    Ok(u64::try_from(there).unwrap_or_default() + sent <= MOST_BYTES)
}

/// A record of an account that is in force, locked until the end of the transaction; nothing where it ended.
pub(super) async fn lock_in_force(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: SubscriberRecordId,
) -> QueryResult<Option<Record>> {
    subscriber_records::table
        .find(id)
        .filter(subscriber_records::account_id.eq(account))
        .filter(subscriber_records::ended_on.is_null())
        .select(Record::as_select())
        .for_no_key_update()
        .first(conn)
        .await
        .optional()
}

/// Decides a record that nobody decided and that is in force; nothing where somebody was faster. With words it is refused.
pub(crate) async fn decide(
    conn: &mut AsyncPgConnection,
    id: SubscriberRecordId,
    refused_because: Option<&str>,
    today: NaiveDate,
) -> QueryResult<Option<Record>> {
    let outcome = if refused_because.is_some() { "refused" } else { "accepted" };
    let open = subscriber_records::table
        .find(id)
        .filter(subscriber_records::outcome.is_null().and(subscriber_records::ended_on.is_null()));
    diesel::update(open)
        .set((
            subscriber_records::outcome.eq(outcome),
            subscriber_records::decided_on.eq(today),
            subscriber_records::refused_because.eq(refused_because),
        ))
        .returning(Record::as_returning())
        .get_result(conn)
        .await
        .optional()
}
