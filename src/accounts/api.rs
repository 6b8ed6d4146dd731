//! An account, for programs: with it a program checks that its credential works, and for which account.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::ApiResult;
use crate::api::client::ApiClient;
use crate::api::problem::Problem;
use crate::api::scopes::AnyScope;
use crate::platform::app::App;
use crate::platform::db::schema::{account_states, accounts};
use crate::platform::ids::AccountId;

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Account {
    /// SID of the account.
    #[schema(value_type = String, example = "AC0192f0c1a2b37c4d8e5f60718293a4b5", extensions(("x-data" = json!("accounts.id"))))]
    sid: AccountId,
    /// What its owner calls it.
    #[schema(example = "Claims desk", extensions(("x-data" = json!("accounts.name"))))]
    name: String,
    /// `trial`, `active`, `suspended`, `closing` or `closed`.
    #[schema(example = "active", extensions(("x-data" = json!("account_states.state"))))]
    state: String,
    /// When it was made.
    #[schema(extensions(("x-data" = json!("accounts.created_at"))))]
    created_at: DateTime<Utc>,
}

/// `GET /v1/accounts/{account}`
#[utoipa::path(
    get, path = "/v1/accounts/{account}", tag = "Account", operation_id = "readAccount",
    summary = "The account of a credential",
    description = "Every credential of the account may read it, whatever its scopes: use it to check a credential.",
    params(("account" = String, Path, description = "SID of the account")),
    responses(
        (status = 200, description = "The account.", body = Account),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("basic" = [])),
)]
pub async fn show(app: web::Data<App>, client: ApiClient<AnyScope>) -> ApiResult {
    let (name, state, created_at) = accounts::table
        .inner_join(account_states::table)
        .filter(accounts::id.eq(client.account).and(account_states::ended_at.is_null()))
        .select((accounts::name, account_states::state, accounts::created_at))
        .first(&mut *app.db.get().await?)
        .await?;
    Ok(HttpResponse::Ok().json(Account { sid: client.account, name, state, created_at }))
}
