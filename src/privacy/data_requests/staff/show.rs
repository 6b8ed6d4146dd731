//! One request at the desk: who asks, everything that happened, claiming it, and the smaller steps.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::steps::{self, Deed};
use super::{claims, find, path};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::AccountId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::privacy::data_requests::DataRequest;
use crate::privacy::data_requests::kinds::{Channel, Kind};
use crate::privacy::data_requests::mail::date;
use crate::privacy::data_requests::messages;
use crate::privacy::data_requests::queries::{self, Taken};
use crate::privacy::data_requests::states::{By, State};
use crate::privacy::data_requests::web::letter::{self, MessageForm};
use crate::privacy::data_requests::web::view::{Letter, Line, Shown, verified};
use crate::privacy::erasure;
use crate::staff::permissions::WorksOnRequests;

/// The smaller steps: how the form names them, and what they say.
const DEEDS: [(&str, &str); 10] = [
    ("note", "Note something, for staff alone"),
    ("verify", "They are who they say: note what you looked at"),
    ("verify_agent", "The agent's signed permission is here: note where"),
    ("suspect", "Somebody else may be asking: note why"),
    ("clear", "Clear the suspicion: note why"),
    ("extend", "Take longer, once: write why, for whoever asked"),
    ("inform", "Pass it on to our customer: give the SID of their account"),
    ("bar", "The law forbids to tell our customer: note which"),
    ("agree", "Our customer agrees that we answer: note who said so"),
    ("look_again", "What was not done was looked at again: note what came of it"),
];

/// Which of the steps make sense now.
fn makes_sense(name: &str, request: &DataRequest) -> bool {
    let state = request.state();
    let end_user = request.kind() == Kind::EndUser && state.is_open();
    match name {
        "note" => true,
        "verify" => matches!(state, State::Received | State::Verifying),
        "verify_agent" => matches!(state, State::Received | State::Verifying) && request.agent.is_some(),
        "suspect" => state.is_open() && request.fraud_suspected_at.is_none(),
        "clear" => state.is_open() && request.fraud_suspected_at.is_some(),
        "extend" => state == State::Open,
        "inform" | "bar" => end_user && request.customer_informed_at.is_none(),
        "agree" => end_user && request.customer_informed_at.is_some() && request.customer_agreed_at.is_none(),
        "look_again" => matches!(state, State::Denied | State::PartlyFulfilled),
        _ => false,
    }
}

/// What the form of a smaller step sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepForm {
    act: String,
    text: String,
    version: i32,
}

impl StepForm {
    fn draw(&self, request: &DataRequest) -> Form {
        let sensible = DEEDS.iter().filter(|(name, _)| makes_sense(name, request));
        let choices = sensible.map(|(name, label)| Choice {
            value: (*name).into(),
            label: (*label).into(),
            selected: *name == self.act,
        });
        Form::new(vec![
            Field::hidden("version", &request.version.to_string()),
            Field::select("act", "What do you do?", choices.collect()),
            Field::textarea("text", "Words that belong to it").value(&self.text),
        ])
    }

    fn parse(&self, form: &mut Form) -> Option<Deed> {
        let text = messages::parse(&self.text).map_err(|message| form.fail("text", message)).ok()?;
        Some(match self.act.as_str() {
            "note" => Deed::Note(text),
            "verify" => Deed::Verify(text),
            "verify_agent" => Deed::VerifyAgent(text),
            "suspect" => Deed::Suspect(text),
            "clear" => Deed::Clear(text),
            "extend" => Deed::Extend(text),
            "inform" => match text.parse::<AccountId>() {
                Ok(account) => Deed::Inform(account),
                Err(_) => {
                    form.fail("text", "Enter the SID of an account: AC and 32 hex digits.");
                    return None;
                }
            },
            "bar" => Deed::Bar(text),
            "agree" => Deed::Agree(text),
            "look_again" => Deed::LookAgain(text),
            _ => {
                form.fail("act", "Choose one of these.");
                return None;
            }
        })
    }
}

