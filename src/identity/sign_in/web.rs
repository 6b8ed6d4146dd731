//! Pages and forms of signing in and out.

use actix_session::SessionExt as _;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::{Method, PasswordOutcome, Proof, browsers, complete, queries, second_factor, with_password};
use crate::identity::people::{self, Factors};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::caller::Caller;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, safe_path, see_other};
use crate::platform::web::session;

const PENDING: &str = "second_factor";
/// How long the second step may take.
pub const SECOND_STEP_TAKES: Duration = Duration::minutes(10);

/// Where a sign-in leads, and what happened before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    next: String,
    signed_out: Option<String>,
    again: Option<String>,
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignInForm {
    email: String,
    password: String,
    next: String,
}

#[derive(askama::Template)]
#[template(path = "identity/sign_in/new.html")]
struct NewPage {
    page: Page,
    form: Form,
    next: String,
    signed_out: bool,
    again: bool,
}

fn draw(email: &str) -> Form {
    Form::new(vec![
        Field::email("email", "E-mail address").value(email).autocomplete("username webauthn"),
        Field::current_password("password", "Password"),
    ])
}

fn home(auth: &session::Auth) -> &'static str {
    if auth.roles.is_empty() { "/settings" } else { "/staff" }
}

/// `GET /sign-in`
pub async fn new(request: HttpRequest, query: web::Query<Query>) -> WebResult {
    if let Some(auth) = session::auth(&request) {
        return Ok(see_other(safe_path(&query.next).unwrap_or(home(&auth))));
    }
    let next = safe_path(&query.next).unwrap_or("").to_owned();
    let page = Page::of(&request, "Sign in");
    pages::ok(&NewPage {
        page,
        form: draw(""),
        next,
        signed_out: query.signed_out.is_some(),
        again: query.again.is_some(),
    })
}

/// A right password whose second step is still to come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// Who.
    pub person: PersonId,
    /// When the password was right.
    pub since: DateTime<Utc>,
    /// The credential version it was right for.
    pub credential_version: i32,
    /// Where to go afterwards.
    pub next: Option<String>,
}

impl Pending {
    /// The password together with this second step.
    pub fn proof(&self, method: Method) -> Proof {
        Proof { person: self.person, method, credential_version: self.credential_version }
    }
}

/// The second step that this browser is in, if it is in one and not for longer than ten minutes.
pub fn pending(request: &HttpRequest, app: &App) -> Option<Pending> {
    let pending = request.get_session().get::<Pending>(PENDING).ok().flatten()?;
    (app.clock.now() - pending.since <= SECOND_STEP_TAKES).then_some(pending)
}

/// `POST /sign-in`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<SignInForm>,
) -> WebResult {
    let browser = browsers::token_of(&request, &app);
    let outcome = with_password(&app, &caller, browser.as_deref(), &form.email, &form.password).await?;
    let next = safe_path(&form.next);
    match outcome {
        PasswordOutcome::Complete(person) => {
            let (method, credential_version) = (Method::Password, person.credential_version);
            complete(&app, &request, &caller, Proof { person: person.id, method, credential_version }, next)
                .await
        }
        PasswordOutcome::SecondFactor(person) => {
            let pending = Pending {
                person: person.id,
                since: app.clock.now(),
                credential_version: person.credential_version,
                next: next.map(str::to_owned),
            };
            request
                .get_session()
                .insert(PENDING, pending)
                .map_err(|error| AppError::Internal(error.into()))?;
            Ok(see_other("/sign-in/code"))
        }
        PasswordOutcome::Refused => {
            let mut again = draw(&form.email);
            again.fail_whole(
                "This address and password do not belong together. Check both, or reset the password.",
            );
            let page = Page::of(&request, "Sign in");
            pages::unprocessable(&NewPage {
                page,
                form: again,
                next: next.unwrap_or("").to_owned(),
                signed_out: false,
                again: false,
            })
        }
    }
}

#[derive(askama::Template)]
#[template(path = "identity/sign_in/code.html")]
struct CodePage {
    page: Page,
    form: Form,
    factors: Factors,
}

/// What the second step sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    code: String,
}

fn draw_code(factors: Factors) -> Form {
    let (label, hint) = if factors.totp {
        ("Code", "The six digits of your authenticator app, or one of your recovery codes.")
    } else {
        ("Recovery code", "One of the recovery codes you kept, if your passkey is not at hand.")
    };
    Form::new(vec![Field::code("code", label).hint(hint).focused()])
}

/// For a browser that is in no second step, or was in it for too long. Nothing is written for it: this
/// answers anybody.
pub fn begin_again() -> HttpResponse {
    see_other("/sign-in?again=yes")
}

/// Forgets the second step, after it was completed another way or abandoned.
pub fn forget_pending(request: &HttpRequest) {
    request.get_session().remove(PENDING);
}

/// `GET /sign-in/code`
pub async fn show_code(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let Some(pending) = pending(&request, &app) else { return Ok(begin_again()) };
    let mut conn = app.db.get().await?;
    let factors = people::factors(&mut conn, pending.person).await?;
    pages::ok(&CodePage { page: Page::of(&request, "Confirm it is you"), form: draw_code(factors), factors })
}

/// `POST /sign-in/code`
pub async fn check_code(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<CodeForm>,
) -> WebResult {
    let Some(pending) = pending(&request, &app) else { return Ok(begin_again()) };
    let mut conn = app.db.get().await?;
    let person = people::find(&mut conn, pending.person).await?;
    if person.credential_version != pending.credential_version {
        // The password was changed since: it has to be shown anew.
        forget_pending(&request);
        return Ok(begin_again());
    }
    let factors = people::factors(&mut conn, pending.person).await?;
    drop(conn);
    if let Some(method) = second_factor::check(&app, &request, &caller, pending.person, &form.code).await? {
        return complete(&app, &request, &caller, pending.proof(method), pending.next.as_deref()).await;
    }
    let mut conn = app.db.get().await?;
    let method = if factors.totp { Method::Totp } else { Method::RecoveryCode };
    queries::note(&mut conn, &app, &caller, Some(pending.person), None, method, "refused").await?;
    let mut again = draw_code(factors);
    again.fail("code", "That code is not right, or it was used already. A code of the app works once: wait for the next one.");
    pages::unprocessable(&CodePage { page: Page::of(&request, "Confirm it is you"), form: again, factors })
}

/// `POST /sign-out`: ends the session here and on the server. What names the browser stays, so that
/// the next sign-in is not taken for a stranger's.
pub async fn destroy(request: HttpRequest) -> HttpResponse {
    request.get_session().purge();
    let mut response = see_other("/sign-in?signed_out=yes");
    let clear = header::HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(header::HeaderName::from_static("clear-site-data"), clear);
    response
}
