//! The page of the request log.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use chrono::Duration;
use uuid::Uuid;

use super::RequestLog;
use super::filter::Asked;
use super::queries::{self, Named, Row};
use crate::accounts::frame::Frame;
use crate::accounts::guard::Member;
use crate::accounts::permissions::ReadsRequestLog;
use crate::platform::app::App;
use crate::platform::web::day_chart::{self, Chart};
use crate::platform::web::forms::Form;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::platform::web::pagination::Pager;

/// A request, as the page shows it.
struct Line {
    iso: String,
    when: String,
    method: String,
    route: String,
    status: i32,
    status_kind: &'static str,
    credential: String,
    from: String,
    took: String,
}

#[derive(askama::Template)]
#[template(path = "accounts/request_log/index.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    form: Form,
    chart: Chart,
    lines: Vec<Line>,
    filtered: bool,
    pager: Pager,
}

fn line(row: Row, names: &HashMap<Uuid, String>) -> Line {
    let credential = row.credential.map(|id| names.get(&id).cloned().unwrap_or_else(|| "Deleted".into()));
    let address = row.ip.map(|ip| ip.addr().to_string()).unwrap_or_default();
    Line {
        iso: row.at.to_rfc3339(),
        when: row.at.format("%-d %b %Y, %H:%M:%S UTC").to_string(),
        method: row.method,
        route: row.route,
        status: row.status,
        status_kind: match row.status {
            200..=299 => "success",
            400..=499 => "warning",
            500.. => "danger",
            _ => "",
        },
        credential: credential.unwrap_or_else(|| "None that is valid".into()),
        from: row.country.map_or_else(|| address.clone(), |country| format!("{address} ({country})")),
        took: took(row.duration_micros),
    }
}

/// A span as people read it, in milliseconds.
fn took(micros: i64) -> String {
    match micros {
        ..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        _ => format!("{} ms", micros / 1000),
    }
}

/// `GET /accounts/{account}/requests`: with the last request of this very moment.
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    log: web::Data<RequestLog>,
    member: Member<ReadsRequestLog>,
    asked: web::Query<Asked>,
) -> WebResult {
    log.flush().await;
    let (account, now) = (&member.account, app.clock.now());
    let today = now.date_naive();
    let mut conn = app.db.get().await?;
    let counts = queries::days(&mut conn, account.id, day_chart::first_day(today)).await?;
    // The list is what is chosen from, so the form is drawn before it is read.
    let filter = asked.parse(&mut asked.draw(&[]));
    let rows = queries::list(&mut conn, account.id, &filter, asked.keyset().window()).await?;
    let (rows, pager) = asked.keyset().page(rows, |row| row.id, &account.path("/requests"), &asked.extra());
    let mentioned: Vec<Uuid> = rows.iter().filter_map(|row| row.credential).collect();
    let since = now - Duration::days(30);
    let named = queries::credentials(&mut conn, account.id, since, &mentioned).await?;
    let mut form = asked.draw(&named);
    asked.parse(&mut form);
    let (wrong, frame) = (form.has_errors(), Frame::of(&request, account));
    let names = names(named);
    let page = IndexPage {
        page: frame.page(&request, "Requests"),
        frame,
        form,
        chart: Chart::draw(today, &counts),
        lines: if wrong { Vec::new() } else { rows.into_iter().map(|row| line(row, &names)).collect() },
        filtered: filter.is_any(),
        pager: if wrong { Pager::default() } else { pager },
    };
    pages::with_status(if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

fn names(named: Vec<Named>) -> HashMap<Uuid, String> {
    named.into_iter().map(|one| (one.id, one.name)).collect()
}
