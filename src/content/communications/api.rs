//! Communications, for programs.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::change::Change;
use super::draft::Draft;
use super::filter::Filter;
use super::queries::{self, Row};
use super::status::Status;
use super::{Channel, Direction, check_open};
use crate::api::ApiResult;
use crate::api::body::{Body, Query};
use crate::api::client::ApiClient;
use crate::api::idempotency::{Answer, IdempotencyKey};
use crate::api::lists::{self, List};
use crate::api::problem::Problem;
use crate::api::scopes::{ReadsCommunications, WritesCommunications};
use crate::api::versions::{IfMatch, etag};
use crate::platform::app::App;
use crate::platform::ids::{AccountId, ClaimId, CommunicationId};

/// A communication, without what it says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Communication {
    /// SID of the communication.
    #[schema(value_type = String, example = "CM0192f0c1a2b37c4d8e5f60718293a4b5", extensions(("x-data" = json!("communications.id"))))]
    sid: CommunicationId,
    /// How it travels.
    #[schema(value_type = Channel, extensions(("x-data" = json!("communications.channel"))))]
    channel: String,
    /// Which way it goes, seen from you.
    #[schema(value_type = Direction, extensions(("x-data" = json!("communications.direction"))))]
    direction: String,
    /// From whom.
    #[schema(example = "claims@insurer.example", extensions(("x-data" = json!("communications.sender"))))]
    from: Option<String>,
    /// To whom.
    #[schema(example = "ada@example.com", extensions(("x-data" = json!("communications.recipient"))))]
    to: Option<String>,
    /// Token of the device, for push.
    #[schema(extensions(("x-data" = json!("communications.device_token"))))]
    device_token: Option<String>,
    /// What you call it.
    #[schema(example = "Reminder to Ada", extensions(("x-data" = json!("communications.friendly_name"))))]
    friendly_name: Option<String>,
    /// SID of the claim that it belongs to.
    #[schema(value_type = Option<String>, extensions(("x-data" = json!("communications.claim_id"))))]
    claim: Option<ClaimId>,
    /// How it went so far.
    #[schema(value_type = Status, extensions(("x-data" = json!("communications.status"))))]
    status: String,
    /// Since when.
    #[schema(extensions(("x-data" = json!("communications.status_at"))))]
    status_at: DateTime<Utc>,
    /// Whether what it says is stored.
    #[schema(extensions(("x-data" = json!("none"))))]
    body_stored: bool,
    /// Whether somebody in it asked that it is not used for now. What is restricted is in no list, and reading it
    /// is answered 423; so this is true only in the answer to the request that made or changed it.
    #[schema(extensions(("x-data" = json!("communications.restriction_id"))))]
    restricted: bool,
    /// When it was stored.
    #[schema(extensions(("x-data" = json!("communications.created_at"))))]
    created_at: DateTime<Utc>,
    /// When it was last changed.
    #[schema(extensions(("x-data" = json!("communications.updated_at"))))]
    updated_at: DateTime<Utc>,
}

