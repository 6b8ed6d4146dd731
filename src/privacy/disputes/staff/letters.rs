//! What staff write to whoever raised a dispute, and the files of both sides.

use actix_web::{HttpRequest, web};

use super::forms::Forms;
use super::show::page;
use super::{find, path};
use crate::platform::app::App;
use crate::platform::web::flash;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{WebResult, see_other};
use crate::privacy::disputes::states::By;
use crate::privacy::disputes::{files, letter};
use crate::staff::desk::{self, Queue};
use crate::staff::permissions::WorksOnRequests;

/// `POST /staff/disputes/{dispute}/messages`
pub async fn write(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    payload: web::Payload,
) -> WebResult {
    let found = find(&app, &sid).await?;
    if let Err(form) = letter::write(&app, &request, payload, By::Staff(who.person), &found).await? {
        return page(&app, &request, &who, &found, Forms { message: Some(form), ..Forms::default() }).await;
    }
    flash::success(&request, "Your message stands on their page, and a mail tells them so.");
    Ok(see_other(&path(found.id)))
}

/// `GET /staff/disputes/{dispute}/files/{file}`: for whoever has the dispute open (S105); others are led to its page.
pub async fn file(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sids: web::Path<(String, String)>,
) -> WebResult {
    let found = find(&app, &sids.0).await?;
    if !desk::web::opens_files(&app, &request, &who, (Queue::Disputes, found.id.0)).await? {
        return Ok(see_other(&path(found.id)));
    }
    files::hand_out(&app, &found, &sids.1).await
}
