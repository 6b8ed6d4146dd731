//! Errors as programs read them: `application/problem+json` (RFC 9457), with a pointer to each field
//! that is wrong. Each kind has a stable name, which the reference explains.

use std::fmt;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::closure::read_only;
use crate::platform::db::RETRY_AFTER;
use crate::platform::error::{self, AppError, Barred};
use crate::retention::holds;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where, as a JSON Pointer (RFC 6901) into the body, or `?name` for a parameter.
    #[schema(example = "/parties/0/emails/1", extensions(("x-data" = json!("none"))))]
    pub pointer: String,
    /// What is wrong, in a sentence.
    #[schema(example = "This is not an e-mail address.", extensions(("x-data" = json!("none"))))]
    pub detail: String,
}

/// So many wrong fields are told of at once: of a body that is full of them the answer would be many times as long.
const MOST_TOLD: usize = 100;

/// An address, apart from the problem: most have none, and a problem is carried around as a value.
#[derive(Clone, Debug, Serialize)]
struct Address(String);

/// A refusal or a failure, as a program gets it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Which kind, as an address in the reference. Stable: branch on it.
    #[serde(rename = "type")]
    #[schema(example = "/docs/api#problem-invalid", extensions(("x-data" = json!("none"))))]
    kind: &'static str,
    /// The kind in words.
    #[schema(extensions(("x-data" = json!("none"))))]
    title: &'static str,
    /// The HTTP status again.
    #[schema(extensions(("x-data" = json!("none"))))]
    status: u16,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(extensions(("x-data" = json!("none"))))]
    detail: Option<String>,
    /// Where it is explained to people: the statement of a suspension, or the page of a closure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = json!(null), extensions(("x-data" = json!("none"))))]
    instance: Option<Box<Address>>,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Headers of the answer.
    #[serde(skip)]
    headers: Vec<(&'static str, String)>,
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident $status:ident $slug:literal $title:literal;)*) => {
        impl Problem {
            $($(#[$doc])* pub fn $name() -> Self { Self::new(StatusCode::$status, concat!("/docs/api#problem-", $slug), $title) })*
        }

        /// Every kind of problem: status, name and title, for the reference.
        pub const KINDS: &[(StatusCode, &str, &str)] = &[$((StatusCode::$status, $slug, $title)),*];
    };
}

problems! {
    /// The request cannot be read at all.
    malformed BAD_REQUEST "malformed" "The request cannot be read";
    /// No credential, or one that is not valid.
    unauthorized UNAUTHORIZED "unauthorized" "A valid credential is needed";
    /// The credential may not do this.
    forbidden FORBIDDEN "out-of-scope" "The credential does not have this scope";
    /// The account is not in a state for this.
    account_state FORBIDDEN "account-state" "The account cannot do this in its present state";
    /// A suspension stands against it (S127); `instance` leads to its statement.
    account_suspended FORBIDDEN "account-suspended" "A suspension of the account stands against this";
    /// The law keeps us from serving this country (S64).
    blocked_country UNAVAILABLE_FOR_LEGAL_REASONS "blocked-country" "Not available in your country";
    /// Absent, or not yours.
    not_found NOT_FOUND "not-found" "There is nothing here, or nothing of yours";
    /// There, but not for this method.
    method_not_allowed METHOD_NOT_ALLOWED "method-not-allowed" "This address does not take this method";
    /// It contradicts what is stored.
    conflict CONFLICT "conflict" "This contradicts what is stored";
    /// The idempotency key was used for another request.
    key_reused CONFLICT "idempotency-key-reused" "The idempotency key belongs to another request";
    /// What was answered to this key has been deleted since.
    answer_deleted GONE "answer-deleted" "What this key made has been deleted";
    /// The record was changed meanwhile.
    precondition_failed PRECONDITION_FAILED "changed-meanwhile" "The record was changed meanwhile";
    /// A change has to say which version it is about.
    precondition_required PRECONDITION_REQUIRED "if-match-needed" "A change needs the If-Match header";
    /// More than is taken at once.
    too_large PAYLOAD_TOO_LARGE "too-large" "The body is too large";
    /// A media type that is not taken here.
    unsupported_media_type UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" "This media type is not taken here";
    /// Well-formed, with fields that are wrong.
    invalid UNPROCESSABLE_ENTITY "invalid" "Something in the request is not valid";
    /// The records are restricted on a person's wish (S159).
    restricted LOCKED "restricted" "The record is restricted";
    /// A legal matter keeps it from being deleted (S112).
    on_hold LOCKED "on-hold" "The record cannot be deleted at present";
    /// Too often.
    too_many_requests TOO_MANY_REQUESTS "too-many-requests" "Too many requests";
    /// It did not arrive in time.
    timeout REQUEST_TIMEOUT "timeout" "The request did not arrive in time";
    /// No database connection, for the moment.
    unavailable SERVICE_UNAVAILABLE "unavailable" "Not available just now";
    /// Ours.
    internal INTERNAL_SERVER_ERROR "internal" "Something went wrong on our side";
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: None,
            instance: None,
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// With what happened this time.
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With the address of what explains it.
    pub fn instance(mut self, address: impl Into<String>) -> Self {
        self.instance = Some(Box::new(Address(address.into())));
        self
    }

    /// With fields that are wrong, up to [`MOST_TOLD`] of them.
    pub fn with_errors(mut self, mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MOST_TOLD);
        self.errors = errors;
        self
    }

    /// With a header.
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// One field is wrong: 422.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid().with_errors(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// What is wrong with the fields.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.title)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let body = serde_json::to_string(self).unwrap_or_default();
        let mut response =
            HttpResponse::build(self.status()).content_type("application/problem+json").body(body);
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

impl From<diesel::result::Error> for Problem {
    fn from(error: diesel::result::Error) -> Self {
        if holds::is_refused(&error) {
            return Self::on_hold().because(holds::STANDS);
        }
        AppError::from(error).into()
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        AppError::from(error).into()
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound | AppError::Gone(_) => Self::not_found(),
            AppError::BadRequest(detail) => Self::malformed().because(detail),
            AppError::MethodNotAllowed(methods) => Self::method_not_allowed().with_header("allow", methods),
            AppError::SignInNeeded | AppError::ReauthenticationNeeded | AppError::SecondFactorNeeded => {
                unauthorized()
            }
            AppError::TooManyRequests(seconds) => Self::too_many_requests()
                .because(format!("Try again in {seconds} seconds."))
                .with_header("retry-after", seconds.to_string()),
            AppError::Barred(barred) => barred.into(),
            AppError::Internal(cause) => ours(&cause),
        }
    }
}

