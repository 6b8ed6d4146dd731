//! Finding people and copying what is kept about them, for programs. Who is looked for stands in the body and never
//! in the address. With an `Idempotency-Key` a page of hits is kept and given again, until somebody is deleted or
//! restricted in the account; a copy is made anew.

pub mod deletions;
pub mod restrictions;

use std::str::FromStr;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::record::Record;
use super::search::{Hit, Page, search};
use super::{Act, Identifier, export};
use crate::api::ApiResult;
use crate::api::body::{Body, Query};
use crate::api::client::ApiClient;
use crate::api::idempotency::{Answer, IdempotencyKey, Once};
use crate::api::lists;
use crate::api::problem::Problem;
use crate::api::scopes::{Needs, ReadsEndUsers};
use crate::content::locks;
use crate::content::person_keys::IdentifierKind;
use crate::platform::app::App;
use crate::platform::ids::{ClaimId, CommunicationId};
use crate::platform::web::pagination::Window;

/// Whom a request is about.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndUser {
    /// By what they are known.
    #[schema(extensions(("x-data" = json!("none"))))]
    kind: IdentifierKind,
    /// The whole e-mail address, the whole number with its country code, whole words of the name, or the VIN.
    #[schema(example = "ada@example.com", min_length = 2, max_length = 254, extensions(("x-data" = json!("none"))))]
    value: String,
}

impl EndUser {
    fn parse(&self) -> Result<Identifier, Problem> {
        Identifier::parse(self.kind, &self.value).map_err(|message| Problem::field("/value", message))
    }
}

/// Who acts, for the tables and the audit log.
fn act<N: Needs>(app: &App, client: &ApiClient<N>) -> Act {
    let from = client.caller.circumstances();
    Act { account: client.account, actor: client.actor(), from, now: app.clock.now() }
}

/// Which page of the hits.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Where the page before ended, as its `next` says.
    after: Option<String>,
    /// How many: 1 to 200, otherwise 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

impl Paging {
    /// What to ask the database for, and the rows that are asked for: one more than a page.
    fn window<Id: FromStr>(self, key: impl Fn(Id) -> Uuid) -> Result<(Window, i64), Problem> {
        let asked = lists::Window { after: self.after, limit: self.limit };
        let (after, limit) = (asked.after::<Id>()?, asked.rows()?);
        Ok((Window { before: after.map(key), after: None, limit }, limit))
    }

    /// The same for hits, of which exactly a page is asked for.
    fn hits(self) -> Result<Window, Problem> {
        let before = self.after.as_deref().map(record_id).transpose()?;
        let rows = lists::Window { after: None, limit: self.limit }.rows()?;
        Ok(Window { before, after: None, limit: rows - 1 })
    }
}

fn record_id(sid: &str) -> Result<Uuid, Problem> {
    let claim = sid.parse::<ClaimId>().map(|id| id.0);
    let either = claim.or_else(|_| sid.parse::<CommunicationId>().map(|id| id.0));
    either.map_err(|_| Problem::field("?after", "This is not the SID of a claim or a communication."))
}

/// A record about somebody.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EndUserHit {
    /// `claim` or `communication`.
    #[schema(example = "claim", extensions(("x-data" = json!("none"))))]
    record: &'static str,
    /// SID of the record.
    #[schema(example = "CL0192f0c1a2b37c4d8e5f60718293a4b5", extensions(("x-data" = json!("claims.id"))))]
    sid: String,
    /// Where in it they stand: `party`, `vehicle`, `sender`, `recipient`, `friendly_name`, `notes`.
    #[schema(example = json!(["party"]), extensions(("x-data" = json!("none"))))]
    matched: Vec<&'static str>,
    /// SID of the restriction that it is under. Ordinary requests for it are answered 423; an export has it.
    #[schema(extensions(("x-data" = json!("claims.restriction_id"))))]
    restriction: Option<String>,
    /// When it was stored.
    #[schema(extensions(("x-data" = json!("claims.created_at"))))]
    created_at: DateTime<Utc>,
}

impl From<&Hit> for EndUserHit {
    fn from(hit: &Hit) -> Self {
        let (record, sid, created_at) = match &hit.record {
            Record::Claim(claim) => ("claim", claim.id.to_string(), claim.created_at),
            Record::Communication(one) => ("communication", one.id.to_string(), one.created_at),
        };
        let mut matched: Vec<&'static str> = hit.why.iter().map(|why| why.as_str()).collect();
        matched.dedup();
        let restriction = hit.record.restriction().map(|id| id.to_string());
        Self { record, sid, matched, restriction, created_at }
    }
}

/// How many records of one kind.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct EndUserCount {
    /// This many. For a name of several words it may be more than are about the person.
    #[schema(example = 2, extensions(("x-data" = json!("none"))))]
    records: i64,
    /// Whether there may be more: counting stops at 1,000.
    #[schema(example = false, extensions(("x-data" = json!("none"))))]
    or_more: bool,
}

