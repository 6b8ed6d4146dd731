//! The form of a message about a dispute, with files; both sides use that of requests.

use actix_web::{HttpRequest, web};

use super::states::By;
use super::{Dispute, messages};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::forms::Form;
pub use crate::privacy::data_requests::web::letter::SHEET;

/// Reads the form and sends the message. Inside: the form with what is wrong.
///
/// # Errors
/// `TooManyRequests`, `BadRequest` for what is no form, or what the database says.
pub async fn write(
    app: &App,
    request: &HttpRequest,
    payload: web::Payload,
    by: By,
    found: &Dispute,
) -> Result<Result<(), Form>, AppError> {
    messages::admit(app, by, found).await?;
    let filled = match SHEET.read(app, request, payload).await? {
        Ok(filled) => filled,
        Err(form) => return Ok(Err(form)),
    };
    let sent = messages::send(app, by, found, &filled.letter).await?;
    Ok(sent.map_err(|refusal| filled.refused(refusal.is_of_files(), refusal.words())))
}