#[derive(askama::Template)]
#[template(path = "staff/requests/show.html")]
struct ShowPage {
    page: Page,
    path: String,
    title: &'static str,
    badge: (&'static str, &'static str),
    progress: (&'static str, String),
    facts: Vec<(&'static str, String)>,
    /// The page of the person who asks, if they have an account.
    person: Option<String>,
    lines: Vec<Line>,
    not_done: Vec<crate::privacy::data_requests::web::view::NotDone>,
    letters: Vec<Letter>,
    /// Who has claimed it, and until when.
    holder: Option<(String, String)>,
    is_mine: bool,
    open: bool,
    decidable: bool,
    suspected: bool,
    contact_of: Vec<String>,
    /// What stands against a deletion.
    obstacle: Option<&'static str>,
    step: Form,
    message: Form,
    form: Form,
}

/// A step, as staff see it.
fn line(step: &Taken) -> Line {
    let title = step.act.replace('_', " ");
    let words = step.words.as_ref().map(|words| format!("Told: {words}"));
    let note = step.note.as_ref().map(|note| format!("Note: {note}"));
    let ground = step.legal_ground.as_ref().map(|ground| format!("Legal ground: {ground}."));
    let again = step.look_again_on.map(|day| format!("To be looked at again on {}.", date(day)));
    let by = format!("By {}.", if step.actor_kind == "system" { "the portal" } else { &step.actor_kind });
    let detail = [Some(by), note, words, ground, again].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let kind = match step.act.as_str() {
        "fulfilled" | "partly_fulfilled" | "verified" => "success",
        "denied" | "fraud_suspected" => "danger",
        "extended" | "recast" | "confirmed" => "warning",
        _ => "",
    };
    let mut letters = title.chars();
    let title = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    Line { kind, title, iso: step.at.to_rfc3339(), when: moment(&step.at), detail }
}

/// Who asks, in words; and their page.
async fn asker(app: &App, request: &DataRequest) -> Result<(String, Option<String>), AppError> {
    let mut words = Vec::new();
    let mut page = None;
    if let Some(id) = request.person {
        let person = people::find(&mut *app.db.get().await?, id).await?;
        words.extend([person.name, person.email]);
        page = Some(format!("/staff/people/{id}"));
    }
    words.extend(request.name.clone());
    words.extend(request.email.clone());
    if words.is_empty() {
        words.push("no longer known".into());
    }
    words.dedup();
    Ok((words.join(", "), page))
}

fn facts(request: &DataRequest, asker: String) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Number", request.id.to_string()),
        ("Who asks", asker),
        ("Received", format!("{}, {}", moment(&request.received_at), Channel::label(&request.channel))),
        ("Due", moment(&request.due_at)),
        ("Under", request.regimes().words().to_owned()),
        ("Verified", verified(request)),
        ("Receipt confirmed", request.acknowledged_at.as_ref().map_or_else(|| "not yet".into(), moment)),
    ];
    if request.asked_kind != request.kind_name {
        facts.push(("Asked for at first", Kind::parse(&request.asked_kind).map_or("", Kind::label).into()));
    }
    if let Some(agent) = &request.agent {
        facts.push(("Agent", agent.clone()));
    }
    if let Some(details) = &request.details {
        facts.push(("In their words", details.clone()));
    }
    if let Some(account) = request.account {
        facts.push(("Customer", account.to_string()));
    }
    for (name, at) in [
        ("Confirmed", request.confirmed_at),
        ("Can be undone until", request.grace_until),
        ("Fraud suspected since", request.fraud_suspected_at),
        ("Customer informed", request.customer_informed_at),
        ("Informing barred", request.informing_barred_at),
        ("Customer agreed", request.customer_agreed_at),
        ("Ended", request.closed_at),
    ] {
        facts.extend(at.as_ref().map(|at| (name, moment(at))));
    }
    facts
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &Staff<WorksOnRequests>,
    found: &DataRequest,
    (step, message): (Form, Form),
) -> WebResult {
    let now = app.clock.now();
    let shown = Shown::load(app, found, &path(found.id)).await?;
    let (words, person) = asker(app, found).await?;
    let mut conn = app.db.get().await?;
    let holder = claims::holder(&mut conn, found.id, now).await?;
    let steps = queries::steps(&mut conn, found.id).await?;
    let obstacle = match (found.kind(), found.person) {
        (Kind::Deletion, Some(person)) if found.state().is_open() => {
            erasure::obstacle(&mut conn, &app.keys, person).await?
        }
        _ => None,
    };
    let obstacle = obstacle.map(erasure::Obstacle::for_staff);
    let (state, progress) = (found.state(), found.progress(now));
    let form = if step.has_errors() { step.clone() } else { message.clone() };
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let is_mine = holder.as_ref().is_some_and(|holder| holder.staff == who.person);
    let page = ShowPage {
        page: Page::of(request, found.kind().label()),
        path: path(found.id),
        title: found.kind().label(),
        badge: (state.badge(), state.label()),
        progress: if state.is_open() { (progress.badge(), progress.words()) } else { ("", String::new()) },
        facts: facts(found, words),
        person,
        lines: steps.iter().map(line).collect(),
        not_done: shown.not_done,
        letters: shown.letters,
        is_mine,
        holder: holder.map(|holder| (holder.name, moment(&holder.until))),
        open: state.is_open(),
        decidable: is_mine && state.is_open(),
        suspected: found.fraud_suspected_at.is_some() && state.is_open(),
        contact_of: shown.contact_of,
        obstacle,
        step,
        message,
        form,
    };
    pages::with_status(status, &page)
}

