//! Claims, for programs.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::draft::{ClaimDraft, ClaimState, LoanDraft, Money, Origin, Vehicle};
use super::{Filter, Stored, names_somebody, vin};
use crate::api::ApiResult;
use crate::api::body::{Body, Query};
use crate::api::client::ApiClient;
use crate::api::idempotency::{Answer, IdempotencyKey, Once};
use crate::api::lists::{self, Window};
use crate::api::problem::{FieldError, Problem};
use crate::api::scopes::{ReadsClaims, WritesClaims};
use crate::api::versions::{IfMatch, etag};
use crate::content::parties::Party;
use crate::content::person_keys::{IdentifierKind, wanted};
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::ids::{AccountId, ClaimId};

/// The loan on the vehicle, as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Loan {
    /// Who lent the money.
    #[schema(example = "First Example Bank", extensions(("x-data" = json!("claims.lender"))))]
    lender: Option<String>,
    /// The last four characters of the loan account's number.
    #[schema(example = "4352", extensions(("x-data" = json!("claims.loan_number_last4"))))]
    number_last4: Option<String>,
}

/// A claim as it is read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Claim {
    /// SID.
    #[schema(value_type = String, example = "CL0192f0c1a2b37c4d8e9f00112233aabb", extensions(("x-data" = json!("claims.id"))))]
    sid: ClaimId,
    /// How the insurer names it.
    #[schema(example = "C-2026-0001", extensions(("x-data" = json!("claims.claim_number"))))]
    claim_number: String,
    /// With whom the vehicle is insured.
    #[schema(example = "Example Mutual", extensions(("x-data" = json!("claims.insurer"))))]
    insurer: String,
    /// Under which policy.
    #[schema(example = "P-778-1", extensions(("x-data" = json!("claims.policy_number"))))]
    policy_number: Option<String>,
    /// What you call it.
    #[schema(example = "Rear bumper", extensions(("x-data" = json!("claims.friendly_name"))))]
    friendly_name: Option<String>,
    /// How far it is.
    #[schema(value_type = ClaimState, extensions(("x-data" = json!("claims.state"))))]
    state: String,
    /// Day of the loss.
    #[schema(value_type = String, format = Date, example = "2026-11-02", extensions(("x-data" = json!("claims.lost_on"))))]
    lost_on: NaiveDate,
    /// Day on which it was reported.
    #[schema(value_type = Option<String>, format = Date, example = "2026-11-03", extensions(("x-data" = json!("claims.reported_on"))))]
    reported_on: Option<NaiveDate>,
    /// The people in it.
    #[schema(value_type = Vec<Party>, extensions(("x-data" = json!("claims.parties"))))]
    parties: Value,
    /// The vehicle.
    #[schema(extensions(("x-data" = json!("claims.vin"))))]
    vehicle: Option<Vehicle>,
    /// The loan on it.
    #[schema(extensions(("x-data" = json!("claims.lender"))))]
    loan: Option<Loan>,
    /// What is claimed.
    #[schema(extensions(("x-data" = json!("claims.claimed_amount"))))]
    claimed_amount: Option<Money>,
    /// What was paid.
    #[schema(extensions(("x-data" = json!("claims.settled_amount"))))]
    settled_amount: Option<Money>,
    /// What you noted about it.
    #[schema(example = "Photos are with the garage.", extensions(("x-data" = json!("claims.notes"))))]
    notes: Option<String>,
    /// When it was stored.
    #[schema(extensions(("x-data" = json!("claims.created_at"))))]
    created_at: DateTime<Utc>,
    /// When it was last changed.
    #[schema(extensions(("x-data" = json!("claims.updated_at"))))]
    updated_at: DateTime<Utc>,
    /// What was stored as you sent it, and had better be changed. Only in answers to what stores.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(extensions(("x-data" = json!("none"))))]
    warnings: Vec<FieldError>,
}

impl From<Stored> for Claim {
    fn from(stored: Stored) -> Self {
        let (lender, number_last4) = (stored.lender.clone(), stored.loan_number_last4.clone());
        Self {
            sid: stored.id,
            vehicle: stored.vehicle(),
            loan: (lender.is_some() || number_last4.is_some()).then_some(Loan { lender, number_last4 }),
            claimed_amount: stored.money(stored.claimed_amount),
            settled_amount: stored.money(stored.settled_amount),
            claim_number: stored.claim_number,
            insurer: stored.insurer,
            policy_number: stored.policy_number,
            friendly_name: stored.friendly_name,
            state: stored.state,
            lost_on: stored.lost_on,
            reported_on: stored.reported_on,
            parties: stored.parties,
            notes: stored.notes,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            warnings: Vec::new(),
        }
    }
}