/// A page of records about somebody.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EndUserRecords {
    /// Newest first. A page may have fewer than were asked for, and still be followed by another.
    data: Vec<EndUserHit>,
    /// Address of the next page, for the same body; null on the last one.
    #[schema(extensions(("x-data" = json!("none"))))]
    next: Option<String>,
    /// How many claims there are.
    claims: EndUserCount,
    /// How many communications there are.
    communications: EndUserCount,
}

/// `POST /v1/accounts/{account}/end-users/search`
#[utoipa::path(
    post, path = "/v1/accounts/{account}/end-users/search", tag = "End users", operation_id = "searchEndUser",
    summary = "Find a person in the content",
    description = "Claims and communications that are about the person, restricted ones too. Changes nothing. What is kept under an Idempotency-Key is given again as it was, and 410 once somebody was deleted, restricted or no longer restricted in the account.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("Idempotency-Key" = Option<String>, Header, description = "Has the same page given again to a copy of the request"),
        Paging,
    ),
    request_body = EndUser,
    responses(
        (status = 200, description = "A page.", body = EndUserRecords,
            headers(("Link" = String, description = "The next page"))),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn find(
    app: web::Data<App>,
    client: ApiClient<ReadsEndUsers>,
    request: HttpRequest,
    key: IdempotencyKey,
    paging: Query<Paging>,
    body: Body<EndUser>,
) -> ApiResult {
    let (who, window) = (body.value.parse()?, paging.0.hits()?);
    let (account, now) = (client.account, app.clock.now());
    let (path, query) = (request.path(), request.query_string());
    let once = Once { keys: &app.keys, account, key: &key, digest: &body.digest, now };
    let mut conn = app.db.get().await?;
    if key.0.is_none() {
        // Nothing is written, so nothing is to be written together.
        let page = search(&mut conn, &app.keys, account, &who, window).await?;
        return Ok(found((path, query), &page).into());
    }
    let answer = conn
        .transaction(async |conn| {
            if let Some(answer) = once.begin(conn).await? {
                return Ok(answer);
            }
            // Before the look: whoever deletes or restricts somebody forgets the answer afterwards.
            locks::share_arrivals(conn, account).await?;
            let page = search(conn, &app.keys, account, &who, window).await?;
            once.keep(conn, found((path, query), &page).about(account.0)).await
        })
        .await?;
    Ok(answer.into())
}

/// A page of hits as an answer to a request of this path and query.
fn found(request: (&str, &str), page: &Page) -> Answer {
    let next = page.next.map(|last| lists::beyond(request, &ClaimId(last).to_string()));
    let count = |count: super::search::Count| EndUserCount { records: count.records, or_more: count.or_more };
    let link = next.as_ref().map(|next| format!("<{next}>; rel=\"next\""));
    let records = EndUserRecords {
        data: page.hits.iter().map(EndUserHit::from).collect(),
        next,
        claims: count(page.counts.claims),
        communications: count(page.counts.communications),
    };
    let answer = Answer::json(StatusCode::OK, &records);
    match link {
        Some(link) => answer.header(header::LINK.as_str(), link),
        None => answer,
    }
}

/// A ZIP. Generators of clients take it for bytes.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "only documented")]
struct Archive(Vec<u8>);

/// `POST /v1/accounts/{account}/end-users/export`
#[utoipa::path(
    post, path = "/v1/accounts/{account}/end-users/export", tag = "End users", operation_id = "exportEndUser",
    summary = "Copy all that is kept about a person",
    description = "A ZIP with JSON and CSV for each kind of record, a manifest with checksums and an explanation. Of other people in a claim only what they are in it. It is sent while it is made, and not kept: a copy of the request with its Idempotency-Key gets the file anew, as it is then, and another request with the key is refused. Whoever takes nothing of it for a minute is cut off.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("Idempotency-Key" = Option<String>, Header, description = "Belongs to this request; the file is made anew each time"),
    ),
    request_body = EndUser,
    responses(
        (status = 200, description = "The copy.", body = inline(Archive), content_type = "application/zip"),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn copy(
    app: web::Data<App>,
    client: ApiClient<ReadsEndUsers>,
    key: IdempotencyKey,
    body: Body<EndUser>,
) -> ApiResult {
    let (who, act) = (body.value.parse()?, act(&app, &client));
    let once =
        Once { keys: &app.keys, account: client.account, key: &key, digest: &body.digest, now: act.now };
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| once.bind(conn).await).await?;
    // The copy takes a connection of its own.
    drop(conn);
    Ok(archive(&app, act, who).await?)
}

/// The copy as an answer.
pub(super) async fn archive(
    app: &App,
    act: Act,
    who: Identifier,
) -> Result<HttpResponse, crate::platform::error::AppError> {
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(export::file_name(&act))],
    };
    let bytes = export::begin(app, act, who).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(disposition)
        .content_type("application/zip")
        .streaming(bytes))
}
