//! The desk of closures: those under way, and closing on behalf of an owner who asks by mail (S78). What was written about
//! one is read on its own page, by whoever says why (S105).

pub mod show;

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::queries::{self, Closure};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::AccountId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{RecentStaff, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::WorksOnRequests;

const PATH: &str = "/staff/closures";

/// A closure, as the list shows it.
struct Line {
    path: String,
    account: String,
    by_staff: bool,
    since: String,
    /// What comes next, with its date.
    next: String,
    closed: bool,
}

impl From<Closure> for Line {
    fn from(closure: Closure) -> Self {
        let closed = closure.content_ordered_at.is_some();
        Self {
            path: format!("{PATH}/{}", closure.id),
            account: closure.account.to_string(),
            by_staff: closure.requested_by_kind == "staff",
            since: moment(&closure.requested_at),
            next: next(&closure),
            closed,
        }
    }
}

/// What comes next, with its date.
fn next(closure: &Closure) -> String {
    match (&closure.undone_at, &closure.content_ordered_at) {
        (Some(at), _) => format!("was undone {}", moment(at)),
        (None, Some(_)) => format!("the rest goes by {}", moment(&closure.data_until)),
        (None, None) => format!("can be undone until {}", moment(&closure.content_until)),
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/closure/staff_index.html")]
struct IndexPage {
    page: Page,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /staff/closures`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<WorksOnRequests>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let rows = queries::list(&mut *app.db.get().await?, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, queries::key, PATH, "");
    let lines = rows.into_iter().map(Line::from).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Closures"), lines, pager })
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OnBehalfForm {
    account: String,
    note: String,
}

impl OnBehalfForm {
    fn draw(&self) -> Form {
        Form::new(vec![
            Field::text("account", "SID of the account").value(&self.account).autocomplete("off"),
            Field::textarea("note", "What the owner wrote, and how you know that it was them")
                .hint("They get a mail at once, and can undo it for thirty days.")
                .value(&self.note),
        ])
    }

    fn parse(&self) -> Result<(AccountId, String), Form> {
        let mut form = self.draw();
        let account = self.account.trim().parse();
        if account.is_err() {
            form.fail("account", "Enter the SID of an account: AC and 32 characters.");
        }
        let note = self.note.trim();
        if !(10..=2000).contains(&note.chars().count()) {
            form.fail("note", "Write 10 to 2,000 characters.");
        }
        match account {
            Ok(account) if !form.has_errors() => Ok((account, note.to_owned())),
            _ => Err(form),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/closure/staff_new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

/// `GET /staff/closures/new`
pub async fn new(request: HttpRequest, _who: RecentStaff<WorksOnRequests>) -> WebResult {
    let form = OnBehalfForm::default().draw();
    pages::ok(&NewPage { page: Page::of(&request, "Close an account on request"), form })
}

/// `POST /staff/closures/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<WorksOnRequests>,
    typed: web::Form<OnBehalfForm>,
) -> WebResult {
    let form = match typed.parse() {
        Ok((account, note)) => match super::request_on_behalf(&app, &who, account, &note).await {
            Ok(Ok(_)) => {
                flash::success(&request, "The account is being closed. Its owner got a mail.");
                return Ok(see_other(PATH));
            }
            outcome => {
                let mut form = typed.draw();
                match outcome {
                    Ok(Err(refusal)) => form.fail("account", refusal.words()),
                    Err(AppError::NotFound) => form.fail("account", "There is no account with this SID."),
                    Err(error) => return Err(error),
                    Ok(Ok(_)) => {}
                }
                form
            }
        },
        Err(form) => form,
    };
    pages::unprocessable(&NewPage { page: Page::of(&request, "Close an account on request"), form })
}
