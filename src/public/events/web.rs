//! Events as everybody sees them, and the form to register.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{Event, NewRegistration, Outcome, calendar, queries};
use crate::identity::people::{parse_email, parse_name, parse_optional};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::EventId;
use crate::platform::web::caller::Caller;
use crate::platform::web::form_guard::{self, Sent};
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::session;

/// The name of the form, for its guard.
const FORM: &str = "event_registration";

/// What is said to whoever wants a seat in vain.
pub(super) const FULL: &str = "Every seat is taken. A seat may become free when somebody cancels.";
/// The same to whoever types an address, whether it has a seat or not.
const FULL_FOR_ALL: &str = "Every seat is taken. A seat may become free when somebody cancels. If this address has one, a mail with its link is on its way.";
/// What is said when it is too late.
pub(super) const CLOSED: &str = "This event has begun or was called off, so nobody can register any more.";

#[derive(askama::Template)]
#[template(path = "public/events/index.html")]
struct IndexPage {
    page: Page,
    events: Vec<Event>,
}

/// `GET /events`
pub async fn index(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let mut conn = app.db.get().await?;
    let events = queries::upcoming(&mut conn, app.clock.now()).await?;
    pages::ok(&IndexPage { page: Page::of(&request, "Events"), events })
}

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RegistrationForm {
    name: String,
    email: String,
    company: String,
    stamp: String,
    website: String,
}

impl RegistrationForm {
    fn sent(&self) -> Sent<'_> {
        Sent { form: FORM, stamp: &self.stamp, trap: &self.website }
    }

    fn draw(&self, stamp: &str) -> Form {
        Form::new(vec![
            Field::hidden("stamp", stamp),
            Field::text("name", "Your name")
                .value(&self.name)
                .autocomplete("name")
                .hint("For the list at the door."),
            Field::email("email", "Your e-mail address").value(&self.email),
            Field::text("company", "Company").value(&self.company).optional().autocomplete("organization"),
        ])
    }

    fn parse(&self, form: &mut Form) -> Option<NewRegistration> {
        let name = parse_name(&self.name).map_err(|message| form.fail("name", message)).ok();
        let email = parse_email(&self.email).map_err(|message| form.fail("email", message)).ok();
        let company = parse_optional(&self.company).map_err(|message| form.fail("company", message)).ok();
        Some(NewRegistration { name: name?, email: email?, company: company? })
    }
}

#[derive(askama::Template)]
#[template(path = "public/events/show.html")]
struct ShowPage {
    page: Page,
    event: Event,
    open: bool,
    free: i64,
    sent: bool,
    form: Form,
}

async fn page(app: &App, request: &HttpRequest, id: EventId, form: Form) -> Result<ShowPage, AppError> {
    let mut conn = app.db.get().await?;
    let event = queries::find(&mut conn, id).await?;
    let free = i64::from(event.capacity) - queries::seats_taken(&mut conn, id).await?;
    let (page, open) = (Page::of(request, &event.title), event.is_open(app.clock.now()));
    Ok(ShowPage { page, open, free: free.max(0), sent: request.query_string() == "sent=1", event, form })
}

/// The event that a path names.
pub(super) fn id_of(path: &str) -> Result<EventId, AppError> {
    path.parse().map_err(|_| AppError::NotFound)
}

/// `GET /events/{event}`
pub async fn show(app: web::Data<App>, request: HttpRequest, event: web::Path<String>) -> WebResult {
    let auth = session::auth(&request);
    let typed = RegistrationForm {
        email: auth.as_ref().map(|auth| auth.email.clone()).unwrap_or_default(),
        name: auth.map(|auth| auth.name).unwrap_or_default(),
        ..RegistrationForm::default()
    };
    let form = typed.draw(&form_guard::stamp(&app, FORM));
    pages::ok(&page(&app, &request, id_of(&event)?, form).await?)
}

/// `POST /events/{event}`: the same answer whether the address has registered before or not, and has a seat or not.
pub async fn register(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    event: web::Path<String>,
    typed: web::Form<RegistrationForm>,
) -> WebResult {
    let id = id_of(&event)?;
    let mut form = typed.draw(&form_guard::stamp_again(&app, typed.sent()));
    let Some(new) = typed.parse(&mut form) else {
        return pages::unprocessable(&page(&app, &request, id, form).await?);
    };
    if let Err(message) = form_guard::admit(&app, &caller, typed.sent()).await? {
        form.fail_whole(message);
        return pages::unprocessable(&page(&app, &request, id, form).await?);
    }
    form_guard::admit_mail(&app, &new.email).await?;
    match super::register(&app, &caller, id, &new).await? {
        Outcome::Done => return Ok(see_other(&format!("/events/{id}?sent=1"))),
        Outcome::Full => form.fail_whole(FULL_FOR_ALL),
        Outcome::Closed => form.fail_whole(CLOSED),
    }
    pages::unprocessable(&page(&app, &request, id, form).await?)
}

/// `GET /events/{event}/calendar.ics`
pub async fn calendar(app: web::Data<App>, event: web::Path<String>) -> WebResult {
    let mut conn = app.db.get().await?;
    let event = queries::find(&mut conn, id_of(&event)?).await?;
    let name = format!("attachment; filename=\"lossexpress-{}.ics\"", event.starts_at.format("%Y-%m-%d"));
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(calendar::file(&app, &event)))
}