impl From<Row> for Communication {
    fn from(row: Row) -> Self {
        Self {
            sid: row.id,
            channel: row.channel,
            direction: row.direction,
            from: row.sender,
            to: row.recipient,
            device_token: row.device_token,
            friendly_name: row.friendly_name,
            claim: row.claim_id,
            status: row.status,
            status_at: row.status_at,
            body_stored: row.body_stored,
            restricted: row.restriction_id.is_some(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What a communication says.
#[derive(Clone, Serialize, ToSchema)]
pub struct CommunicationBody {
    /// The text, as it was sent.
    #[schema(example = "Your claim was approved.", extensions(("x-data" = json!("communication_bodies.sealed_body"))))]
    body: String,
}

/// Account and communication of an address.
pub(super) type Place = web::Path<(AccountId, CommunicationId)>;

/// The answer to a communication that was made.
pub(super) fn created(account: AccountId, row: Row) -> Answer {
    let (id, version) = (row.id, row.version);
    Answer::json(StatusCode::CREATED, &Communication::from(row))
        .header("location", format!("/v1/accounts/{account}/communications/{id}"))
        .header("etag", etag(version))
        .about(id.0)
}

fn present(row: Row) -> HttpResponse {
    let version = row.version;
    HttpResponse::Ok().insert_header(("etag", etag(version))).json(Communication::from(row))
}

/// `POST /v1/accounts/{account}/communications`
#[utoipa::path(
    post, path = "/v1/accounts/{account}/communications", tag = "Communications",
    operation_id = "createCommunication", summary = "Store a communication",
    description = "What it says is stored only where the account chose to store bodies.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again"),
    ),
    request_body = Draft,
    responses(
        (status = 201, description = "Stored.", body = Communication, headers(
            ("Location" = String, description = "Its address"), ("ETag" = String, description = "Its version"),
        )),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn create(
    app: web::Data<App>,
    client: ApiClient<WritesCommunications>,
    key: IdempotencyKey,
    draft: Body<Draft>,
) -> ApiResult {
    Ok(super::create(&app, &client, &key, &draft).await?.into())
}

/// `GET /v1/accounts/{account}/communications`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/communications", tag = "Communications",
    operation_id = "listCommunications", summary = "List communications",
    description = "Newest first, without what they say. Restricted ones are left out.",
    params(("account" = String, Path, description = "SID of the account"), Filter),
    responses(
        (status = 200, description = "A page.", body = List<Communication>),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn index(
    app: web::Data<App>,
    client: ApiClient<ReadsCommunications>,
    request: HttpRequest,
    filter: Query<Filter>,
) -> ApiResult {
    let (wanted, rows) = filter.0.parse()?;
    let found = queries::list(&mut *app.db.get().await?, client.account, &wanted, rows).await?;
    let data: Vec<Communication> = found.into_iter().map(Communication::from).collect();
    lists::page(&request, rows, data, |communication| communication.sid)
}

/// `GET /v1/accounts/{account}/communications/{communication}`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/communications/{communication}", tag = "Communications",
    operation_id = "readCommunication", summary = "Read a communication",
    description = "Who, when and how it went. What it says is read separately.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("communication" = String, Path, description = "SID of the communication"),
    ),
    responses(
        (status = 200, description = "The communication.", body = Communication,
            headers(("ETag" = String, description = "Its version"))),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn show(app: web::Data<App>, client: ApiClient<ReadsCommunications>, place: Place) -> ApiResult {
    let row = queries::find(&mut *app.db.get().await?, client.account, place.1).await?;
    check_open(&row)?;
    Ok(present(row))
}

/// `GET /v1/accounts/{account}/communications/{communication}/body`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/communications/{communication}/body", tag = "Communications",
    operation_id = "readCommunicationBody", summary = "Read what a communication says",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("communication" = String, Path, description = "SID of the communication"),
    ),
    responses(
        (status = 200, description = "What it says.", body = CommunicationBody),
        (status = "default", description = "A problem; 404 where no body is stored.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn body(app: web::Data<App>, client: ApiClient<ReadsCommunications>, place: Place) -> ApiResult {
    let body = super::read_body(&app, &client, place.1).await?;
    Ok(HttpResponse::Ok().json(CommunicationBody { body }))
}

/// `PATCH /v1/accounts/{account}/communications/{communication}`
#[utoipa::path(
    patch, path = "/v1/accounts/{account}/communications/{communication}", tag = "Communications",
    operation_id = "changeCommunication", summary = "Change friendly name and claim",
    description = "A JSON Merge Patch. How it went is told with its statuses.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("communication" = String, Path, description = "SID of the communication"),
        ("If-Match" = String, Header, description = "ETag of the version that is changed"),
    ),
    request_body(content = Change, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "As it is now.", body = Communication,
            headers(("ETag" = String, description = "Its version"))),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn update(
    app: web::Data<App>,
    client: ApiClient<WritesCommunications>,
    place: Place,
    if_match: IfMatch,
    change: Body<Change>,
) -> ApiResult {
    Ok(present(super::change(&app, &client, place.1, if_match, &change.value).await?))
}

/// `DELETE /v1/accounts/{account}/communications/{communication}`
#[utoipa::path(
    delete, path = "/v1/accounts/{account}/communications/{communication}", tag = "Communications",
    operation_id = "deleteCommunication", summary = "Delete a communication",
    description = "It is gone at once, with what it says and how it went.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("communication" = String, Path, description = "SID of the communication"),
        ("If-Match" = Option<String>, Header, description = "ETag, to delete only this version"),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn destroy(
    app: web::Data<App>,
    client: ApiClient<WritesCommunications>,
    place: Place,
    if_match: IfMatch,
) -> ApiResult {
    super::delete(&app, &client, place.1, if_match).await?;
    Ok(HttpResponse::NoContent().finish())
}
