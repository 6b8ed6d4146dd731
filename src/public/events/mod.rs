//! Events that anybody may come to (S26): a list, registering, cancelling, a file for the calendar.
//!
//! Registering sends a mail; the link in it takes a seat, so that nobody fills an event with addresses of others. The
//! event's row is locked while its seats are counted, so that of two people who want the last seat one gets it, and
//! the other is told. Cancelling gives the seat back.
//!
//! Anybody can type an address, so that each time is a registration of its own: it takes nothing from those before, neither
//! their words nor their links, and each link takes the seat under what was typed with it. One of them becomes the seat of the
//! address; from then on every link in its mailbox leads there. Whoever typed the address reads the same in every case.

mod calendar;
mod calling_off;
mod links;
mod mail;
pub mod own;
mod queries;
pub mod registrations;
mod seats;
pub mod staff;
pub mod web;

pub use calling_off::{TellGuests, call_off};
pub use mail::{ConfirmSeat, EventCancelled, SeatTaken};
pub use seats::{NewRegistration, Outcome, cancel, confirm, find, register};

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::audit::{self, Event as AuditEvent};
use crate::platform::db::schema::{event_registrations, events};
use crate::platform::error::AppError;
use crate::platform::ids::EventId;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::moment;

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
