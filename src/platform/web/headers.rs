//! Security headers on every answer. The policy starts from nothing and allows what pages use.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpResponse, error::InternalError, web};
use tracing_actix_web::RequestId;

use crate::platform::app::App;

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
    manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const FIXED: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    (
        "permissions-policy",
        "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), display-capture=(), fullscreen=(), geolocation=(), gyroscope=(), \
         magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=(), \
         publickey-credentials-create=(self), publickey-credentials-get=(self), clipboard-write=(self)",
    ),
];

/// Two years, with subdomains.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// Middleware: sets the headers that the handler did not set itself, and the request id.
///
/// # Errors
/// None of its own.
pub async fn secure(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let app = request.app_data::<web::Data<App>>().expect("every server has its App").clone();
    let mut response = next.call(request).await.map_err(plain)?;
    let request_id = response.request().extensions().get::<RequestId>().map(ToString::to_string);
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        set_if_absent(headers, name, value);
    }
    set_if_absent(headers, header::CACHE_CONTROL.as_str(), "no-store");
    if app.config.secure() {
        set_if_absent(headers, header::STRICT_TRANSPORT_SECURITY.as_str(), HSTS);
    }
    if let Some(id) = request_id {
        set_if_absent(headers, "x-request-id", &id);
    }
    Ok(response)
}

/// What is left when even the session cannot be read: no page can be drawn, and nothing is given away.
fn plain(error: Error) -> Error {
    let status = error.as_response_error().status_code();
    tracing::error!(error = %error, "no answer could be made");
    let mut response = HttpResponse::build(status)
        .content_type("text/plain; charset=utf-8")
        .body("The portal cannot answer just now. Nothing was changed. Please try again in a minute.\n");
    for (name, value) in FIXED {
        set_if_absent(response.headers_mut(), name, value);
    }
    InternalError::from_response(error, response).into()
}

fn set_if_absent(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
    }
}
