//! The pages of an open record. Without a current view each of them is the door.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};

use super::{SentRow, SignInRow, Surroundings, ViewRow, queries, web as pages_of_lookup};
use crate::identity::people::Person;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::caller::describe_browser;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::retention::rules;
use crate::staff::permissions::LooksUpPeople;

/// What every page of a record shows above its own part.
struct Head {
    id: PersonId,
    name: String,
    until: String,
    tabs: Vec<(String, &'static str)>,
}

impl Head {
    fn new(person: &Person, until: DateTime<Utc>) -> Self {
        let at = |below: &str| format!("/staff/people/{}{below}", person.id);
        let tabs = vec![
            (at(""), "Record"),
            (at("/sign-ins"), "Sign-ins"),
            (at("/messages"), "Messages"),
            (at("/views"), "Views"),
        ];
        Self { id: person.id, name: person.name.clone(), until: moment(&until), tabs }
    }

    fn path(&self, below: &str) -> String {
        format!("/staff/people/{}/{below}", self.id)
    }
}

/// A line of a definition list.
struct Fact {
    term: &'static str,
    value: String,
    /// Kind and word of a badge behind it.
    badge: Option<(&'static str, &'static str)>,
}

fn fact(term: &'static str, value: impl Into<String>) -> Fact {
    Fact { term, value: value.into(), badge: None }
}

fn switch(term: &'static str, on: bool) -> Fact {
    Fact { term, value: String::new(), badge: Some(if on { ("success", "On") } else { ("", "Off") }) }
}

fn since(at: Option<&DateTime<Utc>>, absent: &str) -> String {
    at.map_or_else(|| absent.to_owned(), moment)
}

fn identity_facts(person: &Person, around: &Surroundings) -> Vec<Fact> {
    let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "not told".into());
    let mut facts = vec![
        fact("Name", &person.name),
        fact("E-mail", format!("{}, confirmed {}", person.email, moment(&around.email_verified_at))),
        fact(
            "Phone",
            match (&person.phone, &around.phone_verified_at) {
                (Some(phone), Some(at)) => format!("{phone}, confirmed {}", moment(at)),
                (Some(phone), None) => format!("{phone}, not confirmed"),
                (None, _) => "none".into(),
            },
        ),
        fact("Company", told(&person.company)),
        fact("Role there", told(&person.role)),
        fact("Here since", moment(&person.created_at)),
        fact("Onboarding call", since(around.onboarding_call_refused_at.as_ref(), "not refused")),
        fact("Marketing", since(around.marketing_consented_at.as_ref(), "not agreed to")),
    ];
    if !around.roles.is_empty() {
        facts.push(fact("Staff", around.roles.join(", ")));
    }
    facts
}

fn security_facts(person: &Person, around: &Surroundings) -> Vec<Fact> {
    vec![
        switch("Password", person.password_hash.is_some()),
        switch("Authenticator app", around.totp),
        fact("Passkeys", around.passkeys.to_string()),
        fact("Recovery codes left", around.recovery_codes.to_string()),
        switch("Account recovery", around.recovery_opted_in),
        fact("Sessions", around.sessions.to_string()),
    ]
}

#[derive(askama::Template)]
#[template(path = "staff/lookup/show.html")]
struct ShowPage {
    page: Page,
    head: Head,
    identity: Vec<Fact>,
    security: Vec<Fact>,
    /// SID, name and age of each account.
    accounts: Vec<(String, String, String)>,
}

type Id = web::Path<PersonId>;

/// `GET /staff/people/{person}`
pub async fn show(app: web::Data<App>, request: HttpRequest, who: Staff<LooksUpPeople>, id: Id) -> WebResult {
    let (person, until) = super::peek(&app, &who, *id).await?;
    let Some(until) = until else { return pages_of_lookup::closed(&request, &person) };
    let mut conn = app.db.get().await?;
    let around = queries::surroundings(&mut conn, *id, app.clock.now()).await?;
    let accounts =
        around.accounts.iter().map(|(id, name, at)| (id.to_string(), name.clone(), moment(at))).collect();
    let (identity, security) = (identity_facts(&person, &around), security_facts(&person, &around));
    let head = Head::new(&person, until);
    pages::ok(&ShowPage { page: Page::of(&request, "Record"), head, identity, security, accounts })
}

/// One line of a list of the record.
struct Line {
    id: uuid::Uuid,
    kind: &'static str,
    title: String,
    iso: String,
    when: String,
    detail: String,
}

#[derive(askama::Template)]
#[template(path = "staff/lookup/list.html")]
struct ListPage {
    page: Page,
    head: Head,
    heading: &'static str,
    about: String,
    nothing: &'static str,
    lines: Vec<Line>,
    pager: Pager,
}

/// What differs between the lists of a record.
struct List {
    below: &'static str,
    heading: &'static str,
    about: String,
    nothing: &'static str,
}

