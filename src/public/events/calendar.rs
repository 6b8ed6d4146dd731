//! The file for calendars (RFC 5545).

use icalendar::{Calendar, Component as _, Event as Entry, EventLike as _, EventStatus};

use super::Event;
use crate::platform::app::App;

/// The event for a calendar. The same event always has the same UID, so that a calendar recognises a later file.
pub(super) fn file(app: &App, event: &Event) -> String {
    let status = if event.cancelled_at.is_some() { EventStatus::Cancelled } else { EventStatus::Confirmed };
    let entry = Entry::new()
        .uid(&format!("{}@lossexpress.com", event.id))
        .timestamp(app.clock.now())
        .summary(&event.title)
        .description(&event.about)
        .location(&event.place)
        .url(&app.url(&format!("/events/{}", event.id)))
        .starts(event.starts_at)
        .ends(event.ends_at)
        .status(status)
        .done();
    Calendar::new().push(entry).done().to_string()
}
