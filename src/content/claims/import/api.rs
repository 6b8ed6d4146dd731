//! Imports, for programs.

use std::time::{Duration, Instant};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::Value;

use super::{Format, ImportSummary, Mode, Order, run};
use crate::api::ApiResult;
use crate::api::body::Query;
use crate::api::client::ApiClient;
use crate::api::idempotency::IdempotencyKey;
use crate::api::problem::Problem;
use crate::api::scopes::WritesClaims;
use crate::content::claims::schemas::ClaimFile;
use crate::platform::app::App;

/// The media types that a file is taken in.
const MEDIA_TYPES: [(&str, Format); 2] =
    [("application/x-ndjson", Format::Ndjson), ("text/csv", Format::Csv)];
/// Longest time without a byte of the file.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// Once a file was waited for so long, its pace is looked at.
const GRACE: Duration = Duration::from_secs(60);
/// Fewest bytes in each second that it is waited for.
const LEAST_PACE: u64 = 1024;

/// The parameters of an import.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    mode: Option<String>,
}

impl ImportQuery {
    fn mode(&self) -> Result<Mode, Problem> {
        let Some(text) = &self.mode else { return Ok(Mode::AllOrNothing) };
        Mode::parse(text)
            .ok_or_else(|| Problem::field("?mode", "This is none of: all_or_nothing, best_effort."))
    }
}

fn format(request: &HttpRequest) -> Result<Format, Problem> {
    let media_type = request.content_type().to_ascii_lowercase();
    let known = MEDIA_TYPES.iter().find(|(known, _)| *known == media_type);
    let encoded = request.headers().get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity");
    match known {
        Some((_, format)) if !encoded => Ok(*format),
        _ => {
            let problem = Problem::unsupported_media_type();
            let problem = problem.because("Send application/x-ndjson or text/csv, not compressed.");
            Err(problem.with_header("accept", MEDIA_TYPES.map(|(name, _)| name).join(", ")))
        }
    }
}

/// How long the whole of a file may take that is stored whole or not at all: its transaction keeps the account's row and
/// what the database would clean up, so that somebody who sends a byte a second must not hold it for days. Nothing for a
/// file whose batches are stored one by one.
fn longest(app: &App, mode: Mode) -> Option<Duration> {
    (mode == Mode::AllOrNothing).then_some(app.config.import_patience)
}

fn too_long(longest: Duration) -> Problem {
    let detail = format!(
        "The file took longer than {} s, and nothing of it was stored. Send it in smaller pieces, or with best_effort.",
        longest.as_secs()
    );
    Problem::timeout().because(detail)
}

/// How much of a file came, and how long it was waited for in all; not how long it took to store.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    bytes: u64,
    waited: Duration,
}

impl Pace {
    /// Whether it is slower than a program is that has something to send: few files are read at a time, so that somebody
    /// who sends a byte now and then must not keep the place of others for days.
    fn is_too_slow(self) -> bool {
        self.waited >= GRACE && self.bytes < self.waited.as_secs() * LEAST_PACE
    }
}

fn too_slow() -> Problem {
    let detail = format!(
        "The file arrived with less than {LEAST_PACE} bytes a second. Have it ready, and send it again: with best_effort and the same Idempotency-Key it goes on from where it was."
    );
    Problem::timeout().because(detail)
}

/// The file as it arrives, for as long as it keeps arriving, and for so long at most where it has an end.
fn arriving<S, E>(
    file: S,
    longest: Option<Duration>,
) -> impl Stream<Item = Result<web::Bytes, Problem>> + Unpin
where
    S: Stream<Item = Result<web::Bytes, E>> + Unpin,
{
    let began = Instant::now();
    Box::pin(futures_util::stream::unfold((file, Pace::default()), move |(mut file, mut pace)| async move {
        // Looked at before each piece: a file that always has more ready is never waited for.
        let left = longest.map(|longest| longest.saturating_sub(began.elapsed()));
        let wait = left.map_or(LONGEST_SILENCE, |left| left.min(LONGEST_SILENCE));
        let asked = Instant::now();
        let next = if wait.is_zero() { None } else { tokio::time::timeout(wait, file.next()).await.ok() };
        pace.waited += asked.elapsed();
        let next: Result<web::Bytes, Problem> = match (next, longest) {
            (Some(next), _) => next?.map_err(|_| Problem::malformed().because("The file broke off.")),
            (None, Some(longest)) if began.elapsed() >= longest => Err(too_long(longest)),
            (None, _) => Err(Problem::timeout().because("No more of the file arrived for 30 seconds.")),
        };
        pace.bytes += next.as_ref().map_or(0, |piece| piece.len() as u64);
        let next = if next.is_ok() && pace.is_too_slow() { Err(too_slow()) } else { next };
        Some((next, (file, pace)))
    }))
}

