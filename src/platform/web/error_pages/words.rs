//! What the pages of errors say.

use actix_web::http::StatusCode;

use super::is_unanswered;
use crate::accounts::closure::read_only;
use crate::platform::db::{RETRY_AFTER, Unavailable};
use crate::platform::error::{AppError, Barred};
use crate::staff::undertaking;

/// Title and message of the page.
pub(super) fn words(
    error: Option<&AppError>,
    unavailable: Option<&Unavailable>,
    status: StatusCode,
) -> (&'static str, String) {
    if is_unanswered(error) {
        return ("We could not answer", unanswered(unavailable));
    }
    if let Some(unavailable) = unavailable {
        return ("We cannot answer just now", later(unavailable));
    }
    match error {
        Some(AppError::Gone(message)) => return ("This link no longer works", (*message).into()),
        Some(AppError::BadRequest(message)) => return ("We could not use that request", message.clone()),
        Some(AppError::TooManyRequests(seconds)) => {
            return (
                "Too many tries",
                format!("Please wait {} and try again. Nothing was changed.", in_words(*seconds)),
            );
        }
        Some(AppError::Barred(Barred::ReadOnly { undo_until, .. })) => {
            return (read_only::TITLE, read_only::words(*undo_until));
        }
        Some(AppError::Barred(Barred::NoUndertaking)) => {
            return (undertaking::FIRST, undertaking::WHY.into());
        }
        Some(AppError::Barred(Barred::Country)) => {
            let message = "Export control law does not let us provide the service in the country your connection comes from. If you think \
                we have the country wrong, or you need your data, write to info@lossexpress.com: a person will read it.";
            return ("Not available where you are", message.into());
        }
        _ => {}
    }
    match status {
        StatusCode::NOT_FOUND => {
            ("Page not found", "There is nothing at this address, or nothing that you may see.".into())
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            ("That does not work here", "This address does not take that kind of request.".into())
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            ("Too much at once", "What was sent is larger than this page takes. Nothing was changed.".into())
        }
        StatusCode::REQUEST_TIMEOUT => (
            "That took too long",
            "The request did not arrive in time. Nothing was changed; please try again.".into(),
        ),
        status if status.is_client_error() => {
            ("We could not use that request", "The request was not understood. Nothing was changed.".into())
        }
        _ => (
            "Something went wrong on our side",
            "We have noted it. Nothing that you sent was half done: try again in a moment.".into(),
        ),
    }
}

/// Why there is no answer and what to do. Whether a form was taken is not known where only its answer could not be made.
fn later(unavailable: &Unavailable) -> String {
    let why = reason(unavailable);
    format!(
        "{why} Nothing was half done. Please wait {} and try again; if you had just sent a form, look first whether it was taken.",
        in_words(RETRY_AFTER)
    )
}

fn reason(unavailable: &Unavailable) -> &'static str {
    match unavailable {
        Unavailable::Busy => "More is asked of the portal at this moment than it can do.",
        Unavailable::Down(_) => "Our database does not answer at this moment.",
    }
}

/// Why there is no answer to what was probably done.
fn unanswered(unavailable: Option<&Unavailable>) -> String {
    let why = unavailable.map_or("Something went wrong on our side, and we have noted it.", reason);
    format!(
        "{why} What you sent may well have been done: we could only not tell your browser. Look before you send it again. You may have to \
         sign in again; if you were changing your password, the new one counts where the old one is refused."
    )
}

fn in_words(seconds: u64) -> String {
    match seconds {
        0..=1 => "a second".into(),
        2..=119 => format!("{seconds} seconds"),
        120..=7199 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3600)),
    }
}
