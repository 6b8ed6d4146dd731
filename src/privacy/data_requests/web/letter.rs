//! The form of a message, with files. Both sides use it.

use actix_web::{HttpRequest, web};

use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::letter::Sheet;
use crate::platform::files::{self, upload};
use crate::platform::ids::FileId;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::WebResult;
use crate::privacy::data_requests::DataRequest;
use crate::privacy::data_requests::messages;
use crate::privacy::data_requests::states::{By, Refusal};

/// The form.
pub const SHEET: Sheet = Sheet { text: "body", draw, parse: messages::parse };

fn draw(typed: &str) -> Form {
    let limit = u32::try_from(messages::LONGEST).ok();
    let field = Field { maxlength: limit, ..Field::textarea("body", "Your message") };
    let body = field.value(typed).hint(
        "Please leave out what we do not need: no card numbers, passwords or tokens, nothing about anybody's health.",
    );
    Form::new(vec![body, upload::field(upload::FIELD, "Files")])
}

/// Reads the form and sends the message. Inside: the form with what is wrong.
///
/// # Errors
/// `TooManyRequests`, `BadRequest` for what is no form, or what the database says.
pub async fn write(
    app: &App,
    request: &HttpRequest,
    payload: web::Payload,
    by: By,
    found: &DataRequest,
) -> Result<Result<(), Form>, AppError> {
    messages::admit(app, by, found).await?;
    let filled = match SHEET.read(app, request, payload).await? {
        Ok(filled) => filled,
        Err(form) => return Ok(Err(form)),
    };
    let sent = messages::send(app, by, found, &filled.letter).await?;
    Ok(sent.map_err(|refusal| filled.refused(refusal == Refusal::Files, refusal.words())))
}

/// A file of a request, for whoever may see the request.
///
/// # Errors
/// `NotFound` for one of another request, `Gone` where it is lost.
pub async fn file(app: &App, request: &DataRequest, sid: &str) -> WebResult {
    let id: FileId = sid.parse().map_err(|_| AppError::NotFound)?;
    let file = messages::file(&mut *app.db.get().await?, request.id, id).await?;
    files::web::answer(app, &file).await
}
