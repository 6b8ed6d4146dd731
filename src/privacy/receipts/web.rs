//! The pages of receipts.

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse, web};
use anyhow::Context as _;

use super::document::{self, Document};
use super::queries::{self, Row};
use super::{Kind, verification};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::ReceiptId;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, date, moment};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::privacy::data_requests::kinds;
use crate::privacy::data_requests::reasons::Reason;
use crate::trust::suspensions::{self, Level};

const PATH: &str = "/privacy/receipts";

/// A receipt in the list.
struct Line {
    path: String,
    id: ReceiptId,
    label: &'static str,
    /// What sets it apart from others of its kind; empty where nothing does.
    about: String,
    iso: String,
    when: String,
}

impl Line {
    fn of(row: &Row) -> Self {
        Self {
            path: format!("{PATH}/{}", row.id),
            id: row.id,
            label: Kind::parse(&row.kind).map_or("A receipt", Kind::label),
            about: verification::read(&row.document).map(|document| about(&document)).unwrap_or_default(),
            iso: row.issued_at.to_rfc3339(),
            when: moment(&row.issued_at),
        }
    }
}

/// What was asked for, which suspension it was, or which account it is about.
fn about(document: &Document) -> String {
    if let Some(request) = &document.request {
        return kinds::Kind::parse(&request.asked_for).map_or("", kinds::Kind::label).to_owned();
    }
    let account = document.account.clone().unwrap_or_default();
    match &document.suspension {
        Some(suspension) => {
            let level = Level::parse(&suspension.level).map_or("", Level::label);
            format!("{level}: {account}")
        }
        None => account,
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/receipts/index.html")]
struct IndexPage {
    page: Page,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /privacy/receipts`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let rows = queries::of_person(&mut conn, who.person, keyset.window()).await?;
    drop(conn);
    let (rows, pager) = keyset.page(rows, |row| row.id.0, PATH, "");
    let lines = rows.iter().map(Line::of).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Receipts"), lines, pager })
}

/// Something that stays, as the page shows it.
struct StaysLine {
    what: String,
    why: String,
    until: String,
}

#[derive(askama::Template)]
#[template(path = "privacy/receipts/show.html")]
struct ShowPage {
    page: Page,
    line: Line,
    facts: Vec<(&'static str, String)>,
    document: Document,
    stays: Vec<StaysLine>,
    reasons: Vec<(String, String)>,
    verified: bool,
    keys_url: String,
}

async fn find(app: &App, who: &SignedIn, id: &str) -> Result<Row, AppError> {
    let id: ReceiptId = id.parse().map_err(|_| AppError::NotFound)?;
    Ok(queries::find(&mut *app.db.get().await?, id, who.person).await?)
}

fn facts(document: &Document) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Receipt", document.receipt.clone()), ("Issued", moment(&document.issued_at))];
    if let Some(request) = &document.request {
        let asked = kinds::Kind::parse(&request.asked_for).map_or("a request", kinds::Kind::label);
        facts.push(("For the request", format!("{}, “{asked}”", request.number)));
        facts.push(("Which came in", moment(&request.received_at)));
    }
    if let Some(suspension) = &document.suspension {
        facts.extend(about_suspension(suspension));
    }
    facts.extend(document.person.clone().map(|id| ("Person", id)));
    facts.extend(document.account.clone().map(|id| ("Account", id)));
    facts
}

fn about_suspension(suspension: &document::Suspension) -> Vec<(&'static str, String)> {
    let level = Level::parse(&suspension.level).map_or("", Level::label);
    let reason = suspensions::Reason::parse(&suspension.reason).map_or("", suspensions::Reason::label);
    let decided = if suspension.automated { "A rule, by itself" } else { "A person" };
    let mut facts = vec![
        ("Suspension", format!("{}: {level}", suspension.number)),
        ("Why", reason.to_owned()),
        ("Decided by", decided.to_owned()),
        ("Since", moment(&suspension.began_at)),
    ];
    facts.extend(suspension.expires_at.as_ref().map(|at| ("Until", moment(at))));
    facts.extend(suspension.ended_at.as_ref().map(|at| ("Ended", moment(at))));
    facts.push(("Can be appealed until", moment(&suspension.appeal_until)));
    if let Some(appeal) = &suspension.appeal {
        facts.push(("Appeal", format!("{}, of {}", appeal.number, moment(&appeal.filed_at))));
        facts.push(("What came of it", appeal.outcome.clone()));
    }
    facts
}

fn reasons(document: &Document) -> Vec<(String, String)> {
    let known = |code: &str| Reason::find(code).map_or(code.to_owned(), |reason| reason.label.to_owned());
    let reason = |one: &super::document::Reason| {
        let again = date(one.look_again_on);
        (known(&one.code), format!("{} We look at it again on {again}.", one.ground))
    };
    document.reasons.iter().map(reason).collect()
}

/// `GET /privacy/receipts/{receipt}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    id: web::Path<String>,
) -> WebResult {
    let row = find(&app, &who, &id).await?;
    let document = verification::read(&row.document).context("a receipt that cannot be read")?;
    let verified = verification::check(&row.document, &app.receipt_keys.public()).is_ok();
    let stays = document.stays.iter().map(|stays| StaysLine {
        what: stays.what.clone(),
        why: stays.why.clone(),
        until: stays.how_long(),
    });
    let line = Line::of(&row);
    pages::ok(&ShowPage {
        page: Page::of(&request, line.label),
        facts: facts(&document),
        stays: stays.collect(),
        reasons: reasons(&document),
        verified,
        keys_url: app.url("/.well-known/receipt-keys.json"),
        document,
        line,
    })
}

/// A receipt as a file.
pub fn file(id: ReceiptId, signed: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/jose")
        .insert_header(("cache-control", "no-store"))
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(format!("receipt-{id}.jws"))],
        })
        .body(format!("{signed}\n"))
}

/// `GET /privacy/receipts/{receipt}/file`
pub async fn fetch(app: web::Data<App>, who: SignedIn, id: web::Path<String>) -> WebResult {
    let row = find(&app, &who, &id).await?;
    Ok(file(row.id, &row.document))
}
