//! What is done with a partner: published, handed a list, told to stop, ended.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use super::{desk, path};
use crate::platform::app::App;
use crate::platform::codes;
use crate::platform::error::AppError;
use crate::platform::ids::{PartnerId, ShareId};
use crate::platform::web::flash;
use crate::platform::web::guards::{RecentStaff, Staff};
use crate::platform::web::pages::{WebResult, see_other};
use crate::preferences::partners::{self, shares};
use crate::staff::desk::csv;
use crate::staff::permissions::PlansCampaigns;

/// `POST /staff/partners/{partner}/approval`
pub async fn approve(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<PlansCampaigns>,
    id: web::Path<PartnerId>,
) -> WebResult {
    if partners::approve(&app, &desk(&who), *id).await? {
        flash::success(&request, "The partner is published. People are asked from now on.");
    } else {
        flash::info(&request, "You proposed this partner yourself: a colleague publishes it.");
    }
    Ok(see_other(&path(*id)))
}

/// `POST /staff/partners/{partner}/end`
pub async fn end(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<PlansCampaigns>,
    id: web::Path<PartnerId>,
) -> WebResult {
    partners::end(&app, &desk(&who), *id).await?;
    flash::success(&request, "The partner has ended. Tell it to stop using what it got.");
    Ok(see_other(&path(*id)))
}

/// What the form of a share sends.
#[derive(Debug, Deserialize)]
pub struct ShareForm {
    /// Names the share.
    share: Option<ShareId>,
}

/// `POST /staff/partners/{partner}/shares`
pub async fn share(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<PlansCampaigns>,
    id: web::Path<PartnerId>,
    typed: web::Form<ShareForm>,
) -> WebResult {
    let share = typed.share.ok_or_else(|| AppError::BadRequest("The form names no share.".into()))?;
    match shares::make(&app, &desk(&who), *id, share).await? {
        Some(0) => flash::info(&request, "Nobody's yes stands, so nothing was shared."),
        Some(many) => {
            let many = codes::count(many);
            flash::success(
                &request,
                format!("Addresses in the list: {many}. Take the file and hand it over."),
            );
        }
        None => flash::info(&request, "This share was made already."),
    }
    Ok(see_other(&path(*id)))
}

/// `GET /staff/partners/{partner}/shares/{share}/file`: the list of a share, for the partner.
pub async fn file(
    app: web::Data<App>,
    who: RecentStaff<PlansCampaigns>,
    ids: web::Path<(PartnerId, ShareId)>,
) -> Result<HttpResponse, AppError> {
    let (partner, share) = ids.into_inner();
    shares::note_taking(&app, &desk(&who), partner, share).await?;
    Ok(csv::stream("addresses", &["reference", "email"], move |below: Option<Uuid>| {
        let app = app.clone();
        async move { shares::lines(&app, partner, share, below).await }
    }))
}

/// `GET /staff/partners/{partner}/ended-consents`: the references of which the partner is to be told.
pub async fn ended(
    app: web::Data<App>,
    _who: Staff<PlansCampaigns>,
    id: web::Path<PartnerId>,
) -> Result<HttpResponse, AppError> {
    let partner = partners::find(&app, *id).await?.id;
    Ok(csv::stream("ended-consents", &["reference", "shared_at"], move |below: Option<Uuid>| {
        let app = app.clone();
        async move { shares::untold(&app, partner, below).await }
    }))
}

/// `POST /staff/partners/{partner}/notices`: mails the partner to stop.
pub async fn tell(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<PlansCampaigns>,
    id: web::Path<PartnerId>,
) -> WebResult {
    match shares::tell(&app, &desk(&who), *id).await? {
        0 => flash::info(&request, "There is nothing to tell: every yes that it got stands, or it was told."),
        many => {
            flash::success(
                &request,
                format!("A mail is on its way. Consents that ended, named in it: {many}."),
            );
        }
    }
    Ok(see_other(&path(*id)))
}
