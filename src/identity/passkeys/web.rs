//! Pages of the passkeys somebody has.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{Passkey, PasskeyError, better_address};
use crate::content::forbidden;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::PasskeyId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{Enrolling, Reauthenticated, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::session;
use crate::staff::undertaking;

/// Longest name of a passkey, in characters.
const LONGEST_NAME: usize = 100;

/// What the form sends: the name, and what the authenticator answered as JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    name: String,
    credential: String,
}

/// What the form for another name sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NameForm {
    name: String,
}

#[derive(askama::Template)]
#[template(path = "identity/passkeys/index.html")]
struct IndexPage {
    page: Page,
    form: Form,
    passkeys: Vec<Passkey>,
    available: bool,
    better_address: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "identity/passkeys/edit.html")]
struct EditPage {
    page: Page,
    form: Form,
    passkey: Passkey,
}

#[derive(askama::Template)]
#[template(path = "identity/passkeys/removal.html")]
struct RemovalPage {
    page: Page,
    passkey: Passkey,
    goes: Vec<String>,
    stays: Vec<String>,
    is_staff: bool,
}

#[derive(askama::Template)]
#[template(path = "identity/recovery_codes/created.html")]
struct CodesPage {
    page: Page,
    codes: Vec<String>,
    lede: &'static str,
    /// Where to go once they are kept.
    onward: &'static str,
}

fn draw(name: &str) -> Form {
    let hint = "So that you recognise it in this list, as in “Phone” or “Office laptop”.";
    Form::new(vec![Field {
        maxlength: Some(LONGEST_NAME as u32),
        ..Field::text("name", "Name of the passkey").value(name).hint(hint)
    }])
}

fn parse_name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Give the passkey a name.".into());
    }
    if text.chars().count() > LONGEST_NAME {
        return Err(format!("Use at most {LONGEST_NAME} characters."));
    }
    if text.chars().any(char::is_control) {
        return Err("Line breaks and control characters do not belong here.".into());
    }
    forbidden::refuse(text.to_owned())
}

async fn index_page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    form: Form,
) -> Result<IndexPage, AppError> {
    Ok(IndexPage {
        page: Page::of(request, "Passkeys"),
        form,
        passkeys: super::list(app, who.person).await?,
        available: super::relying_party(app).is_some(),
        better_address: better_address(app, request),
    })
}

/// `GET /settings/passkeys`
pub async fn index(app: web::Data<App>, request: HttpRequest, who: Enrolling) -> WebResult {
    pages::ok(&index_page(&app, &request, &who.0, draw(&who.0.caller.browser())).await?)
}

/// `POST /settings/passkeys/options`: the challenge for a new one, for the script of the page.
pub async fn options(app: web::Data<App>, request: HttpRequest, who: Enrolling) -> WebResult {
    answer(super::begin_registration(&app, &request, &who.0).await)
}

/// Options as JSON, or 409 with words for people.
pub(super) fn answer(options: Result<serde_json::Value, PasskeyError>) -> WebResult {
    match options {
        Ok(options) => Ok(HttpResponse::Ok().json(options)),
        Err(PasskeyError::Other(error)) => Err(error),
        Err(refusal) => {
            Ok(HttpResponse::Conflict().json(serde_json::json!({ "message": refusal.to_string() })))
        }
    }
}

