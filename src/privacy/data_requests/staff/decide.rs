//! The answer to a request: done, done in part, or not done, from a template for each reason.

use actix_web::{HttpRequest, web};
use chrono::NaiveDate;
use serde::Deserialize;

use super::steps::{self, Decision};
use super::{find, path};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::privacy::data_requests::kinds::Kind;
use crate::privacy::data_requests::reasons::{REASONS, Reason, fulfilled_words};
use crate::privacy::data_requests::states::Ground;
use crate::privacy::data_requests::{DataRequest, messages, queries};
use crate::staff::desk::{Queue, looks};
use crate::staff::permissions::WorksOnRequests;

/// What may come of a request.
const OUTCOMES: [(&str, &str); 3] =
    [("fulfilled", "Done"), ("partly_fulfilled", "Done in part"), ("denied", "Not done")];

/// What may come of a request of this kind. A deletion of the person is done wholly or not at all.
fn outcomes_of(kind: Kind) -> impl Iterator<Item = (&'static str, &'static str)> {
    OUTCOMES.into_iter().filter(move |(name, _)| kind != Kind::Deletion || *name != "partly_fulfilled")
}

/// What the address or the form says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    outcome: String,
    reason: String,
    words: String,
    items: String,
    why: String,
    again: String,
    version: i32,
}

impl DecisionForm {
    /// With the words of the template for what was chosen.
    fn with_template(mut self, request: &DataRequest, today: impl Fn(&Reason) -> NaiveDate) -> Self {
        if self.outcome.is_empty() {
            self.outcome = OUTCOMES[0].0.into();
        }
        if self.outcome != "denied" {
            self.words = fulfilled_words(request.kind().as_str()).into();
        }
        if let Some(reason) = Reason::find(&self.reason).filter(|_| self.outcome != "fulfilled") {
            self.why = reason.words.into();
            self.again = today(reason).to_string();
        }
        self.version = request.version;
        self
    }

    fn template(&self, kind: Kind) -> Form {
        let outcomes = outcomes_of(kind).map(|(value, label)| Choice {
            value: value.into(),
            label: label.into(),
            selected: value == self.outcome,
        });
        let reason = |reason: &Reason| Choice {
            value: reason.code.into(),
            label: reason.label.into(),
            selected: reason.code == self.reason,
        };
        let none = Choice { label: "No reason is needed".into(), ..Choice::default() };
        let reasons = [none].into_iter().chain(REASONS.iter().map(reason)).collect();
        Form::new(vec![
            Field::select("outcome", "What comes of it?", outcomes.collect()),
            Field::select("reason", "Reason for what is not done", reasons).optional(),
        ])
    }

    fn draw(&self) -> Form {
        let mut fields = vec![
            Field::hidden("version", &self.version.to_string()),
            Field::hidden("outcome", &self.outcome),
            Field::hidden("reason", &self.reason),
        ];
        if self.outcome != "denied" {
            fields.push(Field::textarea("words", "The answer").value(&self.words).hint(
                "It stands on their page and in the mail. What is personal goes into a message on the page instead.",
            ));
        }
        if self.outcome == "partly_fulfilled" {
            fields.push(
                Field::textarea("items", "What is withheld")
                    .value(&self.items)
                    .hint("One on each line, as in: Invoices of 2026."),
            );
        }
        if self.outcome != "fulfilled" {
            fields.push(Field::textarea("why", "Why, for whoever asked").value(&self.why));
            fields.push(Field::date("again", "When somebody looks again").value(&self.again));
        }
        Form::new(fields)
    }

    fn ground(&self, form: &mut Form, today: NaiveDate) -> Option<Ground> {
        let reason = Reason::find(&self.reason);
        if reason.is_none() {
            form.fail_whole("Choose a reason first: nothing is denied or withheld without one.");
        }
        let words = messages::parse(&self.why).map_err(|message| form.fail("why", message)).ok();
        let again_on = NaiveDate::parse_from_str(self.again.trim(), "%Y-%m-%d").ok();
        if again_on.is_none_or(|day| day <= today) {
            form.fail("again", "Enter a day after today as year-month-day, as in 2027-03-31.");
        }
        Some(Ground { reason: reason?, words: words?, again_on: again_on.filter(|day| *day > today)? })
    }

