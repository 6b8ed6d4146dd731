//! The pages of invoices: the list, and each with its address and how long it is kept. They are for reading alone, whatever
//! the account is in.

use actix_web::{HttpRequest, web};
use chrono::NaiveDate;

use super::queries::{self, Invoice};
use super::{BilledTo, State};
use crate::accounts::frame::Frame;
use crate::accounts::guard::Member;
use crate::accounts::permissions::SeesInvoices;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::InvoiceId;
use crate::platform::web::pages::{self, Page, WebResult, date, day};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::platform::{codes, countries};
use crate::retention::invoice_laws::{self, Law};

/// An invoice, as the list shows it.
struct Line {
    path: String,
    number: String,
    state: State,
    detail: String,
}

impl Line {
    fn of(invoice: Invoice, list: &str, today: NaiveDate) -> Self {
        let (issued, due) = (date(invoice.issued_on), date(invoice.due_on));
        Self {
            path: format!("{list}/{}", invoice.id),
            state: invoice.state(today),
            detail: format!("{} · issued on {issued} · due on {due}", invoice.total()),
            number: invoice.number,
        }
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/invoices/index.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /accounts/{account}/invoices`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<SeesInvoices>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let today = app.clock.now().date_naive();
    let found = queries::list(&mut *app.db.get().await?, who.account.id, keyset.window()).await?;
    let path = who.account.path("/invoices");
    let (found, pager) = keyset.page(found, |invoice| invoice.id.0, &path, "");
    let lines = found.into_iter().map(|invoice| Line::of(invoice, &path, today)).collect();
    let frame = Frame::of(&request, &who.account);
    pages::ok(&IndexPage { page: frame.page(&request, "Invoices"), frame, lines, pager })
}

#[derive(askama::Template)]
#[template(path = "accounts/invoices/show.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    number: String,
    state: State,
    facts: Vec<(&'static str, String)>,
    /// The billing address, a line each.
    address: Vec<String>,
    kept_until: String,
    law: &'static Law,
}

/// `GET /accounts/{account}/invoices/{invoice}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<SeesInvoices>,
    path: web::Path<(String, String)>,
) -> WebResult {
    let id: InvoiceId = path.1.parse().map_err(|_| AppError::NotFound)?;
    let invoice = queries::find(&mut *app.db.get().await?, who.account.id, id).await?;
    let billed_to = invoice.billed_to();
    let frame = Frame::of(&request, &who.account);
    pages::ok(&ShowPage {
        page: frame.page(&request, &format!("Invoice {}", invoice.number)),
        frame,
        state: invoice.state(app.clock.now().date_naive()),
        facts: facts(&invoice),
        kept_until: day(&invoice.kept_until),
        law: invoice_laws::of(&billed_to.country),
        address: address(billed_to),
        number: invoice.number,
    })
}

/// What stands on it besides its address, with what became of it.
pub(super) fn facts(invoice: &Invoice) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Issued on", date(invoice.issued_on)),
        ("Due on", date(invoice.due_on)),
        ("Total", invoice.total()),
        ("Of which tax", codes::amount(invoice.tax_minor, &invoice.currency)),
    ];
    facts.extend(invoice.settled_on.map(|on| ("Paid on", date(on))));
    facts.extend(invoice.voided_on.map(|on| ("Taken back on", date(on))));
    facts.extend(invoice.voided_because.as_ref().map(|why| ("Taken back because", why.clone())));
    facts
}

/// The address as it stands on a letter, with the name of the country.
pub(super) fn address(to: BilledTo) -> Vec<String> {
    let place = to.postal_code.map_or_else(|| to.city.clone(), |code| format!("{code} {}", to.city));
    let country = countries::name(&to.country).map_or(to.country, str::to_owned);
    [to.name].into_iter().chain(to.lines).chain([place, country]).collect()
}
