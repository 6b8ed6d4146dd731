//! Seats: registering, taking one by the link that was mailed, and giving it back.

use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{ConfirmSeat, Event, Registration, SeatTaken, queries};
use crate::platform::app::App;
use crate::platform::crypto::hash_token;
use crate::platform::error::AppError;
use crate::platform::ids::EventId;
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;

const GONE: &str = "This link belongs to a registration that we no longer keep.";

/// Who wants to come.
#[derive(Clone, Debug)]
pub struct NewRegistration {
    /// Where the link goes.
    pub email: String,
    /// Who comes.
    pub name: String,
    /// Where they work.
    pub company: Option<String>,
}

/// What became of a wish to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is as they wished.
    Done,
    /// Every seat is taken.
    Full,
    /// The event was called off or has begun.
    Closed,
}

/// Keeps a registration and mails its link. A second one of the same address takes the place of the first while nobody
/// confirmed that; to an address that has a seat, the seat is told again.
///
/// # Errors
/// `NotFound` for an event that is not there.
pub async fn register(
    app: &App,
    caller: &Caller,
    id: EventId,
    new: &NewRegistration,
) -> Result<Outcome, AppError> {
    let (now, token) = (app.clock.now(), app.keys.token());
    let mut conn = app.db.get().await?;
    let outcome = conn
        .transaction(async |conn| {
            let event = queries::lock(conn, id).await?;
            if !event.is_open(now) {
                return Ok(Outcome::Closed);
            }
            if let Some(seat) = queries::seat_of(conn, id, &new.email).await? {
                // Who has a seat keeps it, under the name that they confirmed, and gets a link that gives it back.
                queries::relink(conn, seat.id, &hash_token(&token)).await?;
                mail_seat(conn, app, &token, &seat, &event).await?;
                return Ok(Outcome::Done);
            }
            if queries::seats_taken(conn, id).await? >= i64::from(event.capacity) {
                return Ok(Outcome::Full);
            }
            let row = queries::Row { event: id, token_hash: &hash_token(&token), now };
            queries::register(conn, &row, new, caller.country.as_deref()).await?;
            // A name that a stranger typed does not travel in our mail.
            let mail = ConfirmSeat {
                recipient_name: "there".into(),
                event: event.title.clone(),
                when: event.when(),
                place: event.place.clone(),
                url: app.url(&format!("/events/registrations/{token}")),
            };
            outbox::enqueue(conn, &app.keys, now, None, &new.email, &mail).await?;
            Ok::<_, diesel::result::Error>(Outcome::Done)
        })
        .await?;
    Ok(outcome)
}

/// The registration that a link belongs to, and its event.
///
/// # Errors
/// `Gone` if there is none (any more).
pub async fn find(app: &App, token: &str) -> Result<(Registration, Event), AppError> {
    let mut conn = app.db.get().await?;
    queries::by_token(&mut conn, &hash_token(token)).await?.ok_or(AppError::Gone(GONE))
}

/// Takes a seat for the registration of this link, and mails that it is taken. Done again, it changes nothing.
///
/// # Errors
/// As [`find`].
pub async fn confirm(app: &App, token: &str) -> Result<Outcome, AppError> {
    let (now, hash) = (app.clock.now(), hash_token(token));
    let mut conn = app.db.get().await?;
    let outcome = conn
        .transaction(async |conn| {
            let Some((registration, _)) = queries::by_token(conn, &hash).await? else { return Ok(None) };
            // Whoever holds the lock counts; whoever waits for it counts afterwards.
            let event = queries::lock(conn, registration.event_id).await?;
            let Some((registration, _)) = queries::by_token(conn, &hash).await? else { return Ok(None) };
            if registration.cancelled_at.is_some() || !event.is_open(now) {
                return Ok(Some(Outcome::Closed));
            }
            if registration.confirmed_at.is_some() {
                return Ok(Some(Outcome::Done));
            }
            if queries::seats_taken(conn, event.id).await? >= i64::from(event.capacity) {
                return Ok(Some(Outcome::Full));
            }
            queries::confirm(conn, registration.id, now).await?;
            mail_seat(conn, app, token, &registration, &event).await?;
            Ok::<_, diesel::result::Error>(Some(Outcome::Done))
        })
        .await?;
    outcome.ok_or(AppError::Gone(GONE))
}

async fn mail_seat(
    conn: &mut AsyncPgConnection,
    app: &App,
    token: &str,
    registration: &Registration,
    event: &Event,
) -> diesel::QueryResult<()> {
    let mail = SeatTaken {
        recipient_name: registration.name.clone(),
        event: event.title.clone(),
        when: event.when(),
        place: event.place.clone(),
        calendar_url: app.url(&format!("/events/{}/calendar.ics", event.id)),
        url: app.url(&format!("/events/registrations/{token}")),
    };
    outbox::enqueue(conn, &app.keys, app.clock.now(), None, &registration.email, &mail).await?;
    Ok(())
}

/// Gives the seat of this link back. Done again, it changes nothing.
///
/// # Errors
/// As [`find`].
pub async fn cancel(app: &App, token: &str) -> Result<(), AppError> {
    let mut conn = app.db.get().await?;
    let known = queries::cancel(&mut conn, &hash_token(token), app.clock.now()).await?;
    if known { Ok(()) } else { Err(AppError::Gone(GONE)) }
}
