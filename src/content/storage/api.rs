//! Storage choices, for programs.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::decisions::{self, Decider, Decision, Wish};
use super::{Choice, present, present_of};
use crate::api::ApiResult;
use crate::api::body::{Body, whole};
use crate::api::client::{ApiClient, Credential};
use crate::api::problem::{FieldError, Problem};
use crate::api::scopes::{ReadsStorage, WritesStorage};
use crate::api::versions::{IfMatch, etag};
use crate::content::products::Product;
use crate::platform::app::App;
use crate::platform::ids::AccountId;

/// How long one product is kept in the account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StorageChoice {
    /// `claims`, `communications` or `communication_bodies`.
    #[schema(example = "claims", extensions(("x-data" = json!("storage_choices.product"))))]
    product: &'static str,
    /// Whether it is stored at all.
    #[schema(extensions(("x-data" = json!("storage_choices.stored"))))]
    stored: bool,
    /// For how many days.
    #[schema(example = 365, extensions(("x-data" = json!("storage_choices.days"))))]
    days: i32,
    /// From when the days count, in words.
    #[schema(example = "the last change of the claim", extensions(("x-data" = json!("none"))))]
    counts_from: &'static str,
    /// What it costs, in US cents per 1,000 records and month; 0 where it is included.
    #[schema(example = 0, extensions(("x-data" = json!("storage_choices.price_cents"))))]
    price_cents: i32,
    /// When it was decided; null for the product's own period.
    #[schema(extensions(("x-data" = json!("storage_choices.decided_at"))))]
    decided_at: Option<DateTime<Utc>>,
}

impl From<Choice> for StorageChoice {
    fn from(choice: Choice) -> Self {
        Self {
            product: choice.product.as_str(),
            stored: choice.stored,
            days: choice.days,
            counts_from: choice.product.counts_from(),
            price_cents: choice.price_cents,
            decided_at: choice.decided_at,
        }
    }
}

/// What is stored in the account, and for how long.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StorageChoices {
    /// One entry per product.
    data: Vec<StorageChoice>,
}

/// `GET /v1/accounts/{account}/storage`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/storage", tag = "Storage", operation_id = "listStorageChoices",
    summary = "How long content is kept",
    params(("account" = String, Path, description = "SID of the account")),
    responses(
        (status = 200, description = "One entry per product.", body = StorageChoices),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn index(app: web::Data<App>, client: ApiClient<ReadsStorage>) -> ApiResult {
    let choices = present(&mut *app.db.get().await?, client.account).await?;
    let data = choices.into_iter().map(StorageChoice::from).collect();
    Ok(HttpResponse::Ok().json(StorageChoices { data }))
}

fn answer(choice: Choice) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::ETAG, etag(choice.version))).json(StorageChoice::from(choice))
}

/// `GET /v1/accounts/{account}/storage/{product}`
#[utoipa::path(
    get, path = "/v1/accounts/{account}/storage/{product}", tag = "Storage", operation_id = "readStorageChoice",
    summary = "How long one product is kept",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("product" = inline(Product), Path, description = "Which product"),
    ),
    responses(
        (status = 200, description = "What holds.", body = StorageChoice,
            headers(("ETag" = String, description = "Version of the choice"))),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn show(
    app: web::Data<App>,
    client: ApiClient<ReadsStorage>,
    path: web::Path<(AccountId, String)>,
) -> ApiResult {
    let product = Product::parse(&path.1).ok_or_else(Problem::not_found)?;
    Ok(answer(present_of(&mut *app.db.get().await?, client.account, product).await?))
}

/// How long one product is to be kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStorageChoice {
    /// Whether it is to be stored at all. What is switched off is deleted: bodies at once, the rest with the next
    /// nightly sweep.
    #[schema(value_type = bool, required = true, extensions(("x-data" = json!("storage_choices.stored"))))]
    stored: Option<bool>,
    /// For how many days.
    #[serde(default, deserialize_with = "whole")]
    #[schema(value_type = i32, required = true, minimum = 1, maximum = 3650, example = 365, extensions(("x-data" = json!("storage_choices.days"))))]
    days: Option<i64>,
    /// The price that you accept, in US cents per 1,000 records and month. Needed for more days than are included.
    #[serde(default, deserialize_with = "whole")]
    #[schema(value_type = Option<i32>, example = json!(null), extensions(("x-data" = json!("storage_choices.price_cents"))))]
    accepted_price_cents: Option<i64>,
}

