//! The errors that reach the edge. What is not named here is a 500.

use actix_web::ResponseError;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};

use super::db::Unavailable;
use super::ids::AccountId;

/// Why a request is not answered as asked. The page for it is made in `web/error_pages`.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Absent, or not yours: the two are not told apart.
    #[error("not found")]
    NotFound,
    /// The request itself is malformed.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// There, but not for this method; these are the ones it takes.
    #[error("method not allowed; allowed: {0}")]
    MethodNotAllowed(String),
    /// Only for people who are signed in; sends them to sign in and back.
    #[error("sign-in needed")]
    SignInNeeded,
    /// Only within five minutes of showing who you are; sends them there and back.
    #[error("re-authentication needed")]
    ReauthenticationNeeded,
    /// Staff may do nothing before they have a second factor; sends them to set one up.
    #[error("second factor needed")]
    SecondFactorNeeded,
    /// Too often; may be tried again after so many seconds.
    #[error("too many requests; retry in {0} s")]
    TooManyRequests(u64),
    /// A link that was used, ran out or was replaced; says so and what to do.
    #[error("gone: {0}")]
    Gone(&'static str),
    /// Something stands against it that signing in does not lift; the page says what.
    #[error("barred: {0:?}")]
    Barred(Barred),
    /// Ours, and not the visitor's fault. Where there is no database connection it is 503, and worth trying again.
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

/// What stands against a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barred {
    /// The law keeps us from serving this country (S64).
    Country,
    /// The account is on its way out, and read-only meanwhile (S163).
    ReadOnly {
        /// Which account.
        account: AccountId,
        /// Until when its owner can undo that; nothing where it is too late.
        undo_until: Option<DateTime<Utc>>,
    },
    /// A member of staff has not agreed to the undertaking to confidentiality that holds (S157).
    NoUndertaking,
}

impl From<diesel::result::Error> for AppError {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::NotFound => Self::NotFound,
            // Only `people::lock_as` answers this: the session died while the request waited.
            diesel::result::Error::RollbackTransaction => Self::SignInNeeded,
            // Postgres keeps no NUL in text; no form of ours sends one.
            diesel::result::Error::DatabaseError(_, info)
                if info.message().contains("invalid byte sequence") =>
            {
                Self::BadRequest("Something in the request is no text.".into())
            }
            other => Self::Internal(other.into()),
        }
    }
}

impl From<askama::Error> for AppError {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::SignInNeeded | Self::ReauthenticationNeeded | Self::SecondFactorNeeded => {
                StatusCode::SEE_OTHER
            }
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Gone(_) => StatusCode::GONE,
            Self::Barred(Barred::Country) => StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS,
            Self::Barred(Barred::ReadOnly { .. } | Barred::NoUndertaking) => StatusCode::FORBIDDEN,
            Self::Internal(cause) if Unavailable::of(cause).is_some() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Puts what is ours into the log, once for each answer. No connection is also counted, and answered: whoever waits is
/// told so.
pub fn note(cause: &anyhow::Error) -> Option<Unavailable> {
    let unavailable = Unavailable::of(cause);
    match &unavailable {
        Some(why) => {
            metrics::counter!("portal_database_unavailable_total", "reason" => why.as_str()).increment(1);
            tracing::warn!(database.reason = why.as_str(), error = %why, "no database connection for a request");
        }
        None => tracing::error!(error = format!("{cause:#}"), "internal error"),
    }
    unavailable
}

/// The name of the rule by which the database refused something, if it was one.
pub fn rule_of(error: &diesel::result::Error) -> Option<&str> {
    let diesel::result::Error::DatabaseError(_, info) = error else { return None };
    info.constraint_name()
}

/// What came of something that a rule of the database may stand against: inside, what stood against it, as `read` reads it
/// out of the error; outside, any other error.
///
/// # Errors
/// The error, where it is no refusal.
pub fn refused<T, R>(
    outcome: diesel::QueryResult<T>,
    read: impl FnOnce(&diesel::result::Error) -> Option<R>,
) -> Result<Result<T, R>, AppError> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(error) => match read(&error) {
            Some(refusal) => Ok(Err(refusal)),
            None => Err(error.into()),
        },
    }
}

/// Whether a lock was not to be had, or two waited for each other: the same can be tried again. Read from the words, in
/// English: diesel passes on neither the code nor a kind for these two (`db/language.rs`).
pub fn is_busy(error: &diesel::result::Error) -> bool {
    let diesel::result::Error::DatabaseError(_, info) = error else { return false };
    ["lock timeout", "deadlock detected"].iter().any(|words| info.message().contains(words))
}

/// Whether the database refused a row because this unique index already has one like it.
pub fn violates(error: &diesel::result::Error, index: &str) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) if info.constraint_name() == Some(index))
}
