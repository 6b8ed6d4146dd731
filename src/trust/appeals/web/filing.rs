//! Filing an appeal, which only an owner does who has just shown who they are. Writing takes longer than that counts, so a
//! text that comes too late waits, and is there again afterwards.

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};

use super::find;
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Member, RecentMember};
use crate::accounts::permissions::Manages;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::letter::Sheet;
use crate::platform::files::upload::{self, Upload};
use crate::platform::ids::SuspensionId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::trust::appeals::pace::Pace;
use crate::trust::appeals::{self, Appeal, LONGEST, Refusal, closed, due};
use crate::trust::suspensions::Suspension;

/// Where a text waits while its writer shows who they are.
const DRAFT: &str = "appeal_draft";
/// The form of an appeal.
const SHEET: Sheet = Sheet { text: "text", draw, parse: appeals::parse };

fn draw(typed: &str) -> Form {
    let text = Field::textarea("text", "Why is it wrong?").value(typed).hint(
        "Up to 2,000 characters: what happened from your side, what you have changed since, what we should look at. Please leave out card numbers, passwords and tokens.",
    );
    Form::new(vec![text, upload::field(upload::FIELD, "Files")])
}

#[derive(askama::Template)]
#[template(path = "trust/appeals/new.html")]
struct NewPage {
    page: Page,
    frame: Frame,
    title: &'static str,
    statement: String,
    action: String,
    due: String,
    until: String,
    is_second: bool,
    pace: String,
    form: Form,
}

async fn new_page(
    app: &App,
    request: &HttpRequest,
    account: &Account,
    suspension: &Suspension,
    form: Form,
) -> Result<NewPage, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let all = appeals::of_suspension(&mut conn, suspension.id).await?;
    let is_second = all.iter().any(Appeal::was_turned_down);
    let frame = Frame::of(request, account);
    let title = if is_second { "Appeal a second time" } else { "Appeal" };
    Ok(NewPage {
        page: frame.page(request, title),
        frame,
        title,
        statement: suspension.path(""),
        action: suspension.path("/appeal"),
        due: moment(&due(now)),
        until: moment(&suspension.appeal_until),
        is_second,
        pace: Pace::load(&mut conn, now).await?.words(),
        form,
    })
}

/// A text that waits for its writer to show who they are.
#[derive(Serialize, Deserialize)]
struct Draft {
    suspension: SuspensionId,
    text: String,
    /// There were files with it, which do not wait.
    #[serde(default)]
    had_files: bool,
}

/// `GET /accounts/{account}/suspensions/{suspension}/appeal/new`
pub async fn new(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentMember<Manages>,
    path: web::Path<(String, String)>,
) -> WebResult {
    let suspension = find(&app, &who.account, &path.1).await?;
    let all = appeals::of_suspension(&mut *app.db.get().await?, suspension.id).await?;
    if let Some(refusal) = closed(&suspension, &all, app.clock.now()) {
        flash::info(&request, refusal.words());
        return Ok(see_other(&suspension.path("")));
    }
    let draft: Option<Draft> = request.get_session().get(DRAFT).ok().flatten();
    let draft = draft.filter(|draft| draft.suspension == suspension.id);
    let mut form = (SHEET.draw)(draft.as_ref().map_or("", |draft| draft.text.as_str()));
    if draft.is_some_and(|draft| draft.had_files) {
        form.fail(upload::FIELD, upload::AGAIN);
    }
    pages::ok(&new_page(&app, &request, &who.account, &suspension, form).await?)
}

/// Keeps the text of whoever has to show first who they are, and sends them there.
async fn wait(app: &App, request: &HttpRequest, suspension: &Suspension, payload: web::Payload) -> WebResult {
    let upload = Upload::read(app, request, payload, upload::FIELD).await?;
    upload.discard(app).await;
    let had_files = !upload.files.is_empty() || !upload.refused.is_empty();
    let text = upload.text(SHEET.text).chars().take(2 * LONGEST).collect();
    let draft = Draft { suspension: suspension.id, text, had_files };
    request.get_session().insert(DRAFT, draft).map_err(anyhow::Error::from)?;
    let next = [("next", suspension.path("/appeal/new"))];
    let query = serde_urlencoded::to_string(next).map_err(anyhow::Error::from)?;
    Ok(see_other(&format!("/reauthentication?{query}")))
}

/// `POST /accounts/{account}/suspensions/{suspension}/appeal`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Manages>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> WebResult {
    let suspension = find(&app, &who.account, &path.1).await?;
    upload::admit(&app, &who.person.to_string()).await?;
    if !who.is_recent(app.clock.now()) {
        return wait(&app, &request, &suspension, payload).await;
    }
    let form = match SHEET.read(&app, &request, payload).await? {
        Err(form) => form,
        Ok(filled) => {
            let Err(refusal) = appeals::file(&app, &who, &suspension, &filled.letter).await? else {
                request.get_session().remove(DRAFT);
                flash::success(
                    &request,
                    "Your appeal is filed. Whoever decides had no part in the suspension.",
                );
                return Ok(see_other(&suspension.path("/appeal")));
            };
            filled.refused(refusal == Refusal::Files, refusal.words())
        }
    };
    pages::unprocessable(&new_page(&app, &request, &who.account, &suspension, form).await?)
}
