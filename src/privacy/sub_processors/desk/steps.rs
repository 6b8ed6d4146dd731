//! What is done with a sub-processor: what binds it is noted, it is published, and it ends.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::forms::AssuranceForm;
use super::{find, page, path};
use crate::platform::app::App;
use crate::platform::ids::SubProcessorId;
use crate::platform::web::flash;
use crate::platform::web::guards::{RecentStaff, Staff};
use crate::platform::web::pages::{WebResult, see_other};
use crate::privacy::sub_processors::{self, Approval};
use crate::staff::permissions::KeepsSubProcessors;

/// `POST /staff/sub-processors/{processor}/assurance`
pub async fn assure(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<KeepsSubProcessors>,
    id: web::Path<SubProcessorId>,
    typed: web::Form<AssuranceForm>,
) -> WebResult {
    let is_public = find(&app, *id).await?.is_active();
    match typed.parse(app.clock.now().date_naive(), is_public) {
        Ok(assurance) => {
            sub_processors::assure(&app, &who, *id, &assurance).await?;
            flash::success(&request, "It is noted what binds it.");
            Ok(see_other(&path(*id)))
        }
        Err(form) => page(&app, &request, &who, *id, Some(form)).await,
    }
}

/// What the approval sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ApprovalForm {
    seen: String,
}

/// `POST /staff/sub-processors/{processor}/approval`
pub async fn approve(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<KeepsSubProcessors>,
    id: web::Path<SubProcessorId>,
    typed: web::Form<ApprovalForm>,
) -> WebResult {
    match sub_processors::approve(&app, &who, *id, &typed.seen).await? {
        Approval::Published => {
            flash::success(&request, "It is published, on the page and in the feed.");
        }
        Approval::Own => {
            flash::info(&request, "You proposed this one yourself: a colleague publishes it.");
        }
        Approval::Unseen => {
            flash::info(&request, "What binds it was noted anew meanwhile. Look at it again.");
        }
        Approval::Unassured => {
            flash::info(
                &request,
                "Without a contract and a close look nobody works for us. Note both, with their days, first.",
            );
        }
    }
    Ok(see_other(&path(*id)))
}

/// `POST /staff/sub-processors/{processor}/end`
pub async fn end(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<KeepsSubProcessors>,
    id: web::Path<SubProcessorId>,
) -> WebResult {
    sub_processors::end(&app, &who, *id).await?;
    flash::success(&request, "It has ended. If it was published, the page and the feed say so.");
    Ok(see_other(&path(*id)))
}
