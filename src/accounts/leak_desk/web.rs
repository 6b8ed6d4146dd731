//! The page of the leak desk. What is typed into it is never shown again.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{MOST, SENTENCE, secrets_in};
use crate::accounts::secrets::{Kind, LENGTH};
use crate::platform::app::App;
use crate::platform::web::caller::Caller;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult};

/// Longest text in characters.
const LONGEST: u32 = 50_000;

/// What the form sends.
#[derive(Deserialize)]
pub struct LeakForm {
    #[serde(default)]
    found: String,
}

#[derive(askama::Template)]
#[template(path = "accounts/leak_desk/new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

#[derive(askama::Template)]
#[template(path = "accounts/leak_desk/done.html")]
struct DonePage {
    page: Page,
    sentence: &'static str,
}

fn draw() -> Form {
    let hint = format!(
        "The secrets alone, one to a line, or the text that you found them in: up to {MOST}. They begin with {} or {} and have {LENGTH} characters.",
        Kind::AuthToken.prefix(),
        Kind::ApiKey.prefix()
    );
    Form::new(vec![
        Field { maxlength: Some(LONGEST), ..Field::textarea("found", "What you found") }
            .hint(hint)
            .autocomplete("off"),
    ])
}

fn page(request: &HttpRequest) -> Page {
    Page::of(request, "Report a leaked secret")
}

fn refuse(request: &HttpRequest, message: String) -> WebResult {
    let mut form = draw();
    form.fail("found", message);
    pages::unprocessable(&NewPage { page: page(request), form })
}

/// `GET /leaked`
pub async fn new(request: HttpRequest) -> WebResult {
    pages::ok(&NewPage { page: page(&request), form: draw() })
}

/// `POST /leaked`: the same page for a secret that was live, dead or never made.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    typed: web::Form<LeakForm>,
) -> WebResult {
    super::admit(&app, &caller).await?;
    let secrets = secrets_in(&typed.found);
    if secrets.is_empty() {
        let message = "There is no secret of ours in this text: the shape or the checksum is wrong. \
            Paste it whole and unchanged."
            .into();
        return refuse(&request, message);
    }
    if secrets.len() > MOST {
        return refuse(
            &request,
            format!("There are more than {MOST} secrets in this text. Send it in parts."),
        );
    }
    super::report(&app, &caller, &secrets).await?;
    pages::ok(&DonePage { page: Page::of(&request, "It is handed in"), sentence: SENTENCE })
}
