//! Showing who you are with a passkey: alone, after the password, or to confirm who is signed in. The
//! script of the page asks for a challenge and sends the answer of the authenticator with a form.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::web::answer;
use super::{PasskeyError, Purpose};
use crate::identity::people;
use crate::identity::sign_in::{self, Method, Pending, Proof};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::caller::Caller;
use crate::platform::web::guards::SessionHolder;
use crate::platform::web::pages::{self, Page, WebResult, safe_path, see_other};
use crate::platform::web::rate_limit::{self, Quota};
use crate::platform::web::session;

/// Challenges and answers from one network. A sign-in page asks for a challenge each time it opens.
const PER_NETWORK: Quota = Quota::per_minutes("passkey_network", 300, 10);

/// What the form sends: the answer of the authenticator as JSON, and where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnswerForm {
    credential: String,
    next: String,
}

#[derive(askama::Template)]
#[template(path = "identity/passkeys/refused.html")]
struct RefusedPage {
    page: Page,
    message: String,
    back: String,
}

/// 422 with the reason and the way back.
fn refused(request: &HttpRequest, refusal: PasskeyError, back: &str) -> WebResult {
    match refusal {
        PasskeyError::Other(error) => Err(error),
        refusal => {
            let page = Page::of(request, "That passkey did not work");
            pages::unprocessable(&RefusedPage { page, message: refusal.to_string(), back: back.to_owned() })
        }
    }
}

async fn assert(
    app: &App,
    request: &HttpRequest,
    purpose: Purpose,
    form: &AnswerForm,
) -> Result<PersonId, PasskeyError> {
    let credential = serde_json::from_str(&form.credential).map_err(|_| PasskeyError::Refused)?;
    super::assert(app, request, purpose, &credential).await
}

/// Notes a sign-in that came to nothing; whose is known only after the password.
async fn note(
    app: &App,
    caller: &Caller,
    person: Option<PersonId>,
    outcome: &'static str,
) -> Result<(), AppError> {
    let mut conn = app.db.get().await?;
    Ok(sign_in::note(&mut conn, app, caller, person, None, Method::Passkey, outcome).await?)
}

/// With `next` on it if there is one.
fn with_next(path: &str, next: &str) -> String {
    match safe_path(next) {
        Some(next) => format!("{path}?{}", serde_urlencoded::to_string([("next", next)]).unwrap_or_default()),
        None => path.to_owned(),
    }
}

/// `POST /sign-in/passkey/options`: the same for everybody, and of no use to anybody else.
pub async fn options(app: web::Data<App>, request: HttpRequest, caller: Caller) -> WebResult {
    rate_limit::take_of(&app, PER_NETWORK, &caller).await?;
    answer(super::begin_assertion(&app, &request, Purpose::SignIn).await)
}

/// `POST /sign-in/passkey`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<AnswerForm>,
) -> WebResult {
    rate_limit::take_of(&app, PER_NETWORK, &caller).await?;
    if let Err(refusal) = sign_in::refuse_blocked_country(&app, &caller) {
        note(&app, &caller, None, "blocked_country").await?;
        return Err(refusal);
    }
    let result = match assert(&app, &request, Purpose::SignIn, &form).await {
        Ok(person) => password_not_void(&app, person).await,
        Err(refusal) => Err(refusal),
    };
    match result {
        Ok(proof) => sign_in::complete(&app, &request, &caller, proof, safe_path(&form.next)).await,
        Err(refusal) => {
            note(&app, &caller, None, "refused").await?;
            refused(&request, refusal, &with_next("/sign-in", &form.next))
        }
    }
}

/// An owner who reported a break-in chooses a new password first: the passkey may be the intruder's.
async fn password_not_void(app: &App, person: PersonId) -> Result<Proof, PasskeyError> {
    let mut conn = app.db.get().await?;
    let person = people::find(&mut conn, person).await?;
    let (method, credential_version) = (Method::Passkey, person.credential_version);
    let proof = Proof { person: person.id, method, credential_version };
    person.password_hash.map(|_| proof).ok_or(PasskeyError::Refused)
}

/// The second step this browser is in, as long as the password it followed is still the one.
async fn second_step(app: &App, request: &HttpRequest) -> Result<Option<Pending>, AppError> {
    let Some(pending) = sign_in::pending(request, app) else { return Ok(None) };
    let mut conn = app.db.get().await?;
    let person = people::find(&mut conn, pending.person).await?;
    Ok((person.credential_version == pending.credential_version).then_some(pending))
}

/// `POST /sign-in/code/passkey/options`
pub async fn second_step_options(app: web::Data<App>, request: HttpRequest, caller: Caller) -> WebResult {
    rate_limit::take_of(&app, PER_NETWORK, &caller).await?;
    match second_step(&app, &request).await? {
        Some(pending) => {
            answer(super::begin_assertion(&app, &request, Purpose::SecondStep(pending.person)).await)
        }
        None => Ok(see_other("/sign-in")),
    }
}

/// `POST /sign-in/code/passkey`
pub async fn create_second_step(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<AnswerForm>,
) -> WebResult {
    rate_limit::take_of(&app, PER_NETWORK, &caller).await?;
    let Some(pending) = second_step(&app, &request).await? else {
        return Ok(sign_in::begin_again());
    };
    match assert(&app, &request, Purpose::SecondStep(pending.person), &form).await {
        Ok(_) => {
            let proof = pending.proof(Method::Passkey);
            sign_in::complete(&app, &request, &caller, proof, pending.next.as_deref()).await
        }
        Err(refusal) => {
            note(&app, &caller, Some(pending.person), "refused").await?;
            refused(&request, refusal, "/sign-in/code")
        }
    }
}

/// `POST /reauthentication/passkey/options`
pub async fn reauthentication_options(
    app: web::Data<App>,
    request: HttpRequest,
    who: SessionHolder,
) -> WebResult {
    rate_limit::take_of(&app, PER_NETWORK, &who.0.caller).await?;
    answer(super::begin_assertion(&app, &request, Purpose::Reauthentication(who.0.person)).await)
}

/// `POST /reauthentication/passkey`: stands for password and code.
pub async fn reauthenticate(
    app: web::Data<App>,
    request: HttpRequest,
    who: SessionHolder,
    form: web::Form<AnswerForm>,
) -> WebResult {
    rate_limit::take_of(&app, PER_NETWORK, &who.0.caller).await?;
    match assert(&app, &request, Purpose::Reauthentication(who.0.person), &form).await {
        Ok(_) => {
            session::renew(&request, &app, None);
            Ok(see_other(safe_path(&form.next).unwrap_or("/settings")))
        }
        Err(refusal) => refused(&request, refusal, &with_next("/reauthentication", &form.next)),
    }
}
