//! The desk that plans events and sees who comes.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;

use super::web::id_of;
use super::{Event, NewEvent, Registration, queries};
use crate::identity::people::parse_optional;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::PublishesOffers;

const PATH: &str = "/staff/events";

#[derive(askama::Template)]
#[template(path = "public/events/staff_index.html")]
struct IndexPage {
    page: Page,
    events: Vec<Event>,
    pager: Pager,
}

/// `GET /staff/events`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<PublishesOffers>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let events = queries::all(&mut conn, keyset.window()).await?;
    let (events, pager) = keyset.page(events, |event| event.id.0, PATH, "");
    pages::ok(&IndexPage { page: Page::of(&request, "Events"), events, pager })
}

/// What the form of an event sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EventForm {
    title: String,
    about: String,
    place: String,
    starts_at: String,
    ends_at: String,
    capacity: String,
}

/// A moment as browsers send it, taken as UTC.
fn parse_moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let read = |format| NaiveDateTime::parse_from_str(text, format).ok();
    Some(read("%Y-%m-%dT%H:%M").or_else(|| read("%Y-%m-%dT%H:%M:%S"))?.and_utc())
}

impl EventForm {
    fn draw(&self) -> Form {
        let moment = |name, label, value: &str| {
            Field { kind: "datetime-local", ..Field::date(name, label) }.value(value)
        };
        Form::new(vec![
            Field::text("title", "Title").value(&self.title).autocomplete("off"),
            Field::textarea("about", "What happens there").value(&self.about),
            Field::text("place", "Place")
                .value(&self.place)
                .hint("An address, or where it is online.")
                .autocomplete("off"),
            moment("starts_at", "Begins (UTC)", &self.starts_at),
            moment("ends_at", "Ends (UTC)", &self.ends_at),
            Field::text("capacity", "Seats").value(&self.capacity).autocomplete("off"),
        ])
    }

    fn parse(&self, now: DateTime<Utc>) -> Result<NewEvent, Form> {
        let mut form = self.draw();
        let line = |form: &mut Form, name, typed: &str| match parse_optional(typed) {
            Ok(Some(line)) => line,
            Ok(None) => {
                form.fail(name, if name == "title" { "Give it a title." } else { "Say where it is." });
                String::new()
            }
            Err(message) => {
                form.fail(name, message);
                String::new()
            }
        };
        let (title, place) = (line(&mut form, "title", &self.title), line(&mut form, "place", &self.place));
        let starts_at = parse_moment(&self.starts_at).filter(|at| *at > now);
        let ends_at = parse_moment(&self.ends_at).filter(|at| starts_at.is_none_or(|start| *at > start));
        let capacity = self.capacity.trim().parse().ok().filter(|seats| (1..=100_000).contains(seats));
        if starts_at.is_none() {
            form.fail("starts_at", "Choose a moment that is still to come.");
        }
        if ends_at.is_none() {
            form.fail("ends_at", "Choose a moment after the beginning.");
        }
        if capacity.is_none() {
            form.fail("capacity", "Enter a number from 1 to 100000.");
        }
        let about = self.about.trim().to_owned();
        match (starts_at, ends_at, capacity) {
            (Some(starts_at), Some(ends_at), Some(capacity)) if !form.has_errors() => {
                Ok(NewEvent { title, about, place, starts_at, ends_at, capacity })
            }
            _ => Err(form),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "public/events/staff_new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

/// `GET /staff/events/new`
pub async fn new(request: HttpRequest, _who: Staff<PublishesOffers>) -> WebResult {
    pages::ok(&NewPage { page: Page::of(&request, "Plan an event"), form: EventForm::default().draw() })
}

/// `POST /staff/events/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PublishesOffers>,
    typed: web::Form<EventForm>,
) -> WebResult {
    match typed.parse(app.clock.now()) {
        Ok(new) => {
            let id = super::plan(&app, &who, &new).await?;
            flash::success(&request, "The event is planned. It is on the public list now.");
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(form) => pages::unprocessable(&NewPage { page: Page::of(&request, "Plan an event"), form }),
    }
}

#[derive(askama::Template)]
#[template(path = "public/events/staff_show.html")]
struct ShowPage {
    page: Page,
    event: Event,
    open: bool,
    taken: i64,
    rows: Vec<Registration>,
    pager: Pager,
}

/// `GET /staff/events/{event}`: the event and who registered.
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<PublishesOffers>,
    event: web::Path<String>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let id = id_of(&event)?;
    let mut conn = app.db.get().await?;
    let event = queries::find(&mut conn, id).await?;
    let taken = queries::seats_taken(&mut conn, id).await?;
    let rows = queries::registrations(&mut conn, id, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id, &format!("{PATH}/{id}"), "");
    let (page, open) = (Page::of(&request, &event.title), event.is_open(app.clock.now()));
    pages::ok(&ShowPage { page, open, event, taken, rows, pager })
}

#[derive(askama::Template)]
#[template(path = "public/events/staff_cancellation.html")]
struct CancellationPage {
    page: Page,
    event: Event,
    goes: Vec<String>,
}

/// `GET /staff/events/{event}/cancellation`
pub async fn confirm_cancellation(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<PublishesOffers>,
    event: web::Path<String>,
) -> WebResult {
    let id = id_of(&event)?;
    let mut conn = app.db.get().await?;
    let event = queries::find(&mut conn, id).await?;
    let taken = queries::seats_taken(&mut conn, id).await?;
    let goes = vec![
        "The event on the public list".to_owned(),
        match taken {
            0 => "No seat: nobody has one yet".to_owned(),
            1 => "The one seat that is taken; whoever has it gets a mail".to_owned(),
            _ => format!("The {taken} seats that are taken; whoever has one gets a mail"),
        },
    ];
    pages::ok(&CancellationPage { page: Page::of(&request, "Call the event off"), event, goes })
}

/// `POST /staff/events/{event}/cancellation`
pub async fn cancel(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PublishesOffers>,
    event: web::Path<String>,
) -> WebResult {
    let id = id_of(&event)?;
    if !super::call_off(&app, &who, id).await? {
        return Err(AppError::Gone("This event has begun or was called off already."));
    }
    flash::success(&request, "The event is called off. Whoever had a seat gets a mail.");
    Ok(see_other(&format!("{PATH}/{id}")))
}
