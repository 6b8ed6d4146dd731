//! Pages and forms of sign-up: details and address here, the phone beside it.

mod phone;

pub use phone::{confirm_phone, send_code, show_phone};

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{Details, Link, SignUp};
use crate::identity::people::{parse_email, parse_name, parse_optional, ticked};
use crate::identity::phone_verification::parse_phone;
use crate::identity::{password_policy, sign_in};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::SignUpId;
use crate::platform::web::caller::Caller;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, Step, WebResult, see_other};
use crate::platform::web::session;
use crate::preferences::sign_up::{MAILINGS, NO_CALL};

/// Where the browser keeps which sign-up it has confirmed the address of.
const CONFIRMED: &str = "sign_up";
/// Where the browser keeps which sign-up it has begun.
const BEGUN: &str = "sign_up_begun";

/// Where the browser goes when the sign-up it has begun is complete.
const NEXT: &str = "sign_up_next";

/// What the form sends. What is missing is empty, and then the form says so.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignUpForm {
    name: String,
    email: String,
    company: String,
    phone: String,
    password: String,
    terms: String,
    old_enough: String,
    no_onboarding_call: String,
    marketing: String,
    next: String,
}

impl SignUpForm {
    fn draw(&self) -> Form {
        Form::new(vec![
            Field::text("name", "Your name").value(&self.name).autocomplete("name"),
            Field::email("email", "E-mail address").value(&self.email).autocomplete("username").hint("We send a link there to confirm it."),
            Field::text("company", "Company").value(&self.company).autocomplete("organization").optional(),
            Field::tel("phone", "Mobile number")
                .value(&self.phone)
                .hint("With country code, as in +1 212 555 0100. We text you a code, and warnings about your account later."),
            Field::new_password("password", "Password")
                .hint("At least 15 characters. A few unrelated words are strong and easy to remember. Password managers welcome."),
            Field::checkbox("terms", "I have read the terms of service and accept them", ticked(&self.terms)),
            Field::checkbox("old_enough", "I am at least 13 years old", ticked(&self.old_enough)),
            Field::checkbox("no_onboarding_call", NO_CALL, ticked(&self.no_onboarding_call)).optional(),
            Field::checkbox("marketing", MAILINGS, ticked(&self.marketing)).optional(),
        ])
    }

    /// [`SignUpForm::parse`], and then what takes a while.
    async fn accept(&self, app: &App) -> Result<Details, Form> {
        let details = self.parse()?;
        let breached = |message| {
            let mut form = self.draw();
            form.fail("password", message);
            form
        };
        password_policy::check_breaches(app, &details.password).await.map_err(breached)?;
        Ok(details)
    }

    /// Checks everything and keeps what was typed.
    fn parse(&self) -> Result<Details, Form> {
        let mut form = self.draw();
        fn checked<T>(form: &mut Form, name: &str, parsed: Result<T, String>) -> Option<T> {
            parsed.map_err(|message| form.fail(name, message)).ok()
        }
        let name = checked(&mut form, "name", parse_name(&self.name));
        let email = checked(&mut form, "email", parse_email(&self.email));
        let company = checked(&mut form, "company", parse_optional(&self.company));
        let phone = checked(&mut form, "phone", parse_phone(&self.phone));
        let personal = [self.name.as_str(), self.email.as_str(), self.company.as_str()];
        let password = checked(&mut form, "password", password_policy::check(&self.password, &personal));
        if !ticked(&self.terms) {
            form.fail("terms", "An account needs the terms to be accepted.");
        }
        if !ticked(&self.old_enough) {
            form.fail(
                "old_enough",
                "The service is not for children under 13. Nothing that you typed was kept.",
            );
        }
        let parts = (name, email, company, phone, password);
        let (Some(name), Some(email), Some(company), Some(phone), Some(())) = parts else { return Err(form) };
        if form.has_errors() {
            return Err(form);
        }
        let no_onboarding_call = ticked(&self.no_onboarding_call);
        let marketing = ticked(&self.marketing);
        Ok(Details {
            name,
            email,
            company,
            phone,
            password: self.password.clone(),
            no_onboarding_call,
            marketing,
        })
    }
}

fn steps(current: usize) -> Vec<Step> {
    Step::list(&["Your details", "E-mail", "Phone"], current)
}

#[derive(askama::Template)]
#[template(path = "identity/sign_up/new.html")]
struct NewPage {
    page: Page,
    form: Form,
    steps: Vec<Step>,
    again: bool,
    next: String,
}

