//! The desk that publishes papers and sees who asked for them.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::web::id_of;
use super::{NewPaper, PaperRequest, WhitePaper, queries};
use crate::identity::people::parse_optional;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::PublishesOffers;

const PATH: &str = "/staff/white-papers";
/// Longest paper in characters.
const LONGEST: u32 = 30_000;

#[derive(askama::Template)]
#[template(path = "public/white_papers/staff_index.html")]
struct IndexPage {
    page: Page,
    papers: Vec<WhitePaper>,
    pager: Pager,
}

/// `GET /staff/white-papers`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<PublishesOffers>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let papers = queries::all(&mut conn, keyset.window()).await?;
    let (papers, pager) = keyset.page(papers, |paper| paper.id.0, PATH, "");
    pages::ok(&IndexPage { page: Page::of(&request, "White papers"), papers, pager })
}

/// What the form of a paper sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewPaperForm {
    title: String,
    summary: String,
    body: String,
}

impl NewPaperForm {
    fn draw(&self) -> Form {
        Form::new(vec![
            Field::text("title", "Title").value(&self.title).autocomplete("off"),
            Field::textarea("summary", "What it is about").value(&self.summary),
            Field { maxlength: Some(LONGEST), ..Field::textarea("body", "Text") }
                .value(&self.body)
                .hint("A blank line begins a new paragraph."),
        ])
    }

    fn parse(&self) -> Result<NewPaper, Form> {
        let mut form = self.draw();
        match parse_optional(&self.title) {
            Ok(Some(_)) => {}
            Ok(None) => form.fail("title", "Enter a title."),
            Err(message) => form.fail("title", message),
        }
        let body = self.body.replace("\r\n", "\n").trim().to_owned();
        if body.is_empty() {
            form.fail("body", "Enter the text.");
        } else if body.chars().count() > LONGEST as usize {
            form.fail("body", format!("This is longer than {LONGEST} characters."));
        }
        let (title, summary) = (self.title.trim().to_owned(), self.summary.trim().to_owned());
        if form.has_errors() { Err(form) } else { Ok(NewPaper { title, summary, body }) }
    }
}

#[derive(askama::Template)]
#[template(path = "public/white_papers/staff_new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

/// `GET /staff/white-papers/new`
pub async fn new(request: HttpRequest, _who: Staff<PublishesOffers>) -> WebResult {
    let page = Page::of(&request, "Publish a white paper");
    pages::ok(&NewPage { page, form: NewPaperForm::default().draw() })
}

/// `POST /staff/white-papers/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PublishesOffers>,
    typed: web::Form<NewPaperForm>,
) -> WebResult {
    match typed.parse() {
        Ok(new) => {
            let id = super::publish(&app, &who, &new).await?;
            flash::success(&request, "The paper is on the public list now.");
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(form) => {
            pages::unprocessable(&NewPage { page: Page::of(&request, "Publish a white paper"), form })
        }
    }
}

#[derive(askama::Template)]
#[template(path = "public/white_papers/staff_show.html")]
struct ShowPage {
    page: Page,
    paper: WhitePaper,
    rows: Vec<PaperRequest>,
    pager: Pager,
}

/// `GET /staff/white-papers/{paper}`: the paper and who asked for it.
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<PublishesOffers>,
    paper: web::Path<String>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let id = id_of(&paper)?;
    let mut conn = app.db.get().await?;
    let paper = queries::find(&mut conn, id).await?;
    let rows = queries::requests(&mut conn, id, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id, &format!("{PATH}/{id}"), "");
    pages::ok(&ShowPage { page: Page::of(&request, &paper.title), paper, rows, pager })
}

/// `POST /staff/white-papers/{paper}/withdrawal`
pub async fn withdraw(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PublishesOffers>,
    paper: web::Path<String>,
) -> WebResult {
    let id = id_of(&paper)?;
    if !super::withdraw(&app, &who, id).await? {
        return Err(AppError::Gone("This paper is not on the list (any more)."));
    }
    flash::success(&request, "The paper is off the list. Links that were mailed still open it.");
    Ok(see_other(&format!("{PATH}/{id}")))
}
