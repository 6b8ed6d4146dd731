//! The page of an account's credentials, what becomes of leaked ones, and a secret as a file.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use serde::Deserialize;
use uuid::Uuid;

use super::{Act, LastUse, LeakResponse, decide_leak_response, leak_response};
use crate::accounts::api_keys::{self, Key};
use crate::accounts::auth_token::{self, Slot, Token};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Member, RecentChanger, RecentMember};
use crate::accounts::leak_desk::{self, Leak};
use crate::accounts::permissions::ManagesCredentials;
use crate::accounts::request_log::RequestLog;
use crate::accounts::secrets::{Kind, Secret};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{ApiKeyId, AuthTokenId};
use crate::platform::web::flash;
use crate::platform::web::pages::{self, Page, WebResult, day, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};

/// What the address of the page says: which page of the keys, and whether those that were revoked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    show: String,
    before: Option<Uuid>,
    after: Option<Uuid>,
}

/// A moment for machines and for people.
#[derive(Clone, Debug)]
pub(in crate::accounts) struct When {
    pub iso: String,
    pub words: String,
}

impl When {
    pub fn of(at: &DateTime<Utc>) -> Self {
        Self { iso: at.to_rfc3339(), words: moment(at) }
    }
}

/// A last use, as pages show it.
#[derive(Clone, Debug)]
pub(in crate::accounts) struct Used {
    pub when: When,
    pub from: String,
}

impl Used {
    pub fn of(last: &LastUse) -> Self {
        Self { when: When::of(&last.at), from: last.from() }
    }
}

/// A token, as pages show it.
pub(in crate::accounts) struct TokenRow {
    pub id: AuthTokenId,
    pub slot: &'static str,
    pub label: &'static str,
    pub unseen: bool,
    pub made: When,
    pub used: Option<Used>,
}

impl From<&Token> for TokenRow {
    fn from(token: &Token) -> Self {
        Self {
            id: token.id,
            slot: token.slot.as_str(),
            label: token.slot.label(),
            unseen: token.unseen,
            made: When::of(&token.created_at),
            used: token.last_use.as_ref().map(Used::of),
        }
    }
}

/// A key, as the list shows it.
struct KeyRow {
    id: ApiKeyId,
    name: String,
    scopes: String,
    badges: Vec<(&'static str, String)>,
    made: When,
    expires: Option<When>,
    used: Option<Used>,
}

impl KeyRow {
    fn of(key: &Key, now: DateTime<Utc>) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            scopes: api_keys::words(&key.scopes),
            badges: key.badges(now),
            made: When::of(&key.created_at),
            expires: key.expires_at.as_ref().map(When::of),
            used: key.last_use.as_ref().map(Used::of),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/credentials/index.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    tokens: Vec<TokenRow>,
    has_primary: bool,
    has_secondary: bool,
    leaks: Vec<String>,
    responses: Vec<(&'static str, &'static str, bool)>,
    revoked: bool,
    keys: Vec<KeyRow>,
    pager: Pager,
}

/// What a leak came to, in a sentence.
fn leak(leak: &Leak) -> String {
    let on = day(&leak.at);
    match (leak.kind, leak.response) {
        (Kind::AuthToken, LeakResponse::Replace) => format!(
            "On {on} an auth token ({}) was found in the open. It was revoked, and a new one waits in its place.",
            AuthTokenId(leak.credential)
        ),
        (Kind::AuthToken, LeakResponse::Revoke) => format!(
            "On {on} an auth token ({}) was found in the open. It was revoked: its programs need a new one.",
            AuthTokenId(leak.credential)
        ),
        (Kind::ApiKey, _) => format!(
            "On {on} an API key ({}) was found in the open. It was revoked: its program needs a new one.",
            ApiKeyId(leak.credential)
        ),
    }
}

async fn index_page(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &HttpRequest,
    account: &Account,
    asked: &Asked,
) -> Result<IndexPage, AppError> {
    let now = app.clock.now();
    let tokens = auth_token::live(conn, account.id).await?;
    let has = |slot| tokens.iter().any(|token| token.slot == slot);
    let revoked = asked.show == "revoked";
    let keyset = Keyset { before: asked.before, after: asked.after };
    let keys = api_keys::list(conn, account.id, revoked, keyset.window()).await?;
    let extra = if revoked { "&show=revoked" } else { "" };
    let (keys, pager) = keyset.page(keys, |key| key.id.0, &account.path("/credentials"), extra);
    let chosen = leak_response(conn, account.id).await?;
    let choice = |response: LeakResponse| (response.as_str(), response.about(), response == chosen);
    let leaks = leak_desk::recent(conn, account.id, now - leak_desk::TOLD_FOR).await?;
    let frame = Frame::of(request, account);
    Ok(IndexPage {
        page: frame.page(request, "Credentials"),
        frame,
        tokens: tokens.iter().map(TokenRow::from).collect(),
        has_primary: has(Slot::Primary),
        has_secondary: has(Slot::Secondary),
        leaks: leaks.iter().map(leak).collect(),
        responses: LeakResponse::ALL.map(choice).to_vec(),
        revoked,
        keys: keys.iter().map(|key| KeyRow::of(key, now)).collect(),
        pager,
    })
}

/// `GET /accounts/{account}/credentials`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    log: web::Data<RequestLog>,
    member: Member<ManagesCredentials>,
    asked: web::Query<Asked>,
) -> WebResult {
    // So that a last use of this very moment is seen.
    log.flush().await;
    let mut conn = app.db.get().await?;
    pages::ok(&index_page(&mut conn, &app, &request, &member.account, &asked).await?)
}