fn list(request: &HttpRequest, head: Head, list: List, keyset: &Keyset, lines: Vec<Line>) -> WebResult {
    let (lines, pager) = keyset.page(lines, |line| line.id, &head.path(list.below), "");
    let List { heading, about, nothing, .. } = list;
    pages::ok(&ListPage { page: Page::of(request, heading), head, heading, about, nothing, lines, pager })
}

fn sign_in_line(row: SignInRow) -> Line {
    let (kind, title) = match row.outcome.as_str() {
        "signed_in" => ("success", "Signed in"),
        "second_factor_asked" => ("", "Second factor asked for"),
        "refused" => ("danger", "Refused"),
        "throttled" => ("warning", "Refused: too many tries"),
        _ => ("warning", "Refused: country not served"),
    };
    let method = row.method.replace('_', " ");
    let browser = describe_browser(&row.user_agent.unwrap_or_default());
    let country = row.country.unwrap_or_else(|| "unknown country".into());
    let ip = row.ip.map_or_else(|| "no address".into(), |ip| ip.addr().to_string());
    Line {
        id: row.id,
        kind,
        title: title.into(),
        iso: row.at.to_rfc3339(),
        when: moment(&row.at),
        detail: format!("{method} · {browser} · {country} · {ip}"),
    }
}

/// `GET /staff/people/{person}/sign-ins`
pub async fn sign_ins(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<LooksUpPeople>,
    id: Id,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let Opened { person, until } = match opened(&app, &request, &who, *id).await? {
        Ok(opened) => opened,
        Err(door) => return Ok(door),
    };
    let mut conn = app.db.get().await?;
    let rows = queries::sign_ins_of(&mut conn, *id, keyset.window()).await?;
    let kept = rules::SIGN_INS.period.words();
    let about = format!("Every try to sign in, with or without success, of the last {kept}.");
    let what = List { below: "sign-ins", heading: "Sign-ins", about, nothing: "Nobody has tried to sign in" };
    list(&request, Head::new(&person, until), what, &keyset, rows.into_iter().map(sign_in_line).collect())
}

fn message_line(row: SentRow) -> Line {
    let (kind, state) = match (row.sent_at, row.failed_at) {
        (Some(_), _) => ("success", "sent"),
        (_, Some(_)) => ("danger", "given up"),
        _ => ("warning", "on its way"),
    };
    // A text message has no subject, and its text may be a code: its name is all that is shown.
    let title = if row.kind == "mail" { row.subject } else { row.name.replace('_', " ") };
    Line {
        id: row.id,
        kind,
        title,
        iso: row.created_at.to_rfc3339(),
        when: moment(&row.created_at),
        detail: format!("{} · {state}", row.kind),
    }
}

/// `GET /staff/people/{person}/messages`
pub async fn messages(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<LooksUpPeople>,
    id: Id,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let Opened { person, until } = match opened(&app, &request, &who, *id).await? {
        Ok(opened) => opened,
        Err(door) => return Ok(door),
    };
    let mut conn = app.db.get().await?;
    let rows = queries::messages_to(&mut conn, *id, keyset.window()).await?;
    let kept = rules::MESSAGES.period.words();
    let about = format!("What was sent in the last {kept}: subjects only, never what stands in them.");
    let what = List { below: "messages", heading: "Messages", about, nothing: "Nothing was sent" };
    list(&request, Head::new(&person, until), what, &keyset, rows.into_iter().map(message_line).collect())
}

fn view_line(row: ViewRow) -> Line {
    let who = row.staff.unwrap_or_else(|| "a former member of staff".into());
    let title = format!("{who} ({})", row.role);
    Line {
        id: row.id,
        kind: "info",
        title,
        iso: row.viewed_at.to_rfc3339(),
        when: moment(&row.viewed_at),
        detail: format!("Because: {}", row.reason),
    }
}

/// `GET /staff/people/{person}/views`
pub async fn views(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<LooksUpPeople>,
    id: Id,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let Opened { person, until } = match opened(&app, &request, &who, *id).await? {
        Ok(opened) => opened,
        Err(door) => return Ok(door),
    };
    let mut conn = app.db.get().await?;
    let rows = queries::views_of(&mut conn, *id, keyset.window()).await?;
    let kept = rules::RECORD_VIEWS.period.words();
    let about = format!(
        "Who of staff has opened this record in the last {kept}, and why. Its owner sees the same, with roles instead of names."
    );
    let what = List { below: "views", heading: "Views", about, nothing: "Nobody has looked" };
    list(&request, Head::new(&person, until), what, &keyset, rows.into_iter().map(view_line).collect())
}

/// A record with a current view.
struct Opened {
    person: Person,
    until: DateTime<Utc>,
}

/// The record, or the page that asks for a reason.
async fn opened(
    app: &App,
    request: &HttpRequest,
    who: &Staff<LooksUpPeople>,
    id: PersonId,
) -> Result<Result<Opened, actix_web::HttpResponse>, AppError> {
    let (person, until) = super::peek(app, who, id).await?;
    Ok(match until {
        Some(until) => Ok(Opened { person, until }),
        None => Err(pages_of_lookup::closed(request, &person)?),
    })
}