/// `POST /settings/passkeys`: the first factor shows recovery codes, once.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Enrolling,
    typed: web::Form<NewForm>,
) -> WebResult {
    let who = who.0;
    let mut form = draw(&typed.name);
    let name = parse_name(&typed.name).map_err(|message| form.fail("name", message));
    let credential = serde_json::from_str(&typed.credential).map_err(|_| form.fail_whole(WITHOUT_ANSWER));
    let (Ok(name), Ok(credential)) = (name, credential) else {
        return pages::unprocessable(&index_page(&app, &request, &who, form).await?);
    };
    let added = match super::register(&app, &request, &who, &name, &credential).await {
        Ok(added) => added,
        Err(PasskeyError::Other(error)) => return Err(error),
        Err(refusal) => {
            form.fail_whole(refusal.to_string());
            return pages::unprocessable(&index_page(&app, &request, &who, form).await?);
        }
    };
    session::renew(&request, &app, Some(added.version));
    if let Some(codes) = added.codes {
        let mut page = Page::of(&request, "Keep your recovery codes");
        page.banners.clear();
        let lede = "Your passkey was added. All your other sessions were ended.";
        return pages::ok(&CodesPage { page, codes, lede, onward: undertaking::after_factor(&who) });
    }
    flash::success(
        &request,
        format!("The passkey “{name}” was added, and all your other sessions were ended."),
    );
    Ok(see_other("/settings/passkeys"))
}

const WITHOUT_ANSWER: &str = "Your browser sent no passkey, so nothing was added. Passkeys need JavaScript.";

/// `GET /settings/passkeys/{id}`
pub async fn edit(
    app: web::Data<App>,
    request: HttpRequest,
    who: Reauthenticated,
    id: web::Path<PasskeyId>,
) -> WebResult {
    let passkey = super::find(&app, who.0.person, *id).await?;
    pages::ok(&EditPage { page: Page::of(&request, "Rename a passkey"), form: draw(&passkey.name), passkey })
}

/// `POST /settings/passkeys/{id}`
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    who: Reauthenticated,
    id: web::Path<PasskeyId>,
    typed: web::Form<NameForm>,
) -> WebResult {
    let passkey = super::find(&app, who.0.person, *id).await?;
    match parse_name(&typed.name) {
        Ok(name) => {
            super::rename(&app, &who.0, *id, &name).await?;
            flash::success(&request, format!("The passkey is now called “{name}”."));
            Ok(see_other("/settings/passkeys"))
        }
        Err(message) => {
            let mut form = draw(&typed.name);
            form.fail("name", message);
            pages::unprocessable(&EditPage { page: Page::of(&request, "Rename a passkey"), form, passkey })
        }
    }
}

/// `GET /settings/passkeys/{id}/removal`: what goes and what stays.
pub async fn confirm_removal(
    app: web::Data<App>,
    request: HttpRequest,
    who: Reauthenticated,
    id: web::Path<PasskeyId>,
) -> WebResult {
    let who = who.0;
    let passkey = super::find(&app, who.person, *id).await?;
    let last = !who.has_totp && super::list(&app, who.person).await?.len() == 1;
    let mut goes = vec![
        format!("The passkey “{}”: it no longer signs you in", passkey.name),
        "All your other sessions".to_owned(),
    ];
    let mut stays = vec!["Your password".to_owned()];
    if last {
        goes.insert(1, "Your recovery codes, because no second factor is left".to_owned());
        stays = vec!["Your password, which then signs in alone".to_owned()];
    } else {
        stays.push("Your other factors and your recovery codes".to_owned());
    }
    let is_staff = last && !who.roles.is_empty();
    pages::ok(&RemovalPage { page: Page::of(&request, "Remove a passkey"), passkey, goes, stays, is_staff })
}

/// `POST /settings/passkeys/{id}/removal`
pub async fn destroy(
    app: web::Data<App>,
    request: HttpRequest,
    who: Reauthenticated,
    id: web::Path<PasskeyId>,
) -> WebResult {
    match super::remove(&app, &who.0, *id).await {
        Ok((name, version)) => {
            session::renew(&request, &app, Some(version));
            flash::success(
                &request,
                format!("The passkey “{name}” was removed, and all your other sessions were ended."),
            );
        }
        // A second click, or another tab.
        Err(AppError::NotFound) => {
            flash::info(&request, "This passkey is not in your list; it may have been removed already.")
        }
        Err(error) => return Err(error),
    }
    Ok(see_other("/settings/passkeys"))
}
