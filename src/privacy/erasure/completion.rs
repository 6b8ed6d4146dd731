//! The last transaction of an erasure: what is left goes, it is written down, and whoever it is about is told.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::queries::{self, Erasure};
use super::reckoning::{self, Reckoning};
use super::{DataErased, Of, engine, standing};
use crate::accounts::invoices::queries::Whose;
use crate::accounts::subscriber_records;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db;
use crate::platform::ids::{AccountId, DisputeId, ErasureId, PersonId, RequestId};
use crate::platform::mail as outbox;
use crate::platform::web::pages::moment;
use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_requests::queries as requests;
use crate::privacy::data_requests::states::{self, Act, By, Step};
use crate::privacy::disclosures;
use crate::privacy::disputes::states as disputes;
use crate::privacy::receipts::{self, Receipt};
use crate::retention::ledger::Kind;
use crate::retention::{holds, ledger};

/// Does it, unless it is done or a hold stands against it. It takes nearly everything of somebody, so it gives way to
/// whoever has a part of that and wants more.
///
/// # Errors
/// What the database says, also where somebody else was at it for too long: it is tried again then.
pub(super) async fn finish(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: ErasureId,
    of: Of,
) -> QueryResult<()> {
    let now = app.clock.now();
    conn.transaction(async |conn| {
        db::wait_at_most(conn, db::GIVING_WAY).await?;
        holds::guard::share(conn).await?;
        let erasure = queries::lock(conn, id).await?;
        if erasure.finished_at.is_some() {
            return Ok(());
        }
        if standing::is_held(conn, &app.keys, of).await? {
            return queries::hold(conn, id, now).await;
        }
        match of {
            Of::Person(person) => finish_person(conn, app, &erasure, person, now).await,
            Of::Address(request) => finish_address(conn, app, &erasure, request, now).await,
            Of::Account(account) => {
                if tell_owner(conn, app, &erasure, of, account, now).await? {
                    engine::finish(conn, &Subject::Account { id: account }, true).await?;
                }
                end(conn, app, id, of, now).await
            }
            Of::Content(account) => {
                tell_owner(conn, app, &erasure, of, account, now).await?;
                end(conn, app, id, of, now).await
            }
        }
    })
    .await
}

/// Ends an erasure whose subject went on another way: with another request of the same address, or in a replay. The request
/// that asked for it is answered all the same, or it would be ordered again and again.
pub(super) async fn without_subject(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: ErasureId,
    of: Of,
) -> QueryResult<()> {
    let now = app.clock.now();
    conn.transaction(async |conn| {
        let erasure = queries::lock(conn, id).await?;
        if erasure.finished_at.is_some() {
            return Ok(());
        }
        answer(conn, &erasure, now).await?;
        end(conn, app, id, of, now).await
    })
    .await
}

/// The receipt for the owner of an account, and where it goes, the end of its subscriber records, and what its owner is to be
/// told of it. Answers whether the account is there: it may have gone with its owner.
async fn tell_owner(
    conn: &mut AsyncPgConnection,
    app: &App,
    erasure: &Erasure,
    of: Of,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    if !queries::lock_account(conn, account).await? {
        return Ok(false);
    }
    if let Of::Account(_) = of {
        subscriber_records::end_with(conn, Whose::Account(account), now).await?;
        disclosures::queries::pass_to_owner(conn, account).await?;
    }
    if erasure.cause != "restore" {
        let person = reckoning::owner(conn, account).await?;
        let receipt = Reckoning::of(conn, erasure, of, now).await?.receipt();
        receipts::issue(conn, app, now, &Receipt { person, ..receipt }).await?;
    }
    Ok(true)
}

/// Somebody who goes, as the last mail needs them.
struct Going {
    of: Of,
    subject: Subject,
    name: String,
    email: String,
}

async fn finish_person(
    conn: &mut AsyncPgConnection,
    app: &App,
    erasure: &Erasure,
    id: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    // Accounts first, as everywhere. Who is writing of one now is done before its details are looked for: what came between
    // those and the end of the account itself would stay, and an invoice would be named beside an id of the account.
    queries::lock_owned_to_delete(conn, id).await?;
    let person = people::lock_to_delete(conn, id).await?;
    let subject = Subject::find_person(conn, &app.keys, id).await?;
    let going = Going { of: Of::Person(id), subject, name: person.name, email: person.email };
    erase(conn, app, erasure, going, now).await
}

