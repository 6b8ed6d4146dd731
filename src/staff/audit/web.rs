//! Pages of the audit log.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use uuid::Uuid;

use super::queries::{self, EventRow, Verification};
use crate::platform::app::App;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::ReadsAuditLog;

/// How many days the drawing shows.
const DAYS: u8 = 14;
/// Width and height of the drawing, and of one day in it.
const DRAWING: (i64, i64, i64) = (280, 64, 20);

/// What the address of the list says. Events are numbered, so their pages are too.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    action: String,
    before: Option<i64>,
    after: Option<i64>,
}

/// An event, as the page shows it.
struct Row {
    seq: i64,
    iso: String,
    when: String,
    action: String,
    actor: String,
    subject: String,
    note: String,
    country: String,
}

/// An id as it is written for its kind; ids are pseudonyms, so no name stands here.
fn written(kind: &str, id: Option<Uuid>) -> String {
    match (kind, id) {
        (_, None) => kind.to_owned(),
        ("account", Some(id)) => AccountId(id).to_string(),
        ("person" | "customer", Some(id)) => PersonId(id).to_string(),
        ("staff", Some(id)) => format!("staff {}", PersonId(id)),
        (_, Some(id)) => format!("{} {}", kind.replace('_', " "), id.simple()),
    }
}

impl From<EventRow> for Row {
    fn from(event: EventRow) -> Self {
        Self {
            seq: event.seq,
            iso: event.at.to_rfc3339(),
            when: moment(&event.at),
            actor: written(&event.actor_kind, event.actor_id),
            subject: written(&event.subject_kind, event.subject_id),
            action: event.action,
            note: event.note.unwrap_or_default(),
            country: event.country.unwrap_or_default(),
        }
    }
}

/// One bar of the drawing.
struct Bar {
    x: i64,
    y: i64,
    height: i64,
    label: String,
}

fn bars(days: &[(chrono::NaiveDate, i64)]) -> Vec<Bar> {
    let most = days.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let bar = |(index, (day, count)): (i64, &(chrono::NaiveDate, i64))| {
        // A day with anything at all is at least a line.
        let height = (count * DRAWING.1 / most).max(i64::from(*count > 0));
        Bar {
            x: index * DRAWING.2,
            y: DRAWING.1 - height,
            height,
            label: format!("{}: {count}", day.format("%-d %B")),
        }
    };
    (0..).zip(days).map(bar).collect()
}

#[derive(askama::Template)]
#[template(path = "staff/audit/index.html")]
struct IndexPage {
    page: Page,
    form: Form,
    rows: Vec<Row>,
    bars: Vec<Bar>,
    total: i64,
    pager: Pager,
}

fn filter_form(action: &str) -> Form {
    Form::new(vec![
        Field::search("action", "Actions that begin like")
            .value(action)
            .hint("For example person.password or staff. Leave it empty for everything.")
            .autocomplete("off"),
    ])
}

/// `GET /staff/audit`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<ReadsAuditLog>,
    asked: web::Query<Asked>,
) -> WebResult {
    let mut asked = asked.into_inner();
    asked.action = asked.action.trim().to_owned();
    let mut form = filter_form(&asked.action);
    let page = Page::of(&request, "Audit log");
    let plain = asked.action.len() <= 60
        && asked
            .action
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'_');
    if !plain {
        form.fail(
            "action",
            "Actions are written in small letters with dots between, as in person.password.changed.",
        );
        return pages::unprocessable(&IndexPage {
            page,
            form,
            rows: Vec::new(),
            bars: Vec::new(),
            total: 0,
            pager: Pager::default(),
        });
    }
    let mut conn = app.db.get().await?;
    let keyset = Keyset { before: asked.before, after: asked.after };
    let events = queries::events(&mut conn, &asked.action, keyset.window()).await?;
    let extra = if asked.action.is_empty() { String::new() } else { format!("&action={}", asked.action) };
    let (events, pager) = keyset.page(events, |event| event.seq, "/staff/audit", &extra);
    let days = queries::per_day(&mut conn, &asked.action, app.clock.now(), DAYS).await?;
    let total = days.iter().map(|(_, count)| count).sum();
    let rows = events.into_iter().map(Row::from).collect();
    pages::ok(&IndexPage { page, form, rows, bars: bars(&days), total, pager })
}

/// What a walk found, as the page shows it.
struct Walk {
    iso: String,
    when: String,
    badge: (&'static str, &'static str),
    detail: String,
}

impl From<Verification> for Walk {
    fn from(found: Verification) -> Self {
        let (badge, detail) = match (found.broken_seq, found.broken_why) {
            (Some(seq), why) => (
                ("danger", "Broken"),
                format!("Event {seq}: {}. {} events before it hold.", why.unwrap_or_default(), found.events),
            ),
            (None, _) => {
                (("success", "Whole"), format!("{} events, each following the one before.", found.events))
            }
        };
        Self { iso: found.verified_at.to_rfc3339(), when: moment(&found.verified_at), badge, detail }
    }
}

#[derive(askama::Template)]
#[template(path = "staff/audit/verifications.html")]
struct VerificationsPage {
    page: Page,
    walks: Vec<Walk>,
    pager: Pager,
}

/// `GET /staff/audit/verifications`
pub async fn verifications(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<ReadsAuditLog>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let found = queries::verifications(&mut conn, keyset.window()).await?;
    let (found, pager) = keyset.page(found, |found| found.id, "/staff/audit/verifications", "");
    let walks = found.into_iter().map(Walk::from).collect();
    pages::ok(&VerificationsPage { page: Page::of(&request, "Is the audit log whole?"), walks, pager })
}

/// `POST /staff/audit/verifications`
pub async fn verify(app: web::Data<App>, request: HttpRequest, who: Staff<ReadsAuditLog>) -> WebResult {
    super::ask_for_verification(&app, &who).await?;
    flash::success(&request, "The log is being walked. What is found appears here in a moment.");
    Ok(see_other("/staff/audit/verifications"))
}
