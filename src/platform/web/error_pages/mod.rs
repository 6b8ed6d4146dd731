//! Every error is a page that says what happened and what comes next, with the id of the request.
//! Three of them are no pages but the way on: to sign in, to show who you are, to set up a factor. What a page says is in
//! `words`.

mod words;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _};
use tracing_actix_web::RequestId;

use self::words::words;
use super::pages::{self, Page, WebResult};
use super::session::NotAnswered;
use crate::accounts::closure::read_only;
use crate::api::problem::{self, Problem};
use crate::platform::db::{RETRY_AFTER, Unavailable};
use crate::platform::error::{self, AppError, Barred};
use crate::staff::undertaking;

#[derive(askama::Template)]
#[template(path = "errors/error.html")]
struct ErrorPage {
    page: Page,
    status: u16,
    title: String,
    message: String,
    next_steps: Vec<(String, String)>,
    request_id: String,
}

/// Middleware: turns errors, of ours and of the framework, into pages.
///
/// # Errors
/// Those of other middleware, which have no request any more.
pub async fn render<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let response = next.call(request).await?;
    if response.response().error().is_none() {
        return Ok(response.map_into_left_body());
    }
    if response.response().error().is_some_and(|error| error.as_error::<Problem>().is_some()) {
        return Ok(response.map_into_left_body());
    }
    let status = response.status();
    let (request, response) = response.into_parts();
    let error = response.error().and_then(|error| error.as_error::<AppError>());
    let answer = if problem::applies(request.path()) {
        problem::of(error, request.method(), status).error_response()
    } else {
        answer(&request, error, status)
    };
    Ok(ServiceResponse::new(request, answer).map_into_right_body())
}

/// The answer where the request is gone: its session could not be read or written, or it took too long. Who asked is not
/// known any more.
pub fn without_request(failure: &Error, for_program: bool, request_id: Option<RequestId>) -> HttpResponse {
    let status = failure.as_response_error().status_code();
    let error = failure.as_error::<AppError>();
    if error.is_none() && status.is_server_error() {
        tracing::error!(error = %failure, "internal error");
    }
    if for_program {
        return problem::of(error, &Method::GET, status).error_response();
    }
    let unavailable = noted(error);
    let (title, message) = words(error, unavailable.as_ref(), status);
    // After a change of a password without a session that knows of it they are not.
    let standing = if is_unanswered(error) { "" } else { " If you were signed in, you still are." };
    let page = ErrorPage {
        page: Page { title: title.into(), ..Page::default() },
        status: status.as_u16(),
        title: title.into(),
        message: format!("{message}{standing}"),
        next_steps: vec![("/".into(), "Go to the start page".into())],
        request_id: request_id.map(|id| id.to_string()).unwrap_or_default(),
    };
    drawn(&page, error, unavailable.as_ref(), status).unwrap_or_else(|_| bare(status))
}

/// What is ours goes into the log. Answers why there was no database connection, if that is what it was.
fn noted(error: Option<&AppError>) -> Option<Unavailable> {
    match error {
        Some(AppError::Internal(cause)) => error::note(cause),
        _ => None,
    }
}

/// Whether the request was worked on, so that only its answer is missing.
fn is_unanswered(error: Option<&AppError>) -> bool {
    matches!(error, Some(AppError::Internal(cause)) if cause.is::<NotAnswered>())
}

fn bare(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).body("Something went wrong.")
}

fn answer(request: &HttpRequest, error: Option<&AppError>, status: StatusCode) -> HttpResponse {
    if let Some(path) = error.and_then(|error| way_on(request, error)) {
        return pages::see_other(&path);
    }
    let unavailable = noted(error);
    page(request, error, unavailable.as_ref(), status).unwrap_or_else(|_| bare(status))
}

/// Where a request goes that only lacks a sign-in, a recent one, or a factor.
fn way_on(request: &HttpRequest, error: &AppError) -> Option<String> {
    let page = match error {
        AppError::SignInNeeded => "/sign-in",
        AppError::ReauthenticationNeeded => "/reauthentication",
        AppError::SecondFactorNeeded => return Some("/settings/two-factor".into()),
        _ => return None,
    };
    Some(and_back(page, request))
}