impl Claim {
    /// As it is told to whoever has just stored it.
    fn stored(stored: Stored, account: AccountId, keys: &Keys) -> Self {
        let mut warnings = Vec::new();
        let warning =
            |pointer: &str, detail: &str| FieldError { pointer: pointer.into(), detail: detail.into() };
        if stored.friendly_name.as_deref().is_some_and(|name| names_somebody(name, keys, account)) {
            warnings.push(warning(
                "/friendly_name",
                "This looks like the address or number of somebody. Names that you give are best without.",
            ));
        }
        if stored.restriction_id.is_some() {
            warnings.push(warning(
                "",
                "Somebody in this claim asked for its restriction: it is closed to programs until that is lifted.",
            ));
        }
        Self { warnings, ..stored.into() }
    }
}

/// What may be changed in a claim: any of these; null empties a field.
#[derive(Clone, Debug, ToSchema)]
#[allow(dead_code, reason = "describes a JSON merge patch, which is read as JSON")]
pub struct ClaimPatch {
    /// How the insurer names it.
    #[schema(min_length = 1, max_length = 64, example = "C-2026-0002", extensions(("x-data" = json!("claims.claim_number"))))]
    claim_number: Option<String>,
    /// With whom the vehicle is insured.
    #[schema(min_length = 1, max_length = 200, extensions(("x-data" = json!("claims.insurer"))))]
    insurer: Option<String>,
    /// Under which policy.
    #[schema(min_length = 1, max_length = 64, extensions(("x-data" = json!("claims.policy_number"))))]
    policy_number: Option<String>,
    /// What you call it.
    #[schema(min_length = 1, max_length = 200, extensions(("x-data" = json!("claims.friendly_name"))))]
    friendly_name: Option<String>,
    /// How far it is.
    #[schema(extensions(("x-data" = json!("claims.state"))))]
    state: Option<ClaimState>,
    /// Day of the loss.
    #[schema(value_type = Option<String>, format = Date, extensions(("x-data" = json!("claims.lost_on"))))]
    lost_on: Option<NaiveDate>,
    /// Day on which it was reported.
    #[schema(value_type = Option<String>, format = Date, extensions(("x-data" = json!("claims.reported_on"))))]
    reported_on: Option<NaiveDate>,
    /// The people in it: all of them, since a list is replaced as a whole.
    #[schema(min_items = 1, max_items = 20, extensions(("x-data" = json!("claims.parties"))))]
    parties: Option<Vec<Party>>,
    /// The vehicle.
    #[schema(extensions(("x-data" = json!("claims.vin"))))]
    vehicle: Option<Vehicle>,
    /// The loan on it.
    #[schema(extensions(("x-data" = json!("claims.sealed_loan_number"))))]
    loan: Option<LoanDraft>,
    /// What is claimed.
    #[schema(extensions(("x-data" = json!("claims.claimed_amount"))))]
    claimed_amount: Option<Money>,
    /// What was paid.
    #[schema(extensions(("x-data" = json!("claims.settled_amount"))))]
    settled_amount: Option<Money>,
    /// What you noted about it.
    #[schema(max_length = 10000, extensions(("x-data" = json!("claims.notes"))))]
    notes: Option<String>,
}

/// A page of claims.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "describes what a list answers")]
pub struct ClaimList {
    /// The claims, newest first.
    data: Vec<Claim>,
    /// Address of the next page; null on the last one.
    #[schema(extensions(("x-data" = json!("none"))))]
    next: Option<String>,
}

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
        (status = 409, description = "The insurer's claims have this number already, or the key belongs to another request.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields that are wrong, all of them.", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn create(
    app: web::Data<App>,
    client: ApiClient<WritesClaims>,
    key: IdempotencyKey,
    body: Body<Value>,
) -> ApiResult {
    let read = ClaimDraft::read(body.value, Origin::Request);
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
    body: Body<Value>,
) -> ApiResult {
    let (id, versions) = (named(&request)?, versions.required()?);
    let claim = super::update(&app, client.account, id, &versions, body.value).await?;
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
