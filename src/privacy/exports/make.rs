//! The job that makes a copy.

use std::time::Duration;

use diesel_async::AsyncConnection as _;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_postgres::Client;

use super::failures::{self, Failure};
use super::files::{Copied, Reader};
use super::queries::{self, Export, Made};
use super::{ATTEMPTS, ExportFailed, ExportReady, Scope, closed, explain, folder};
use crate::platform::app::App;
use crate::platform::archive::{self, Packed, Piece};
use crate::platform::audit::{self, Event};
use crate::platform::background;
use crate::platform::ids::ExportId;
use crate::platform::jobs::{Job, JobError};
use crate::platform::mail as outbox;
use crate::platform::storage::Upload;
use crate::platform::web::pages::moment;
use crate::privacy::data_map::rows::Subject;
use crate::privacy::data_map::{self, Table};
use crate::privacy::data_requests::fulfilment;
use crate::retention::rules;

/// Whoever makes a copy holds this lock with the copy's id, so that two workers never make the same one.
const LOCK: i32 = 0x4c58_000a;

/// Tries, with those that ended because their worker was killed, which the job library does not count: a copy that
/// kills its worker must not do so for ever.
const MOST_TRIES: i32 = 24;

/// A storage that takes nothing for so long is not to be waited for: the copy is tried again.
const STORAGE_PATIENCE: Duration = Duration::from_secs(600);

/// Makes one copy.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct MakeExport {
    /// Which one.
    pub export: ExportId,
}

impl Job for MakeExport {
    const NAME: &'static str = "make_export";

    async fn run(self, app: App) -> Result<(), JobError> {
        // It reads and computes for minutes: nothing of that beside pages and the mail that somebody waits for.
        background::run(async move { make(&app, self.export).await }).await
    }
}

/// Makes a copy, unless it is made, ended or given up already.
///
/// # Errors
/// `Retry` while another worker is at it or where a try fails, `Fail` after the last try.
pub async fn make(app: &App, id: ExportId) -> Result<(), JobError> {
    // The lock lasts as long as this connection, which also reads.
    let client = app.db.client_here().await?;
    let free = client
        .query_one("SELECT pg_try_advisory_lock($1, hashtext($2))", &[&LOCK, &id.to_string()])
        .await
        .and_then(|row| row.try_get::<_, bool>(0))
        .map_err(anyhow::Error::from)?;
    if !free {
        return Err(JobError::Retry("another worker is making this copy".into()));
    }
    let tables = i32::try_from(data_map::tables().filter(|table| !table.columns.is_empty()).count())
        .map_err(anyhow::Error::from)?;
    let mut conn = app.db.get().await?;
    let Some(export) = queries::begin(&mut conn, id, tables, app.clock.now()).await? else { return Ok(()) };
    drop(conn);
    if export.attempts > MOST_TRIES {
        return give_up(app, &export, Failure::Stopped, anyhow::anyhow!("every try ended its worker")).await;
    }
    match write(app, client, &export).await {
        Ok(made) => {
            finish(app, &export, &made).await?;
            // Apart from the copy: that is whole whatever becomes of a request. The timetable looks again.
            Ok(fulfilment::copy_made(app, export.person_id).await?)
        }
        Err(error) => stumble(app, &export, error).await,
    }
}

/// Writes the file. Nothing of it is left where that fails.
async fn write(app: &App, client: Client, export: &Export) -> anyhow::Result<Made> {
    let file = format!("{}/copy.zip", folder(export.id));
    // What a killed worker left.
    app.storage.clear(&folder(export.id)).await?;
    let as_of = app.clock.now();
    let (pieces, bytes) = archive::begin(as_of, STORAGE_PATIENCE);
    let upload = app.storage.create(&file)?;
    let (read, stored) = tokio::join!(read(app, client, export, as_of, pieces), store(upload, bytes));
    match (read, stored) {
        (Ok(rows), Ok((bytes, sha256))) => {
            let expires_at = app.clock.now() + rules::EXPORT_FILES.period.length();
            Ok(Made { as_of, file, bytes, sha256, rows, expires_at })
        }
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => Err(error),
        (Err(read), Err(stored)) => Err(failures::first(read, stored)),
    }
}

/// Reads every table in one snapshot. Answers how many rows there were.
async fn read(
    app: &App,
    mut client: Client,
    export: &Export,
    as_of: chrono::DateTime<chrono::Utc>,
    pieces: mpsc::Sender<Piece>,
) -> anyhow::Result<i64> {
    let mut conn = app.db.get().await?;
    let subject = match export.account_id {
        None => Subject::find_person(&mut conn, &app.keys, export.person_id).await?,
        Some(id) => Subject::Account { id },
    };
    drop(conn);
    let snapshot = client
        .build_transaction()
        .read_only(true)
        .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
        .start()
        .await?;
    snapshot.batch_execute("SET LOCAL timezone TO 'UTC'").await?;
    let reader = Reader::new(app, &snapshot, export.id, &pieces).await?;
    let any_closed = closed::is_any(&snapshot, export).await?;
    let mut copied: Vec<Copied> = Vec::new();
    for table in data_map::tables().filter(|table| !table.columns.is_empty()) {
        let before: i64 = copied.iter().map(|copied| copied.rows).sum();
        let done = i32::try_from(copied.len())?;
        reader.progress(done, before, table.name).await?;
        let theirs = subject.literal_condition(table);
        let theirs = theirs.map(|theirs| if any_closed { closed::left_out(table, theirs) } else { theirs });
        copied.push(match theirs.and_then(|theirs| own(table, export, theirs)) {
            Some(theirs) => reader.copy(table, &theirs, done, before).await?,
            None => Copied::nothing(table),
        });
    }
    let scope = export.account_id.map_or(Scope::Person, Scope::Account);
    for (name, text) in explain::write(scope, export, as_of, &copied)? {
        pieces.send(Piece::File(name.into())).await?;
        pieces.send(Piece::Text(text.into_bytes())).await?;
    }
    pieces.send(Piece::End).await?;
    Ok(copied.iter().map(|copied| copied.rows).sum())
}

