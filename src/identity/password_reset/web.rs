//! Pages and forms of password resets.

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use crate::identity::password_policy;
use crate::identity::people::parse_email;
use crate::platform::app::App;
use crate::platform::ids::PersonId;
use crate::platform::web::caller::Caller;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::{flash, session};

/// What the form for a link sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RequestForm {
    email: String,
}

#[derive(askama::Template)]
#[template(path = "identity/password_reset/new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

fn request_page(request: &HttpRequest, email: &str) -> NewPage {
    let email = Field::email("email", "E-mail address").value(email).autocomplete("username").focused();
    NewPage { page: Page::of(request, "Reset your password"), form: Form::new(vec![email]) }
}

/// `GET /password-reset`
pub async fn new(request: HttpRequest) -> WebResult {
    let email = session::auth(&request).map(|auth| auth.email).unwrap_or_default();
    pages::ok(&request_page(&request, &email))
}

/// `POST /password-reset`: the same answer for every address.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    typed: web::Form<RequestForm>,
) -> WebResult {
    match parse_email(&typed.email) {
        Ok(email) => {
            super::request(&app, &caller, &email).await?;
            Ok(see_other("/password-reset/sent"))
        }
        Err(message) => {
            let mut page = request_page(&request, &typed.email);
            page.form.fail("email", message);
            pages::unprocessable(&page)
        }
    }
}

#[derive(askama::Template)]
#[template(path = "identity/password_reset/sent.html")]
struct SentPage {
    page: Page,
}

/// `GET /password-reset/sent`: the same for every address.
pub async fn sent(request: HttpRequest) -> WebResult {
    pages::ok(&SentPage { page: Page::of(&request, "Look into your mail") })
}

/// What the form for the new password sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    password: String,
}

#[derive(askama::Template)]
#[template(path = "identity/password_reset/edit.html")]
struct EditPage {
    page: Page,
    form: Form,
    email: String,
    token: String,
}

fn edit_page(request: &HttpRequest, email: &str, token: &str) -> EditPage {
    let hint = "At least 15 characters. A few unrelated words are strong and easy to remember.";
    let form = Form::new(vec![Field::new_password("password", "New password").hint(hint).focused()]);
    let page = Page::of(request, "Choose a new password");
    EditPage { page, form, email: email.to_owned(), token: token.to_owned() }
}

/// `GET /password-reset/{token}`: shows the form and uses nothing up, because mail programs look too.
pub async fn edit(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let reset = super::find(&app, &token).await?;
    pages::ok(&edit_page(&request, &reset.email, &token))
}

/// `POST /password-reset/{token}`: the password is replaced, and its owner signs in with it.
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
    typed: web::Form<PasswordForm>,
) -> WebResult {
    let reset = super::find(&app, &token).await?;
    let judged = password_policy::judge(&app, &typed.password, &[&reset.email, &reset.name]).await;
    if let Err(message) = judged {
        let mut page = edit_page(&request, &reset.email, &token);
        page.form.fail("password", message);
        return pages::unprocessable(&page);
    }
    super::complete(&app, &caller, &token, &reset, &typed.password).await?;
    leave_ended_session(&request, reset.person);
    flash::success(
        &request,
        "Your password is changed and every session was ended. Sign in with the new one.",
    );
    Ok(see_other("/sign-in"))
}

/// A browser that was signed in as this person goes on as a visitor: its session is gone, and
/// what is left for the next page would go with it.
fn leave_ended_session(request: &HttpRequest, person: PersonId) {
    if session::auth(request).is_some_and(|auth| auth.person == person) {
        let session = request.get_session();
        session.clear();
        session.renew();
    }
}