/// Somebody without an account: what stands by the address that they asked from, and this request itself.
async fn finish_address(
    conn: &mut AsyncPgConnection,
    app: &App,
    erasure: &Erasure,
    id: RequestId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let asked = requests::lock(conn, id).await?;
    let of = Of::Address(id);
    let Some(email) = asked.email else {
        answer(conn, erasure, now).await?;
        return end(conn, app, erasure.id, of, now).await;
    };
    let subject = Subject::address(&app.keys, &email);
    ledger::record(conn, Kind::Address, ledger::blinded_address(&app.keys, &email), now).await?;
    let name = asked.name.unwrap_or_else(|| "there".into());
    erase(conn, app, erasure, Going { of, subject, name, email }, now).await
}

async fn erase(
    conn: &mut AsyncPgConnection,
    app: &App,
    erasure: &Erasure,
    going: Going,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    // A request that comes in from here on waits for the end of this, and is then a stranger's.
    requests::alone_with(conn, going.subject.addresses()).await?;
    let request = answer(conn, erasure, now).await?;
    let words = "Everything about you is deleted, so that there is nothing left to be done for this request.";
    for other in queries::open_requests(conn, &going.subject).await? {
        states::take(conn, other, &Step::new(Act::Expired, By::System).words(words), now).await?;
    }
    end_disputes(conn, &going.subject, now).await?;
    if let Of::Person(id) = going.of {
        subscriber_records::end_with(conn, Whose::Person(id), now).await?;
    }
    let closure = erasure.cause == "closure";
    if erasure.cause == "restore" {
        // They were told, and have their receipt, since the first time.
        engine::finish(conn, &going.subject, false).await?;
        end_orphaned_disputes(conn, now).await?;
        return end(conn, app, erasure.id, going.of, now).await;
    }
    let reckoning = Reckoning::of(conn, erasure, going.of, now).await?;
    // The receipt loses whose it is with all the rest; in the document stand ids alone.
    let receipt = Receipt { request, ..reckoning.receipt() };
    let receipt = receipts::issue(conn, app, now, &receipt).await?;
    engine::finish(conn, &going.subject, closure).await?;
    end_orphaned_disputes(conn, now).await?;
    let mail = DataErased {
        recipient_name: going.name,
        at: moment(&now),
        gone: reckoning.gone(),
        stays: reckoning.stays().iter().map(reckoning::words).collect(),
        receipt: receipt.in_mail(),
        url: app.url("/privacy/requests/new"),
    };
    // It belongs to nobody any more: the address is forgotten a day after it left.
    outbox::enqueue(conn, &app.keys, now, None, &going.email, &mail).await?;
    end(conn, app, erasure.id, going.of, now).await
}

/// Ends what they dispute: with them goes what it is about, and nobody is there to be answered.
pub(super) async fn end_disputes(
    conn: &mut AsyncPgConnection,
    subject: &Subject,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let open = queries::open_disputes(conn, subject).await?;
    end_all(conn, open, now).await
}

/// Ends what came in behind [`end_disputes`], while the erasure went on, and lost with all the rest who raised it.
pub(super) async fn end_orphaned_disputes(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let orphaned = queries::orphaned_disputes(conn).await?;
    end_all(conn, orphaned, now).await
}

async fn end_all(conn: &mut AsyncPgConnection, all: Vec<DisputeId>, now: DateTime<Utc>) -> QueryResult<()> {
    for dispute in all {
        let step = disputes::Step::new(disputes::Act::Withdrawn, disputes::By::System);
        disputes::take(conn, dispute, &step, now).await?;
    }
    Ok(())
}

/// Answers the request that asked for it, if one did: its number, kind and day.
async fn answer(
    conn: &mut AsyncPgConnection,
    erasure: &Erasure,
    now: DateTime<Utc>,
) -> QueryResult<Option<(RequestId, String, DateTime<Utc>)>> {
    let Some(id) = erasure.request else { return Ok(None) };
    let asked = requests::lock(conn, id).await?;
    if asked.state().is_open() {
        let words = "We deleted what we hold about you, and keep only the record of this request.";
        states::take(conn, id, &Step::new(Act::Fulfilled, By::System).words(words), now).await?;
    }
    Ok(Some((id, asked.kind_name, asked.received_at)))
}

async fn end(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: ErasureId,
    of: Of,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (kind, action, subject_kind) = match of {
        Of::Person(_) => (Some(Kind::Person), "person.erased", "person"),
        Of::Account(_) => (Some(Kind::Account), "account.erased", "account"),
        Of::Content(_) => (Some(Kind::Content), "account.content_erased", "account"),
        // It is known by its address, which is written down where there is still one.
        Of::Address(_) => (None, "address.erased", "data_request"),
    };
    let (_, subject) = of.parts();
    queries::finish(conn, id, now).await?;
    if let Some(kind) = kind {
        ledger::record(conn, kind, ledger::blinded(&app.keys, kind, subject), now).await?;
    }
    audit::append(conn, now, Event::by_system(subject_kind, subject, action)).await.map(drop)
}
