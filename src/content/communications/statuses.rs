//! How a communication went, step by step, as carriers report it: out of order, more than once, or not at all.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use diesel_async::AsyncConnection as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::api::Place;
use super::check_open;
use super::draft::{self, Faults};
use super::queries::{self, StatusRow};
use super::status::{News, Status};
use crate::api::ApiResult;
use crate::api::body::Body;
use crate::api::client::ApiClient;
use crate::api::idempotency::{Answer, IdempotencyKey, Once};
use crate::api::lists::List;
use crate::api::problem::Problem;
use crate::api::scopes::{ReadsCommunications, WritesCommunications};
use crate::api::versions::etag;
use crate::content::locks;
use crate::platform::app::App;
use crate::platform::ids::CommunicationId;
use crate::trust::suspensions::{Act, standing};

/// How far the clock of a carrier may be ahead.
const AHEAD: Duration = Duration::minutes(5);
/// How long ago something may have happened that is reported now.
const LONG_AGO: Duration = Duration::days(3650);

/// A change of status as a program sends it.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[schema(as = NewCommunicationStatus)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// How it went.
    #[schema(value_type = Status, required = true, extensions(("x-data" = json!("communication_statuses.status"))))]
    status: Option<String>,
    /// What the carrier said, up to 500 characters.
    #[schema(max_length = 500, example = "250 2.0.0 OK", extensions(("x-data" = json!("communication_statuses.detail"))))]
    detail: Option<String>,
    /// When it happened; otherwise now. Not more than ten years ago.
    #[schema(value_type = Option<DateTime<Utc>>, example = json!(null), extensions(("x-data" = json!("communication_statuses.at"))))]
    at: Option<String>,
}

/// How a communication went at one moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommunicationStatus {
    /// How it went.
    #[schema(value_type = Status, extensions(("x-data" = json!("communication_statuses.status"))))]
    status: String,
    /// What the carrier said.
    #[schema(example = "250 2.0.0 OK", extensions(("x-data" = json!("communication_statuses.detail"))))]
    detail: Option<String>,
    /// When it happened.
    #[schema(extensions(("x-data" = json!("communication_statuses.at"))))]
    at: DateTime<Utc>,
}

impl From<StatusRow> for CommunicationStatus {
    fn from(row: StatusRow) -> Self {
        Self { status: row.status, detail: row.detail, at: row.at }
    }
}

/// A report that was read.
struct Checked {
    status: Status,
    detail: Option<String>,
    at: DateTime<Utc>,
}

impl Report {
    fn check(&self, now: DateTime<Utc>) -> Result<Checked, Problem> {
        let mut faults = Faults::default();
        let status = faults.take("/status", draft::status(self.status.as_deref()));
        let detail = faults.take("/detail", draft::detail(self.detail.as_deref()));
        let at = faults.take("/at", moment(self.at.as_deref(), now));
        faults.none()?;
        let read = || Some(Checked { status: status?, detail: detail?, at: at? });
        read().ok_or_else(Problem::invalid)
    }
}

/// A moment of the last ten years, to the microsecond that Postgres keeps.
fn moment(text: Option<&str>, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let Some(text) = text else { return Ok(now) };
    let at = DateTime::parse_from_rfc3339(text)
        .map_err(|_| "This is not a moment as in 2026-11-24T09:41:00Z.".to_owned())?
        .with_timezone(&Utc)
        .trunc_subsecs(6);
    if at > now + AHEAD {
        return Err("This is in the future.".into());
    }
    if at < now - LONG_AGO {
        return Err("This is more than ten years ago.".into());
    }
    Ok(at)
}

