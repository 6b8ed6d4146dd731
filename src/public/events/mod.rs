//! Events that anybody may come to (S26): a list, registering, cancelling, a file for the calendar.
//!
//! Registering sends a mail; the link in it takes a seat, so that nobody fills an event with addresses of others. The
//! event's row is locked while its seats are counted, so that of two people who want the last seat one gets it, and
//! the other is told. Cancelling gives the seat back.

mod calendar;
mod mail;
pub mod own;
mod queries;
pub mod registrations;
pub mod staff;
pub mod web;

pub use mail::{ConfirmSeat, EventCancelled, SeatTaken};

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::audit::{self, Event as AuditEvent};
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::{event_registrations, events};
use crate::platform::error::AppError;
use crate::platform::ids::EventId;
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::moment;

const GONE: &str = "This link belongs to a registration that we no longer keep.";

/// An event.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = events, check_for_backend(diesel::pg::Pg))]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What it is called.
    pub title: String,
    /// What happens there.
    pub about: String,
    /// Where it is.
    pub place: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// How many people fit.
    pub capacity: i32,
    /// When it was called off.
    pub cancelled_at: Option<DateTime<Utc>>,
}

impl Event {
    /// Whether somebody may still register, apart from the seats.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.cancelled_at.is_none() && now < self.starts_at
    }

    /// From when to when, with the zone.
    pub fn when(&self) -> String {
        if self.starts_at.date_naive() == self.ends_at.date_naive() {
            let from = self.starts_at.format("%-d %B %Y, %H:%M");
            format!("{from} to {}", self.ends_at.format("%H:%M UTC"))
        } else {
            format!("{} to {}", moment(&self.starts_at), moment(&self.ends_at))
        }
    }
}

/// Somebody's registration.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = event_registrations, check_for_backend(diesel::pg::Pg))]
pub struct Registration {
    /// Its id.
    pub id: Uuid,
    /// For which event.
    pub event_id: EventId,
    /// Whose.
    pub email: String,
    /// Who comes.
    pub name: String,
    /// Where they work.
    pub company: Option<String>,
    /// When they registered.
    pub registered_at: DateTime<Utc>,
    /// When they took the seat.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When they gave it back.
    pub cancelled_at: Option<DateTime<Utc>>,
}

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

/// An event as staff plan it.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What it is called.
    pub title: String,
    /// What happens there.
    pub about: String,
    /// Where it is.
    pub place: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// How many people fit.
    pub capacity: i32,
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

/// Plans an event.
///
/// # Errors
/// What the database says.
pub async fn plan(app: &App, who: &SignedIn, new: &NewEvent) -> Result<EventId, AppError> {
    let now = app.clock.now();
    let id = EventId::new(now);
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::insert(conn, id, new, Some(who.person.0), now).await?;
        log(conn, app, who, id, "event.planned").await
    })
    .await?;
    Ok(id)
}

/// Calls an event off and mails everybody who has a seat. Answers whether it was this call that did.
///
/// # Errors
/// `NotFound` for an event that is not there.
pub async fn call_off(app: &App, who: &SignedIn, id: EventId) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            let event = queries::lock(conn, id).await?;
            if !event.is_open(now) {
                return Ok(false);
            }
            queries::call_off(conn, id, now).await?;
            for seat in queries::seats(conn, id).await? {
                let mail = EventCancelled {
                    recipient_name: seat.name,
                    event: event.title.clone(),
                    when: event.when(),
                };
                outbox::enqueue(conn, &app.keys, now, None, &seat.email, &mail).await?;
            }
            log(conn, app, who, id, "event.called_off").await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(done)
}

async fn log(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    id: EventId,
    action: &'static str,
) -> diesel::QueryResult<()> {
    let from = who.caller.circumstances();
    let event = AuditEvent::new(who.actor(), "event", id.0, action, &from);
    audit::append(conn, app.clock.now(), event).await.map(drop)
}

/// Puts an event of the demo there, once, by its id.
///
/// # Errors
/// What the database says.
pub async fn ensure_there(
    conn: &mut AsyncPgConnection,
    id: EventId,
    new: &NewEvent,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    queries::insert(conn, id, new, None, now).await
}
