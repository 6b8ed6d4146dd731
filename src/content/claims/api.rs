//! Claims, for programs.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;

use super::draft::{ClaimDraft, ClaimState, Origin};
use super::schemas::{Claim, ClaimList, ClaimPatch};
use super::{Filter, Stored, vin};
use crate::api::ApiResult;
use crate::api::body::{Body, Query};
use crate::api::client::ApiClient;
use crate::api::distinct::Distinct;
use crate::api::idempotency::{Answer, IdempotencyKey, Once};
use crate::api::lists::{self, Window};
use crate::api::problem::Problem;
use crate::api::scopes::{ReadsClaims, WritesClaims};
use crate::api::versions::{IfMatch, etag};
use crate::content::person_keys::{IdentifierKind, wanted};
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::ids::{AccountId, ClaimId};

/// The parameters of a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    after: Option<String>,
    limit: Option<i64>,
    state: Option<ClaimState>,
    insurer: Option<String>,
    claim_number: Option<String>,
    lost_from: Option<NaiveDate>,
    lost_to: Option<NaiveDate>,
    vin: Option<String>,
}

impl ListQuery {
    fn window(&self) -> Window {
        Window { after: self.after.clone(), limit: self.limit }
    }

    fn filter(self, keys: &Keys, account: AccountId) -> Result<Filter, Problem> {
        filter_of(
            self.state,
            (self.insurer, self.claim_number),
            (self.lost_from, self.lost_to),
            self.vin,
            keys,
            account,
        )
    }
}

/// Puts a filter together.
pub(super) fn filter_of(
    state: Option<ClaimState>,
    (insurer, claim_number): (Option<String>, Option<String>),
    (lost_from, lost_to): (Option<NaiveDate>, Option<NaiveDate>),
    vin: Option<String>,
    keys: &Keys,
    account: AccountId,
) -> Result<Filter, Problem> {
    for (name, text) in [("?insurer", &insurer), ("?claim_number", &claim_number)] {
        if text.as_ref().is_some_and(|text| text.contains('\0')) {
            return Err(Problem::field(name, "There is a character in it that is no text."));
        }
    }
    // Days that the database does not know can be written as well.
    for (name, day) in [("?lost_from", lost_from), ("?lost_to", lost_to)] {
        if day.is_some_and(|day| !(0..=9999).contains(&day.year())) {
            return Err(Problem::field(name, "This is a day in the years 0 to 9999."));
        }
    }
    let vin = vin.map(|vin| vin::parse(&vin).map_err(|detail| Problem::field("?vin", detail))).transpose()?;
    let vin = vin.and_then(|vin| {
        let key = *wanted(keys, account, IdentifierKind::Vin, &vin).first()?;
        Some((vin, key))
    });
    Ok(Filter { state, insurer, claim_number, lost_from, lost_to, vin })
}

/// The claim that the address names; what is no SID of a claim names nothing.
fn named(request: &HttpRequest) -> Result<ClaimId, Problem> {
    request.match_info().get("claim").and_then(|sid| sid.parse().ok()).ok_or_else(Problem::not_found)
}

/// The answer to a claim that was just stored.
pub(super) fn created(stored: Stored, account: AccountId, keys: &Keys) -> Result<Answer, Problem> {
    let (id, version) = (stored.id, stored.version);
    Ok(Answer::json(StatusCode::CREATED, &Claim::stored(stored, account, keys))
        .header("location", format!("/v1/accounts/{account}/claims/{id}"))
        .header("etag", etag(version))
        .about(id.0))
}