/// The address of a page that leads back here. A form that was sent too late comes back to its page, not to the act.
fn and_back(page: &str, request: &HttpRequest) -> String {
    let back = if request.method().is_safe() {
        request.uri().path_and_query().map_or("/settings", |p| p.as_str())
    } else {
        form_page(request.path())
    };
    format!("{page}?{}", serde_urlencoded::to_string([("next", back)]).unwrap_or_default())
}

/// The page that a form's address belongs to: itself if it can be read, else the nearest above.
fn form_page(path: &str) -> &str {
    let mut page = path;
    while !crate::routes::can_be_read(page) {
        page = match page.rsplit_once('/') {
            Some((above, _)) if !above.is_empty() => above,
            _ => return "/settings",
        };
    }
    page
}

fn page(
    request: &HttpRequest,
    error: Option<&AppError>,
    unavailable: Option<&Unavailable>,
    status: StatusCode,
) -> WebResult {
    let (title, mut message) = words(error, unavailable, status);
    let mut page = Page::of(request, title);
    // What is to do about it stands on the page.
    page.banners.retain(|banner| banner.href != undertaking::PATH);
    let next_steps = next_steps(request, error, page.viewer.is_some());
    if page.viewer.is_none() && status == StatusCode::NOT_FOUND {
        message +=
            " If a link in a mail brought you here, copy the whole of it: some mail programs cut long ones.";
    }
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let page =
        ErrorPage { page, status: status.as_u16(), title: title.into(), message, next_steps, request_id };
    drawn(&page, error, unavailable, status)
}

/// Where to go from a page that says no: address and label.
fn next_steps(request: &HttpRequest, error: Option<&AppError>, is_signed_in: bool) -> Vec<(String, String)> {
    let step = |href: &str, label: &str| (href.to_owned(), label.to_owned());
    match error {
        Some(AppError::TooManyRequests(_)) if !is_signed_in => {
            vec![step("/password-reset", "Reset your password by mail"), step("/sign-in", "Sign in")]
        }
        Some(AppError::Gone(_)) => {
            let steps = after_gone(request.path(), is_signed_in);
            steps.into_iter().map(|(href, label)| step(href, label)).collect()
        }
        Some(AppError::Barred(Barred::ReadOnly { account, .. })) if is_signed_in => {
            vec![step(&read_only::way_on(*account), "What goes when, and how to undo the closure")]
        }
        Some(AppError::Barred(Barred::NoUndertaking)) => {
            vec![
                step(&and_back(undertaking::PATH, request), "Read it and agree"),
                step("/staff", "Go to the overview"),
            ]
        }
        _ if is_signed_in => vec![step("/settings", "Go to your settings")],
        _ => vec![step("/sign-in", "Sign in"), step("/", "Go to the start page")],
    }
}

/// Where to go from a link that no longer works: to where a new one is asked for, if there is such a place, and home.
fn after_gone(path: &str, is_signed_in: bool) -> Vec<(&'static str, &'static str)> {
    let again = match path.split('/').nth(1).unwrap_or_default() {
        "newsletter" => Some(("/newsletter", "Ask for a new link")),
        "sign-up" => Some(("/sign-up", "Begin again")),
        "events" => Some(("/events", "All events")),
        "white-papers" => Some(("/white-papers", "All white papers")),
        "surveys" => Some(("/surveys", "All surveys")),
        "contact-sales" => Some(("/contact-sales", "Write to us again")),
        "privacy" => Some(("/privacy/requests/new", "Ask about your data")),
        "end-users" => Some(("/end-users", "If a company keeps your data with us")),
        _ if is_signed_in => None,
        _ => Some(("/password-reset", "Reset your password")),
    };
    let home = if is_signed_in { ("/settings", "Go to your settings") } else { ("/sign-in", "Sign in") };
    again.into_iter().chain([home]).collect()
}

/// The page as an answer, with the headers that tell programs the same.
fn drawn(
    page: &ErrorPage,
    error: Option<&AppError>,
    unavailable: Option<&Unavailable>,
    status: StatusCode,
) -> WebResult {
    let mut response = pages::with_status(status, page)?;
    // What was done is not to be sent again by itself.
    if unavailable.is_some() && !is_unanswered(error) {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER.into());
    }
    match error {
        Some(AppError::TooManyRequests(seconds)) => {
            response.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
        }
        Some(AppError::MethodNotAllowed(methods)) => {
            let methods = header::HeaderValue::from_str(methods).expect("names of methods");
            response.headers_mut().insert(header::ALLOW, methods);
        }
        _ => {}
    }
    Ok(response)
}