/// Narrows a condition to what is nobody else's. Address and browser of whoever acted are that person's alone: a member
/// of staff or another member of an account who did something is a third person, and the event itself says what was done. The
/// files of a dispute that nobody confirmed may be anybody's, and are handed out to nobody.
fn own(table: &Table, export: &Export, theirs: String) -> Option<String> {
    if table.name == "files" {
        let unconfirmed = "SELECT f.file_id FROM dispute_files f JOIN disputes d ON d.id = f.dispute_id WHERE d.state IN ('unproven', 'lapsed')";
        return Some(format!("{theirs} AND id NOT IN ({unconfirmed})"));
    }
    if table.name != "audit_details" {
        return Some(theirs);
    }
    let acted =
        format!("e.id = event_id AND e.actor_kind = 'customer' AND e.actor_id = '{}'", export.person_id.0);
    export
        .account_id
        .is_none()
        .then(|| format!("{theirs} AND EXISTS (SELECT FROM audit_events e WHERE {acted})"))
}

/// Takes the archive into the storage. Answers its length and SHA-256.
async fn store(mut upload: Upload, mut bytes: Packed) -> anyhow::Result<(i64, Vec<u8>)> {
    let (mut length, mut digest) = (0, Context::new(&SHA256));
    let taken = async {
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            length += i64::try_from(chunk.len())?;
            digest.update(&chunk);
            upload.write(chunk).await?;
        }
        anyhow::Ok(())
    };
    if let Err(error) = taken.await {
        upload.abort().await;
        return Err(error);
    }
    upload.finish().await?;
    Ok((length, digest.finish().as_ref().to_vec()))
}

/// What a copy is of, in words.
fn of(export: &Export) -> &'static str {
    if export.account_id.is_some() { "your account" } else { "your data" }
}

async fn finish(app: &App, export: &Export, made: &Made) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if !queries::finish(conn, export.id, made, now).await? {
            return Ok(());
        }
        let (recipient_name, email) = queries::recipient(conn, export.person_id).await?;
        let mail = ExportReady {
            recipient_name,
            of: of(export).into(),
            as_of: moment(&made.as_of),
            until: moment(&made.expires_at),
            url: app.url(&format!("/privacy/exports/{}", export.id)),
        };
        outbox::enqueue(conn, &app.keys, now, Some(export.person_id.0), &email, &mail).await?;
        note(conn, export, "person.export.made", now).await
    })
    .await?;
    Ok(())
}

async fn note(
    conn: &mut diesel_async::AsyncPgConnection,
    export: &Export,
    action: &'static str,
    now: chrono::DateTime<chrono::Utc>,
) -> diesel::QueryResult<()> {
    let note = export.id.to_string();
    audit::append(conn, now, Event::by_system("person", export.person_id.0, action).note(&note))
        .await
        .map(drop)
}

/// Notes that a try failed, and gives up after the last one.
async fn stumble(app: &App, export: &Export, error: anyhow::Error) -> Result<(), JobError> {
    let now = app.clock.now();
    if let Err(error) = app.storage.clear(&folder(export.id)).await {
        tracing::warn!(error = format!("{error:#}"), "what is left of a failed copy goes with the next try");
    }
    let over = Failure::of(&error);
    let mut conn = app.db.get().await?;
    match queries::stumble(&mut conn, export.id, over.code(), now).await? {
        // It was ended, or went with its person, and that is why the try came to no end.
        None => return Ok(()),
        Some(tries) if tries < ATTEMPTS => return Err(JobError::Retry(format!("{error:#}"))),
        Some(_) => {}
    }
    drop(conn);
    give_up(app, export, over, error).await
}

/// Makes no more tries, and tells whoever ordered the copy what the last one failed of.
async fn give_up(app: &App, export: &Export, over: Failure, error: anyhow::Error) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if !queries::give_up(conn, export.id, now).await? {
            return Ok(());
        }
        let (recipient_name, email) = queries::recipient(conn, export.person_id).await?;
        let mail = ExportFailed {
            recipient_name,
            of: of(export).into(),
            over: over.words().into(),
            url: app.url("/privacy/exports/new"),
        };
        outbox::enqueue(conn, &app.keys, now, Some(export.person_id.0), &email, &mail).await?;
        note(conn, export, "person.export.failed", now).await
    })
    .await?;
    Err(JobError::Fail(format!("{error:#}")))
}
