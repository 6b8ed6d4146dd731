//! Logging a dispute that came by mail or letter (S131): its deadline counts from the day on which it came.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use diesel_async::AsyncConnection as _;

use super::path;
use crate::identity::people::{parse_email, parse_optional};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::upload::{self, Upload};
use crate::platform::files::{self, NewFile};
use crate::platform::ids::DisputeId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::privacy::disputes::form::DisputeForm;
use crate::privacy::disputes::states::{Act, By};
use crate::privacy::disputes::{ANSWER, NewDispute, log as audit_log, raise};
use crate::staff::permissions::WorksOnRequests;

/// Nobody logs what should have been answered already.
const OLDEST: Duration = ANSWER;

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct LogForm {
    channel: String,
    received: String,
    email: String,
    name: String,
    postal_address: String,
    subject: String,
    words: String,
}

/// A dispute that came on another way.
struct Logged {
    channel: &'static str,
    received_at: DateTime<Utc>,
    email: Option<String>,
    name: Option<String>,
    postal_address: Option<String>,
    subject: String,
    words: String,
}

impl LogForm {
    fn of(upload: &Upload) -> Self {
        let typed = |name| upload.text(name).to_owned();
        Self {
            channel: typed("channel"),
            received: typed("received"),
            email: typed("email"),
            name: typed("name"),
            postal_address: typed("postal_address"),
            subject: typed("subject"),
            words: typed("words"),
        }
    }

    fn as_dispute(&self) -> DisputeForm {
        DisputeForm { subject: self.subject.clone(), words: self.words.clone(), ..DisputeForm::default() }
    }

    fn draw(&self) -> Form {
        let choice = |(value, label): (&str, &str)| Choice {
            value: value.into(),
            label: label.into(),
            selected: value == self.channel,
        };
        let ways = [("post", "By letter"), ("email", "By mail")].map(choice).into();
        let postal = Field { maxlength: Some(500), ..Field::textarea("postal_address", "Postal address") };
        let mut fields = vec![
            Field::select("channel", "How did it come?", ways),
            Field::date("received", "Day on which it came")
                .value(&self.received)
                .hint("The deadline counts from then."),
            Field::text("name", "Their name").value(&self.name).optional().autocomplete("off"),
            Field::email("email", "E-mail address")
                .value(&self.email)
                .optional()
                .autocomplete("off")
                .hint("The answer goes there. Without it, it goes by letter."),
            postal.value(&self.postal_address).optional().hint("Needed where there is no e-mail address."),
        ];
        fields.extend(self.as_dispute().fields().into_iter().map(|field| field.hint("")));
        fields.push(upload::field(upload::FIELD, "Files: what was enclosed, or a scan of it"));
        Form::new(fields)
    }

    fn received(&self, form: &mut Form, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let day = NaiveDate::parse_from_str(self.received.trim(), "%Y-%m-%d").ok();
        let at = day.map(|day| day.and_time(NaiveTime::MIN).and_utc());
        let at = at.filter(|at| *at <= now && *at > now - OLDEST);
        if at.is_none() {
            form.fail("received", "Enter a day of the last 30 days as year-month-day, as in 2026-11-23.");
        }
        at
    }

    fn parse(&self, form: &mut Form, now: DateTime<Utc>) -> Option<Logged> {
        let channel = ["post", "email"].into_iter().find(|known| *known == self.channel);
        if channel.is_none() {
            form.fail("channel", "Choose one of these.");
        }
        let received_at = self.received(form, now);
        let email = match self.email.trim() {
            "" => None,
            typed => parse_email(typed).map_err(|message| form.fail("email", message)).ok(),
        };
        let name = parse_optional(&self.name).map_err(|message| form.fail("name", message)).ok().flatten();
        let lines: Vec<&str> =
            self.postal_address.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let postal_address = (!lines.is_empty()).then(|| lines.join("\n"));
        if postal_address.as_ref().is_some_and(|text| text.chars().count() > 500 || text.contains('\0')) {
            form.fail("postal_address", "Enter an address of up to 500 characters.");
        }
        if email.is_none() && postal_address.is_none() && self.email.trim().is_empty() {
            form.fail(
                "email",
                "Enter an e-mail address or a postal address, so that an answer reaches them.",
            );
        }
        let (subject, words) = self.as_dispute().parse(form)?;
        let received_at = received_at?;
        Some(Logged { channel: channel?, received_at, email, name, postal_address, subject, words })
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/disputes/staff/new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

/// `GET /staff/disputes/new`
pub async fn new(app: web::Data<App>, request: HttpRequest, _who: Staff<WorksOnRequests>) -> WebResult {
    let typed = LogForm { received: app.clock.now().date_naive().to_string(), ..LogForm::default() };
    pages::ok(&NewPage { page: Page::of(&request, "Log a dispute"), form: typed.draw() })
}

/// `POST /staff/disputes/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    payload: web::Payload,
) -> WebResult {
    upload::admit(&app, &who.person.to_string()).await?;
    let upload = Upload::read(&app, &request, payload, upload::FIELD).await?;
    let typed = LogForm::of(&upload);
    let mut form = typed.draw();
    let logged = typed.parse(&mut form, app.clock.now());
    upload.judge(&mut form);
    let Some(logged) = logged.filter(|_| !form.has_errors()) else {
        upload.give_up(&app, &mut form).await;
        return pages::unprocessable(&NewPage { page: Page::of(&request, "Log a dispute"), form });
    };
    let kept = keep(&app, &who, &logged, &upload.files).await;
    let id = files::settle(&app, &upload.files, kept).await?;
    flash::success(&request, "The dispute is logged.");
    Ok(see_other(&path(id)))
}

async fn keep(app: &App, who: &SignedIn, logged: &Logged, files: &[NewFile]) -> Result<DisputeId, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let id = conn
        .transaction(async |conn| {
            let new = NewDispute {
                channel: logged.channel,
                person: None,
                email: logged.email.as_deref(),
                name: logged.name.as_deref(),
                postal_address: logged.postal_address.as_deref(),
                subject: &logged.subject,
                words: &logged.words,
                files,
                received_at: logged.received_at,
            };
            let id = raise(conn, app, &new, By::Staff(who.person), now).await?;
            audit_log(conn, who.actor(), id, Act::Received, &who.caller.circumstances(), now).await?;
            Ok::<_, diesel::result::Error>(id)
        })
        .await?;
    Ok(id)
}
