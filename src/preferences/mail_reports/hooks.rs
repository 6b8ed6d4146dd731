//! `POST /hooks/mail/{provider}`: what mail providers tell. Nothing is believed before they prove who they are.

use actix_web::{HttpRequest, HttpResponse, web};
use ring::hmac;
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::{Kind, Report, postmark, sns, take};
use crate::platform::app::App;
use crate::platform::error::AppError;

/// How far the time of a signature may be from ours, in seconds.
const TOLERANCE: u64 = 300;

/// `POST /hooks/mail/{provider}`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    provider: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, AppError> {
    let reports = match provider.as_str() {
        "generic" => generic(&app, &request, &body)?.into_iter().collect(),
        "postmark" => postmark::read(&app, &request, &body)?.into_iter().collect(),
        "ses" => sns::read(&app, &body).await?,
        _ => return Err(AppError::NotFound),
    };
    for report in reports {
        take(&app, &report).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn malformed(_: serde_json::Error) -> AppError {
    AppError::BadRequest("The body is not what this provider sends.".into())
}

pub(super) fn unsigned() -> AppError {
    AppError::BadRequest("The signature does not hold, so nothing was changed.".into())
}

pub(super) fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// What the generic form tells.
#[derive(Deserialize)]
struct Told {
    id: String,
    event: String,
    message_id: Option<String>,
    email: Option<String>,
    #[serde(default)]
    detail: String,
}

/// `Portal-Signature: t=<seconds>,v1=<hex>`: HMAC-SHA-256 over the seconds, a dot and the body.
fn generic(app: &App, request: &HttpRequest, body: &[u8]) -> Result<Option<Report>, AppError> {
    let secret = app.config.mail_hooks.secret.as_ref().ok_or(AppError::NotFound)?;
    let signature = header(request, "Portal-Signature").ok_or_else(unsigned)?;
    let (time, mac) = signature
        .split_once(',')
        .and_then(|(time, mac)| Some((time.strip_prefix("t=")?, mac.strip_prefix("v1=")?)))
        .ok_or_else(unsigned)?;
    let at: i64 = time.parse().map_err(|_| unsigned())?;
    let mac = hex::decode(mac).map_err(|_| unsigned())?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    hmac::verify(&key, &[time.as_bytes(), b".", body].concat(), &mac).map_err(|_| unsigned())?;
    if app.clock.now().timestamp().abs_diff(at) > TOLERANCE {
        return Err(unsigned());
    }
    let told: Told = serde_json::from_slice(body).map_err(malformed)?;
    let kind = match told.event.as_str() {
        "hard_bounce" => Kind::HardBounce,
        "soft_bounce" => Kind::SoftBounce,
        "complaint" => Kind::Complaint,
        _ => return Ok(None),
    };
    let message_id = told.message_id.map(|id| id.trim_matches(['<', '>']).to_owned());
    let (email, detail) = (told.email, told.detail);
    Ok(Some(Report { provider: "generic", external_id: told.id, kind, message_id, email, detail }))
}
