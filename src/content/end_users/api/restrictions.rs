//! Restrictions, for programs.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Identifier, Paging, act};
use crate::api::ApiResult;
use crate::api::body::{Body, Query};
use crate::api::client::ApiClient;
use crate::api::idempotency::{Answer, IdempotencyKey, Once};
use crate::api::lists::{self, List};
use crate::api::problem::Problem;
use crate::api::scopes::{ReadsEndUsers, WritesEndUsers};
use crate::content::end_users::restrictions::{self, Begun};
use crate::content::person_keys::IdentifierKind;
use crate::platform::app::App;
use crate::platform::crypto::{Keys, sha256_of};
use crate::platform::ids::{AccountId, RestrictionId};

/// Whose records are to be restricted, and why.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRestriction {
    /// By what they are known.
    #[schema(extensions(("x-data" = json!("restrictions.identifier_kind"))))]
    kind: IdentifierKind,
    /// The whole e-mail address, the whole number with its country code, whole words of the name, or the VIN.
    #[schema(example = "ada@example.com", min_length = 2, max_length = 254, extensions(("x-data" = json!("restrictions.sealed_identifier"))))]
    value: String,
    /// Why, for whoever lifts it.
    #[schema(example = "Disputes that the claim is theirs.", min_length = 1, max_length = 500, extensions(("x-data" = json!("restrictions.reason"))))]
    reason: String,
}

/// A restriction of the records about somebody.
#[derive(Clone, Serialize, ToSchema)]
pub struct Restriction {
    /// SID of the restriction.
    #[schema(value_type = String, example = "RE0192f0c1a2b37c4d8e5f60718293a4b5", extensions(("x-data" = json!("restrictions.id"))))]
    sid: RestrictionId,
    /// By what the person is known.
    #[schema(extensions(("x-data" = json!("restrictions.identifier_kind"))))]
    kind: IdentifierKind,
    /// Who it is.
    #[schema(example = "ada@example.com", extensions(("x-data" = json!("restrictions.sealed_identifier"))))]
    value: Option<String>,
    /// Why.
    #[schema(example = "Disputes that the claim is theirs.", extensions(("x-data" = json!("restrictions.reason"))))]
    reason: String,
    /// Since when.
    #[schema(extensions(("x-data" = json!("restrictions.began_at"))))]
    began_at: DateTime<Utc>,
    /// When it was lifted; null while it is in force.
    #[schema(extensions(("x-data" = json!("restrictions.lifted_at"))))]
    lifted_at: Option<DateTime<Utc>>,
}

impl Restriction {
    fn of(row: restrictions::Restriction, keys: &Keys) -> Self {
        let (kind, value) = (row.kind(), row.who(keys).map(|who| who.value));
        let (reason, began_at, lifted_at) = (row.reason, row.began_at, row.lifted_at);
        Self { sid: row.id, kind, value, reason, began_at, lifted_at }
    }
}

