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

static FIXED: [(HeaderName, HeaderValue); 8] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    (header::CROSS_ORIGIN_EMBEDDER_POLICY, HeaderValue::from_static("require-corp")),
    (header::PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS)),
];

const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), display-capture=(), fullscreen=(), geolocation=(), gyroscope=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=(), \
    publickey-credentials-create=(self), publickey-credentials-get=(self), clipboard-write=(self)";

/// Two years, with subdomains.
const HSTS: &str = "max-age=63072000; includeSubDomains";

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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
    set_fixed(headers);
    set_if_absent(headers, &header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if app.config.secure() {
        set_if_absent(headers, &header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    if let Some(id) = request_id {
        set_if_absent(headers, &REQUEST_ID, id.try_into().expect("an id is a header value"));
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
    set_fixed(response.headers_mut());
    InternalError::from_response(error, response).into()
}

fn set_fixed(headers: &mut HeaderMap) {
    for (name, value) in &FIXED {
        set_if_absent(headers, name, value.clone());
    }
}

fn set_if_absent(headers: &mut HeaderMap, name: &HeaderName, value: HeaderValue) {
    if !headers.contains_key(name) {
        headers.insert(name.clone(), value);
    }
}
