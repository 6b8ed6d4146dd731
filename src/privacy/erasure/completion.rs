//! The last transaction of an erasure: what is left goes, it is written down, and whoever it is about is told.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::queries::{self, Erasure};
use super::{DataErased, Of, engine, reckoning, standing};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::ids::{ErasureId, PersonId};
use crate::platform::mail as outbox;
use crate::platform::web::pages::moment;
use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_requests::queries as requests;
use crate::privacy::data_requests::states::{self, Act, By, Step};
use crate::privacy::receipts::{self, Receipt};
use crate::retention::{holds, ledger};

/// Does it, unless it is done or a hold stands against it.
///
/// # Errors
/// What the database says.
pub(super) async fn finish(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: ErasureId,
    of: Of,
) -> QueryResult<()> {
    let now = app.clock.now();
    conn.transaction(async |conn| {
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
            Of::Account(account) => {
                let owner = reckoning::owner(conn, account).await?;
                if erasure.cause != "restore" {
                    let receipt = Receipt { person: owner, ..reckoning::receipt(&erasure, of, now) };
                    receipts::issue(conn, app, now, &receipt).await?;
                }
                engine::finish(conn, &Subject::Account { id: account }, true).await?;
                end(conn, app, id, of, now).await
            }
            Of::Content(account) => {
                let owner = reckoning::owner(conn, account).await?;
                if erasure.cause != "restore" {
                    let receipt = Receipt { person: owner, ..reckoning::receipt(&erasure, of, now) };
                    receipts::issue(conn, app, now, &receipt).await?;
                }
                end(conn, app, id, of, now).await
            }
        }
    })
    .await
}

/// Ends an erasure whose subject went on another way.
pub(super) async fn without_subject(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: ErasureId,
    of: Of,
) -> QueryResult<()> {
    let now = app.clock.now();
    conn.transaction(async |conn| {
        let erasure = queries::lock(conn, id).await?;
        if erasure.finished_at.is_none() { end(conn, app, id, of, now).await } else { Ok(()) }
    })
    .await
}

async fn finish_person(
    conn: &mut AsyncPgConnection,
    app: &App,
    erasure: &Erasure,
    id: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let person = people::lock(conn, id).await?;
    let subject = Subject::person(&app.keys, id, &person.email, person.phone.as_deref());
    let mut request = None;
    if let Some(id) = erasure.request {
        let asked = requests::find(conn, id).await?;
        request = Some((id, asked.kind_name.clone(), asked.received_at));
        let words = "We deleted what we hold about you, and keep only the record of this request.";
        states::take(conn, id, &Step::new(Act::Fulfilled, By::System).words(words), now).await?;
    }
    if erasure.cause == "restore" {
        // They were told, and have their receipt, since the first time.
        engine::finish(conn, &subject, false).await?;
        return end(conn, app, erasure.id, Of::Person(id), now).await;
    }
    // The receipt loses whose it is with all the rest; in the document stand ids alone.
    let receipt = reckoning::receipt(erasure, Of::Person(id), now);
    let receipt = receipts::issue(conn, app, now, &Receipt { request, ..receipt }).await?;
    engine::finish(conn, &subject, erasure.cause == "closure").await?;
    let mail = DataErased {
        recipient_name: person.name,
        at: moment(&now),
        gone: reckoning::gone(erasure),
        stays: reckoning::stays(erasure, now).into_iter().map(|stays| reckoning::words(&stays)).collect(),
        receipt: receipt.in_mail(),
        url: app.url("/privacy/requests/new"),
    };
    // It belongs to nobody any more: the address is forgotten a day after it left.
    outbox::enqueue(conn, &app.keys, now, None, &person.email, &mail).await?;
    end(conn, app, erasure.id, Of::Person(id), now).await
}

async fn end(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: ErasureId,
    of: Of,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (kind, action, subject_kind) = match of {
        Of::Person(_) => (ledger::Kind::Person, "person.erased", "person"),
        Of::Account(_) => (ledger::Kind::Account, "account.erased", "account"),
        Of::Content(_) => (ledger::Kind::Content, "account.content_erased", "account"),
    };
    let (_, subject) = of.parts();
    queries::finish(conn, id, now).await?;
    ledger::record(conn, &app.keys, kind, subject, now).await?;
    let from = Circumstances::default();
    let event =
        Event { actor: Actor::System, subject_kind, subject: Some(subject), action, note: None, from: &from };
    audit::append(conn, now, event).await?;
    Ok(())
}
