//! SQL of events and registrations.

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Event, NewEvent, NewRegistration, Registration};
use crate::platform::db::schema::{event_registrations, events};
use crate::platform::ids::{EventId, new_uuid};
use crate::platform::web::pagination::{Window, windowed};

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: EventId,
    new: &NewEvent,
    by: Option<Uuid>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(events::table)
        .values((
            events::id.eq(id),
            events::title.eq(&new.title),
            events::about.eq(&new.about),
            events::place.eq(&new.place),
            events::starts_at.eq(new.starts_at),
            events::ends_at.eq(new.ends_at),
            events::capacity.eq(new.capacity),
            events::created_by.eq(by),
            events::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn find(conn: &mut AsyncPgConnection, id: EventId) -> QueryResult<Event> {
    events::table.find(id).select(Event::as_select()).first(conn).await
}

/// The event, with its seats for nobody else to count until the transaction ends.
pub(super) async fn lock(conn: &mut AsyncPgConnection, id: EventId) -> QueryResult<Event> {
    events::table.find(id).select(Event::as_select()).for_no_key_update().first(conn).await
}

pub(super) async fn seats_taken(conn: &mut AsyncPgConnection, id: EventId) -> QueryResult<i64> {
    event_registrations::table
        .filter(event_registrations::event_id.eq(id))
        .filter(event_registrations::confirmed_at.is_not_null())
        .filter(event_registrations::cancelled_at.is_null())
        .select(count_star())
        .first(conn)
        .await
}

/// What the portal adds to a registration.
pub(super) struct Row<'a> {
    pub event: EventId,
    pub token_hash: &'a [u8],
    pub now: DateTime<Utc>,
}

/// Keeps a registration, beside others of the same address that nobody confirmed.
pub(super) async fn register(
    conn: &mut AsyncPgConnection,
    row: &Row<'_>,
    new: &NewRegistration,
    country: Option<&str>,
) -> QueryResult<()> {
    diesel::insert_into(event_registrations::table)
        .values((
            event_registrations::id.eq(new_uuid(row.now)),
            event_registrations::event_id.eq(row.event),
            event_registrations::email.eq(&new.email),
            event_registrations::email_key.eq(new.email.to_lowercase()),
            event_registrations::name.eq(&new.name),
            event_registrations::company.eq(&new.company),
            event_registrations::country.eq(country),
            event_registrations::token_hash.eq(row.token_hash),
            event_registrations::registered_at.eq(row.now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The seat of an address, if it has one.
pub(super) async fn seat_of(
    conn: &mut AsyncPgConnection,
    event: EventId,
    email: &str,
) -> QueryResult<Option<Registration>> {
    event_registrations::table
        .filter(event_registrations::event_id.eq(event))
        .filter(event_registrations::email_key.eq(email.to_lowercase()))
        .filter(event_registrations::confirmed_at.is_not_null())
        .filter(event_registrations::cancelled_at.is_null())
        .select(Registration::as_select())
        .first(conn)
        .await
        .optional()
}

/// A registration with its event, by its id.
pub(super) async fn by_id(
    conn: &mut AsyncPgConnection,
    id: Uuid,
) -> QueryResult<Option<(Registration, Event)>> {
    event_registrations::table
        .find(id)
        .inner_join(events::table)
        .select((Registration::as_select(), Event::as_select()))
        .first(conn)
        .await
        .optional()
}

pub(super) async fn by_token(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
) -> QueryResult<Option<(Registration, Event)>> {
    event_registrations::table
        .inner_join(events::table)
        .filter(event_registrations::token_hash.eq(hash))
        .select((Registration::as_select(), Event::as_select()))
        .first(conn)
        .await
        .optional()
}

pub(super) async fn confirm(conn: &mut AsyncPgConnection, id: Uuid, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(event_registrations::table.find(id))
        .set(event_registrations::confirmed_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Cancels a registration, unless it was before.
pub(super) async fn cancel(conn: &mut AsyncPgConnection, id: Uuid, now: DateTime<Utc>) -> QueryResult<()> {
    let open = event_registrations::table.find(id).filter(event_registrations::cancelled_at.is_null());
    diesel::update(open).set(event_registrations::cancelled_at.eq(now)).execute(conn).await.map(drop)
}

/// Beside a seat, what nobody confirmed is of no more use to the owner of the address.
const OF_USE: &str = "(event_registrations.confirmed_at IS NOT NULL OR event_registrations.cancelled_at IS NOT NULL OR NOT EXISTS ( \
    SELECT FROM event_registrations s WHERE s.event_id = event_registrations.event_id AND s.email_key = event_registrations.email_key \
        AND s.confirmed_at IS NOT NULL AND s.cancelled_at IS NULL))";

/// Registrations of an address, the latest first; beside a seat, none that nobody confirmed.
pub(super) async fn all_own(
    conn: &mut AsyncPgConnection,
    email: &str,
    window: Window,
) -> QueryResult<Vec<(Registration, Event)>> {
    let rows = event_registrations::table
        .inner_join(events::table)
        .filter(event_registrations::email_key.eq(email.to_lowercase()))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(OF_USE))
        .select((Registration::as_select(), Event::as_select()));
    windowed!(rows, event_registrations::id, window).load(conn).await
}

/// One of them.
pub(super) async fn own(
    conn: &mut AsyncPgConnection,
    email: &str,
    id: Uuid,
) -> QueryResult<Option<(Registration, Event)>> {
    event_registrations::table
        .find(id)
        .inner_join(events::table)
        .filter(event_registrations::email_key.eq(email.to_lowercase()))
        .select((Registration::as_select(), Event::as_select()))
        .first(conn)
        .await
        .optional()
}

/// Cancels one of them; answers whether it was still open.
pub(super) async fn cancel_own(
    conn: &mut AsyncPgConnection,
    email: &str,
    id: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let open = event_registrations::table
        .find(id)
        .filter(event_registrations::email_key.eq(email.to_lowercase()))
        .filter(event_registrations::cancelled_at.is_null());
    Ok(diesel::update(open).set(event_registrations::cancelled_at.eq(now)).execute(conn).await? > 0)
}

pub(super) async fn call_off(
    conn: &mut AsyncPgConnection,
    id: EventId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(events::table.find(id)).set(events::cancelled_at.eq(now)).execute(conn).await?;
    Ok(())
}

/// Some of whoever has a seat and was not told that the event was called off, in the order of their ids.
pub(super) async fn seats_not_told(
    conn: &mut AsyncPgConnection,
    id: EventId,
    most: i64,
) -> QueryResult<Vec<Registration>> {
    let told: Option<Uuid> = events::table.find(id).select(events::told_up_to).first(conn).await?;
    event_registrations::table
        .filter(
            event_registrations::event_id.eq(id).and(event_registrations::id.gt(told.unwrap_or_default())),
        )
        .filter(event_registrations::confirmed_at.is_not_null())
        .filter(event_registrations::cancelled_at.is_null())
        .order(event_registrations::id)
        .limit(most)
        .select(Registration::as_select())
        .load(conn)
        .await
}

/// Everybody up to this one was told that the event was called off.
pub(super) async fn told(conn: &mut AsyncPgConnection, id: EventId, last: Uuid) -> QueryResult<()> {
    diesel::update(events::table.find(id)).set(events::told_up_to.eq(last)).execute(conn).await.map(drop)
}

/// Every registration of an event.
pub(super) async fn registrations(
    conn: &mut AsyncPgConnection,
    id: EventId,
    window: Window,
) -> QueryResult<Vec<Registration>> {
    let rows = event_registrations::table
        .filter(event_registrations::event_id.eq(id))
        .select(Registration::as_select());
    windowed!(rows, event_registrations::id, window).load(conn).await
}

/// Events that somebody can still come to, the next one first.
pub(super) async fn upcoming(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<Vec<Event>> {
    events::table
        .filter(events::starts_at.gt(now).and(events::cancelled_at.is_null()))
        .order((events::starts_at, events::id))
        .limit(100)
        .select(Event::as_select())
        .load(conn)
        .await
}

/// Every event, the one planned last first.
pub(super) async fn all(conn: &mut AsyncPgConnection, window: Window) -> QueryResult<Vec<Event>> {
    let rows = events::table.select(Event::as_select());
    windowed!(rows, events::id, window).load(conn).await
}
