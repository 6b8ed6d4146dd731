//! Pages of API keys: making one, looking at one, revoking one. The list stands on the page of credentials.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};

use super::form::{KeyForm, Refused};
use super::{Key, Made, Wanted};
use crate::accounts::credentials::web::{ShownPage, Used, When};
use crate::accounts::credentials::{Act, turned_away};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Member, RecentChanger, RecentMember};
use crate::accounts::permissions::ManagesCredentials;
use crate::accounts::request_log::RequestLog;
use crate::api::scopes::Scope;
use crate::content::friendly_names::Concern;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::ApiKeyId;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::pages::{self, Page, WebResult, see_other};

#[derive(askama::Template)]
#[template(path = "accounts/api_keys/new.html")]
struct NewPage {
    page: Page,
    frame: Frame,
    form: Form,
    concern: Option<Concern>,
}

fn new_page(request: &HttpRequest, account: &Account, form: Form, concern: Option<Concern>) -> NewPage {
    let frame = Frame::of(request, account);
    NewPage { page: frame.page(request, "New API key"), frame, form, concern }
}

/// `GET /accounts/{account}/credentials/keys/new`
pub async fn new(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentChanger<ManagesCredentials>,
) -> WebResult {
    if let Some(away) = turned_away(&app, &request, &member.account) {
        return Ok(away);
    }
    let form = KeyForm::default().draw(Act::of(&app, &member));
    pages::ok(&new_page(&request, &member.account, form, None))
}

/// `POST /accounts/{account}/credentials/keys/new`: the secret, once. The same form sent again makes no second key.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentChanger<ManagesCredentials>,
    typed: web::Form<Vec<(String, String)>>,
) -> WebResult {
    if let Some(away) = turned_away(&app, &request, &member.account) {
        return Ok(away);
    }
    let (account, act) = (&member.account, Act::of(&app, &member));
    let typed = KeyForm::read(typed.into_inner());
    let wanted = match typed.parse(act) {
        Ok(wanted) => wanted,
        Err(Refused { form, concern }) => {
            return pages::unprocessable(&new_page(&request, account, form, concern));
        }
    };
    match super::make(act, &wanted).await? {
        Made::Now(secret) => {
            let Wanted { id, name, .. } = wanted;
            let title = format!("API key “{name}”");
            pages::ok(&ShownPage::of(&request, account, title, id.to_string(), &secret))
        }
        Made::Before(key) => {
            let mut form = typed.draw(act);
            form.fail_whole(format!(
                "This form was sent before and made the key “{}”, whose secret was shown then. Send it once more if you want a second key.",
                key.name
            ));
            pages::with_status(StatusCode::CONFLICT, &new_page(&request, account, form, None))
        }
    }
}

/// A key, as its page shows it.
struct KeyFacts {
    id: ApiKeyId,
    name: String,
    scopes: Vec<Scope>,
    badges: Vec<(&'static str, String)>,
    made: When,
    maker: Option<String>,
    expires: Option<When>,
    used: Option<Used>,
    revoked: Option<When>,
}

async fn facts(app: &App, account: &Account, id: &str) -> Result<(Key, KeyFacts), AppError> {
    let id: ApiKeyId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut conn = app.db.get().await?;
    let key = super::find(&mut conn, account.id, id).await?;
    let maker = match key.maker {
        Some(maker) => super::queries::name_of_maker(&mut conn, account.id, maker).await?,
        None => None,
    };
    let facts = KeyFacts {
        id,
        name: key.name.clone(),
        scopes: key.scopes.clone(),
        badges: key.badges(app.clock.now()),
        made: When::of(&key.created_at),
        maker,
        expires: key.expires_at.as_ref().map(When::of),
        used: key.last_use.as_ref().map(Used::of),
        revoked: key.revoked.as_ref().map(|(at, _)| When::of(at)),
    };
    Ok((key, facts))
}

#[derive(askama::Template)]
#[template(path = "accounts/api_keys/show.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    key: KeyFacts,
}

/// `GET /accounts/{account}/credentials/keys/{key}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    log: web::Data<RequestLog>,
    member: Member<ManagesCredentials>,
    path: web::Path<(String, String)>,
) -> WebResult {
    log.flush().await;
    let (_, key) = facts(&app, &member.account, &path.1).await?;
    let frame = Frame::of(&request, &member.account);
    pages::ok(&ShowPage { page: frame.page(&request, &key.name), frame, key })
}

#[derive(askama::Template)]
#[template(path = "accounts/api_keys/revocation.html")]
struct RevocationPage {
    page: Page,
    frame: Frame,
    key: KeyFacts,
    goes: Vec<String>,
    stays: Vec<String>,
    until: &'static str,
}

/// `GET /accounts/{account}/credentials/keys/{key}/revocation`
pub async fn confirm(
    app: web::Data<App>,
    request: HttpRequest,
    log: web::Data<RequestLog>,
    member: Member<ManagesCredentials>,
    path: web::Path<(String, String)>,
) -> WebResult {
    log.flush().await;
    let (known, key) = facts(&app, &member.account, &path.1).await?;
    if known.revoked.is_some() {
        return Ok(see_other(&member.account.path(&format!("/credentials/keys/{}", known.id))));
    }
    let frame = Frame::of(&request, &member.account);
    pages::ok(&RevocationPage {
        page: frame.page(&request, "Revoke a key"),
        frame,
        goes: vec![format!("The key “{}”: it stops working at once", key.name)],
        stays: vec!["All other keys and the auth token".into(), "What the key stored".into()],
        until: match member.account.state.is_on_its_way_out() {
            true => "This cannot be undone, and no new keys are made while the account is being closed.",
            false => "This cannot be undone. You can make a new key for the program at any time.",
        },
        key,
    })
}

/// `POST /accounts/{account}/credentials/keys/{key}/revocation`
pub async fn revoke(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentMember<ManagesCredentials>,
    path: web::Path<(String, String)>,
) -> WebResult {
    let id: ApiKeyId = path.1.parse().map_err(|_| AppError::NotFound)?;
    if super::revoke(Act::of(&app, &member), id).await? {
        flash::success(&request, "The key was revoked. It no longer works.");
    } else {
        flash::info(&request, "This key was revoked before.");
    }
    Ok(see_other(&member.account.path("/credentials")))
}
