//! Pages and forms of changes of address.

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{CONFIRM_WITHIN, Change, queries};
use crate::identity::people::parse_email;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::caller::Caller;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{Reauthenticated, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other, span};
use crate::platform::web::{flash, session};

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EmailForm {
    email: String,
}

#[derive(askama::Template)]
#[template(path = "identity/email_change/edit.html")]
struct EditPage {
    page: Page,
    form: Form,
    email: String,
    /// Address and end of what waits to be confirmed.
    pending: Option<(String, String)>,
}

async fn edit_page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    typed: &str,
) -> Result<EditPage, AppError> {
    let mut conn = app.db.get().await?;
    let pending = queries::pending(&mut conn, who.person, app.clock.now()).await?;
    let hint = "We send a link there. Until you open it, the present address stays in use.";
    let form = Form::new(vec![Field::email("email", "New e-mail address").value(typed).hint(hint)]);
    let pending = pending.map(|(email, until)| (email, moment(&until)));
    Ok(EditPage { page: Page::of(request, "E-mail"), form, email: who.email.clone(), pending })
}

/// `GET /settings/email`
pub async fn edit(
    app: web::Data<App>,
    request: HttpRequest,
    Reauthenticated(who): Reauthenticated,
) -> WebResult {
    pages::ok(&edit_page(&app, &request, &who, "").await?)
}

/// `POST /settings/email`: the same answer for every address but one's own.
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    Reauthenticated(who): Reauthenticated,
    typed: web::Form<EmailForm>,
) -> WebResult {
    let parsed = parse_email(&typed.email);
    let own = || "This is your address already. Enter another one.".to_owned();
    match parsed.and_then(|email| if email == who.email { Err(own()) } else { Ok(email) }) {
        Ok(email) => {
            super::request(&app, &who, &email).await?;
            flash::success(
                &request,
                format!(
                    "We have sent a mail to {email}. Open the link in it within {}.",
                    span(CONFIRM_WITHIN)
                ),
            );
            Ok(see_other("/settings/email"))
        }
        Err(message) => {
            let mut page = edit_page(&app, &request, &who, &typed.email).await?;
            page.form.fail("email", message);
            pages::unprocessable(&page)
        }
    }
}

#[derive(askama::Template)]
#[template(path = "identity/email_change/confirm.html")]
struct ConfirmPage {
    page: Page,
    change: Change,
    token: String,
}

/// `GET /settings/email/{token}`: shows a button and changes nothing, because mail programs look too.
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let change = super::find(&app, &token).await?;
    let page = Page::of(&request, "Confirm your new e-mail address");
    pages::ok(&ConfirmPage { page, change, token: token.into_inner() })
}

/// `POST /settings/email/{token}`
pub async fn confirm(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
) -> WebResult {
    let change = super::confirm(&app, &caller, &token).await?;
    flash::success(
        &request,
        format!("Your e-mail address is now {}. Sign in with it from now on.", change.new_email),
    );
    let here = session::auth(&request).is_some_and(|auth| auth.person == change.person);
    Ok(see_other(if here { "/settings" } else { "/sign-in" }))
}

#[derive(askama::Template)]
#[template(path = "identity/email_change/undo.html")]
struct UndoPage {
    page: Page,
    change: Change,
    deadline: String,
    token: String,
}

/// `GET /email-change/{token}/undo`: says what will happen and changes nothing.
pub async fn show_undo(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let change = super::find_undo(&app, &token).await?;
    let deadline = change.undo_until.as_ref().map(moment).unwrap_or_default();
    let page = Page::of(&request, "Take the change of address back");
    pages::ok(&UndoPage { page, change, deadline, token: token.into_inner() })
}

#[derive(askama::Template)]
#[template(path = "identity/email_change/undone.html")]
struct UndonePage {
    page: Page,
    restored: bool,
}

/// `POST /email-change/{token}/undo`
pub async fn undo(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
) -> WebResult {
    let (person, restored) = super::undo(&app, &caller, &token).await?;
    if session::auth(&request).is_some_and(|auth| auth.person == person) {
        request.get_session().purge();
    }
    pages::ok(&UndonePage { page: Page::of(&request, "The change was taken back"), restored })
}
