//! What a reviewer writes to the owner, and the files of both sides.

use actix_web::{HttpRequest, web};

use super::show::{Forms, page};
use super::{find, path};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::letter::Sheet;
use crate::platform::files::{self, upload};
use crate::platform::ids::FileId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{WebResult, see_other};
use crate::staff::desk::{self, Queue};
use crate::staff::permissions::DecidesAppeals;
use crate::trust::appeals::{self, Refusal, admit, deciding};

/// The form of a message of staff.
pub(super) const SHEET: Sheet = Sheet { text: "text", draw, parse: appeals::parse };

fn draw(typed: &str) -> Form {
    let text = Field::textarea("text", "Ask or tell the owner something").value(typed);
    let hint =
        "Up to 2,000 characters. It stands on their page; a mail says that there is something to read.";
    Form::new(vec![text.hint(hint), upload::field(upload::FIELD, "Files")])
}

/// `POST /staff/appeals/{appeal}/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
    payload: web::Payload,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    admit(&app, &appeal.id.to_string(), "staff").await?;
    let form = match SHEET.read(&app, &request, payload).await? {
        Err(form) => form,
        Ok(filled) => {
            let Err(refusal) = deciding::write(&app, &who, appeal.id, &filled.letter).await? else {
                flash::success(&request, "Your message stands on their page, and a mail tells them so.");
                return Ok(see_other(&path(appeal.id)));
            };
            filled.refused(refusal == Refusal::Files, refusal.words())
        }
    };
    page(&app, &request, &who, &appeal, Forms { message: Some(form), ..Forms::default() }).await
}

/// `GET /staff/appeals/{appeal}/files/{file}`: for whoever has the appeal open (S105); others are led to its page.
pub async fn file(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    let appeal = find(&app, &sids.0).await?;
    let id: FileId = sids.1.parse().map_err(|_| AppError::NotFound)?;
    if !desk::web::opens_files(&app, &request, &who, (Queue::Appeals, appeal.id.0)).await? {
        return Ok(see_other(&path(appeal.id)));
    }
    let (of, file) = appeals::files::find(&mut *app.db.get().await?, appeal.suspension, id).await?;
    if of != appeal.id {
        return Err(AppError::NotFound);
    }
    files::web::answer(&app, &file).await
}