impl NewStorageChoice {
    fn check(&self, product: Product) -> Result<Wish, Problem> {
        let mut faults = Vec::new();
        let mut wrong = |pointer: &str, detail: String| {
            faults.push(FieldError { pointer: pointer.to_owned(), detail });
        };
        if self.stored.is_none() {
            wrong("/stored", "This is true or false.".into());
        }
        let days = self.days.and_then(|days| i32::try_from(days).ok());
        let days = days.filter(|days| (1..=Product::LONGEST_DAYS).contains(days));
        if days.is_none() {
            wrong("/days", format!("This is a number of days from 1 to {}.", Product::LONGEST_DAYS));
        }
        match (self.stored, days) {
            (Some(stored), Some(days)) => Ok(Wish { product, stored, days }),
            _ => Err(Problem::invalid().with_errors(faults)),
        }
    }
}

/// `PUT /v1/accounts/{account}/storage/{product}`
#[utoipa::path(
    put, path = "/v1/accounts/{account}/storage/{product}", tag = "Storage",
    operation_id = "decideStorage", summary = "Decide how long a product is kept",
    description = "More days than are included cost extra, and are not kept before the price was accepted. Fewer days \
        delete what is older with the next nightly sweep.",
    params(
        ("account" = String, Path, description = "SID of the account"),
        ("product" = inline(Product), Path, description = "Which product"),
        ("If-Match" = String, Header, description = "The ETag of the choice that you read, or `*` for whichever holds"),
    ),
    request_body = NewStorageChoice,
    responses(
        (status = 200, description = "What holds now.", body = StorageChoice,
            headers(("ETag" = String, description = "Version of the choice"))),
        (status = "default", description = "A problem; 412 where somebody else decided since, 428 without If-Match.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn update(
    app: web::Data<App>,
    client: ApiClient<WritesStorage>,
    path: web::Path<(AccountId, String)>,
    if_match: IfMatch,
    body: Body<NewStorageChoice>,
) -> ApiResult {
    let product = Product::parse(&path.1).ok_or_else(Problem::not_found)?;
    let wish = body.value.check(product)?;
    let if_match = if_match.required()?;
    let seen = present_of(&mut *app.db.get().await?, client.account, product).await?;
    if_match.check(seen.version)?;
    let words = match client.credential {
        Credential::AuthToken(_) => "a program with the auth token".to_owned(),
        Credential::ApiKey(id) => format!("a program with the API key {id}"),
    };
    let from = client.caller.circumstances();
    let accepted_cents = body.value.accepted_price_cents.map(i32::try_from).transpose();
    let accepted_cents = accepted_cents
        .map_err(|_| Problem::field("/accepted_price_cents", "No price is as high or as low as that."))?;
    let decider =
        Decider { actor: client.actor(), words: &words, from: &from, seen: seen.id, accepted_cents };
    match decisions::decide(&app, client.account, &wish, &decider).await? {
        Decision::Made(choice) | Decision::Same(choice) => Ok(answer(choice)),
        Decision::Overtaken(present) => {
            if_match.check(present.version)?;
            Err(Problem::conflict().because("Somebody else decided at the same moment. Read what holds now."))
        }
        Decision::Priced(cents) => Err(priced(&wish, cents)),
    }
}

fn priced(wish: &Wish, cents: i32) -> Problem {
    let (product, included) = (wish.product.as_str(), wish.product.included_days());
    Problem::field("/accepted_price_cents", format!("Send {cents} to accept the price.")).because(format!(
        "{included} days of {product} are included. {} days cost {cents} US cents per 1,000 records and month.",
        wish.days
    ))
}
