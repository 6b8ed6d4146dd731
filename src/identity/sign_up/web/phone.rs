//! The last step of sign-up: the code that was sent to the phone.

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{CONFIRMED, NEXT, steps};
use crate::identity::phone_verification::{self, Checked, Target, masked, parse_phone};
use crate::identity::sign_in;
use crate::identity::sign_up::{self, SignUp};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::SignUpId;
use crate::platform::web::caller::Caller;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, Step, WebResult, see_other};
use crate::platform::web::session;

#[derive(askama::Template)]
#[template(path = "identity/sign_up/phone.html")]
struct PhonePage {
    page: Page,
    steps: Vec<Step>,
    form: Form,
    resend: Form,
    masked: String,
}

/// What the phone forms send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PhoneForm {
    code: String,
    phone: String,
    channel: String,
}

fn code_form() -> Form {
    Form::new(vec![phone_verification::code_field()])
}

fn resend_form(phone: &str) -> Form {
    Form::new(vec![
        Field::tel("phone", "Mobile number")
            .value(phone)
            .hint("With country code. Change it here if it is wrong."),
    ])
}

fn phone_page(request: &HttpRequest, sign_up: &SignUp, form: Form, resend: Form) -> PhonePage {
    PhonePage {
        page: Page::of(request, "Confirm your phone"),
        steps: steps(2),
        form,
        resend,
        masked: masked(&sign_up.phone),
    }
}

async fn confirmed_sign_up(app: &App, request: &HttpRequest) -> Result<Option<SignUp>, AppError> {
    match request.get_session().get::<SignUpId>(CONFIRMED).ok().flatten() {
        // Finished in another tab, or run out: the row is gone, and the page says so.
        Some(id) => sign_up::find_confirmed(app, id).await?.map(Some).ok_or(AppError::Gone(sign_up::GONE)),
        None => Ok(None),
    }
}

/// For a browser that has no confirmed sign-up: signed in already, or to begin again. Nothing is written
/// for it: this answers anybody.
fn nowhere_to_go_on(request: &HttpRequest) -> WebResult {
    Ok(see_other(if session::auth(request).is_some() { "/settings" } else { "/sign-up?again=yes" }))
}

/// `GET /sign-up/phone`
pub async fn show_phone(app: web::Data<App>, request: HttpRequest) -> WebResult {
    match confirmed_sign_up(&app, &request).await? {
        Some(sign_up) => pages::ok(&phone_page(&request, &sign_up, code_form(), resend_form(&sign_up.phone))),
        None => nowhere_to_go_on(&request),
    }
}

/// `POST /sign-up/phone`: the code is right, the person is made and signed in.
pub async fn confirm_phone(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    typed: web::Form<PhoneForm>,
) -> WebResult {
    let Some(sign_up) = confirmed_sign_up(&app, &request).await? else { return nowhere_to_go_on(&request) };
    let checked = phone_verification::check(&app, Target::SignUp(sign_up.id), &typed.code).await?;
    let Checked::Right { phone } = checked else {
        confirmed_sign_up(&app, &request).await?;
        let mut form = code_form();
        form.fail("code", phone_verification::refusal(&checked));
        return pages::unprocessable(&phone_page(&request, &sign_up, form, resend_form(&sign_up.phone)));
    };
    let person = sign_up::complete(&app, &caller, &sign_up, &phone).await?;
    let proof = sign_in::Proof { person, method: sign_in::Method::SignUp, credential_version: 1 };
    let next = request.get_session().remove_as::<String>(NEXT).and_then(Result::ok).unwrap_or_default();
    let next = pages::safe_path(&next);
    let response = sign_in::complete(&app, &request, &caller, proof, next).await?;
    flash::success(&request, "Welcome. Your account is ready.");
    Ok(response)
}

/// `POST /sign-up/phone/code`: another code, by text or by a call, to the same or a corrected number.
pub async fn send_code(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    typed: web::Form<PhoneForm>,
) -> WebResult {
    let Some(sign_up) = confirmed_sign_up(&app, &request).await? else { return nowhere_to_go_on(&request) };
    let phone =
        if typed.phone.trim().is_empty() { Ok(sign_up.phone.clone()) } else { parse_phone(&typed.phone) };
    let phone = match phone {
        Ok(phone) => phone,
        Err(message) => {
            let mut resend = resend_form(&typed.phone);
            resend.fail("phone", message);
            return pages::unprocessable(&phone_page(&request, &sign_up, code_form(), resend));
        }
    };
    let voice = typed.channel == "voice";
    sign_up::send_code(&app, &caller, &sign_up, &phone, voice).await?;
    let how = if voice { "We are calling" } else { "A new code is on its way to" };
    flash::success(&request, format!("{how} {}.", masked(&phone)));
    Ok(see_other("/sign-up/phone"))
}