/// What the form about leaks sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResponseForm {
    leak_response: String,
}

/// `POST /accounts/{account}/credentials/leak-response`
pub async fn update_leak_response(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentChanger<ManagesCredentials>,
    typed: web::Form<ResponseForm>,
) -> WebResult {
    let Some(response) = LeakResponse::parse(&typed.leak_response) else {
        return Err(AppError::BadRequest("Choose what becomes of a leaked secret.".into()));
    };
    decide_leak_response(Act::of(&app, &member), response).await?;
    flash::success(&request, "Saved. This counts from the next leaked secret on.");
    Ok(see_other(&member.account.path("/credentials")))
}

/// The secret on the page, to be written into a file.
#[derive(Deserialize)]
pub struct FileForm {
    #[serde(default)]
    secret: String,
}

/// `POST /accounts/{account}/credentials/file`: a secret that was just shown, as a text file. Only a live one of this
/// account is written into it, so the address says nothing that its reader did not know.
pub async fn file(
    app: web::Data<App>,
    member: RecentMember<ManagesCredentials>,
    typed: web::Form<FileForm>,
) -> WebResult {
    let (account, secret) = (&member.account, Secret::parse(&typed.secret).ok_or(AppError::NotFound)?);
    let user = user_of(&mut *app.db.get().await?, &app, account, &secret).await?.ok_or(AppError::NotFound)?;
    let text = format!(
        "LossExpress credential of the account {}\n\nAccount SID:  {}\nUser name:    {user}\nPassword:     {}\n\n\
         Keep this file out of source control and out of the programs that you hand out.\n",
        account.name,
        account.id,
        secret.expose()
    );
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"lossexpress-credential.txt\""))
        .content_type("text/plain; charset=utf-8")
        .body(text))
}

/// With which user name a live secret of the account is used.
async fn user_of(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    secret: &Secret,
) -> Result<Option<String>, AppError> {
    Ok(match secret.kind() {
        Kind::AuthToken => {
            auth_token::is_live(conn, app, account.id, secret).await?.then(|| account.id.to_string())
        }
        Kind::ApiKey => {
            api_keys::with_secret(conn, app, account.id, secret).await?.map(|key| key.id.to_string())
        }
    })
}

/// A secret that is shown for the only time.
#[derive(askama::Template)]
#[template(path = "accounts/credentials/shown.html")]
pub(in crate::accounts) struct ShownPage {
    page: Page,
    frame: Frame,
    /// What it belongs to.
    title: String,
    /// With which user name it is used.
    user: String,
    secret: String,
}

impl ShownPage {
    /// The page for this secret.
    pub fn of(
        request: &HttpRequest,
        account: &Account,
        title: String,
        user: String,
        secret: &Secret,
    ) -> Self {
        let frame = Frame::of(request, account);
        Self { page: frame.page(request, &title), frame, title, user, secret: secret.expose().to_owned() }
    }
}