/// Takes a report once. What was reported before changes nothing, and the answer is what was noted then.
///
/// # Errors
/// 404, 423 where it is restricted, 422 for fields that are wrong, 409 for what contradicts the present status, 403 for a
/// queued message that is sent while sending is paused (S127).
async fn report(
    app: &App,
    client: &ApiClient<WritesCommunications>,
    id: CommunicationId,
    key: &IdempotencyKey,
    body: &Body<Report>,
) -> Result<Answer, Problem> {
    let now = app.clock.now();
    let once = Once { keys: &app.keys, account: client.account, key, digest: &body.digest, now };
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if let Some(answer) = once.begin(conn).await? {
            return Ok(answer);
        }
        // A suspension that begins waits for this, or was first.
        locks::share_account(conn, client.account).await?;
        let row = queries::lock(conn, client.account, id).await?;
        check_open(&row)?;
        let report = body.value.check(now)?;
        let known = queries::statuses(conn, id).await?;
        let known = known.into_iter().find(|known| known.status == report.status.as_str());
        if let Some(known) = known {
            return once.keep(conn, answer(StatusCode::OK, id, row.version, known)).await;
        }
        let present = Status::parse(&row.status).expect("the database keeps to the statuses");
        let version = match present.news(report.status) {
            News::Further => {
                if present == Status::Queued && report.status != Status::Failed && row.direction == "outbound"
                {
                    standing::must_allow(conn, client.account, Act::Send, now).await?;
                }
                queries::advance(conn, id, report.status, report.at, now).await?;
                row.version + 1
            }
            News::Late => row.version,
            News::Contradiction => return Err(contradiction(present, report.status)),
        };
        queries::insert_status(conn, id, report.status, report.detail.as_deref(), report.at, now).await?;
        let noted =
            StatusRow { status: report.status.as_str().to_owned(), detail: report.detail, at: report.at };
        once.keep(conn, answer(StatusCode::CREATED, id, version, noted)).await
    })
    .await
}

fn contradiction(present: Status, reported: Status) -> Problem {
    let (present, reported) = (present.as_str(), reported.as_str());
    Problem::conflict().because(format!("It is {present}: it cannot be {reported} any more."))
}

fn answer(status: StatusCode, id: CommunicationId, version: i32, row: StatusRow) -> Answer {
    Answer::json(status, &CommunicationStatus::from(row)).header("etag", etag(version)).about(id.0)
}

/// `POST /v1/accounts/{account}/communications/{communication}/statuses`
#[utoipa::path(
    post, path = "/v1/accounts/{account}/communications/{communication}/statuses", tag = "Communications",
    operation_id = "reportCommunicationStatus", summary = "Tell how a communication went",
    description = "From queued to sent, and on to delivered, bounced or failed; a recipient may complain about what \
        was sent. Steps may be left out, come late or come twice: what is known already changes nothing.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("communication" = String, Path, description = "SID of the communication"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again"),
    ),
    request_body = Report,
    responses(
        (status = 201, description = "Noted.", body = CommunicationStatus,
            headers(("ETag" = String, description = "Version of the communication"))),
        (status = 200, description = "Known already: as it was noted then.", body = CommunicationStatus,
            headers(("ETag" = String, description = "Version of the communication"))),
        (status = "default", description = "A problem; 409 for what contradicts its status.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn create(
    app: web::Data<App>,
    client: ApiClient<WritesCommunications>,
    place: Place,
    key: IdempotencyKey,
    body: Body<Report>,
) -> ApiResult {
    Ok(report(&app, &client, place.1, &key, &body).await?.into())
}

/// `GET /v1/accounts/{account}/communications/{communication}/statuses`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/communications/{communication}/statuses", tag = "Communications",
    operation_id = "listCommunicationStatuses", summary = "How a communication went, step by step",
    description = "The latest first; all on one page.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("communication" = String, Path, description = "SID of the communication"),
    ),
    responses(
        (status = 200, description = "All of it.", body = List<CommunicationStatus>),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn index(app: web::Data<App>, client: ApiClient<ReadsCommunications>, place: Place) -> ApiResult {
    let mut conn = app.db.get().await?;
    check_open(&queries::find(&mut conn, client.account, place.1).await?)?;
    let rows = queries::statuses(&mut conn, place.1).await?;
    let data: Vec<CommunicationStatus> = rows.into_iter().map(CommunicationStatus::from).collect();
    Ok(HttpResponse::Ok().json(List { data, next: None }))
}
