//! Logging a request that came by mail or letter: its deadline counts from the day on which it came (S2, S97).

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use diesel_async::AsyncConnection as _;
use serde::Deserialize;

use super::path;
use crate::identity::people::{parse_email, parse_optional, ticked};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::RequestId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::privacy::data_requests::deadlines::Regimes;
use crate::privacy::data_requests::kinds::{Channel, Kind};
use crate::privacy::data_requests::states::{self, Act, By, Step};
use crate::privacy::data_requests::web::new::{home_field, is_home};
use crate::privacy::data_requests::{
    NewRequest, acknowledge, log as audit_log, messages, queries, receive, verification,
};
use crate::staff::permissions::WorksOnRequests;

/// Nobody logs what is older.
const OLDEST: Duration = Duration::days(365);

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LogForm {
    kind: String,
    email: String,
    name: String,
    received: String,
    details: String,
    agent: String,
    home: String,
    acknowledge: String,
}

/// A request that came on another way.
struct Logged {
    kind: Kind,
    email: String,
    name: Option<String>,
    received_at: DateTime<Utc>,
    details: Option<String>,
    agent: Option<String>,
    regimes: Regimes,
    acknowledge: bool,
}

impl LogForm {
    fn draw(&self, acknowledge: bool) -> Form {
        let choice = |kind: Kind| Choice {
            value: kind.as_str().into(),
            label: kind.label().into(),
            selected: self.kind == kind.as_str(),
        };
        let kinds = Kind::WITHOUT_ACCOUNT.into_iter().map(choice).collect();
        let home = if self.home.is_empty() { "other" } else { &self.home };
        Form::new(vec![
            Field::select("kind", "What is asked for?", kinds),
            Field::email("email", "Address of the person whose data it is").value(&self.email).autocomplete("off"),
            Field::text("name", "Their name").value(&self.name).optional().autocomplete("off"),
            Field::date("received", "Day on which it came").value(&self.received).hint("The deadline counts from then."),
            Field::textarea("details", "What exactly?").value(&self.details).optional(),
            Field::text("agent", "Who asks in their name").value(&self.agent).optional().autocomplete("off"),
            Field { label: "Where do they live?".into(), ..home_field(home) },
            Field::checkbox("acknowledge", "Confirm receipt by mail now", acknowledge).optional().hint(
                "With the code for the mailbox. Without the tick it waits in the list of receipts to be confirmed.",
            ),
        ])
    }

    fn parse(&self, form: &mut Form, now: DateTime<Utc>) -> Option<Logged> {
        let email = parse_email(&self.email).map_err(|message| form.fail("email", message)).ok();
        let mut line = |name, typed: &str| {
            parse_optional(typed).map_err(|message| form.fail(name, message)).ok().flatten()
        };
        let (name, agent) = (line("name", &self.name), line("agent", &self.agent));
        let kind = Kind::WITHOUT_ACCOUNT.into_iter().find(|kind| kind.as_str() == self.kind);
        if kind.is_none() {
            form.fail("kind", "Choose one of these.");
        }
        let day = NaiveDate::parse_from_str(self.received.trim(), "%Y-%m-%d").ok();
        let received = day.map(|day| day.and_time(NaiveTime::MIN).and_utc());
        if received.is_none_or(|at| at > now || at < now - OLDEST) {
            form.fail(
                "received",
                "Enter a day of the last twelve months as year-month-day, as in 2026-11-23.",
            );
        }
        let details = match self.details.trim() {
            "" => None,
            _ => messages::parse(&self.details).map_err(|message| form.fail("details", message)).ok(),
        };
        if !is_home(&self.home) {
            form.fail("home", "Choose one of these.");
        }
        if form.has_errors() {
            return None;
        }
        let (regimes, acknowledge) = (Regimes::chosen(&self.home), ticked(&self.acknowledge));
        Some(Logged {
            kind: kind?,
            email: email?,
            name,
            received_at: received?,
            details,
            agent,
            regimes,
            acknowledge,
        })
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/staff/new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

/// `GET /staff/requests/new`
pub async fn new(app: web::Data<App>, request: HttpRequest, _who: Staff<WorksOnRequests>) -> WebResult {
    let typed = LogForm { received: app.clock.now().date_naive().to_string(), ..LogForm::default() };
    pages::ok(&NewPage { page: Page::of(&request, "Log a request"), form: typed.draw(true) })
}

/// `POST /staff/requests/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    typed: web::Form<LogForm>,
) -> WebResult {
    let mut form = typed.draw(ticked(&typed.acknowledge));
    let Some(logged) = typed.parse(&mut form, app.clock.now()) else {
        return pages::unprocessable(&NewPage { page: Page::of(&request, "Log a request"), form });
    };
    let id = keep(&app, &who, &logged).await?;
    flash::success(&request, "The request is logged.");
    Ok(see_other(&path(id)))
}

async fn keep(app: &App, who: &SignedIn, logged: &Logged) -> Result<RequestId, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let id = conn
        .transaction(async |conn| {
            let new = NewRequest {
                kind: logged.kind,
                channel: if logged.agent.is_some() { Channel::Agent } else { Channel::Email },
                person: None,
                email: Some(&logged.email),
                name: logged.name.as_deref(),
                agent: logged.agent.as_deref(),
                details: logged.details.as_deref(),
                regimes: logged.regimes,
                received_at: logged.received_at,
            };
            let id = receive(conn, &new, By::Staff(who.person), now).await?;
            states::take(conn, id, &Step::new(Act::VerificationStarted, By::System), now).await?;
            if logged.acknowledge {
                acknowledge(conn, app, id, now).await?;
                let request = queries::find(conn, id).await?;
                verification::send_code(conn, app, &request, now).await?;
            }
            audit_log(conn, who.actor(), id, Act::Received, &who.caller.circumstances(), now).await?;
            Ok::<_, diesel::result::Error>(id)
        })
        .await?;
    Ok(id)
}