/// `POST /v1/accounts/{account}/claims/import`
#[utoipa::path(
    post, path = "/v1/accounts/{account}/claims/import", tag = "Claims", operation_id = "importClaims",
    summary = "Import many claims",
    description = "The file is a line of JSON for each claim, or CSV with a header. It is read as it arrives, however long it \
        is; a line is at most 256 KiB. With `all_or_nothing` nothing is stored if a line is wrong, or if all of it takes longer than the operator allows, as the answer then says. With `best_effort` what is \
        right is stored; where that breaks off, the same file with the same Idempotency-Key goes on from there. Where claims are switched \
        off in the storage choices meanwhile, `all_or_nothing` is stored whole before that holds, and `best_effort` stops. What an export \
        wrote can be imported again: what only we set is passed over, and the number of a loan account is not in it.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("mode" = inline(Option<Mode>), Query, description = "`all_or_nothing`, which is usual, or `best_effort`"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same file with the same key is imported once, for 30 days."),
    ),
    request_body(description = "The file.", content(
        (inline(ClaimFile) = "application/x-ndjson"),
        (inline(ClaimFile) = "text/csv"),
    )),
    responses(
        (status = 200, description = "How it ended.", body = ImportSummary),
        (status = 408, description = "No more of the file arrived for 30 seconds, or less than 1 KiB a second over a minute and more, or all of it took too long for `all_or_nothing`, of which nothing is stored.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another import into the account is under way, the account stores no claims, or the key belongs to another file.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Another media type.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Nothing was stored, because of these lines: the problem has the fields of a summary too.", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn create(
    app: web::Data<App>,
    client: ApiClient<WritesClaims>,
    key: IdempotencyKey,
    query: Query<ImportQuery>,
    request: HttpRequest,
    payload: web::Payload,
) -> ApiResult {
    let order = Order {
        account: client.account,
        actor: client.actor(),
        from: client.caller.circumstances(),
        key: key.0,
        mode: query.0.mode()?,
        format: format(&request)?,
    };
    let file = arriving(payload, longest(&app, order.mode));
    let summary = run(&app, &order, file, |_| ()).await?;
    Ok(answer(&summary))
}

/// A summary; where nothing was stored because of it, as a problem.
fn answer(summary: &ImportSummary) -> HttpResponse {
    let was_refused = summary.outcome == "refused";
    let (status, media_type) = if was_refused {
        (StatusCode::UNPROCESSABLE_ENTITY, "application/problem+json")
    } else {
        (StatusCode::OK, "application/json")
    };
    let mut answer = HttpResponse::build(status);
    if summary.again {
        answer.insert_header(("idempotent-replayed", "true"));
    }
    answer.content_type(media_type);
    let mut body = serde_json::to_value(summary).unwrap_or_default();
    if was_refused {
        let detail = format!("Nothing was stored, because {} lines are wrong.", summary.refused);
        let problem = serde_json::to_value(Problem::invalid().because(detail)).unwrap_or_default();
        if let (Value::Object(body), Value::Object(problem)) = (&mut body, problem) {
            body.extend(problem);
        }
    }
    answer.body(body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_trickles_is_slow_after_a_minute_of_waiting_and_one_that_flows_never_is() {
        let pace = |bytes, seconds| Pace { bytes, waited: Duration::from_secs(seconds) };
        assert!(!pace(0, 59).is_too_slow(), "whoever begins slowly has a minute");
        assert!(pace(60 * LEAST_PACE - 1, 60).is_too_slow() && !pace(60 * LEAST_PACE, 60).is_too_slow());
        assert!(pace(10_000, 86_400).is_too_slow(), "a byte now and then for a day");
        assert!(!pace(200 * 1024 * 1024, 3_600).is_too_slow(), "what takes long and keeps coming");
    }
}
