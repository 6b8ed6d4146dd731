//! The form of a message, with files. Both sides use it, and it works without scripts: where something is wrong, what was
//! typed stands there again, and files are to be chosen again, because no browser keeps them.

use actix_web::{HttpRequest, web};

use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::{self, upload, upload::Upload};
use crate::platform::ids::FileId;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::WebResult;
use crate::privacy::data_requests::DataRequest;
use crate::privacy::data_requests::messages::{self, Letter};
use crate::privacy::data_requests::states::{By, Refusal};

/// The field of the files.
const FILES: &str = "files";

/// What was typed.
#[derive(Debug, Default)]
pub struct MessageForm {
    body: String,
}

impl MessageForm {
    /// The form with what was typed.
    pub fn draw(&self) -> Form {
        let limit = u32::try_from(messages::LONGEST).ok();
        let field = Field { maxlength: limit, ..Field::textarea("body", "Your message") };
        let body = field.value(&self.body).hint(
            "Please leave out what we do not need: no card numbers, passwords or tokens, nothing about anybody's health.",
        );
        Form::new(vec![body, upload::field(FILES, "Files")])
    }
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
    let upload = Upload::read(app, request, payload, FILES).await?;
    let typed = MessageForm { body: upload.text("body").to_owned() };
    let mut form = typed.draw();
    let body = messages::parse(&typed.body).map_err(|message| form.fail("body", message)).ok();
    if !upload.refused.is_empty() {
        form.fail(FILES, &upload.refused);
    }
    let Some(body) = body.filter(|_| !form.has_errors()) else {
        if !upload.files.is_empty() {
            form.fail(FILES, "Choose the files again: browsers do not keep them.");
        }
        upload.discard(app).await;
        return Ok(Err(form));
    };
    let letter = Letter { body, files: upload.files };
    Ok(messages::send(app, by, found, &letter).await?.map_err(|refusal| {
        match refusal {
            Refusal::Files => form.fail(FILES, refusal.words()),
            _ => form.fail_whole(refusal.words()),
        }
        form
    }))
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
