//! Rows of subscriber records.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::details::{self, Details, Document, Subject};
use super::{Because, State};
use crate::accounts::invoices::queries::Whose;
use crate::platform::crypto::{Keys, Unsealable};
use crate::platform::db::schema::{
    account_closures, files, subscriber_record_files, subscriber_record_shares, subscriber_records,
};
use crate::platform::files::{self as attached, File, NewFile, Uploader};
use crate::platform::ids::{AccountId, FileId, SubscriberRecordId};
use crate::platform::web::pagination::{Window, windowed};
use crate::retention::holds::guard;
use crate::retention::subscriber_laws::{self, Law};

/// A record as it is stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = subscriber_records, check_for_backend(Pg))]
pub struct Record {
    /// SID.
    pub id: SubscriberRecordId,
    /// Of which account; nothing once that is gone.
    #[diesel(column_name = account_id)]
    pub account: Option<AccountId>,
    country: String,
    subject: String,
    sealed_name: Vec<u8>,
    sealed_address: Vec<u8>,
    identification_kind: Option<String>,
    sealed_identification: Option<Vec<u8>>,
    /// When it came in.
    pub submitted_on: NaiveDate,
    outcome: Option<String>,
    /// When our staff decided.
    pub decided_on: Option<NaiveDate>,
    /// Why it was refused.
    pub refused_because: Option<String>,
    /// Since when it is for no service any more.
    pub ended_on: Option<NaiveDate>,
    /// Why, as it is stored.
    pub ended_because: Option<String>,
    /// Until when it is kept, once it ended.
    pub kept_until: Option<DateTime<Utc>>,
}

impl Record {
    /// The law that asks for it.
    ///
    /// # Panics
    /// The database took a country that is not in the register.
    pub fn law(&self) -> &'static Law {
        subscriber_laws::of(&self.country).expect("the database keeps to the register")
    }

    /// Who uses the number.
    ///
    /// # Panics
    /// The database took somebody else.
    pub fn subject(&self) -> Subject {
        Subject::parse(&self.subject).expect("the database keeps to the list")
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        match (self.ended_on, self.outcome.as_deref()) {
            (Some(_), _) => State::Ended,
            (None, None) => State::Waiting,
            (None, Some("accepted")) => State::Accepted,
            (None, Some(_)) => State::Refused,
        }
    }

    /// Whether it ever was what the law asks for.
    pub fn was_accepted(&self) -> bool {
        self.outcome.as_deref() == Some("accepted")
    }

    /// By what somebody is identified, where the law asks for it.
    pub fn document(&self) -> Option<Document> {
        self.identification_kind.as_deref().and_then(Document::parse)
    }

    /// Until when it is kept if it ends on this day. One that was never accepted was for no service: it goes then.
    pub fn kept_if_ended(&self, on: NaiveDate) -> DateTime<Utc> {
        if self.was_accepted() { self.law().kept_until(on) } else { on.and_time(NaiveTime::MIN).and_utc() }
    }

    /// The name, opened.
    ///
    /// # Errors
    /// [`Unsealable`] for another key, or damage.
    pub fn name(&self, keys: &Keys) -> Result<String, Unsealable> {
        details::open_name(keys, &self.sealed_name)
    }

    /// Everything it says, opened.
    ///
    /// # Errors
    /// As [`Record::name`].
    pub fn details(&self, keys: &Keys) -> Result<Details, Unsealable> {
        let number = self.sealed_identification.as_deref();
        let number = number.map(|sealed| details::open_identification(keys, sealed)).transpose()?;
        Ok(Details {
            law: self.law(),
            subject: self.subject(),
            name: self.name(keys)?,
            address: details::open_address(keys, &self.sealed_address)?,
            identification: self.document().zip(number),
        })
    }
}

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
    let (name, address, number) = details.sealed(keys);
    let kind = details.identification.as_ref().map(|(document, _)| document.as_str());
    diesel::insert_into(subscriber_records::table)
        .values((
            subscriber_records::id.eq(id),
            subscriber_records::account_id.eq(account),
            subscriber_records::country.eq(details.law.country),
            subscriber_records::subject.eq(details.subject.as_str()),
            subscriber_records::sealed_name.eq(name),
            subscriber_records::sealed_address.eq(address),
            subscriber_records::identification_kind.eq(kind),
            subscriber_records::sealed_identification.eq(number),
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
