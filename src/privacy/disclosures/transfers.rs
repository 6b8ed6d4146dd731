//! Telling everybody of a business transfer ahead of its day (S124): whoever owns an account gets a mail, and before they all have
//! it the database lets nothing go over. Who comes later is told when the timetable looks again. Where it does not come about after
//! all, whoever was told hears that too.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::kinds::State;
use super::mail::{TransferAhead, TransferCalledOff};
use super::record::Disclosure;
use super::transfer_queries::{self as queries, News, Owner};
use crate::platform::app::App;
use crate::platform::ids::{DisclosureId, PersonId};
use crate::platform::jobs::{self, Job, JobError};
use crate::platform::mail as outbox;
use crate::platform::web::pages::date;

/// So many days before its day a transfer is approved at the latest, as the database has it.
pub const AHEAD: u64 = 30;
/// Owners in one transaction.
const SOME: i64 = 200;
/// Tries of the job.
const TRIES: i32 = 10;

/// Begins to tell of a transfer that was just approved, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub(super) async fn announce(conn: &mut AsyncPgConnection, id: DisclosureId) -> QueryResult<()> {
    if queries::list_owners(conn, id).await? > 0 {
        jobs::enqueue(conn, &TellOwners { disclosure: id.0 }, TRIES).await?;
    }
    Ok(())
}

/// Begins to tell whoever was told of a transfer that it does not come about, inside the caller's transaction. Of anything else
/// nobody was told here, so that nothing begins.
///
/// # Errors
/// What the database says.
pub(super) async fn call_off(conn: &mut AsyncPgConnection, id: DisclosureId) -> QueryResult<()> {
    if queries::unaware(conn, id).await? > 0 {
        jobs::enqueue(conn, &TellOwners { disclosure: id.0 }, TRIES).await?;
    }
    Ok(())
}

/// Tells owners what they do not know yet of a transfer: that it is to come, or that it does not come about.
#[derive(Serialize, Deserialize)]
pub struct TellOwners {
    disclosure: Uuid,
}

impl Job for TellOwners {
    const NAME: &'static str = "tell_owners";

    async fn run(self, app: App) -> Result<(), JobError> {
        let mut conn = app.db.get().await?;
        let id = DisclosureId(self.disclosure);
        // Each part at its own moment: of many, the last may be told after the day.
        while conn.transaction(async |conn| some(conn, &app, id, app.clock.now()).await).await? {}
        Ok(())
    }
}

/// Tells some more of them. Answers whether there may be others left.
async fn some(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: DisclosureId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    // Whoever ends the transfer waits for this, or has ended it.
    let Some(transfer) = queries::share(conn, id).await? else { return Ok(false) };
    let news = match transfer.state() {
        State::Approved => News::Ahead,
        State::Refused | State::Withdrawn => News::CalledOff,
        State::Received | State::Objected | State::Answered | State::Disclosed => return Ok(false),
    };
    let readers = queries::lock_untold(conn, id, news, SOME).await?;
    if readers.is_empty() {
        return Ok(false);
    }
    for reader in &readers {
        let sent = match news {
            News::Ahead => send(conn, app, reader, &ahead(app, &transfer, &reader.name), now).await,
            News::CalledOff => send(conn, app, reader, &called_off(app, &transfer, &reader.name), now).await,
        };
        sent?;
    }
    let ids: Vec<PersonId> = readers.iter().map(|reader| reader.id).collect();
    queries::mark_told(conn, id, news, &ids, now).await?;
    Ok(true)
}

async fn send<M: outbox::Mail>(
    conn: &mut AsyncPgConnection,
    app: &App,
    reader: &Owner,
    mail: &M,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    outbox::enqueue(conn, &app.keys, now, Some(reader.id.0), &reader.email, mail).await.map(drop)
}

fn ahead(app: &App, transfer: &Disclosure, name: &str) -> TransferAhead {
    let categories: Vec<&str> = transfer.categories().into_iter().map(|one| one.label()).collect();
    TransferAhead {
        recipient_name: name.to_owned(),
        acquirer: transfer.recipient.clone(),
        on: transfer.transfer_on.map(date).unwrap_or_default(),
        words: transfer.words.clone().unwrap_or_default(),
        categories: categories.join(", "),
        sale: transfer.sale,
        number: transfer.id.to_string(),
        url: app.url("/privacy/disclosures"),
    }
}

fn called_off(app: &App, transfer: &Disclosure, name: &str) -> TransferCalledOff {
    TransferCalledOff {
        recipient_name: name.to_owned(),
        acquirer: transfer.recipient.clone(),
        on: transfer.transfer_on.map(date).unwrap_or_default(),
        number: transfer.id.to_string(),
        url: app.url("/privacy/disclosures"),
    }
}

/// Lists who owns an account by now and has them told, for every transfer that is to come, and has told whoever does not know
/// that one does not come about. Safe to run at any time and twice.
///
/// # Errors
/// What the database says.
pub(super) async fn tend(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    for id in queries::ahead(conn).await? {
        conn.transaction(async |conn| announce(conn, id).await).await?;
    }
    for id in queries::called_off(conn).await? {
        conn.transaction(async |conn| call_off(conn, id).await).await?;
    }
    Ok(())
}
