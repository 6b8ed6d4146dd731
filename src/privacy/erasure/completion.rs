//! The last transaction of an erasure: what is left goes, it is written down, and whoever it is about is told.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::queries::{self, Erasure};
use super::{DataErased, Of, engine, standing};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::ids::{ErasureId, PersonId};
use crate::platform::mail as outbox;
use crate::platform::web::pages::moment;
use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_map::{self, Class};
use crate::privacy::data_requests::states::{self, Act, By, Step};
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
        if standing::is_held(conn, of).await? {
            return queries::hold(conn, id, now).await;
        }
        match of {
            Of::Person(person) => finish_person(conn, app, &erasure, person, now).await,
            Of::Account(account) => {
                engine::finish(conn, &Subject::Account { id: account }, true).await?;
                end(conn, app, id, of, now).await
            }
            Of::Content(_) => end(conn, app, id, of, now).await,
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
    if let Some(request) = erasure.request {
        let words = "We deleted what we hold about you, and keep only the record of this request.";
        states::take(conn, request, &Step::new(Act::Fulfilled, By::System).words(words), now).await?;
    }
    engine::finish(conn, &subject, erasure.cause == "closure").await?;
    let mail = DataErased {
        recipient_name: person.name,
        at: moment(&now),
        gone: gone(erasure),
        stays: stays(erasure),
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

/// How many rows of each class went, in words.
fn gone(erasure: &Erasure) -> Vec<String> {
    let of_class = |class: Class| {
        let rows: i64 = found(erasure)
            .filter(|(table, _)| kept(table).is_none() && engine::class_of(table) == class)
            .map(|(_, rows)| rows)
            .sum();
        (rows > 0).then(|| format!("{}: {rows} {}", class.label(), if rows == 1 { "row" } else { "rows" }))
    };
    Class::ALL.into_iter().filter_map(of_class).collect()
}

/// What stays of them and why, in words.
fn stays(erasure: &Erasure) -> Vec<String> {
    let closure = erasure.cause == "closure";
    let kept = found(erasure).filter_map(|(table, _)| {
        if closure && engine::OUTLIVE_CLOSURE.contains(&table.rule) {
            return Some(format!(
                "{} It stays for {} after the closure.",
                table.about,
                table.rule.period.words()
            ));
        }
        let why = kept(table)?;
        Some(format!("{} {why}", table.about))
    });
    kept.chain(["Copies in backups, written over within 30 days.".to_owned()]).collect()
}

fn found(erasure: &Erasure) -> impl Iterator<Item = (&'static data_map::Table, i64)> {
    let counts = erasure.found.as_object().into_iter().flatten();
    counts.filter_map(|(name, rows)| Some((data_map::table(name)?, rows.as_i64()?)))
}

/// Why a table keeps something after an erasure; nothing where its rows go.
fn kept(table: &data_map::Table) -> Option<String> {
    match table.erasure {
        data_map::Erasure::Keep(why) => Some(format!("It stays because it {why}.")),
        data_map::Erasure::Anonymise(_) => {
            Some(format!("It stays without your name and address, for {}.", table.rule.period.words()))
        }
        data_map::Erasure::DeleteRow | data_map::Erasure::Cascade => None,
    }
}
