//! The desk that opens surveys and reads what was answered.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::web::id_of;
use super::{Answers, MOST_QUESTIONS, NewSurvey, Survey, queries};
use crate::identity::people::parse_optional;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::PublishesOffers;

const PATH: &str = "/staff/surveys";

#[derive(askama::Template)]
#[template(path = "public/surveys/staff_index.html")]
struct IndexPage {
    page: Page,
    surveys: Vec<Survey>,
    pager: Pager,
}

/// `GET /staff/surveys`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<PublishesOffers>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let surveys = queries::all(&mut conn, keyset.window()).await?;
    let (surveys, pager) = keyset.page(surveys, |survey| survey.id.0, PATH, "");
    pages::ok(&IndexPage { page: Page::of(&request, "Surveys"), surveys, pager })
}

/// What the form of a survey sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SurveyForm {
    title: String,
    about: String,
    questions: String,
}

impl SurveyForm {
    fn draw(&self) -> Form {
        Form::new(vec![
            Field::text("title", "Title").value(&self.title).autocomplete("off"),
            Field::textarea("about", "What it is for").value(&self.about),
            Field::textarea("questions", "Questions")
                .value(&self.questions)
                .hint(format!("One to a line, up to {MOST_QUESTIONS}. Every answer is optional.")),
        ])
    }

    fn parse(&self) -> Result<NewSurvey, Form> {
        let mut form = self.draw();
        match parse_optional(&self.title) {
            Ok(Some(_)) => {}
            Ok(None) => form.fail("title", "Enter a title."),
            Err(message) => form.fail("title", message),
        }
        let lines = self.questions.lines().map(str::trim).filter(|line| !line.is_empty());
        let questions: Vec<String> = lines.map(str::to_owned).collect();
        if questions.is_empty() || questions.len() > MOST_QUESTIONS {
            form.fail("questions", format!("Enter 1 to {MOST_QUESTIONS} questions, one to a line."));
        }
        let (title, about) = (self.title.trim().to_owned(), self.about.trim().to_owned());
        if form.has_errors() { Err(form) } else { Ok(NewSurvey { title, about, questions }) }
    }
}

#[derive(askama::Template)]
#[template(path = "public/surveys/staff_new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

/// `GET /staff/surveys/new`
pub async fn new(request: HttpRequest, _who: Staff<PublishesOffers>) -> WebResult {
    pages::ok(&NewPage { page: Page::of(&request, "Open a survey"), form: SurveyForm::default().draw() })
}

/// `POST /staff/surveys/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PublishesOffers>,
    typed: web::Form<SurveyForm>,
) -> WebResult {
    match typed.parse() {
        Ok(new) => {
            let id = super::open(&app, &who, &new).await?;
            flash::success(&request, "The survey is open. It is on the public list now.");
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(form) => pages::unprocessable(&NewPage { page: Page::of(&request, "Open a survey"), form }),
    }
}

#[derive(askama::Template)]
#[template(path = "public/surveys/staff_show.html")]
struct ShowPage {
    page: Page,
    survey: Survey,
    questions: Vec<String>,
    rows: Vec<Answers>,
    pager: Pager,
}

/// `GET /staff/surveys/{survey}`: what was answered. Whose answers they are is not shown.
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<PublishesOffers>,
    survey: web::Path<String>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let id = id_of(&survey)?;
    let mut conn = app.db.get().await?;
    let survey = queries::find(&mut conn, id).await?;
    let rows = queries::answers(&mut conn, id, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id, &format!("{PATH}/{id}"), "");
    let (page, questions) = (Page::of(&request, &survey.title), survey.questions());
    pages::ok(&ShowPage { page, survey, questions, rows, pager })
}

/// `POST /staff/surveys/{survey}/closing`
pub async fn close(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PublishesOffers>,
    survey: web::Path<String>,
) -> WebResult {
    let id = id_of(&survey)?;
    if !super::close(&app, &who, id).await? {
        return Err(AppError::Gone("This survey is closed already."));
    }
    flash::success(&request, "The survey is closed. The answers stay here for two years.");
    Ok(see_other(&format!("{PATH}/{id}")))
}
