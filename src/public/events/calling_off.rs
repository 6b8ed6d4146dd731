//! Calling an event off. Whoever has a seat is told by a job, some in a transaction: a large event has more guests than a
//! request has time for. Whoever is stopped goes on after the last.

use diesel::{OptionalExtension as _, QueryResult};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{EventCancelled, log, queries};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::EventId;
use crate::platform::jobs::{self, Job, JobError};
use crate::platform::mail as outbox;
use crate::platform::web::guards::SignedIn;

/// Guests in one transaction.
const SOME: i64 = 200;

/// Calls an event off. Everybody who has a seat will be told. Answers whether it was this call that did.
///
/// # Errors
/// `NotFound` for an event that is not there.
pub async fn call_off(app: &App, who: &SignedIn, id: EventId) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            let event = queries::lock(conn, id).await?;
            people::lock_as(conn, who).await?;
            if !event.is_open(now) {
                return Ok(false);
            }
            queries::call_off(conn, id, now).await?;
            jobs::enqueue(conn, &TellGuests { event: id.0 }, 10).await?;
            log(conn, app, who, id, "event.called_off").await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(done)
}

/// Tells whoever has a seat that the event was called off.
#[derive(Serialize, Deserialize)]
pub struct TellGuests {
    event: Uuid,
}

impl Job for TellGuests {
    const NAME: &'static str = "tell_guests";

    async fn run(self, app: App) -> Result<(), JobError> {
        let mut conn = app.db.get().await?;
        while conn.transaction(async |conn| some(conn, &app, EventId(self.event)).await).await? {}
        Ok(())
    }
}

/// Tells some more of them. Answers whether there may be others left.
async fn some(conn: &mut AsyncPgConnection, app: &App, id: EventId) -> QueryResult<bool> {
    let Some(event) = queries::lock(conn, id).await.optional()? else { return Ok(false) };
    let seats = queries::seats_not_told(conn, id, SOME).await?;
    let Some(last) = seats.last().map(|seat| seat.id) else { return Ok(false) };
    for seat in seats {
        let mail =
            EventCancelled { recipient_name: seat.name, event: event.title.clone(), when: event.when() };
        outbox::enqueue(conn, &app.keys, app.clock.now(), None, &seat.email, &mail).await?;
    }
    queries::told(conn, id, last).await?;
    Ok(true)
}
