//! The public form, and the page behind the link in the mail.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::WORDING;
use crate::identity::people::parse_email;
use crate::platform::app::App;
use crate::platform::web::caller::Caller;
use crate::platform::web::form_guard::{self, Sent};
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::session;

/// The name of the form, for its guard.
const FORM: &str = "newsletter";

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewsletterForm {
    email: String,
    stamp: String,
    website: String,
}

impl NewsletterForm {
    fn sent(&self) -> Sent<'_> {
        Sent { form: FORM, stamp: &self.stamp, trap: &self.website }
    }

    fn draw(&self, stamp: &str) -> Form {
        Form::new(vec![
            Field::hidden("stamp", stamp),
            Field::email("email", "Your e-mail address").value(&self.email),
        ])
    }
}

#[derive(askama::Template)]
#[template(path = "preferences/newsletter/new.html")]
struct NewPage {
    page: Page,
    form: Form,
    wording: &'static str,
}

fn page(request: &HttpRequest, form: Form) -> NewPage {
    NewPage { page: Page::of(request, "Newsletter"), form, wording: WORDING }
}

/// `GET /newsletter`
pub async fn new(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let email = session::auth(&request).map(|auth| auth.email).unwrap_or_default();
    let typed = NewsletterForm { email, ..NewsletterForm::default() };
    pages::ok(&page(&request, typed.draw(&form_guard::stamp(&app, FORM))))
}

/// `POST /newsletter`: the same answer for every address.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    typed: web::Form<NewsletterForm>,
) -> WebResult {
    let mut form = typed.draw(&form_guard::stamp_again(&app, typed.sent()));
    let email = match parse_email(&typed.email) {
        Ok(email) => email,
        Err(message) => {
            form.fail("email", message);
            return pages::unprocessable(&page(&request, form));
        }
    };
    if let Err(message) = form_guard::admit(&app, &caller, typed.sent()).await? {
        form.fail_whole(message);
        return pages::unprocessable(&page(&request, form));
    }
    form_guard::admit_mail(&app, &email).await?;
    super::sign_up(&app, &caller, &email).await?;
    Ok(see_other("/newsletter/sent"))
}

#[derive(askama::Template)]
#[template(path = "preferences/newsletter/sent.html")]
struct SentPage {
    page: Page,
}

/// `GET /newsletter/sent`
pub async fn sent(request: HttpRequest) -> WebResult {
    pages::ok(&SentPage { page: Page::of(&request, "One more step") })
}

#[derive(askama::Template)]
#[template(path = "preferences/newsletter/show.html")]
struct ShowPage {
    page: Page,
    token: String,
    email: String,
    wording: String,
    confirmed: bool,
}

/// `GET /newsletter/{token}`: shows a button and changes nothing, because mail programs look too.
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let wish = super::find(&app, &token).await?;
    pages::ok(&ShowPage {
        page: Page::of(&request, "Newsletter"),
        token: token.into_inner(),
        confirmed: wish.confirmed_at.is_some(),
        email: wish.email,
        wording: wish.wording,
    })
}

/// `POST /newsletter/{token}`
pub async fn confirm(app: web::Data<App>, caller: Caller, token: web::Path<String>) -> WebResult {
    super::confirm(&app, &caller, &token).await?;
    Ok(see_other(&format!("/newsletter/{token}")))
}
