//! Pages of two-factor.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{Confirmed, qr};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{Enrolling, Reauthenticated, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::session;
use crate::staff::undertaking;

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    code: String,
}

#[derive(askama::Template)]
#[template(path = "identity/totp/new.html")]
struct NewPage {
    page: Page,
    form: Form,
    secret: String,
    path: String,
    size: i32,
}

#[derive(askama::Template)]
#[template(path = "identity/totp/show.html")]
struct ShowPage {
    page: Page,
    codes_left: i64,
    is_staff: bool,
    has_passkey: bool,
}

#[derive(askama::Template)]
#[template(path = "identity/recovery_codes/created.html")]
struct CreatedPage {
    page: Page,
    codes: Vec<String>,
    lede: &'static str,
    /// Where to go once they are kept.
    onward: &'static str,
}

fn draw() -> Form {
    Form::new(vec![Field::code("code", "Code of the app").hint("The six digits that the app shows now.")])
}

async fn new_page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    form: Form,
) -> Result<NewPage, crate::platform::error::AppError> {
    let enrolment = super::enrolment(app, who.person, &who.email).await?;
    let drawn = qr::draw(&enrolment.uri)
        .ok_or_else(|| anyhow::anyhow!("the address of the secret fits no QR code"))?;
    let secret = enrolment
        .secret
        .as_bytes()
        .chunks(4)
        .map(|four| String::from_utf8_lossy(four).into_owned())
        .collect::<Vec<_>>()
        .join(" ");
    Ok(NewPage {
        page: Page::of(request, "Set up two-factor"),
        form,
        secret,
        path: drawn.path,
        size: drawn.size,
    })
}

/// `GET /settings/two-factor`
pub async fn show(app: web::Data<App>, request: HttpRequest, who: Enrolling) -> WebResult {
    let who = who.0;
    if !who.has_totp {
        return pages::ok(&new_page(&app, &request, &who, draw()).await?);
    }
    let mut conn = app.db.get().await?;
    let codes_left = people::recovery_codes_left(&mut conn, who.person).await?;
    let page = Page::of(&request, "Two-factor");
    pages::ok(&ShowPage { page, codes_left, is_staff: !who.roles.is_empty(), has_passkey: who.has_passkey })
}

/// `POST /settings/two-factor`: the first code turns the factor on and shows the recovery codes, once.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Enrolling,
    typed: web::Form<CodeForm>,
) -> WebResult {
    let who = who.0;
    match super::confirm(&app, &who, &typed.code).await? {
        Confirmed::On { codes, version } => {
            session::renew(&request, &app, Some(version));
            let lede = "Two-factor is on. All your other sessions were ended.";
            let mut page = Page::of(&request, "Keep your recovery codes");
            page.banners.clear();
            pages::ok(&CreatedPage { page, codes, lede, onward: undertaking::after_factor(&who) })
        }
        Confirmed::WrongCode => {
            let mut form = draw();
            form.fail("code", "That is not the code that the app should show now. Check that the clock of your device is right, and try the next code.");
            pages::unprocessable(&new_page(&app, &request, &who, form).await?)
        }
        Confirmed::AlreadyOn => {
            flash::info(
                &request,
                "Two-factor is on already, perhaps from another tab. Its recovery codes were shown there; make new ones if you did not keep them.",
            );
            Ok(see_other("/settings/two-factor"))
        }
    }
}

/// `POST /settings/two-factor/removal`
pub async fn destroy(app: web::Data<App>, request: HttpRequest, who: Reauthenticated) -> WebResult {
    match super::remove(&app, &who.0).await? {
        Some(version) => {
            session::renew(&request, &app, Some(version));
            flash::success(
                &request,
                "Your authenticator app was removed, and all your other sessions were ended.",
            );
        }
        None => flash::info(&request, "There was no authenticator app to remove."),
    }
    Ok(see_other("/settings"))
}
