//! Writes the notes: a batch is one statement, which also counts the day and marks credentials as used.

use std::time::Duration;

use diesel::QueryResult;
use diesel::sql_types::{Array, BigInt, Inet, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};

use super::{Message, Note};
use crate::platform::app::App;

/// How often what waits is written.
const EVERY: Duration = Duration::from_millis(500);
/// Notes of one statement.
const BATCH: usize = 2_000;

/// A batch that names an account which is gone by now leaves its rows out. Credentials are locked in the order of their
/// ids, so that neither two processes nor a change of tokens wait for each other in a circle.
const WRITE: &str = "WITH batch AS (SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
        AS t (id, account_id, at, method, route, status, kind, credential, ip, country, micros, agent)), \
    known AS (SELECT batch.* FROM batch JOIN accounts ON accounts.id = batch.account_id), \
    logged AS (INSERT INTO api_requests \
        (id, account_id, at, method, route, status, credential_kind, credential, ip, country, duration_micros) \
        SELECT id, account_id, at, method, route, status, kind, credential, ip, country, micros FROM known), \
    counted AS (INSERT INTO api_request_days AS days (account_id, day, requests, errors) \
        SELECT account_id, date_trunc('day', at, 'UTC'), count(*), count(*) FILTER (WHERE status >= 400) \
        FROM known GROUP BY 1, 2 ORDER BY 1, 2 \
        ON CONFLICT (account_id, day) DO UPDATE \
        SET requests = days.requests + excluded.requests, errors = days.errors + excluded.errors), \
    latest AS (SELECT DISTINCT ON (credential) credential, at, ip, country, agent FROM known \
        WHERE credential IS NOT NULL ORDER BY credential, at DESC), \
    tokens AS (UPDATE auth_tokens SET last_used_at = at, last_used_ip = ip, last_used_country = country, last_used_agent = agent \
        FROM latest JOIN (SELECT id FROM auth_tokens WHERE id IN (SELECT credential FROM latest) ORDER BY id FOR NO KEY UPDATE) \
        AS locked ON locked.id = credential \
        WHERE auth_tokens.id = locked.id AND coalesce(last_used_at, '-infinity') < at) \
    UPDATE api_keys SET last_used_at = at, last_used_ip = ip, last_used_country = country, last_used_agent = agent \
    FROM latest JOIN (SELECT id FROM api_keys WHERE id IN (SELECT credential FROM latest) ORDER BY id FOR NO KEY UPDATE) \
    AS locked ON locked.id = credential \
    WHERE api_keys.id = locked.id AND coalesce(last_used_at, '-infinity') < at";

/// Takes notes until the log is closed.
pub(super) async fn run(app: App, mut receiver: Receiver<Message>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut notes: Vec<Note> = Vec::new();
    let mut open = true;
    while open {
        let mut waiting: Vec<oneshot::Sender<()>> = Vec::new();
        tokio::select! {
            _ = ticks.tick() => {}
            message = receiver.recv() => match message {
                Some(Message::Note(note)) => {
                    notes.push(*note);
                    if notes.len() < BATCH {
                        continue;
                    }
                }
                Some(Message::Flush(done)) => waiting.push(done),
                Some(Message::Close) | None => open = false,
            }
        }
        write_all(&app, &mut notes).await;
        for done in waiting {
            let _ = done.send(());
        }
    }
}

async fn write_all(app: &App, notes: &mut Vec<Note>) {
    for batch in notes.chunks(BATCH) {
        // Once more after an error: an account may have gone between being looked up and being written.
        let written = match write(app, batch).await {
            Ok(()) => Ok(()),
            Err(_) => write(app, batch).await,
        };
        if let Err(error) = written {
            tracing::error!(error = format!("{error:#}"), requests = batch.len(), "requests were not logged");
            metrics::counter!("portal_api_requests_unlogged_total").increment(batch.len() as u64);
        }
    }
    notes.clear();
}

async fn write(app: &App, batch: &[Note]) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    Ok(insert(&mut conn, batch).await?)
}

async fn insert(conn: &mut AsyncPgConnection, batch: &[Note]) -> QueryResult<()> {
    fn all<'a, T: 'a>(batch: &'a [Note], part: impl Fn(&'a Note) -> T) -> Vec<T> {
        batch.iter().map(part).collect()
    }
    let micros = |note: &Note| i64::try_from(note.took.as_micros()).unwrap_or(i64::MAX);
    diesel::sql_query(WRITE)
        .bind::<Array<SqlUuid>, _>(all(batch, |note| note.id))
        .bind::<Array<SqlUuid>, _>(all(batch, |note| note.account.0))
        .bind::<Array<Timestamptz>, _>(all(batch, |note| note.at))
        .bind::<Array<Text>, _>(all(batch, |note| note.method.as_str()))
        .bind::<Array<Text>, _>(all(batch, |note| note.route.as_str()))
        .bind::<Array<Integer>, _>(all(batch, |note| i32::from(note.status)))
        .bind::<Array<Nullable<Text>>, _>(all(batch, |note| note.credential.map(|one| one.kind().as_str())))
        .bind::<Array<Nullable<SqlUuid>>, _>(all(batch, |note| note.credential.map(|one| one.id())))
        .bind::<Array<Inet>, _>(all(batch, |note| note.ip))
        .bind::<Array<Nullable<Text>>, _>(all(batch, |note| note.country.as_deref()))
        .bind::<Array<BigInt>, _>(all(batch, micros))
        .bind::<Array<Text>, _>(all(batch, |note| note.agent.as_str()))
        .execute(conn)
        .await?;
    Ok(())
}