impl From<Barred> for Problem {
    fn from(barred: Barred) -> Self {
        match barred {
            Barred::Country => Self::blocked_country(),
            Barred::ReadOnly { account, .. } => read_only::problem(account),
            // It is said of staff, who have no page here.
            Barred::NoUndertaking => Self::forbidden(),
        }
    }
}

/// What is no fault of whoever asks. It is in the log then.
fn ours(cause: &anyhow::Error) -> Problem {
    if error::note(cause).is_none() {
        return Problem::internal()
            .because("We have noted it. Nothing was half done: try again in a moment.");
    }
    Problem::unavailable()
        .because(format!("Nothing was half done. Try again in {RETRY_AFTER} seconds."))
        .with_header("retry-after", RETRY_AFTER.to_string())
}

/// No valid credential, with the challenge that HTTP asks for.
pub fn unauthorized() -> Problem {
    Problem::unauthorized()
        .with_header("www-authenticate", r#"Basic realm="LossExpress API", charset="UTF-8""#)
}

/// Whether errors at this address are problems rather than pages: only programs come here.
pub fn applies(path: &str) -> bool {
    ["/v1/", "/hooks/"].iter().any(|begin| path.starts_with(begin))
}

/// The problem for an error of ours or of the framework.
pub fn of(error: Option<&AppError>, method: &Method, status: StatusCode) -> Problem {
    let malformed = || Problem::malformed().because("The request was not understood.");
    match error {
        Some(AppError::NotFound) => Problem::not_found(),
        Some(AppError::BadRequest(detail)) => Problem::malformed().because(detail),
        Some(AppError::MethodNotAllowed(methods)) => {
            let problem = Problem::method_not_allowed().with_header("allow", methods);
            problem.because(format!("{method} is not among: {methods}."))
        }
        Some(AppError::TooManyRequests(seconds)) => AppError::TooManyRequests(*seconds).into(),
        Some(AppError::Barred(barred)) => (*barred).into(),
        Some(AppError::Internal(cause)) => ours(cause),
        _ => match status {
            StatusCode::NOT_FOUND => Problem::not_found(),
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
            StatusCode::REQUEST_TIMEOUT => Problem::timeout(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::unsupported_media_type(),
            status if status.is_client_error() => malformed(),
            _ => Problem::internal(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_does_not_grow_with_what_is_wrong() {
        let wrong = FieldError { pointer: "/x".into(), detail: "We do not know this field.".into() };
        let problem = Problem::invalid().with_errors(vec![wrong; 40_000]);
        assert_eq!(problem.errors().len(), MOST_TOLD);
    }
}
