//! What the owner writes after they filed an appeal, and the files of both sides.

use actix_web::{HttpRequest, web};

use super::page::page;
use super::{find, open};
use crate::accounts::guard::Member;
use crate::accounts::permissions::{Manages, Sees};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::letter::Sheet;
use crate::platform::files::{self, upload};
use crate::platform::ids::FileId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{WebResult, see_other};
use crate::trust::appeals::{self, Refusal, admit};

/// The form of a message of the owner.
pub(super) const SHEET: Sheet = Sheet { text: "text", draw, parse: appeals::parse };

fn draw(typed: &str) -> Form {
    let text = Field::textarea("text", "Write to whoever works on it").value(typed);
    Form::new(vec![
        text.hint("Up to 2,000 characters. Please leave out card numbers, passwords and tokens."),
        upload::field(upload::FIELD, "Files"),
    ])
}

/// `POST /accounts/{account}/suspensions/{suspension}/appeal/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Manages>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> WebResult {
    let suspension = find(&app, &who.account, &path.1).await?;
    let open = open(&app, &suspension).await?;
    // What comes too late is read too, so it counts.
    let key = open.as_ref().map_or_else(|_| suspension.id.to_string(), |appeal| appeal.id.to_string());
    admit(&app, &key, "customer").await?;
    let form = match SHEET.read(&app, &request, payload).await? {
        Err(form) => form,
        Ok(filled) => {
            let letter = &filled.letter;
            let written = match &open {
                Ok(appeal) => appeals::write(&app, &who, appeal, letter).await?,
                Err(refusal) => letter.settle(&app, Ok(Err(*refusal))).await?,
            };
            let Err(refusal) = written else {
                flash::success(&request, "Your message stands with the appeal.");
                return Ok(see_other(&suspension.path("/appeal")));
            };
            filled.refused(refusal == Refusal::Files, refusal.words())
        }
    };
    page(&app, &request, &who.account, &suspension, form).await
}

/// `GET /accounts/{account}/suspensions/{suspension}/appeal/files/{file}`: for whoever sees the page.
pub async fn file(
    app: web::Data<App>,
    who: Member<Sees>,
    path: web::Path<(String, String, String)>,
) -> WebResult {
    let suspension = find(&app, &who.account, &path.1).await?;
    let id: FileId = path.2.parse().map_err(|_| AppError::NotFound)?;
    let (_, file) = appeals::files::find(&mut *app.db.get().await?, suspension.id, id).await?;
    files::web::answer(&app, &file).await
}