/// `POST /v1/accounts/{account}/claims`
#[utoipa::path(
    post, path = "/v1/accounts/{account}/claims", tag = "Claims", operation_id = "createClaim",
    summary = "Store a claim",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("Idempotency-Key" = Option<String>, Header, description = "A second request with the same key gets the first one's answer, for 24 hours."),
    ),
    request_body = ClaimDraft,
    responses(
        (status = 201, description = "The claim as it was stored.", body = Claim, headers(("Location" = String, description = "Its address"), ("ETag" = String, description = "Its version"))),
        (status = 409, description = "The insurer's claims have this number already, the account stores no claims, or the key belongs to another request.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields that are wrong, all of them.", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn create(
    app: web::Data<App>,
    client: ApiClient<WritesClaims>,
    key: IdempotencyKey,
    body: Body<Distinct>,
) -> ApiResult {
    let read = ClaimDraft::read(body.value.0, Origin::Request);
    let draft = read.map_err(|errors| Problem::invalid().with_errors(errors))?;
    let (account, now) = (client.account, app.clock.now());
    let once = Once { keys: &app.keys, account, key: &key, digest: &body.digest, now };
    Ok(super::create(&mut *app.db.get().await?, &once, &draft).await?.into())
}

/// `GET /v1/accounts/{account}/claims`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/claims", tag = "Claims", operation_id = "listClaims",
    summary = "List claims, newest first",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("after" = Option<String>, Query, description = "SID of the last claim of the page before"),
        ("limit" = Option<i64>, Query, description = "Claims on a page", minimum = 1, maximum = 200),
        ("state" = Option<ClaimState>, Query, description = "In this state"),
        ("insurer" = Option<String>, Query, description = "Of this insurer"),
        ("claim_number" = Option<String>, Query, description = "With this number"),
        ("lost_from" = Option<String>, Query, description = "Lost on this day or later", format = Date),
        ("lost_to" = Option<String>, Query, description = "Lost on this day or earlier", format = Date),
        ("vin" = Option<String>, Query, description = "About the vehicle with this VIN"),
    ),
    responses(
        (status = 200, description = "A page. Restricted claims are left out.", body = ClaimList),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn index(
    app: web::Data<App>,
    client: ApiClient<ReadsClaims>,
    query: Query<ListQuery>,
    request: HttpRequest,
) -> ApiResult {
    let window = query.0.window();
    let (after, rows) = (window.after()?, window.rows()?);
    let filter = query.0.filter(&app.keys, client.account)?;
    let claims = super::list(&mut *app.db.get().await?, client.account, &filter, after, rows).await?;
    let data = claims.into_iter().map(Claim::from).collect();
    lists::page(&request, rows, data, |claim: &Claim| claim.sid)
}

/// `GET /v1/accounts/{account}/claims/{claim}`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/claims/{claim}", tag = "Claims", operation_id = "readClaim",
    summary = "Read a claim",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("claim" = String, Path, description = "SID of the claim"),
        ("If-None-Match" = Option<String>, Header, description = "ETag of the version that you have"),
    ),
    responses(
        (status = 200, description = "The claim.", body = Claim, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "You have its present version."),
        (status = 423, description = "It is restricted.", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn show(app: web::Data<App>, client: ApiClient<ReadsClaims>, request: HttpRequest) -> ApiResult {
    let id = named(&request)?;
    let claim = super::show(&mut *app.db.get().await?, client.account, id).await?;
    let tag = etag(claim.version);
    if is_known(&request, &tag) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, tag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header((header::ETAG, tag)).json(Claim::from(claim)))
}

/// Whether `If-None-Match` names this version; weak tags count as RFC 9110 has it.
fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let headers = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    headers
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || known.trim().trim_start_matches("W/") == tag)
}

/// `PATCH /v1/accounts/{account}/claims/{claim}`
#[utoipa::path(
    patch, path = "/v1/accounts/{account}/claims/{claim}", tag = "Claims", operation_id = "changeClaim",
    summary = "Change a claim",
    description = "A JSON merge patch (RFC 7396): what is absent stays, null empties a field, a list is replaced as a whole.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("claim" = String, Path, description = "SID of the claim"),
        ("If-Match" = String, Header, description = "ETag of the version that the change is about"),
    ),
    request_body(content = ClaimPatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The claim as it is now.", body = Claim, headers(("ETag" = String, description = "Its version"))),
        (status = 412, description = "It was changed meanwhile.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields that are wrong, all of them.", body = Problem, content_type = "application/problem+json"),
        (status = 423, description = "It is restricted.", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn update(
    app: web::Data<App>,
    client: ApiClient<WritesClaims>,
    versions: IfMatch,
    request: HttpRequest,
    body: Body<Distinct>,
) -> ApiResult {
    let (id, versions) = (named(&request)?, versions.required()?);
    let claim = super::update(&app, client.account, id, &versions, body.value.0).await?;
    let tag = etag(claim.version);
    let claim = Claim::stored(claim, client.account, &app.keys);
    Ok(HttpResponse::Ok().insert_header((header::ETAG, tag)).json(claim))
}

/// `DELETE /v1/accounts/{account}/claims/{claim}`
#[utoipa::path(
    delete, path = "/v1/accounts/{account}/claims/{claim}", tag = "Claims", operation_id = "deleteClaim",
    summary = "Delete a claim",
    description = "It is gone at once. Communications that belong to it stay, without the link.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("claim" = String, Path, description = "SID of the claim"),
        ("If-Match" = Option<String>, Header, description = "ETag of the version that is to be deleted"),
    ),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 412, description = "It was changed meanwhile.", body = Problem, content_type = "application/problem+json"),
        (status = 423, description = "It is restricted.", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn destroy(
    app: web::Data<App>,
    client: ApiClient<WritesClaims>,
    versions: IfMatch,
    request: HttpRequest,
) -> ApiResult {
    super::delete(&app, &client, named(&request)?, &versions).await?;
    Ok(HttpResponse::NoContent().finish())
}
