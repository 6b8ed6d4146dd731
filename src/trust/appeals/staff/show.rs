//! One appeal at the desk. Before it is claimed, or somebody typed why they look, only what it is about is shown and none of
//! what was written or measured (S105). Whoever has a part in it reads that here before the database says so.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel_async::AsyncPgConnection;
use serde::Deserialize;

use super::index::outcome;
use super::queries::{self, Precedent};
use super::{find, path};
use crate::accounts::states;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::staff::desk::looks::{self, Access, Item};
use crate::staff::desk::web::LookForm;
use crate::staff::desk::{self, Queue, claims};
use crate::staff::permissions::DecidesAppeals;
use crate::trust::appeals::deciding::{self, Decision};
use crate::trust::appeals::queries::Appeal;
use crate::trust::appeals::web::Letter;
use crate::trust::appeals::{self, Refusal};
use crate::trust::suspensions::statement::{Statement, state};
use crate::trust::suspensions::{self, Change, Suspension};

/// What the form of a decision sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    outcome: String,
    until: String,
    words: String,
    version: i32,
}

impl DecisionForm {
    fn draw(&self, version: i32) -> Form {
        let outcomes = [
            ("", "Choose one"),
            ("upheld", "Uphold: it stays as it is"),
            ("shortened", "Shorten: it ends earlier"),
            ("lifted", "Lift: it ends now"),
        ];
        let choice = |(value, label): (&str, &str)| Choice {
            value: value.into(),
            label: label.into(),
            selected: value == self.outcome,
        };
        let until =
            Field::date("until", "New end, in UTC").value(&self.until).hint("Only to shorten it.").optional();
        let words = Field::textarea("words", "Why").value(&self.words).hint(
            "10 to 4,000 characters. The owner and the members read it on their page and in the mail, so name what you looked at and what decided.",
        );
        Form::new(vec![
            Field::hidden("version", &version.to_string()),
            Field::select(
                "outcome",
                "What becomes of the suspension?",
                outcomes.into_iter().map(choice).collect(),
            ),
            Field { kind: "datetime-local", ..until },
            Field { maxlength: Some(4000), ..words },
        ])
    }

    fn parse(&self, form: &mut Form) -> Option<Decision> {
        let words = reasons(&self.words).map_err(|message| form.fail("words", message)).ok();
        let change = match self.outcome.as_str() {
            "upheld" => Some(Change::Upheld),
            "lifted" => Some(Change::Lifted),
            "shortened" => moment_of(&self.until).map(Change::Shortened).or_else(|| {
                form.fail("until", "Enter day and time of the new end.");
                None
            }),
            _ => {
                form.fail("outcome", "Choose what becomes of it.");
                None
            }
        };
        Some(Decision { change: change?, words: words?, seen: self.version })
    }
}

/// A moment as a browser sends it, taken as UTC.
pub(in crate::trust) fn moment_of(typed: &str) -> Option<DateTime<Utc>> {
    let typed = typed.trim();
    let read = NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M");
    read.or_else(|_| NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M:%S")).ok().map(|at| at.and_utc())
}

/// Reasons that the customer reads.
///
/// # Errors
/// What is wrong with them.
pub(in crate::trust) fn reasons(typed: &str) -> Result<String, String> {
    let text = typed.replace("\r\n", "\n").trim().to_owned();
    if !(10..=4000).contains(&text.chars().count()) {
        return Err("Write 10 to 4,000 characters.".into());
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err("There are control characters in this.".into());
    }
    Ok(text)
}

/// What the form of a message sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MessageForm {
    text: String,
}

impl MessageForm {
    fn draw(&self) -> Form {
        let hint =
            "Up to 2,000 characters. It stands on their page; a mail says that there is something to read.";
        Form::new(vec![
            Field::textarea("text", "Ask or tell the owner something").value(&self.text).hint(hint),
        ])
    }
}

/// The forms of the page, as they are drawn.
#[derive(Default)]
struct Forms {
    decision: Option<Form>,
    message: Option<Form>,
    look: Option<Form>,
}

impl Forms {
    /// What is wrong with one of them, for the head of the page.
    fn wrong(&self) -> Form {
        let all = [&self.decision, &self.message, &self.look].into_iter().flatten();
        all.clone().find(|form| form.has_errors()).cloned().unwrap_or_default()
    }
}

/// Another suspension of the account, in a line.
struct Other {
    path: String,
    title: String,
    badge: (&'static str, &'static str),
    since: String,
}

/// An appeal like this one, in a line.
struct Like {
    path: String,
    title: String,
    badge: (&'static str, &'static str),
}

impl From<Precedent> for Like {
    fn from(found: Precedent) -> Self {
        let level = suspensions::Level::parse(&found.level).map_or("", suspensions::Level::label);
        Self {
            path: path(found.id),
            title: format!("{level}, decided {}", moment(&found.decided_at)),
            badge: outcome(&found.outcome),
        }
    }
}

