//! 'Confirm it is you': before a change to credentials or addresses, everything that signs in is asked
//! for again. It counts for five minutes and rotates the session's token.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use crate::identity::people;
use crate::identity::sign_in::second_factor;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{SessionHolder, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, safe_path, see_other};
use crate::platform::web::rate_limit::{self, Quota};
use crate::platform::web::session;

const TRIES: Quota = Quota::per_minutes("reauthentication", 10, 15);

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    next: String,
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReauthenticationForm {
    password: String,
    code: String,
    next: String,
}

#[derive(askama::Template)]
#[template(path = "identity/reauthentication/new.html")]
struct NewPage {
    page: Page,
    form: Form,
    next: String,
    email: String,
    has_passkey: bool,
}

fn draw(who: &SignedIn) -> Form {
    let mut fields = vec![Field::current_password("password", "Password").focused()];
    if who.has_totp {
        fields.push(
            Field::code("code", "Code")
                .hint("The six digits of your authenticator app, or one of your recovery codes."),
        );
    } else if who.has_passkey {
        fields.push(
            Field::code("code", "Recovery code")
                .hint("One of your recovery codes, if your passkey is not at hand."),
        );
    }
    Form::new(fields)
}

fn page(request: &HttpRequest, who: &SignedIn, form: Form, next: &str) -> NewPage {
    let page = Page::of(request, "Confirm it is you");
    NewPage {
        page,
        form,
        next: safe_path(next).unwrap_or("").to_owned(),
        email: who.email.clone(),
        has_passkey: who.has_passkey,
    }
}

/// `GET /reauthentication`
pub async fn new(request: HttpRequest, who: SessionHolder, query: web::Query<Query>) -> WebResult {
    pages::ok(&page(&request, &who.0, draw(&who.0), &query.next))
}

/// `POST /reauthentication`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: SessionHolder,
    typed: web::Form<ReauthenticationForm>,
) -> WebResult {
    let who = who.0;
    if confirms(&app, &request, &who, &typed).await? {
        session::renew(&request, &app, None);
        return Ok(see_other(safe_path(&typed.next).unwrap_or("/settings")));
    }
    let mut form = draw(&who);
    if who.has_second_factor() {
        form.fail_whole("The password or the code is not right. A code works once: wait for the next one if you used it just now.");
    } else {
        form.fail("password", "That is not your password.");
    }
    pages::unprocessable(&page(&request, &who, form, &typed.next))
}

async fn confirms(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    typed: &ReauthenticationForm,
) -> Result<bool, AppError> {
    rate_limit::take(app, TRIES, &who.person.to_string()).await?;
    let mut conn = app.db.get().await?;
    let person = people::find(&mut conn, who.person).await?;
    drop(conn);
    if !app.passwords.verify(&typed.password, person.password_hash.as_deref()).await? {
        return Ok(false);
    }
    // A code is used up only once the password is right.
    if who.has_second_factor()
        && second_factor::check(app, request, &who.caller, who.person, &typed.code).await?.is_none()
    {
        return Ok(false);
    }
    let mut conn = app.db.get().await?;
    rate_limit::reset(&mut conn, app, TRIES, &who.person.to_string()).await?;
    Ok(true)
}
