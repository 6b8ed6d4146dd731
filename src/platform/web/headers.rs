//! Security headers on every answer. The policy starts from nothing and allows what pages use.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, error::InternalError, web};
use tracing_actix_web::RequestId;

use super::error_pages;
use crate::api::problem;
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
    let secure = request.app_data::<web::Data<App>>().expect("every server has its App").config.secure();
    let request_id = request.extensions().get::<RequestId>().copied();
    let for_program = problem::applies(request.path());
    match next.call(request).await {
        Ok(mut response) => {
            set_all(response.headers_mut(), secure, request_id);
            Ok(response)
        }
        // The session could not be read or written, or the request took too long.
        Err(error) => {
            let mut response = error_pages::without_request(&error, for_program, request_id);
            set_all(response.headers_mut(), secure, request_id);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

fn set_all(headers: &mut HeaderMap, secure: bool, request_id: Option<RequestId>) {
    for (name, value) in &FIXED {
        set_if_absent(headers, name, value.clone());
    }
    set_if_absent(headers, &header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if secure {
        set_if_absent(headers, &header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    if let Some(id) = request_id {
        let id: HeaderValue = id.to_string().try_into().expect("an id is a header value");
        set_if_absent(headers, &REQUEST_ID, id);
    }
}

fn set_if_absent(headers: &mut HeaderMap, name: &HeaderName, value: HeaderValue) {
    if !headers.contains_key(name) {
        headers.insert(name.clone(), value);
    }
}