/// What only whoever may see all of it gets.
struct Inside {
    words: String,
    letters: Vec<Letter>,
    statement: Statement,
    others: Vec<Other>,
    states: Vec<(String, String)>,
    earlier: Option<(String, String)>,
    counts: String,
    like: Vec<Like>,
}

#[derive(askama::Template)]
#[template(path = "trust/appeals/staff_show.html")]
struct ShowPage {
    page: Page,
    path: String,
    title: &'static str,
    badge: (&'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    holder: Option<(String, String)>,
    is_mine: bool,
    open: bool,
    /// Why whoever looks may not decide it.
    against: Option<&'static str>,
    decided: Option<String>,
    inside: Option<Inside>,
    suspension: String,
    decision: Form,
    message: Form,
    look: Option<Form>,
    open_until: String,
    form: Form,
}

fn facts(appeal: &Appeal, suspension: &Suspension) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Number", appeal.id.to_string()),
        ("Account", appeal.account.to_string()),
        ("Suspension", format!("{}: {}", suspension.level().label(), suspension.reason().label())),
        ("Decided by", suspensions::mail::decided(suspension).to_owned()),
        (
            "In force",
            match &suspension.expires_at {
                Some(end) => format!("until {}", moment(end)),
                None => suspensions::mail::until(suspension),
            },
        ),
        ("Filed", moment(&appeal.filed_at)),
        ("First answer due", moment(&appeal.due_at)),
    ];
    facts.extend(appeal.first_answered_at.as_ref().map(|at| ("First answered", moment(at))));
    facts.extend(appeal.decided_at.as_ref().map(|at| ("Ended", moment(at))));
    facts
}

async fn inside(
    conn: &mut AsyncPgConnection,
    appeal: &Appeal,
    suspension: &Suspension,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Inside> {
    let (counts, like) = queries::similar(conn, appeal.id, suspension).await?;
    let others = suspensions::last_of(conn, appeal.account, 10).await?;
    let others = others.iter().filter(|other| other.id != suspension.id).map(|other| Other {
        path: format!("/staff/suspensions/{}", other.id),
        title: format!("{}: {}", other.level().label(), other.reason().label()),
        badge: state(other, now),
        since: moment(&other.began_at),
    });
    let history = states::history(conn, appeal.account, 10).await?;
    let all = appeals::of_suspension(conn, suspension.id).await?;
    let earlier = all.iter().find(|other| other.id != appeal.id && other.was_turned_down());
    Ok(Inside {
        words: appeal.words.clone(),
        letters: appeals::messages(conn, appeal.id).await?.iter().map(Letter::from).collect(),
        statement: Statement::load(conn, suspension, now).await?,
        others: others.collect(),
        states: history
            .iter()
            .map(|entry| {
                (
                    entry.state().label().to_owned(),
                    format!("{} · since {}", entry.reason, moment(&entry.began_at)),
                )
            })
            .collect(),
        earlier: earlier.map(|first| (path(first.id), first.decision_words.clone().unwrap_or_default())),
        counts: counts_in_words(&counts),
        like: like.into_iter().map(Like::from).collect(),
    })
}

fn counts_in_words(counts: &[queries::Similar]) -> String {
    let of = |stored: &str| counts.iter().find(|one| one.outcome == stored).map_or(0, |one| one.count);
    let all: i64 = counts.iter().map(|one| one.count).sum();
    if all == 0 {
        return "None like it was decided yet.".into();
    }
    format!("{all} decided: {} upheld, {} shortened, {} lifted.", of("upheld"), of("shortened"), of("lifted"))
}

/// Who decided and when, in a sentence; nothing while it is open.
async fn decided(conn: &mut AsyncPgConnection, appeal: &Appeal) -> diesel::QueryResult<Option<String>> {
    use diesel::OptionalExtension as _;
    let (Some(stored), Some(at)) = (&appeal.outcome, &appeal.decided_at) else { return Ok(None) };
    let name = match appeal.decided_by {
        Some(id) => people::find(conn, id).await.optional()?.map(|person| person.name),
        None => None,
    };
    let by = name.map(|name| format!(" by {name}")).unwrap_or_default();
    let words = appeal.decision_words.as_ref().map(|words| format!(" {words}")).unwrap_or_default();
    Ok(Some(format!("{}{by}, {}.{words}", outcome(stored).1, moment(at))))
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &Staff<DecidesAppeals>,
    appeal: &Appeal,
    forms: Forms,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let suspension = appeals::against(&mut conn, appeal.suspension).await?;
    let holder = claims::holder(&mut conn, Queue::Appeals, appeal.id.0, now).await?;
    let access = looks::access(&mut conn, Queue::Appeals, appeal.id.0, who.person, now).await?;
    let against = deciding::stands_against(&mut conn, who, appeal, &suspension).await?;
    let decided = decided(&mut conn, appeal).await?;
    let inside = match access.is_open() {
        true => Some(inside(&mut conn, appeal, &suspension, now).await?),
        false => None,
    };
    drop(conn);
    let number = appeal.id.to_string();
    let item = Item { queue: Queue::Appeals, id: appeal.id.0, number: &number, person: appeal.filed_by };
    looks::note(app, who, &item, &access).await?;
    let form = forms.wrong();
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = ShowPage {
        page: Page::of(request, appeal.title()),
        path: path(appeal.id),
        title: appeal.title(),
        badge: appeal.badge(),
        facts: facts(appeal, &suspension),
        holder: holder.map(|holder| (holder.name, moment(&holder.until))),
        is_mine: access == Access::Claimed,
        open: appeal.is_open(),
        against: against.map(Refusal::words),
        decided: decided.filter(|_| access.is_open() || form.has_errors()),
        inside,
        suspension: format!("/staff/suspensions/{}", suspension.id),
        decision: forms.decision.unwrap_or_else(|| DecisionForm::default().draw(appeal.version)),
        message: forms.message.unwrap_or_else(|| MessageForm::default().draw()),
        look: (!access.is_open()).then(|| forms.look.unwrap_or_else(|| LookForm::default().draw())),
        open_until: match &access {
            Access::Reason(_, until) => moment(until),
            _ => String::new(),
        },
        form,
    };
    pages::with_status(status, &shown)
}

/// `GET /staff/appeals/{appeal}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    page(&app, &request, &who, &appeal, Forms::default()).await
}

