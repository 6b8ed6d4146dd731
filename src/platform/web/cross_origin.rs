//! Unsafe methods are refused when another site's page sends them. No tokens in forms: the browser
//! says where a request comes from, and nothing changes on GET.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::routes;

/// Middleware: refuses unsafe requests from elsewhere with 400.
///
/// # Errors
/// The refusal.
pub async fn refuse<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if !request.method().is_safe() && !is_one_click(request.path()) && comes_from_elsewhere(&request) {
        let refusal = AppError::BadRequest(
            "This form was sent from another site, so nothing was changed. Open the page here and try again."
                .into(),
        );
        routes::note_refused(request.request());
        return Ok(request.error_response(refusal).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// The one-click form of mail programs is sent from anywhere (RFC 8058); the sealed token in its path is what counts.
fn is_one_click(path: &str) -> bool {
    path.strip_prefix("/unsubscribe/").is_some_and(|token| !token.is_empty() && !token.contains('/'))
}

fn comes_from_elsewhere(request: &ServiceRequest) -> bool {
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else {
        // No browser: a program with credentials of its own.
        return false;
    };
    let app = request.app_data::<web::Data<App>>().expect("every server has its App");
    let same_host = || origin.split_once("://").map(|(_, host)| host) == text(header::HOST.as_str());
    origin != app.config.base_url && !(app.config.development && same_host())
}