    fn parse(&self, form: &mut Form, today: NaiveDate) -> Option<Decision> {
        let words = |form: &mut Form| {
            messages::parse(&self.words).map_err(|message| form.fail("words", message)).ok()
        };
        match self.outcome.as_str() {
            "fulfilled" => words(form).map(Decision::Fulfil),
            "denied" => self.ground(form, today).map(Decision::Deny),
            "partly_fulfilled" => {
                let words = words(form);
                let lines = self.items.lines().map(str::trim).filter(|line| !line.is_empty());
                let items: Vec<String> = lines.map(str::to_owned).collect();
                if items.is_empty() || items.len() > 50 || items.iter().any(|item| item.chars().count() > 200)
                {
                    form.fail("items", "Name what is withheld: 1 to 50 lines of up to 200 characters.");
                }
                let ground = self.ground(form, today)?;
                let named = form.errors().is_empty();
                named.then_some(Decision::Partly { words: words?, items, ground })
            }
            _ => {
                form.fail_whole("Choose what comes of it first.");
                None
            }
        }
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/staff/decision.html")]
struct DecisionPage {
    page: Page,
    path: String,
    title: &'static str,
    number: String,
    outcome: &'static str,
    /// The law behind the reason.
    ground: &'static str,
    contact_of: Vec<String>,
    /// Whether it deletes a person.
    is_deletion: bool,
    template: Form,
    form: Form,
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &Staff<WorksOnRequests>,
    (found, typed): (&DataRequest, &DecisionForm),
    form: Form,
) -> Result<DecisionPage, AppError> {
    let mut conn = app.db.get().await?;
    let access = looks::access(&mut conn, Queue::Requests, found.id.0, who.person, app.clock.now()).await?;
    let contact_of = match (found.kind(), found.person) {
        // Whoever has not claimed it may not decide it either, and reads no names here.
        (Kind::Deletion, Some(person)) if access.is_open() => queries::contact_of(&mut conn, person).await?,
        _ => Vec::new(),
    };
    Ok(DecisionPage {
        page: Page::of(request, "Decide the request"),
        path: path(found.id),
        title: found.kind().label(),
        number: found.id.to_string(),
        outcome: OUTCOMES.iter().find(|(name, _)| *name == typed.outcome).map_or("", |(_, label)| label),
        ground: Reason::find(&typed.reason).map_or("", |reason| reason.ground),
        contact_of,
        is_deletion: found.kind() == Kind::Deletion,
        template: typed.template(found.kind()),
        form,
    })
}

/// `GET /staff/requests/{request}/decision`: the form, with the words of a template.
pub async fn new(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    asked: web::Query<DecisionForm>,
) -> WebResult {
    let (found, now) = (find(&app, &sid).await?, app.clock.now());
    if !found.state().is_open() {
        return Ok(see_other(&path(found.id)));
    }
    let typed = asked.into_inner().with_template(&found, |reason| reason.again_on(now));
    pages::ok(&page(&app, &request, &who, (&found, &typed), typed.draw()).await?)
}

/// `POST /staff/requests/{request}/decision`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    typed: web::Form<DecisionForm>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    let mut form = typed.draw();
    let Some(decision) = typed.parse(&mut form, app.clock.now().date_naive()) else {
        return pages::unprocessable(&page(&app, &request, &who, (&found, &typed), form).await?);
    };
    if let Err(refusal) = steps::decide(&app, &who, &found, typed.version, &decision).await? {
        form.fail_whole(refusal.words());
        return pages::unprocessable(&page(&app, &request, &who, (&found, &typed), form).await?);
    }
    flash::success(&request, "The request is decided, and the answer is on its way.");
    Ok(see_other(&path(found.id)))
}