/// `POST /staff/appeals/{appeal}/claim`
pub async fn claim(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    let mut conn = app.db.get().await?;
    let suspension = appeals::against(&mut conn, appeal.suspension).await?;
    let against = deciding::stands_against(&mut conn, &who, &appeal, &suspension).await?;
    drop(conn);
    let refusal = against.or((!appeal.is_open()).then_some(Refusal::Closed));
    if let Some(refusal) = refusal {
        flash::info(&request, refusal.words());
        return Ok(see_other(&path(appeal.id)));
    }
    desk::web::claim(&app, &request, &who, (Queue::Appeals, appeal.id.0), &path(appeal.id)).await
}

/// `POST /staff/appeals/{appeal}/release`
pub async fn release(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    desk::web::release(&app, &request, &who, (Queue::Appeals, appeal.id.0), &path(appeal.id)).await
}

/// `POST /staff/appeals/{appeal}/looks`
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
    typed: web::Form<LookForm>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    match typed.open(&app, &who, Queue::Appeals, appeal.id.0).await? {
        Ok(()) => Ok(see_other(&path(appeal.id))),
        Err(form) => {
            page(&app, &request, &who, &appeal, Forms { look: Some(form), ..Forms::default() }).await
        }
    }
}

/// `POST /staff/appeals/{appeal}/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
    typed: web::Form<MessageForm>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    let mut form = typed.draw();
    let refused = match appeals::parse(&typed.text) {
        Err(message) => {
            form.fail("text", message);
            true
        }
        Ok(body) => match deciding::write(&app, &who, appeal.id, &body).await? {
            Ok(()) => false,
            Err(refusal) => {
                form.fail_whole(refusal.words());
                true
            }
        },
    };
    if refused {
        return page(&app, &request, &who, &appeal, Forms { message: Some(form), ..Forms::default() }).await;
    }
    flash::success(&request, "Your message stands on their page, and a mail tells them so.");
    Ok(see_other(&path(appeal.id)))
}

/// `POST /staff/appeals/{appeal}/decision`
pub async fn decide(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
    typed: web::Form<DecisionForm>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    let mut form = typed.draw(typed.version);
    let Some(decision) = typed.parse(&mut form) else {
        return page(&app, &request, &who, &appeal, Forms { decision: Some(form), ..Forms::default() }).await;
    };
    let Err(refusal) = deciding::decide(&app, &who, appeal.id, &decision).await? else {
        flash::success(&request, "It is decided. Everybody in the account gets a mail with your reasons.");
        return Ok(see_other(&path(appeal.id)));
    };
    // As it is by now: the page says what happened meanwhile, and the next try is about this version.
    let present = find(&app, &sid).await?;
    let mut form = typed.draw(present.version);
    let meanwhile = decided(&mut *app.db.get().await?, &present).await?;
    let meanwhile = meanwhile.map(|words| format!(" What happened: {words}")).unwrap_or_default();
    form.fail_whole(format!("{}{meanwhile}", refusal.words()));
    page(&app, &request, &who, &present, Forms { decision: Some(form), ..Forms::default() }).await
}
