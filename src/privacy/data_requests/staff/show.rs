//! One request at the desk: who asks, everything that happened, claiming it, and the smaller steps. Before it is claimed,
//! or somebody typed why they look, whom it is about is masked and what was written is hidden (S105).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::steps::{self, Deed};
use super::{find, path};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::web::Attached;
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
use crate::privacy::data_requests::web::letter;
use crate::privacy::data_requests::web::view::{Letter, Line, NotDone, Shown, verified};
use crate::privacy::erasure;
use crate::staff::desk::looks::{self, Access, Item};
use crate::staff::desk::web::LookForm;
use crate::staff::desk::{self, Queue, claims};
use crate::staff::masks;
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
    not_done: Vec<NotDone>,
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
    /// The door for whoever has not claimed it and typed no reason.
    look: Option<Form>,
    /// Until when it is open to whoever typed a reason.
    open_until: String,
    form: Form,
}

/// A step, as staff see it; what was written with it only where the request is open to them.
fn line(step: &Taken, open: bool) -> Line {
    let title = step.act.replace('_', " ");
    let words = step.words.as_ref().filter(|_| open).map(|words| format!("Told: {words}"));
    let note = step.note.as_ref().filter(|_| open).map(|note| format!("Note: {note}"));
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

/// Who asks, in words; and their page. Masked unless the request is open.
async fn asker(app: &App, request: &DataRequest, open: bool) -> Result<(String, Option<String>), AppError> {
    let (mut names, mut emails, mut page) = (Vec::new(), Vec::new(), None);
    if let Some(id) = request.person {
        let person = people::find(&mut *app.db.get().await?, id).await?;
        names.push(person.name);
        emails.push(person.email);
        page = Some(format!("/staff/people/{id}"));
    }
    names.extend(request.name.clone());
    emails.extend(request.email.clone());
    if !open {
        names.iter_mut().for_each(|name| *name = masks::name(name));
        emails.iter_mut().for_each(|email| *email = masks::email(email));
    }
    let mut words: Vec<String> = names.into_iter().chain(emails).collect();
    words.dedup();
    let words = if words.is_empty() { "no longer known".into() } else { words.join(", ") };
    Ok((words, page.filter(|_| open)))
}

/// What stands in place of words that are hidden.
const HIDDEN: &str = "Hidden until you claim the request, or say why you look.";

fn facts(request: &DataRequest, asker: String, open: bool) -> Vec<(&'static str, String)> {
    let words = |text: &String| if open { text.clone() } else { HIDDEN.to_owned() };
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
    facts.extend(request.agent.as_ref().map(|agent| ("Agent", words(agent))));
    facts.extend(request.details.as_ref().map(|details| ("In their words", words(details))));
    facts.extend(request.account.map(|account| ("Customer", words(&account.to_string()))));
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

/// The forms of the page, as they are drawn.
#[derive(Default)]
struct Forms {
    step: Option<Form>,
    message: Option<Form>,
    look: Option<Form>,
}

impl Forms {
    /// What is wrong with one of them, for the head of the page.
    fn wrong(&self) -> Form {
        let all = [&self.step, &self.message, &self.look].into_iter().flatten();
        all.clone().find(|form| form.has_errors()).cloned().unwrap_or_default()
    }
}

/// What is said of a request without the words of anybody.
fn hide(shown: &mut Shown) {
    for letter in &mut shown.letters {
        letter.body = HIDDEN.into();
        Attached::hide(&mut letter.files);
    }
    shown.not_done.iter_mut().for_each(|one| (one.item, one.words) = ("Something".into(), HIDDEN.into()));
    let named = !shown.contact_of.is_empty();
    shown.contact_of = if named { vec!["an account".into()] } else { Vec::new() };
}

/// What stands against a deletion that is asked for.
async fn obstacle(app: &App, found: &DataRequest) -> Result<Option<&'static str>, AppError> {
    if found.kind() != Kind::Deletion || !found.state().is_open() {
        return Ok(None);
    }
    let found = erasure::obstacle_of(&mut *app.db.get().await?, &app.keys, found).await?;
    Ok(found.map(erasure::Obstacle::for_staff))
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &Staff<WorksOnRequests>,
    found: &DataRequest,
    forms: Forms,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let holder = claims::holder(&mut conn, Queue::Requests, found.id.0, now).await?;
    let access = looks::access(&mut conn, Queue::Requests, found.id.0, who.person, now).await?;
    let steps = queries::steps(&mut conn, found.id).await?;
    drop(conn);
    let (number, open) = (found.id.to_string(), access.is_open());
    let item = Item { queue: Queue::Requests, id: found.id.0, number: &number, person: found.person };
    looks::note(app, who, &item, &access).await?;
    let mut shown = Shown::load(app, found, &path(found.id)).await?;
    if !open {
        hide(&mut shown);
    }
    let (words, person) = asker(app, found, open).await?;
    let (state, progress, form) = (found.state(), found.progress(now), forms.wrong());
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ShowPage {
        page: Page::of(request, found.kind().label()),
        path: path(found.id),
        title: found.kind().label(),
        badge: (state.badge(), state.label()),
        progress: if state.is_open() { (progress.badge(), progress.words()) } else { ("", String::new()) },
        facts: facts(found, words, open),
        person,
        lines: steps.iter().map(|step| line(step, open)).collect(),
        not_done: shown.not_done,
        letters: shown.letters,
        is_mine: access == Access::Claimed,
        holder: holder.map(|holder| (holder.name, moment(&holder.until))),
        open: state.is_open(),
        decidable: access == Access::Claimed && state.is_open(),
        suspected: found.fraud_suspected_at.is_some() && state.is_open(),
        contact_of: shown.contact_of,
        obstacle: obstacle(app, found).await?,
        step: forms.step.unwrap_or_else(|| StepForm::default().draw(found)),
        message: forms.message.unwrap_or_else(|| letter::SHEET.blank()),
        look: (!open).then(|| forms.look.unwrap_or_else(|| LookForm::default().draw())),
        open_until: if let Access::Reason(_, until) = &access { moment(until) } else { String::new() },
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
    page(&app, &request, &who, &found, Forms::default()).await
}

/// `POST /staff/requests/{request}/claim`
pub async fn claim(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    desk::web::claim(&app, &request, &who, (Queue::Requests, found.id.0), &path(found.id)).await
}

/// `POST /staff/requests/{request}/release`
pub async fn release(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    desk::web::release(&app, &request, &who, (Queue::Requests, found.id.0), &path(found.id)).await
}

/// `POST /staff/requests/{request}/looks`: sees it for a quarter of an hour, for a reason that its owner reads.
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    typed: web::Form<LookForm>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    if let Err(form) = typed.open(&app, &who, Queue::Requests, found.id.0).await? {
        return page(&app, &request, &who, &found, Forms { look: Some(form), ..Forms::default() }).await;
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
    let again = |form| Forms { step: Some(form), ..Forms::default() };
    let Some(deed) = typed.parse(&mut form) else {
        return page(&app, &request, &who, &found, again(form)).await;
    };
    let taken = match steps::take(&app, &who, &found, typed.version, &deed).await {
        Err(AppError::NotFound) if matches!(deed, Deed::Inform(_)) => {
            form.fail("text", "There is no such account.");
            return page(&app, &request, &who, &found, again(form)).await;
        }
        other => other?,
    };
    if let Err(refusal) = taken {
        let found = find(&app, &sid).await?;
        let mut form = typed.draw(&found);
        form.fail_whole(refusal.words());
        return page(&app, &request, &who, &found, again(form)).await;
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
        let forms = Forms { message: Some(form), ..Forms::default() };
        return page(&app, &request, &who, &found, forms).await;
    }
    flash::success(&request, "Your message stands on their page, and a mail tells them so.");
    Ok(see_other(&path(found.id)))
}

/// `GET /staff/requests/{request}/files/{file}`: for whoever has the request open (S105); others are led to its page.
pub async fn file(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    let found = find(&app, &sids.0).await?;
    let mut conn = app.db.get().await?;
    let access = looks::access(&mut conn, Queue::Requests, found.id.0, who.person, app.clock.now()).await?;
    drop(conn);
    if !access.is_open() {
        flash::info(&request, "Claim the request, or say why you look: then its files open.");
        return Ok(see_other(&path(found.id)));
    }
    letter::file(&app, &found, &sids.1).await
}