/// What happened before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    again: Option<String>,
    next: String,
}

/// `GET /sign-up`
pub async fn new(request: HttpRequest, query: web::Query<Query>) -> WebResult {
    if session::auth(&request).is_some() {
        return Ok(see_other(pages::safe_path(&query.next).unwrap_or("/settings")));
    }
    let form = SignUpForm::default().draw();
    pages::ok(&NewPage {
        page: Page::of(&request, "Create your account"),
        form,
        steps: steps(0),
        again: query.again.is_some(),
        next: pages::safe_path(&query.next).unwrap_or_default().to_owned(),
    })
}

/// `POST /sign-up`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    form: web::Form<SignUpForm>,
) -> WebResult {
    sign_in::refuse_blocked_country(&app, &caller)?;
    super::count_try(&app, &caller).await?;
    let next = pages::safe_path(&form.next).unwrap_or_default().to_owned();
    let details = match form.accept(&app).await {
        Ok(details) => details,
        Err(form) => {
            return pages::unprocessable(&NewPage {
                page: Page::of(&request, "Create your account"),
                form,
                steps: steps(0),
                again: false,
                next,
            });
        }
    };
    let id = super::begin(&app, &caller, &details).await?;
    let session = request.get_session();
    session.insert(BEGUN, id).map_err(|error| AppError::Internal(error.into()))?;
    session.insert(NEXT, next).map_err(|error| AppError::Internal(error.into()))?;
    Ok(see_other("/sign-up/email"))
}

#[derive(askama::Template)]
#[template(path = "identity/sign_up/check_mail.html")]
struct CheckMailPage {
    page: Page,
    steps: Vec<Step>,
}

/// `GET /sign-up/email`: the same for every address.
pub async fn check_mail(request: HttpRequest) -> WebResult {
    pages::ok(&CheckMailPage { page: Page::of(&request, "Look into your mail"), steps: steps(1) })
}

#[derive(askama::Template)]
#[template(path = "identity/sign_up/show_email.html")]
struct ShowEmailPage {
    page: Page,
    steps: Vec<Step>,
    sign_up: SignUp,
    token: String,
    form: Form,
}

/// What the confirmation sends; a password only from a browser that did not begin the sign-up.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConfirmationForm {
    password: String,
}

/// Nothing to fill in where the sign-up was begun; elsewhere the password that was chosen then.
fn confirmation_form(request: &HttpRequest, sign_up: &SignUp) -> Form {
    if began_here(request, sign_up) {
        return Form::default();
    }
    let hint = "You began in another browser. Enter the password you chose there.";
    Form::new(vec![Field::current_password("password", "Password").hint(hint)])
}

fn began_here(request: &HttpRequest, sign_up: &SignUp) -> bool {
    request.get_session().get::<SignUpId>(BEGUN).ok().flatten() == Some(sign_up.id)
}

fn show_email_page(request: &HttpRequest, sign_up: SignUp, token: String, form: Form) -> ShowEmailPage {
    ShowEmailPage {
        page: Page::of(request, "Confirm your e-mail address"),
        steps: steps(1),
        sign_up,
        token,
        form,
    }
}

/// `GET /sign-up/email/{token}`: shows a button and changes nothing, because mail programs look too.
pub async fn show_email(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let (Link::Waiting(sign_up) | Link::Confirmed(sign_up)) = super::find_link(&app, &token).await?;
    let form = confirmation_form(&request, &sign_up);
    pages::ok(&show_email_page(&request, sign_up, token.into_inner(), form))
}

/// `POST /sign-up/email/{token}`: confirms, and this browser may go on.
pub async fn confirm_email(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
    typed: Option<web::Form<ConfirmationForm>>,
) -> WebResult {
    let (Link::Waiting(sign_up) | Link::Confirmed(sign_up)) = super::find_link(&app, &token).await?;
    let password = typed.map(|typed| typed.into_inner().password).unwrap_or_default();
    if !began_here(&request, &sign_up) && !super::knows_password(&app, &sign_up, &password).await? {
        let mut form = confirmation_form(&request, &sign_up);
        form.fail(
            "password",
            "That is not the password chosen at sign-up. If you did not sign up, close this page.",
        );
        return pages::unprocessable(&show_email_page(&request, sign_up, token.into_inner(), form));
    }
    let sign_up = super::confirm_email(&app, &caller, &token).await?;
    request.get_session().insert(CONFIRMED, sign_up.id).map_err(|error| AppError::Internal(error.into()))?;
    Ok(see_other("/sign-up/phone"))
}
