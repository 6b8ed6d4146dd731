//! The desk of the sales team. Who wrote and what is masked until somebody claims the enquiry or types why they look (S105).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use serde::Deserialize;
use uuid::Uuid;

use super::{Enquiry, Noted, queries};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{EnquiryId, PersonId};
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::desk::looks::{Access, Item};
use crate::staff::desk::web::LookForm;
use crate::staff::desk::{self, Queue};
use crate::staff::masks;
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
    path: String,
    enquiry: Enquiry,
    /// Its address, masked where the rest is hidden.
    email: String,
    is_open: bool,
    is_mine: bool,
    holder: Option<(String, String)>,
    look: Option<Form>,
    open_until: String,
    form: Form,
}

fn id_of(path: &str) -> Result<EnquiryId, AppError> {
    path.parse().map_err(|_| AppError::NotFound)
}

fn path_of(id: EnquiryId) -> String {
    format!("{PATH}/{id}")
}

/// Who signs in with the address of an enquiry, once it was confirmed: before, anybody may have typed it.
async fn writer(conn: &mut AsyncPgConnection, enquiry: &Enquiry) -> QueryResult<Option<PersonId>> {
    if enquiry.confirmed_at.is_none() {
        return Ok(None);
    }
    Ok(people::find_by_email(conn, &enquiry.email).await?.map(|person| person.id))
}

/// The page; `look` is the form of a reason with what is wrong in it.
async fn page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    id: EnquiryId,
    look: Option<Form>,
) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let enquiry = queries::find(&mut conn, id).await?;
    let item = Item::new(Queue::Enquiries, id.0, id).about(writer(&mut conn, &enquiry).await?);
    let (access, holder) = (item.access(&mut conn, who, now).await?, item.holder(&mut conn, now).await?);
    drop(conn);
    item.note(app, who, &access).await?;
    let (open, form) = (access.is_open(), look.clone().unwrap_or_default());
    let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = ShowPage {
        page: Page::of(request, "Sales enquiry"),
        path: path_of(id),
        email: if open { enquiry.email.clone() } else { masks::email(&enquiry.email) },
        is_open: open,
        is_mine: access == Access::Claimed,
        holder,
        look: LookForm::door(&access, look),
        open_until: access.until(),
        enquiry,
        form,
    };
    pages::with_status(status, &shown)
}

/// `GET /staff/sales/{enquiry}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersSales>,
    enquiry: web::Path<String>,
) -> WebResult {
    page(&app, &request, &who, id_of(&enquiry)?, None).await
}

/// `POST /staff/sales/{enquiry}/claim`
pub async fn claim(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersSales>,
    enquiry: web::Path<String>,
) -> WebResult {
    let id = id_of(&enquiry)?;
    queries::find(&mut *app.db.get().await?, id).await?;
    desk::web::claim(&app, &request, &who, (Queue::Enquiries, id.0), &path_of(id)).await
}

/// `POST /staff/sales/{enquiry}/release`
pub async fn release(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersSales>,
    enquiry: web::Path<String>,
) -> WebResult {
    let id = id_of(&enquiry)?;
    desk::web::release(&app, &request, &who, (Queue::Enquiries, id.0), &path_of(id)).await
}

/// `POST /staff/sales/{enquiry}/looks`
pub async fn look(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersSales>,
    enquiry: web::Path<String>,
    typed: web::Form<LookForm>,
) -> WebResult {
    let id = id_of(&enquiry)?;
    queries::find(&mut *app.db.get().await?, id).await?;
    match typed.open(&app, &who, Queue::Enquiries, id.0).await? {
        Ok(()) => Ok(see_other(&path_of(id))),
        Err(form) => page(&app, &request, &who, id, Some(form)).await,
    }
}

/// `POST /staff/sales/{enquiry}/answer`: notes that somebody has answered, by whoever has it open.
pub async fn answer(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<AnswersSales>,
    enquiry: web::Path<String>,
) -> WebResult {
    let id = id_of(&enquiry)?;
    match super::answer(&app, &who, id).await? {
        Noted::Done => flash::success(&request, "The enquiry is noted as answered."),
        Noted::Before => flash::info(&request, "Somebody noted this enquiry as answered before."),
        Noted::Unseen => {
            flash::info(&request, "Claim the enquiry, or say why you look, before you note it as answered.");
            return Ok(see_other(&path_of(id)));
        }
    }
    Ok(see_other(PATH))
}
