//! Who outside saw a subscriber record (S50): a carrier that connects the number, or an authority. Each time is a row with
//! its ground, without which the database takes none, and stands on a page of the account. Whatever else goes outside is in
//! [`crate::privacy::disclosures`], whose public list reads these rows too.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Record, queries};
use crate::accounts::invoices::queries::share_account;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::{subscriber_record_shares, subscriber_records};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, SubscriberRecordId, new_uuid_apart};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pagination::{Window, windowed};

/// Kinds of recipients: as they are stored, and for people.
pub const RECIPIENTS: [(&str, &str); 2] =
    [("carrier", "The local carrier"), ("authority", "A government authority")];

/// Grounds: as they are stored, and for people.
pub const GROUNDS: [(&str, &str); 4] = [
    ("connectivity", "The carrier needs it to connect the number"),
    ("legal_duty", "A law asks for it without an order"),
    ("order", "An order of a court or an authority"),
    ("emergency", "Somebody's life or health was in danger"),
];

/// What is said of a stored value; nothing for one that is on no list.
pub fn label(list: &[(&'static str, &'static str)], stored: &str) -> Option<&'static str> {
    list.iter().find(|(value, _)| *value == stored).map(|(_, label)| *label)
}

/// A share, as it is noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewShare {
    /// One of [`RECIPIENTS`].
    pub recipient_kind: &'static str,
    /// Who.
    pub recipient: String,
    /// One of [`GROUNDS`].
    pub ground: &'static str,
    /// What for.
    pub purpose: String,
    /// On which day.
    pub shared_on: NaiveDate,
}

/// A share, as it is stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = subscriber_record_shares, check_for_backend(Pg))]
pub struct Share {
    /// Its id.
    pub id: Uuid,
    /// Of which record.
    #[diesel(column_name = record_id)]
    pub record: SubscriberRecordId,
    recipient_kind: String,
    /// Who.
    pub recipient: String,
    ground: String,
    /// What for.
    pub purpose: String,
    /// On which day.
    pub shared_on: NaiveDate,
}

impl Share {
    /// What kind of recipient it was, for people.
    pub fn kind(&self) -> &'static str {
        label(&RECIPIENTS, &self.recipient_kind).unwrap_or_default()
    }

    /// On which ground, for people.
    pub fn ground(&self) -> &'static str {
        label(&GROUNDS, &self.ground).unwrap_or_default()
    }
}

/// Stores a share.
///
/// # Errors
/// What the database says; it takes none without a ground.
pub(crate) async fn insert(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    record: SubscriberRecordId,
    new: &NewShare,
) -> QueryResult<()> {
    diesel::insert_into(subscriber_record_shares::table)
        .values((
            subscriber_record_shares::id.eq(id),
            subscriber_record_shares::record_id.eq(record),
            subscriber_record_shares::recipient_kind.eq(new.recipient_kind),
            subscriber_record_shares::recipient.eq(&new.recipient),
            subscriber_record_shares::ground.eq(new.ground),
            subscriber_record_shares::purpose.eq(&new.purpose),
            subscriber_record_shares::shared_on.eq(new.shared_on),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// An id of this day, apart from others that were made then.
pub(crate) fn fresh_id(app: &App, now: DateTime<Utc>) -> Uuid {
    new_uuid_apart(now.date_naive().and_time(NaiveTime::MIN).and_utc(), app.keys.random_bytes())
}

/// Whether the same share is noted.
async fn is_noted(
    conn: &mut AsyncPgConnection,
    record: SubscriberRecordId,
    new: &NewShare,
) -> QueryResult<bool> {
    let same = subscriber_record_shares::table
        .filter(subscriber_record_shares::record_id.eq(record))
        .filter(subscriber_record_shares::recipient_kind.eq(new.recipient_kind))
        .filter(subscriber_record_shares::recipient.eq(&new.recipient))
        .filter(subscriber_record_shares::ground.eq(new.ground))
        .filter(subscriber_record_shares::purpose.eq(&new.purpose))
        .filter(subscriber_record_shares::shared_on.eq(new.shared_on));
    diesel::select(diesel::dsl::exists(same)).get_result(conn).await
}

/// Notes that a record was shown outside. The account reads it at once in its log of shares, and in its activity, which more of
/// its members read, that it was, and not to whom; once it is gone the note stands with the record alone. Answers false for
/// what is noted already: a form that is sent twice must not tell the account of two disclosures.
///
/// # Errors
/// `NotFound` where the record went meanwhile, `SignInNeeded` where their session ended; what the database says.
pub async fn note(
    app: &App,
    who: &SignedIn,
    id: SubscriberRecordId,
    new: &NewShare,
) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let account = queries::any(&mut conn, id).await?.account;
    let is_new = conn.transaction(async |conn| {
        // Whoever erases the account waits for this, or is done and has taken the reference from the record.
        if let Some(account) = account {
            share_account(conn, account).await?;
        }
        people::lock_as(conn, who).await?;
        // The second of two that they or a colleague send at once waits here for the first.
        let record = lock(conn, id).await?;
        if is_noted(conn, id, new).await? {
            return Ok(false);
        }
        insert(conn, fresh_id(app, now), id, new).await?;
        let (from, note) = (who.caller.circumstances(), id.to_string());
        let event = match record.account {
            Some(account) => {
                let action = "account.subscriber_record.shared";
                Event::new(who.actor(), "account", account.0, action, &from).note(&note)
            }
            None => Event::new(who.actor(), "subscriber_record", id.0, "subscriber_record.shared", &from),
        };
        audit::append(conn, now, event).await?;
        Ok::<_, diesel::result::Error>(true)
    });
    Ok(is_new.await?)
}

/// A record that stays as it is until the end of the transaction.
async fn lock(conn: &mut AsyncPgConnection, id: SubscriberRecordId) -> QueryResult<Record> {
    subscriber_records::table.find(id).select(Record::as_select()).for_no_key_update().first(conn).await
}

/// Shares of a record, newest first.
///
/// # Errors
/// What the database says.
pub(super) async fn of_record(
    conn: &mut AsyncPgConnection,
    record: SubscriberRecordId,
) -> QueryResult<Vec<Share>> {
    subscriber_record_shares::table
        .filter(subscriber_record_shares::record_id.eq(record))
        .order((subscriber_record_shares::shared_on.desc(), subscriber_record_shares::id.desc()))
        .limit(100)
        .select(Share::as_select())
        .load(conn)
        .await
}

/// Shares of all records of an account, in the order in which they were noted, newest first: a page of them.
///
/// # Errors
/// What the database says.
pub(super) async fn of_account(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    window: Window,
) -> QueryResult<Vec<Share>> {
    let records = subscriber_records::table
        .filter(subscriber_records::account_id.eq(account))
        .select(subscriber_records::id);
    let rows = subscriber_record_shares::table
        .filter(subscriber_record_shares::record_id.eq_any(records))
        .select(Share::as_select());
    windowed!(rows, subscriber_record_shares::id, window).load(conn).await
}
