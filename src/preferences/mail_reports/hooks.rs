//! `POST /hooks/mail/{provider}`: what mail providers tell. Nothing is believed before they prove who they are.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{Kind, Report, postmark, sns, take};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::signatures;

pub(super) use crate::platform::web::signatures::{header, unsigned};

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

/// Signed as [`signatures`] has it.
fn generic(app: &App, request: &HttpRequest, body: &[u8]) -> Result<Option<Report>, AppError> {
    let secrets = &app.config.mail_hooks.secrets;
    if secrets.is_empty() {
        return Err(AppError::NotFound);
    }
    signatures::check(request, secrets, body, app.clock.now())?;
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
