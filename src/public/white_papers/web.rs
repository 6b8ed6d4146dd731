//! White papers as everybody sees them, and the form that asks for one.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{NewRequest, WhitePaper, queries};
use crate::identity::people::{parse_email, parse_optional};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::WhitePaperId;
use crate::platform::web::caller::Caller;
use crate::platform::web::form_guard::{self, Sent};
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::session;

/// The name of the form, for its guard.
const FORM: &str = "white_paper";

#[derive(askama::Template)]
#[template(path = "public/white_papers/index.html")]
struct IndexPage {
    page: Page,
    papers: Vec<WhitePaper>,
}

/// `GET /white-papers`
pub async fn index(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let mut conn = app.db.get().await?;
    let papers = queries::listed(&mut conn).await?;
    pages::ok(&IndexPage { page: Page::of(&request, "White papers"), papers })
}

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PaperForm {
    email: String,
    company: String,
    role: String,
    use_case: String,
    stamp: String,
    website: String,
}

impl PaperForm {
    fn sent(&self) -> Sent<'_> {
        Sent { form: FORM, stamp: &self.stamp, trap: &self.website }
    }

    fn draw(&self, stamp: &str) -> Form {
        Form::new(vec![
            Field::hidden("stamp", stamp),
            Field::email("email", "Your e-mail address").value(&self.email),
            Field::text("company", "Company").value(&self.company).optional().autocomplete("organization"),
            Field::text("role", "Your role there")
                .value(&self.role)
                .optional()
                .autocomplete("organization-title"),
            Field::text("use_case", "What you want it for")
                .value(&self.use_case)
                .optional()
                .autocomplete("off")
                .hint("Nothing secret, please, and no card numbers: we keep neither."),
        ])
    }

    fn parse(&self, form: &mut Form) -> Option<NewRequest> {
        let email = parse_email(&self.email).map_err(|message| form.fail("email", message)).ok();
        let mut line =
            |name, typed: &str| parse_optional(typed).map_err(|message| form.fail(name, message)).ok();
        let (company, role) = (line("company", &self.company), line("role", &self.role));
        let use_case = line("use_case", &self.use_case);
        Some(NewRequest { email: email?, company: company?, role: role?, use_case: use_case? })
    }
}

#[derive(askama::Template)]
#[template(path = "public/white_papers/show.html")]
struct ShowPage {
    page: Page,
    paper: WhitePaper,
    sent: bool,
    form: Form,
}

/// The paper that a path names.
pub(super) fn id_of(path: &str) -> Result<WhitePaperId, AppError> {
    path.parse().map_err(|_| AppError::NotFound)
}

async fn page(app: &App, request: &HttpRequest, id: WhitePaperId, form: Form) -> Result<ShowPage, AppError> {
    let mut conn = app.db.get().await?;
    let paper = queries::find_listed(&mut conn, id).await?;
    let sent = request.query_string() == "sent=1";
    Ok(ShowPage { page: Page::of(request, &paper.title), paper, sent, form })
}

/// `GET /white-papers/{paper}`
pub async fn show(app: web::Data<App>, request: HttpRequest, paper: web::Path<String>) -> WebResult {
    let email = session::auth(&request).map(|auth| auth.email).unwrap_or_default();
    let typed = PaperForm { email, ..PaperForm::default() };
    let form = typed.draw(&form_guard::stamp(&app, FORM));
    pages::ok(&page(&app, &request, id_of(&paper)?, form).await?)
}

/// `POST /white-papers/{paper}`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    paper: web::Path<String>,
    typed: web::Form<PaperForm>,
) -> WebResult {
    let id = id_of(&paper)?;
    let mut form = typed.draw(&form_guard::stamp_again(&app, typed.sent()));
    let Some(new) = typed.parse(&mut form) else {
        return pages::unprocessable(&page(&app, &request, id, form).await?);
    };
    if let Err(message) = form_guard::admit(&app, &caller, typed.sent()).await? {
        form.fail_whole(message);
        return pages::unprocessable(&page(&app, &request, id, form).await?);
    }
    form_guard::admit_mail(&app, &new.email).await?;
    super::request(&app, &caller, id, &new).await?;
    Ok(see_other(&format!("/white-papers/{id}?sent=1")))
}

#[derive(askama::Template)]
#[template(path = "public/white_papers/document.html")]
struct DocumentPage {
    page: Page,
    paper: WhitePaper,
}

/// `GET /white-papers/documents/{token}`: the paper itself.
pub async fn document(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let paper = super::open(&app, &token).await?;
    pages::ok(&DocumentPage { page: Page::of(&request, &paper.title), paper })
}
