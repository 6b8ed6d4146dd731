//! Seats: registering, taking one by the link that was mailed, and giving it back.

use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{ConfirmSeat, Event, Registration, SeatTaken, links, queries};
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

/// Keeps a registration and mails its link; to an address that has a seat, the seat is told again. Whoever asks learns nothing of
/// that, also where every seat is taken.
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
            let seat = queries::seat_of(conn, id, &new.email).await?;
            if let Some(seat) = &seat {
                // Who has a seat keeps it, under the name that they confirmed, and gets one more link to it.
                mail_seat(conn, app, &links::token(&app.keys, seat.id), seat, &event).await?;
            }
            if queries::seats_taken(conn, id).await? >= i64::from(event.capacity) {
                return Ok(Outcome::Full);
            }
            if seat.is_some() {
                return Ok(Outcome::Done);
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

/// The registration that a link belongs to, and its event. Where the address has a seat by another link of its mailbox, that is
/// meant.
async fn linked(
    conn: &mut AsyncPgConnection,
    app: &App,
    token: &str,
) -> QueryResult<Option<(Registration, Event)>> {
    let found = match links::parse(&app.keys, token) {
        Some(id) => queries::by_id(conn, id).await?,
        None => queries::by_token(conn, &hash_token(token)).await?,
    };
    let Some((registration, event)) = found else { return Ok(None) };
    if registration.confirmed_at.is_some() || registration.cancelled_at.is_some() {
        return Ok(Some((registration, event)));
    }
    let seat = queries::seat_of(conn, event.id, &registration.email).await?;
    Ok(Some((seat.unwrap_or(registration), event)))
}

/// The registration that a link belongs to, and its event.
///
/// # Errors
/// `Gone` if there is none (any more).
pub async fn find(app: &App, token: &str) -> Result<(Registration, Event), AppError> {
    let mut conn = app.db.get().await?;
    linked(&mut conn, app, token).await?.ok_or(AppError::Gone(GONE))
}

/// Takes a seat for the registration of this link, and mails that it is taken. Done again, it changes nothing.
///
/// # Errors
/// As [`find`].
pub async fn confirm(app: &App, token: &str) -> Result<Outcome, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let outcome = conn
        .transaction(async |conn| {
            let Some((registration, _)) = linked(conn, app, token).await? else { return Ok(None) };
            // Whoever holds the lock counts; whoever waits for it counts afterwards.
            let event = queries::lock(conn, registration.event_id).await?;
            let Some((registration, _)) = linked(conn, app, token).await? else { return Ok(None) };
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
) -> QueryResult<()> {
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
    let (registration, _) = linked(&mut conn, app, token).await?.ok_or(AppError::Gone(GONE))?;
    queries::cancel(&mut conn, registration.id, app.clock.now()).await?;
    Ok(())
}
