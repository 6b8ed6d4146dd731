//! All claims of an account, or those that a filter lets through, as a stream: page after page in the order of their
//! ids, newest first. Between two pages nothing is held in the database, so whoever reads slowly holds up nobody. What
//! is stored meanwhile is left out, what is deleted meanwhile may be.

use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use diesel_async::AsyncConnection as _;
use futures_util::Stream;
use serde::Deserialize;

use super::draft::ClaimState;
use super::import::Format;
use super::schemas::ClaimFile;
use super::{Filter, Stored, csv, queries};
use crate::api::ApiResult;
use crate::api::body::Query;
use crate::api::client::ApiClient;
use crate::api::problem::Problem;
use crate::api::scopes::ReadsClaims;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::ids::{AccountId, ClaimId};

/// Claims of a page.
const PAGE: i64 = 2_000;

/// A moment as it is written everywhere in the API.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Notes that claims are exported, which the owner finds in the account's activity.
///
/// # Errors
/// What the database says.
pub async fn note(app: &App, account: AccountId, actor: Actor, from: &Circumstances) -> Result<(), Problem> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        audit::append(conn, now, Event::new(actor, "account", account.0, "claims.exported", from)).await?;
        Ok(())
    })
    .await
}

/// The file, piece by piece, with the number of claims in each piece.
pub fn stream(
    app: App,
    account: AccountId,
    filter: Filter,
    format: Format,
) -> impl Stream<Item = anyhow::Result<(usize, Bytes)>> {
    let pages = Pages { app, account, filter, format, after: None, ahead: None, is_begun: false };
    futures_util::stream::try_unfold(pages, |mut pages| async {
        Ok(pages.next().await?.map(|piece| (piece, pages)))
    })
}

struct Pages {
    app: App,
    account: AccountId,
    filter: Filter,
    format: Format,
    after: Option<ClaimId>,
    /// The page after the one that is being written; nothing after the last.
    ahead: Option<Vec<Stored>>,
    is_begun: bool,
}

impl Pages {
    async fn next(&mut self) -> anyhow::Result<Option<(usize, Bytes)>> {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        if is_first {
            self.ahead = self.fetch().await?;
        }
        let Some(page) = self.ahead.take() else {
            let header = if is_first { self.header() } else { Vec::new() };
            return Ok((!header.is_empty()).then(|| (0, header.into())));
        };
        self.after = page.last().map(|claim| claim.id);
        let (count, format) = (page.len(), self.format);
        let mut out = if is_first { self.header() } else { Vec::new() };
        let writing = tokio::task::spawn_blocking(move || {
            out.reserve(page.len() * 1024);
            page.iter().try_for_each(|claim| write(&mut out, claim, format))?;
            anyhow::Ok(out)
        });
        // The next page is fetched while this one is written.
        let is_last = i64::try_from(count)? < PAGE;
        let (written, ahead) =
            tokio::join!(writing, async { if is_last { Ok(None) } else { self.fetch().await } });
        self.ahead = ahead?;
        Ok(Some((count, written??.into())))
    }

    async fn fetch(&self) -> anyhow::Result<Option<Vec<Stored>>> {
        let mut conn = self.app.db.get().await?;
        let page = queries::list(&mut conn, self.account, &self.filter, self.after, PAGE).await?;
        Ok((!page.is_empty()).then_some(page))
    }

    fn header(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.format == Format::Csv {
            csv::write_header(&mut out);
        }
        out
    }
}

fn write(out: &mut Vec<u8>, claim: &Stored, format: Format) -> serde_json::Result<()> {
    match format {
        Format::Csv => csv::write(out, claim),
        Format::Ndjson => {
            serde_json::to_writer(&mut *out, &super::schemas::Claim::from(claim.clone()))?;
            out.push(b'\n');
            Ok(())
        }
    }
}

/// The parameters of an export.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    format: Option<String>,
    state: Option<ClaimState>,
    insurer: Option<String>,
    claim_number: Option<String>,
    lost_from: Option<NaiveDate>,
    lost_to: Option<NaiveDate>,
    vin: Option<String>,
}

/// `GET /v1/accounts/{account}/claims/export`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/claims/export", tag = "Claims", operation_id = "exportClaims",
    summary = "Export claims",
    description = "All claims that the filters let through, newest first, as a stream. Restricted claims are left out, and of \
        the number of a loan account only the last characters are in it. Cells of CSV are exactly what is stored: one that a \
        spreadsheet might take for a formula is quoted, and not changed. Open such a file as text columns.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("format" = inline(Option<Format>), Query, description = "`ndjson`, which is usual, or `csv`"),
        ("state" = Option<ClaimState>, Query, description = "In this state"),
        ("insurer" = Option<String>, Query, description = "Of this insurer"),
        ("claim_number" = Option<String>, Query, description = "With this number"),
        ("lost_from" = Option<String>, Query, description = "Lost on this day or later", format = Date),
        ("lost_to" = Option<String>, Query, description = "Lost on this day or earlier", format = Date),
        ("vin" = Option<String>, Query, description = "About the vehicle with this VIN"),
    ),
    responses(
        (status = 200, description = "The file.", content((inline(ClaimFile) = "application/x-ndjson"), (inline(ClaimFile) = "text/csv"))),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn show(
    app: web::Data<App>,
    client: ApiClient<ReadsClaims>,
    query: Query<ExportQuery>,
    request: HttpRequest,
) -> ApiResult {
    let ExportQuery { format, state, insurer, claim_number, lost_from, lost_to, vin } = query.0;
    let format = match format.as_deref() {
        None => Format::Ndjson,
        Some(text) => {
            Format::parse(text).ok_or_else(|| Problem::field("?format", "This is none of: ndjson, csv."))?
        }
    };
    let (numbers, days) = ((insurer, claim_number), (lost_from, lost_to));
    let filter = super::api::filter_of(state, numbers, days, vin, &app.keys, client.account)?;
    let (media_type, name) = match format {
        Format::Ndjson => ("application/x-ndjson", "claims.ndjson"),
        Format::Csv => ("text/csv; charset=utf-8; header=present", "claims.csv"),
    };
    let mut answer = HttpResponse::Ok();
    answer.content_type(media_type);
    answer.insert_header(("content-disposition", format!("attachment; filename=\"{name}\"")));
    if request.method() == Method::HEAD {
        return Ok(answer.finish());
    }
    note(&app, client.account, client.actor(), &client.caller.circumstances()).await?;
    let file = stream(app.get_ref().clone(), client.account, filter, format);
    Ok(answer.streaming(futures_util::TryStreamExt::map_ok(file, |(_, bytes)| bytes)))
}
