//! Surveys as everybody sees them, and the link to one's own answers.

use actix_web::{HttpRequest, web};

use super::{MOST_QUESTIONS, Survey, queries};
use crate::content::forbidden;
use crate::identity::people::ticked;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::SurveyId;
use crate::platform::web::caller::Caller;
use crate::platform::web::form_guard::{self, Sent};
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::session;

/// The name of the form, for its guard.
const FORM: &str = "survey";
/// Longest answer in characters.
const LONGEST: usize = 2000;
/// The name of the field for each question.
const NAMES: [&str; MOST_QUESTIONS] = [
    "answer1", "answer2", "answer3", "answer4", "answer5", "answer6", "answer7", "answer8", "answer9",
    "answer10", "answer11", "answer12", "answer13", "answer14", "answer15", "answer16", "answer17",
    "answer18", "answer19", "answer20",
];

#[derive(askama::Template)]
#[template(path = "public/surveys/index.html")]
struct IndexPage {
    page: Page,
    surveys: Vec<Survey>,
}

/// `GET /surveys`
pub async fn index(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let mut conn = app.db.get().await?;
    let surveys = queries::open(&mut conn).await?;
    pages::ok(&IndexPage { page: Page::of(&request, "Surveys"), surveys })
}

/// What the form sends: a field for each question, and the guard's own.
pub type Typed = Vec<(String, String)>;

fn field<'a>(typed: &'a [(String, String)], name: &str) -> &'a str {
    typed.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn sent(typed: &[(String, String)]) -> Sent<'_> {
    Sent { form: FORM, stamp: field(typed, "stamp"), trap: field(typed, "website") }
}

fn draw(survey: &Survey, typed: &[(String, String)], stamp: &str, signed_in: bool) -> Form {
    let mut fields = vec![Field::hidden("stamp", stamp)];
    for (question, name) in survey.questions().iter().zip(NAMES) {
        fields.push(Field::textarea(name, question).value(field(typed, name)).optional().autocomplete("off"));
    }
    if signed_in {
        let label = "Keep these answers with my data, under my name";
        let keep = Field::checkbox("keep", label, ticked(field(typed, "keep"))).optional();
        fields.push(keep.hint("Then they are in the copy of your data, and are deleted with it."));
    }
    Form::new(fields)
}

/// The answers without what should not be kept; at least one of them says something.
fn parse(survey: &Survey, typed: &[(String, String)], form: &mut Form) -> Vec<String> {
    let mut answers = Vec::new();
    for (_, name) in survey.questions().iter().zip(NAMES) {
        let answer = field(typed, name).trim();
        if answer.chars().count() > LONGEST {
            form.fail(name, format!("This is longer than {LONGEST} characters."));
        }
        answers.push(forbidden::redact(answer).0);
    }
    if answers.iter().all(String::is_empty) {
        form.fail_whole("Answer at least one question. All the others may stay empty.");
    }
    answers
}

#[derive(askama::Template)]
#[template(path = "public/surveys/show.html")]
struct ShowPage {
    page: Page,
    survey: Survey,
    form: Form,
}

/// The survey that a path names.
pub(super) fn id_of(path: &str) -> Result<SurveyId, AppError> {
    path.parse().map_err(|_| AppError::NotFound)
}

/// `GET /surveys/{survey}`
pub async fn show(app: web::Data<App>, request: HttpRequest, survey: web::Path<String>) -> WebResult {
    let mut conn = app.db.get().await?;
    let survey = queries::find(&mut conn, id_of(&survey)?).await?;
    let signed_in = session::auth(&request).is_some();
    let form = draw(&survey, &[], &form_guard::stamp(&app, FORM), signed_in);
    pages::ok(&ShowPage { page: Page::of(&request, &survey.title), survey, form })
}

/// `POST /surveys/{survey}`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    survey: web::Path<String>,
    typed: web::Form<Typed>,
) -> WebResult {
    let survey = queries::find(&mut *app.db.get().await?, id_of(&survey)?).await?;
    let auth = session::auth(&request);
    let stamp = form_guard::stamp_again(&app, sent(&typed));
    let mut form = draw(&survey, &typed, &stamp, auth.is_some());
    let answers = parse(&survey, &typed, &mut form);
    if !form.has_errors()
        && let Err(message) = form_guard::admit(&app, &caller, sent(&typed)).await?
    {
        form.fail_whole(message);
    }
    if form.has_errors() {
        return pages::unprocessable(&ShowPage { page: Page::of(&request, &survey.title), survey, form });
    }
    let person = auth.filter(|_| ticked(field(&typed, "keep"))).map(|auth| auth.person);
    let token = super::answer(&app, survey.id, person, &answers).await?;
    Ok(see_other(&format!("/surveys/answers/{token}")))
}

#[derive(askama::Template)]
#[template(path = "public/surveys/answers.html")]
struct AnswersPage {
    page: Page,
    title: String,
    rows: Vec<(String, String)>,
    kept: bool,
    token: String,
}

/// `GET /surveys/answers/{token}`
pub async fn show_answers(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let (answers, survey) = super::find(&app, &token).await?;
    pages::ok(&AnswersPage {
        page: Page::of(&request, "Your answers"),
        rows: answers.beside(&survey.questions()),
        title: survey.title,
        kept: answers.person_id.is_some(),
        token: token.into_inner(),
    })
}

/// `POST /surveys/answers/{token}/deletion`
pub async fn delete_answers(app: web::Data<App>, token: web::Path<String>) -> WebResult {
    super::forget(&app, &token).await?;
    Ok(see_other("/surveys/answers/deleted"))
}

#[derive(askama::Template)]
#[template(path = "public/surveys/deleted.html")]
struct DeletedPage {
    page: Page,
}

/// `GET /surveys/answers/deleted`
pub async fn deleted(request: HttpRequest) -> WebResult {
    pages::ok(&DeletedPage { page: Page::of(&request, "Your answers are deleted") })
}
