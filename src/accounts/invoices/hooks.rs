//! `POST /hooks/billing`: what the billing system tells of invoices. Nothing is believed before it proves who it is.
//!
//! 204 means that it is noted, now or before. Everything else asks to be told again, or to be mended: 409 for what came out
//! of order and for another invoice with a known number, 422 for what cannot be an invoice or is of no account.

use actix_web::{HttpRequest, HttpResponse, web};

use super::told::{self, Told};
use super::{Refusal, Taken};
use crate::api::problem::Problem;
use crate::platform::app::App;
use crate::platform::web::signatures;

/// Longest body, in bytes.
const LARGEST: usize = 16 * 1024;

/// `POST /hooks/billing`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let secrets = &app.config.billing_hook;
    if secrets.is_empty() {
        return Err(Problem::not_found());
    }
    if body.len() > LARGEST {
        return Err(Problem::too_large().because(format!("An event is at most {} KiB.", LARGEST / 1024)));
    }
    let now = app.clock.now();
    signatures::check(&request, secrets, &body, now)?;
    let taken = match told::read(&body, now.date_naive())? {
        Told::Issued(new) => super::issue(&app, &new).await?,
        Told::Ended(number, on, end) => super::end(&app, &number, on, &end).await?,
        Told::Other => return Ok(HttpResponse::NoContent().finish()),
    };
    let again = taken.map_err(problem)? == Taken::Again;
    metrics::counter!("portal_billing_events_total", "again" => if again { "yes" } else { "no" })
        .increment(1);
    Ok(HttpResponse::NoContent().finish())
}

fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::UnknownAccount => Problem::field("/account", "There is no account with this SID."),
        Refusal::NotIssued => Problem::conflict().because(
            "No invoice with this number was told of yet. Tell of its issue first, and then of this again.",
        ),
        Refusal::Differs => Problem::conflict().because(
            "There is another invoice with this number. What was issued is not changed: void it, and issue one with a number of its own.",
        ),
    }
}
