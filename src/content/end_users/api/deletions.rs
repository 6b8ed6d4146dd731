//! Deletions and their receipts, for programs.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::{EndUser, Paging, act};
use crate::api::ApiResult;
use crate::api::body::{Body, Query};
use crate::api::client::ApiClient;
use crate::api::idempotency::{Answer, IdempotencyKey, Once};
use crate::api::lists::{self, List};
use crate::api::problem::Problem;
use crate::api::scopes::{ReadsEndUsers, WritesEndUsers};
use crate::content::end_users::deletion;
use crate::content::end_users::deletion::receipts::{self, Receipt, Step};
use crate::content::person_keys::IdentifierKind;
use crate::platform::app::App;
use crate::platform::ids::{AccountId, DeletionId};

/// Where a deletion has to arrive.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeletionStep {
    /// `tables`, `search`, `answers` or `backups`.
    #[schema(example = "tables", extensions(("x-data" = json!("content_deletion_steps.step"))))]
    step: String,
    /// By when.
    #[schema(extensions(("x-data" = json!("content_deletion_steps.due_at"))))]
    due_at: DateTime<Utc>,
    /// When it had; null while it has not.
    #[schema(extensions(("x-data" = json!("content_deletion_steps.done_at"))))]
    done_at: Option<DateTime<Utc>>,
}

/// What stays after a deletion, and why.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Remainder {
    /// What.
    #[schema(example = "request log", extensions(("x-data" = json!("none"))))]
    what: &'static str,
    /// Why, and until when.
    #[schema(extensions(("x-data" = json!("none"))))]
    why: &'static str,
}

/// The receipt of a deletion. It does not say who it was.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Deletion {
    /// SID of the receipt.
    #[schema(value_type = String, example = "DE0192f0c1a2b37c4d8e5f60718293a4b5", extensions(("x-data" = json!("content_deletions.id"))))]
    sid: DeletionId,
    /// By what the person was known.
    #[schema(extensions(("x-data" = json!("content_deletions.identifier_kind"))))]
    kind: IdentifierKind,
    /// Claims that went.
    #[schema(example = 2, extensions(("x-data" = json!("content_deletions.claims"))))]
    claims: i64,
    /// Records of others that the person was taken out of.
    #[schema(example = 1, extensions(("x-data" = json!("content_deletions.parties"))))]
    parties: i64,
    /// Communications that went.
    #[schema(example = 5, extensions(("x-data" = json!("content_deletions.communications"))))]
    communications: i64,
    /// Bodies that went with them.
    #[schema(example = 5, extensions(("x-data" = json!("content_deletions.bodies"))))]
    bodies: i64,
    /// When it was instructed, and done in the tables.
    #[schema(extensions(("x-data" = json!("content_deletions.instructed_at"))))]
    instructed_at: DateTime<Utc>,
    /// Where it has to arrive: everywhere within 30 days.
    steps: Vec<DeletionStep>,
    /// What stays, and why.
    stays: Vec<Remainder>,
    /// The receipt as a signed document (JWS), which can be shown to others. `portal receipt verify` checks it.
    #[schema(example = "eyJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiJ9.e30.c2lnbmF0dXJl", extensions(("x-data" = json!("none"))))]
    signed: String,
}

impl Deletion {
    fn of(app: &App, account: AccountId, receipt: &Receipt, steps: Vec<Step>) -> Self {
        let step = |step: Step| DeletionStep { step: step.step, due_at: step.due_at, done_at: step.done_at };
        Self {
            sid: receipt.id,
            kind: receipt.kind(),
            claims: receipt.claims,
            parties: receipt.parties,
            communications: receipt.communications,
            bodies: receipt.bodies,
            instructed_at: receipt.instructed_at,
            steps: steps.into_iter().map(step).collect(),
            stays: deletion::STAYS.iter().map(|(what, why)| Remainder { what, why }).collect(),
            signed: deletion::signed::sign(app, account, receipt),
        }
    }
}

/// `POST /v1/accounts/{account}/end-users/deletion`
#[utoipa::path(
    post, path = "/v1/accounts/{account}/end-users/deletion", tag = "End users", operation_id = "deleteEndUser",
    summary = "Delete all that is kept about a person",
    description = "Claims with nobody else in them and claims of the VIN go; claims with others lose the person's entry and the texts that name them; communications that the person sent or received go with what they said. It cannot be undone. The receipt does not say who it was.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again"),
    ),
    request_body = EndUser,
    responses(
        (status = 201, description = "Deleted; the receipt.", body = Deletion,
            headers(("Location" = String, description = "Its address"))),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn create(
    app: web::Data<App>,
    client: ApiClient<WritesEndUsers>,
    key: IdempotencyKey,
    body: Body<EndUser>,
) -> ApiResult {
    let (who, act) = (body.value.parse()?, act(&app, &client));
    let once =
        Once { keys: &app.keys, account: client.account, key: &key, digest: &body.digest, now: act.now };
    let mut conn = app.db.get().await?;
    let answer = conn
        .transaction(async |conn| {
            if let Some(answer) = once.begin(conn).await? {
                return Ok(answer);
            }
            let receipt = deletion::carry_out(conn, &app.keys, &act, &who).await?;
            let steps = receipts::steps(conn, receipt.id).await?;
            let path = format!("/v1/accounts/{}/end-users/deletions/{}", act.account, receipt.id);
            let answer = Answer::json(StatusCode::CREATED, &Deletion::of(&app, act.account, &receipt, steps))
                .header("location", path)
                .about(receipt.id.0);
            let answer = once.keep(conn, answer).await?;
            deletion::announce(conn, &app, &act, &receipt).await?;
            Ok::<_, Problem>(answer)
        })
        .await?;
    Ok(answer.into())
}

/// `GET /v1/accounts/{account}/end-users/deletions`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/end-users/deletions", tag = "End users", operation_id = "listDeletions",
    summary = "List receipts of deletions", description = "Newest first. Kept for 2 years.",
    params(("account" = String, Path, description = "SID of the account"), Paging),
    responses(
        (status = 200, description = "A page.", body = List<Deletion>),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn index(
    app: web::Data<App>,
    client: ApiClient<ReadsEndUsers>,
    request: HttpRequest,
    paging: Query<Paging>,
) -> ApiResult {
    let (window, rows) = paging.0.window::<DeletionId>(|id| id.0)?;
    let mut conn = app.db.get().await?;
    let found = receipts::list(&mut conn, client.account, window).await?;
    let steps = receipts::steps_of(&mut conn, &found).await?;
    let data: Vec<Deletion> = found
        .iter()
        .zip(steps)
        .map(|(receipt, steps)| Deletion::of(&app, client.account, receipt, steps))
        .collect();
    lists::page(&request, rows, data, |deletion| deletion.sid)
}

/// `GET /v1/accounts/{account}/end-users/deletions/{deletion}`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/end-users/deletions/{deletion}", tag = "End users",
    operation_id = "readDeletion", summary = "Read the receipt of a deletion",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("deletion" = String, Path, description = "SID of the receipt"),
    ),
    responses(
        (status = 200, description = "The receipt.", body = Deletion),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn show(
    app: web::Data<App>,
    client: ApiClient<ReadsEndUsers>,
    place: web::Path<(AccountId, DeletionId)>,
) -> ApiResult {
    let mut conn = app.db.get().await?;
    let receipt = receipts::find(&mut conn, client.account, place.1).await?;
    let steps = receipts::steps(&mut conn, receipt.id).await?;
    Ok(HttpResponse::Ok().json(Deletion::of(&app, client.account, &receipt, steps)))
}
