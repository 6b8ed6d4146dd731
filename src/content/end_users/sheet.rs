//! The sheet that a customer hands to its own customers (S5): that it keeps data about them with us, what for, and whom to
//! ask. Its address holds a token that leads to the account and cannot be guessed; whoever has it reads what the account is
//! called and nothing else of it. It works as long as something is kept in the account: not after its closure, when the
//! content is gone and the rest still waits for its day.

use actix_web::{HttpRequest, web};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::ARRIVES_WITHIN;
use crate::accounts::states::State;
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::{account_states, accounts};
use crate::platform::error::AppError;
use crate::platform::ids::AccountId;
use crate::platform::web::pages::{self, Page, WebResult, span};

const PLACE: &str = "accounts.end_user_sheet";
const GONE: &str = "Whoever gave you this address keeps nothing with us any more.";

/// Where the sheet of an account is, as a path.
pub(super) fn path(keys: &Keys, account: AccountId) -> String {
    format!("/end-users/{}", keys.link(PLACE, account.0))
}

#[derive(askama::Template)]
#[template(path = "content/end_users/sheet.html")]
struct SheetPage {
    page: Page,
    /// What the account is called.
    customer: String,
    arrives_within: String,
}

/// `GET /end-users/{token}`
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let account = AccountId(app.keys.linked(PLACE, &token).ok_or(AppError::NotFound)?);
    let mut conn = app.db.get().await?;
    let open = accounts::table
        .inner_join(account_states::table)
        .filter(accounts::id.eq(account).and(account_states::ended_at.is_null()))
        .filter(account_states::state.ne(State::Closed.as_str()))
        .select(accounts::name);
    let found = open.get_result::<String>(&mut conn).await.optional()?;
    pages::ok(&SheetPage {
        page: Page::of(&request, "About your data"),
        customer: found.ok_or(AppError::Gone(GONE))?,
        arrives_within: span(ARRIVES_WITHIN),
    })
}
