//! The leak desk for scanners. It takes no credential: whoever finds a secret need not be a customer.

use actix_web::http::header;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{MOST, SENTENCE, secrets_in};
use crate::accounts::secrets::Secret;
use crate::api::ApiResult;
use crate::api::body;
use crate::api::idempotency::IdempotencyKey;
use crate::api::problem::Problem;
use crate::platform::app::App;
use crate::platform::web::caller::Caller;

/// What was found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeakReport {
    /// Up to 100 secrets, or texts that they stand in.
    #[schema(min_items = 1, max_items = 100, example = json!(["lx_k…"]), extensions(("x-data" = json!("none"))))]
    secrets: Vec<String>,
}

/// The answer to every report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LeakReceipt {
    /// How many different secrets had our shape and a right checksum. Whether they were live is not told.
    #[schema(example = 1, extensions(("x-data" = json!("none"))))]
    well_formed: usize,
    /// A sentence for people.
    #[schema(extensions(("x-data" = json!("none"))))]
    message: &'static str,
}

/// Reads the secrets out of JSON or plain text.
fn read(request: &HttpRequest, bytes: &[u8]) -> Result<Vec<Secret>, Problem> {
    match request.content_type().to_ascii_lowercase().as_str() {
        "application/json" => {
            let report: LeakReport = body::parse(bytes)?;
            if report.secrets.is_empty() || report.secrets.len() > MOST {
                return Err(Problem::field("/secrets", format!("A report has 1 to {MOST} secrets.")));
            }
            Ok(secrets_in(&report.secrets.join("\n")))
        }
        "text/plain" => Ok(secrets_in(&String::from_utf8_lossy(bytes))),
        _ => {
            let taken = "application/json, text/plain";
            Err(Problem::unsupported_media_type()
                .because(format!("Send one of {taken}."))
                .with_header(header::ACCEPT.as_str(), taken))
        }
    }
}

/// `POST /v1/leaked-secrets`
#[utoipa::path(
    post, path = "/v1/leaked-secrets", tag = "Leaked secrets", operation_id = "reportLeakedSecrets",
    summary = "Report secrets that were found in the open",
    description = "Takes no credential. A live secret is dead afterwards and its owner is told. The answer is the same \
        whether a secret was live, dead or never made. Sending a report twice changes nothing and is answered the same, with \
        an Idempotency-Key or without one: nothing is kept under it, because there is no account that it could belong to. \
        A text can also be sent as it is, as text/plain.",
    params(("Idempotency-Key" = Option<String>, Header, description = "Is taken and not kept: the answer depends on the report alone")),
    request_body = LeakReport,
    responses(
        (status = 200, description = "The report was taken.", body = LeakReceipt),
        (status = "default", description = "A problem.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    _key: IdempotencyKey,
    bytes: web::Bytes,
) -> ApiResult {
    super::admit(&app, &caller).await?;
    let secrets = read(&request, &bytes)?;
    if secrets.len() > MOST {
        return Err(Problem::field("/secrets", format!("There are more than {MOST} secrets in the report.")));
    }
    super::report(&app, &caller, &secrets).await?;
    Ok(HttpResponse::Ok().json(LeakReceipt { well_formed: secrets.len(), message: SENTENCE }))
}
