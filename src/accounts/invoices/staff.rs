//! The desk of invoices whose account is gone. The law has us keep them, in identifying form (S74), and somebody must be able
//! to answer for them: to a tax office, to an auditor, to whoever was billed. As long as the account is there its owner and
//! members for billing read them, and nobody here does.
//!
//! The list and its search show what an invoice is found by; whom it was billed to and over what is shown for a quarter of
//! an hour to whoever says why (S105). Each look stands in the audit log by the id of the invoice, which leads nowhere else.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use super::queries::{self, Invoice};
use super::web::{address, facts};
use super::{LONGEST_NUMBER, State};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::InvoiceId;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, date, day, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::retention::invoice_laws::{self, Law};
use crate::staff::desk::Queue;
use crate::staff::desk::looks::{self, Item};
use crate::staff::permissions::WorksOnRequests;
use crate::staff::{lookup, masks};

const PATH: &str = "/staff/invoices";

/// An invoice, as the list shows it.
struct Line {
    path: String,
    number: String,
    state: State,
    detail: String,
    /// Until when it is kept, and by which law.
    kept: String,
}

impl Line {
    fn of(invoice: Invoice, today: NaiveDate) -> Self {
        let billed_to = invoice.billed_to();
        let law = invoice_laws::of(&billed_to.country);
        Self {
            path: format!("{PATH}/{}", invoice.id),
            state: invoice.state(today),
            detail: format!("{} · issued on {}", masks::name(&billed_to.name), date(invoice.issued_on)),
            kept: format!("Kept until {} · {}: {}", day(&invoice.kept_until), law.name, law.source),
            number: invoice.number,
        }
    }
}

/// What the address of the list says.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    number: Option<String>,
    before: Option<Uuid>,
    after: Option<Uuid>,
}

fn search_form(typed: &str) -> Form {
    let number = Field::search("number", "Number of the invoice").value(typed).autocomplete("off");
    Form::new(vec![number.hint("All of it, as it stands on the invoice.")])
}

#[derive(askama::Template)]
#[template(path = "accounts/invoices/staff_index.html")]
struct IndexPage {
    page: Page,
    form: Form,
    /// A number was looked for, as against all of them.
    searched: bool,
    lines: Vec<Line>,
    pager: Pager,
}

/// The one with this number, or without one a page of all of them.
async fn found(app: &App, asked: &Asked, number: &str) -> Result<(Vec<Line>, Pager), AppError> {
    let today = app.clock.now().date_naive();
    let mut conn = app.db.get().await?;
    if !number.is_empty() {
        let one = queries::find_by_number(&mut conn, number).await?;
        let gone = one.filter(|invoice| invoice.account.is_none());
        return Ok((gone.into_iter().map(|invoice| Line::of(invoice, today)).collect(), Pager::default()));
    }
    let keyset = Keyset { before: asked.before, after: asked.after };
    let rows = queries::list_gone(&mut conn, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |invoice| invoice.id.0, PATH, "");
    Ok((rows.into_iter().map(|invoice| Line::of(invoice, today)).collect(), pager))
}

/// `GET /staff/invoices`, with `?number=` one of them.
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<WorksOnRequests>,
    asked: web::Query<Asked>,
) -> WebResult {
    let number = asked.number.as_deref().unwrap_or_default().trim();
    let (mut form, searched) = (search_form(number), !number.is_empty());
    let page = Page::of(&request, "Invoices");
    if number.chars().count() > LONGEST_NUMBER || number.chars().any(char::is_control) {
        form.fail("number", "No invoice has such a number: it is one line of up to 64 characters.");
        let (lines, pager) = (Vec::new(), Pager::default());
        return pages::unprocessable(&IndexPage { page, form, searched, lines, pager });
    }
    let (lines, pager) = found(&app, &asked, number).await?;
    pages::ok(&IndexPage { page, form, searched, lines, pager })
}

/// What is shown to whoever said why.
struct Bill {
    facts: Vec<(&'static str, String)>,
    /// The billing address, a line each.
    address: Vec<String>,
}

#[derive(askama::Template)]
#[template(path = "accounts/invoices/staff_show.html")]
struct ShowPage {
    page: Page,
    path: String,
    number: String,
    state: State,
    issued_on: String,
    kept_until: String,
    law: &'static Law,
    bill: Option<Bill>,
    look: Option<Form>,
    open_until: String,
    form: Form,
}

async fn find(app: &App, sid: &str) -> Result<Invoice, AppError> {
    let id: InvoiceId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(queries::find_gone(&mut *app.db.get().await?, id).await?)
}

/// The page; `look` is the form of a reason with what is wrong in it.
async fn page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    invoice: Invoice,
    look: Option<Form>,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let item = Item::new(Queue::Invoices, invoice.id.0, invoice.id);
    let access = item.access(&mut conn, who, now).await?;
    drop(conn);
    item.note(app, who, &access).await?;
    let form = look.clone().unwrap_or_default();
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let billed_to = invoice.billed_to();
    let shown = ShowPage {
        page: Page::of(request, "Invoice"),
        path: format!("{PATH}/{}", invoice.id),
        state: invoice.state(now.date_naive()),
        issued_on: date(invoice.issued_on),
        kept_until: day(&invoice.kept_until),
        law: invoice_laws::of(&billed_to.country),
        bill: access.is_open().then(|| Bill { facts: facts(&invoice), address: address(billed_to) }),
        look: (!access.is_open()).then(|| look.unwrap_or_else(|| ReasonForm::default().draw())),
        open_until: access.until(),
        form,
        number: invoice.number,
    };
    pages::with_status(status, &shown)
}

/// `GET /staff/invoices/{invoice}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
) -> WebResult {
    let invoice = find(&app, &sid).await?;
    page(&app, &request, &who, invoice, None).await
}

/// What the form of a reason sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReasonForm {
    reason: String,
}

impl ReasonForm {
    fn draw(&self) -> Form {
        let hint = "10 to 500 characters, for a quarter of an hour: the audit, or who asks. It stands in the audit log.";
        let reason = Field::textarea("reason", "Why do you need to see it?").value(&self.reason).hint(hint);
        Form::new(vec![Field { maxlength: Some(500), ..reason }])
    }
}

/// `POST /staff/invoices/{invoice}/looks`
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    typed: web::Form<ReasonForm>,
) -> WebResult {
    let invoice = find(&app, &sid).await?;
    match lookup::parse_reason(&typed.reason) {
        Ok(reason) => {
            looks::open(&app, &who, Queue::Invoices, invoice.id.0, &reason).await?;
            Ok(see_other(&format!("{PATH}/{}", invoice.id)))
        }
        Err(message) => {
            let mut form = typed.draw();
            form.fail("reason", message);
            page(&app, &request, &who, invoice, Some(form)).await
        }
    }
}