/// `GET /staff/requests/{request}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    let forms = (StepForm::default().draw(&found), MessageForm::default().draw());
    page(&app, &request, &who, &found, forms).await
}

/// `POST /staff/requests/{request}/claim`
pub async fn claim(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    match steps::claim(&app, &who, &found).await? {
        None => {
            flash::success(&request, "The request is yours for half an hour. Claim it again to go on longer.")
        }
        Some(holder) => {
            let until = moment(&holder.until);
            flash::info(
                &request,
                format!("{} works on this request until {until}. Talk to them first.", holder.name),
            );
        }
    }
    Ok(see_other(&path(found.id)))
}

/// `POST /staff/requests/{request}/release`
pub async fn release(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    let mut conn = app.db.get().await?;
    if claims::release(&mut conn, found.id, who.person).await? {
        flash::success(&request, "You gave the request back.");
    } else {
        flash::info(&request, "You had not claimed this request.");
    }
    Ok(see_other(&path(found.id)))
}

/// `POST /staff/requests/{request}/steps`
pub async fn take(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    typed: web::Form<StepForm>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    let mut form = typed.draw(&found);
    let message = MessageForm::default().draw();
    let Some(deed) = typed.parse(&mut form) else {
        return page(&app, &request, &who, &found, (form, message)).await;
    };
    let taken = match steps::take(&app, &who, &found, typed.version, &deed).await {
        Err(AppError::NotFound) if matches!(deed, Deed::Inform(_)) => {
            form.fail("text", "There is no such account.");
            return page(&app, &request, &who, &found, (form, message)).await;
        }
        other => other?,
    };
    if let Err(refusal) = taken {
        let found = find(&app, &sid).await?;
        let mut form = typed.draw(&found);
        form.fail_whole(refusal.words());
        return page(&app, &request, &who, &found, (form, message)).await;
    }
    flash::success(&request, "It is noted, and stands in what happened.");
    Ok(see_other(&path(found.id)))
}

/// `POST /staff/requests/{request}/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    payload: web::Payload,
) -> WebResult {
    let found = find(&app, &sid).await?;
    if let Err(form) = letter::write(&app, &request, payload, By::Staff(who.person), &found).await? {
        return page(&app, &request, &who, &found, (StepForm::default().draw(&found), form)).await;
    }
    flash::success(&request, "Your message stands on their page, and a mail tells them so.");
    Ok(see_other(&path(found.id)))
}

/// `GET /staff/requests/{request}/files/{file}`
pub async fn file(
    app: web::Data<App>,
    _who: Staff<WorksOnRequests>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    letter::file(&app, &find(&app, &sids.0).await?, &sids.1).await
}