/// `POST /v1/accounts/{account}/end-users/restrictions`
#[utoipa::path(
    post, path = "/v1/accounts/{account}/end-users/restrictions", tag = "End users", operation_id = "restrictEndUser",
    summary = "Restrict the records about a person",
    description = "From now on ordinary requests for the person's records are answered 423, and lists and exports made for other reasons leave them out. What arrives later is restricted too.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again"),
    ),
    request_body = NewRestriction,
    responses(
        (status = 201, description = "In force.", body = Restriction,
            headers(("Location" = String, description = "Its address"))),
        (status = "default", description = "A problem; 409 where the person is restricted already.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn create(
    app: web::Data<App>,
    client: ApiClient<WritesEndUsers>,
    key: IdempotencyKey,
    body: Body<NewRestriction>,
) -> ApiResult {
    let wanted = &body.value;
    let who = Identifier::parse(wanted.kind, &wanted.value);
    let who = who.map_err(|message| Problem::field("/value", message))?;
    let reason = restrictions::parse_reason(&wanted.reason);
    let reason = reason.map_err(|message| Problem::field("/reason", message))?;
    let act = act(&app, &client);
    let once =
        Once { keys: &app.keys, account: client.account, key: &key, digest: &body.digest, now: act.now };
    let mut conn = app.db.get().await?;
    let answer = conn
        .transaction(async |conn| {
            if let Some(answer) = once.begin(conn).await? {
                return Ok(answer);
            }
            let id = match restrictions::begin(conn, &app.keys, &act, &who, &reason).await? {
                Begun::New(id, _) => id,
                Begun::Already(id) => {
                    let detail = format!("The restriction {id} about this person is in force.");
                    return Err(Problem::conflict().because(detail));
                }
            };
            let row = restrictions::find(conn, act.account, id).await?;
            let answer = Answer::json(StatusCode::CREATED, &Restriction::of(row, &app.keys))
                .header("location", format!("/v1/accounts/{}/end-users/restrictions/{id}", act.account))
                .about(id.0);
            let answer = once.keep(conn, answer).await?;
            act.note(conn, "end_user.restricted", who.kind).await?;
            Ok(answer)
        })
        .await?;
    Ok(answer.into())
}

/// `GET /v1/accounts/{account}/end-users/restrictions`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/end-users/restrictions", tag = "End users", operation_id = "listRestrictions",
    summary = "List restrictions", description = "Those in force and those lifted, newest first.",
    params(("account" = String, Path, description = "SID of the account"), Paging),
    responses(
        (status = 200, description = "A page.", body = List<Restriction>),
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
    let (window, rows) = paging.0.window::<RestrictionId>(|id| id.0)?;
    let mut conn = app.db.get().await?;
    let found = restrictions::list(&mut conn, client.account, window).await?;
    let data: Vec<Restriction> = found.into_iter().map(|row| Restriction::of(row, &app.keys)).collect();
    lists::page(&request, rows, data, |restriction| restriction.sid)
}

/// `GET /v1/accounts/{account}/end-users/restrictions/{restriction}`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/end-users/restrictions/{restriction}", tag = "End users",
    operation_id = "readRestriction", summary = "Read a restriction",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("restriction" = String, Path, description = "SID of the restriction"),
    ),
    responses(
        (status = 200, description = "The restriction.", body = Restriction),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn show(
    app: web::Data<App>,
    client: ApiClient<ReadsEndUsers>,
    place: web::Path<(AccountId, RestrictionId)>,
) -> ApiResult {
    let row = restrictions::find(&mut *app.db.get().await?, client.account, place.1).await?;
    Ok(HttpResponse::Ok().json(Restriction::of(row, &app.keys)))
}

/// `POST /v1/accounts/{account}/end-users/restrictions/{restriction}/lifting`
#[utoipa::path(
    post, path = "/v1/accounts/{account}/end-users/restrictions/{restriction}/lifting", tag = "End users",
    operation_id = "liftRestriction", summary = "Lift a restriction",
    description = "Records that another restriction covers stay restricted. Lifting what is lifted changes nothing.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("restriction" = String, Path, description = "SID of the restriction"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again"),
    ),
    responses(
        (status = 200, description = "As it is now.", body = Restriction),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn lift(
    app: web::Data<App>,
    client: ApiClient<WritesEndUsers>,
    key: IdempotencyKey,
    place: web::Path<(AccountId, RestrictionId)>,
    request: HttpRequest,
) -> ApiResult {
    let (act, id) = (act(&app, &client), place.1);
    let digest = sha256_of(&[b"POST", request.path().as_bytes(), b""]);
    let once = Once { keys: &app.keys, account: client.account, key: &key, digest: &digest, now: act.now };
    let mut conn = app.db.get().await?;
    let answer = conn
        .transaction(async |conn| {
            if let Some(answer) = once.begin(conn).await? {
                return Ok(answer);
            }
            let was_in_force = restrictions::lift(conn, &act, id).await?;
            let row = restrictions::find(conn, act.account, id).await?;
            let kind = row.kind();
            let answer = Answer::json(StatusCode::OK, &Restriction::of(row, &app.keys)).about(id.0);
            let answer = once.keep(conn, answer).await?;
            if was_in_force {
                act.note(conn, "end_user.restriction_lifted", kind).await?;
            }
            Ok::<_, Problem>(answer)
        })
        .await?;
    Ok(answer.into())
}
