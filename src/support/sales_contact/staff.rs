//! The desk of the sales team.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use uuid::Uuid;

use super::{Enquiry, queries};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::EnquiryId;
use crate::platform::web::flash;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::AnswersSales;

const PATH: &str = "/staff/sales";

/// Which enquiries are shown, and from where on.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    before: Option<Uuid>,
    after: Option<Uuid>,
    all: Option<String>,
}

#[derive(askama::Template)]
#[template(path = "support/sales_contact/staff_index.html")]
struct IndexPage {
    page: Page,
    rows: Vec<Enquiry>,
    all: bool,
    pager: Pager,
}

/// `GET /staff/sales`: what waits for an answer, or with `?all=1` everything that is kept.
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<AnswersSales>,
    asked: web::Query<Asked>,
) -> WebResult {
    let (all, keyset) = (asked.all.is_some(), Keyset { before: asked.before, after: asked.after });
    let mut conn = app.db.get().await?;
    let rows = queries::list(&mut conn, all, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id.0, PATH, if all { "&all=1" } else { "" });
    pages::ok(&IndexPage { page: Page::of(&request, "Sales enquiries"), rows, all, pager })
}

#[derive(askama::Template)]
#[template(path = "support/sales_contact/staff_show.html")]
struct ShowPage {
    page: Page,
    enquiry: Enquiry,
}

fn id_of(path: &str) -> Result<EnquiryId, AppError> {
    path.parse().map_err(|_| AppError::NotFound)
}

/// `GET /staff/sales/{enquiry}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<AnswersSales>,
    enquiry: web::Path<String>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let enquiry = queries::find(&mut conn, id_of(&enquiry)?).await?;
    pages::ok(&ShowPage { page: Page::of(&request, "Sales enquiry"), enquiry })
}

/// `POST /staff/sales/{enquiry}/answer`: notes that somebody has answered.
pub async fn answer(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersSales>,
    enquiry: web::Path<String>,
) -> WebResult {
    super::answer(&app, &who, id_of(&enquiry)?).await?;
    flash::success(&request, "The enquiry is noted as answered.");
    Ok(see_other(PATH))
}
