//! Storage choices, for programs.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Choice, present};
use crate::api::ApiResult;
use crate::api::client::ApiClient;
use crate::api::problem::Problem;
use crate::api::scopes::ReadsStorage;
use crate::platform::app::App;

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
