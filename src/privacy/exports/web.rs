//! The pages of copies: order one, see how far it is, fetch it, end it.

use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::failures::Failure;
use super::queries::{self, Export};
use super::{Ordered, Scope, State};
use crate::platform::app::App;
use crate::platform::codes;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, ExportId};
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::{Reauthenticated, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other, size};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::retention::rules;

const PATH: &str = "/privacy/exports";

/// A copy, as the pages show it.
struct View {
    path: String,
    of: String,
    ordered: (String, String),
    state: State,
    label: &'static str,
    badge: &'static str,
    export: Export,
    size: String,
    sha256: String,
    as_of: String,
    until: String,
    fetched: Option<(String, String)>,
    next: String,
}

impl View {
    fn of(app: &App, export: Export, account: Option<&str>) -> Self {
        let state = export.state(app.clock.now());
        let (label, badge) = match state {
            State::Waiting => ("Waiting", "info"),
            State::Running => ("Being made", "info"),
            State::Stumbled => ("Being tried again", "warning"),
            State::Ready => ("Ready", "success"),
            State::Expired => ("Expired", ""),
            State::Ended => ("Ended", ""),
            State::GivenUp => ("Failed", "danger"),
        };
        let words = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| moment(&at)).unwrap_or_default();
        Self {
            path: format!("{PATH}/{}", export.id),
            of: match (account, export.account_id) {
                (Some(name), _) => format!("Account “{name}”"),
                (None, Some(account)) => format!("Account {account}"),
                (None, None) => "All your data".into(),
            },
            ordered: (export.requested_at.to_rfc3339(), moment(&export.requested_at)),
            state,
            label,
            badge,
            size: size(u64::try_from(export.bytes.unwrap_or_default()).unwrap_or_default()),
            sha256: export.sha256.as_deref().map(hex::encode).unwrap_or_default(),
            as_of: words(export.as_of),
            until: words(export.expires_at),
            fetched: export.fetched_at.map(|at| (at.to_rfc3339(), moment(&at))),
            next: moment(&(export.requested_at + rules::EXPORT_PAUSE)),
            export,
        }
    }

    fn file_path(&self) -> String {
        format!("{}/file", self.path)
    }

    /// How many records are in it so far, for people.
    fn records(&self) -> String {
        codes::count(self.export.rows_done)
    }

    fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    fn is_under_way(&self) -> bool {
        matches!(self.state, State::Waiting | State::Running | State::Stumbled)
    }

    fn is_waiting(&self) -> bool {
        self.state == State::Waiting
    }

    fn is_stumbled(&self) -> bool {
        self.state == State::Stumbled
    }

    fn is_given_up(&self) -> bool {
        self.state == State::GivenUp
    }

    /// What the last try that failed did so of, in a sentence.
    fn over(&self) -> &'static str {
        let code = self.export.stumbled_over.as_deref();
        code.and_then(Failure::find).unwrap_or(Failure::Fault).words()
    }

    /// Whether a try follows one that failed.
    fn is_another_try(&self) -> bool {
        self.state == State::Running && self.export.stumbled_over.is_some()
    }

    /// What is being read, or was when it failed, in the words of the data map.
    fn at(&self) -> &'static str {
        let table = self.export.at_table.as_deref().or(self.export.stumbled_in.as_deref());
        let known = crate::privacy::data_map::tables().find(|known| Some(known.name) == table);
        known.map_or("nothing yet", |known| known.about)
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/exports/index.html")]
struct IndexPage {
    page: Page,
    rows: Vec<View>,
    pager: Pager,
}

/// `GET /privacy/exports`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let rows = queries::list(&mut conn, who.person, keyset.window()).await?;
    drop(conn);
    let (rows, pager) = keyset.page(rows, |(export, _)| export.id.0, PATH, "");
    let rows = rows.into_iter().map(|(export, name)| View::of(&app, export, name.as_deref())).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Copies of your data"), rows, pager })
}

/// What the form of an order sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OrderForm {
    of: String,
}

impl OrderForm {
    fn draw(&self, accounts: &[(AccountId, String)]) -> Form {
        let choice = |value: String, label: String| Choice { selected: self.of == value, value, label };
        let mut options = vec![choice("person".into(), "All my data, with the accounts that I own".into())];
        options.extend(
            accounts.iter().map(|(id, name)| choice(id.to_string(), format!("Only the account “{name}”"))),
        );
        Form::new(vec![Field::select("of", "What is to be copied", options)])
    }

    fn parse(&self) -> Option<Scope> {
        if self.of == "person" { Some(Scope::Person) } else { self.of.parse().ok().map(Scope::Account) }
    }
}

#[derive(askama::Template)]
#[template(path = "privacy/exports/new.html")]
struct NewPage {
    page: Page,
    form: Form,
    days: String,
}

async fn draw(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    typed: &OrderForm,
) -> Result<NewPage, AppError> {
    let mut conn = app.db.get().await?;
    let form = typed.draw(&queries::owned(&mut conn, who.person).await?);
    Ok(NewPage { page: Page::of(request, "Order a copy"), form, days: rules::EXPORT_FILES.period.words() })
}

/// `GET /privacy/exports/new`
pub async fn new(
    app: web::Data<App>,
    request: HttpRequest,
    who: Reauthenticated,
    typed: web::Query<OrderForm>,
) -> WebResult {
    pages::ok(&draw(&app, &request, &who.0, &typed).await?)
}

/// `POST /privacy/exports`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Reauthenticated,
    typed: web::Form<OrderForm>,
) -> WebResult {
    let refusal = match typed.parse() {
        None => "Choose one of these.".to_owned(),
        Some(scope) => match super::order(&app, &who.0, scope).await {
            Ok(Ordered::Begun(id)) => return Ok(see_other(&format!("{PATH}/{id}"))),
            Ok(Ordered::NotBefore(at)) => {
                format!(
                    "A copy was made less than a day ago. The next can be ordered from {} on.",
                    moment(&at)
                )
            }
            Err(AppError::NotFound) => "Choose one of these.".to_owned(),
            Err(error) => return Err(error),
        },
    };
    let mut page = draw(&app, &request, &who.0, &typed).await?;
    page.form.fail("of", refusal);
    pages::unprocessable(&page)
}

#[derive(askama::Template)]
#[template(path = "privacy/exports/show.html")]
struct ShowPage {
    page: Page,
    view: View,
}

fn id_of(path: &str) -> Result<ExportId, AppError> {
    path.parse().map_err(|_| AppError::NotFound)
}

/// `GET /privacy/exports/{export}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    path: web::Path<String>,
) -> WebResult {
    let export = super::find(&app, who.person, id_of(&path)?).await?;
    pages::ok(&ShowPage { page: Page::of(&request, "A copy"), view: View::of(&app, export, None) })
}

/// `GET /privacy/exports/{export}/file`
pub async fn fetch(app: web::Data<App>, who: Reauthenticated, path: web::Path<String>) -> WebResult {
    let (export, found) = super::fetch(&app, &who.0, id_of(&path)?).await?;
    let as_of = export.as_of.unwrap_or(export.requested_at);
    let name = format!("lossexpress-{}.zip", as_of.format("%Y%m%d-%H%M%S"));
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header(ContentDisposition {
            disposition: DispositionType::Attachment,
            parameters: vec![DispositionParam::Filename(name)],
        })
        .no_chunking(found.length)
        .streaming(found.bytes))
}

#[derive(askama::Template)]
#[template(path = "privacy/exports/end.html")]
struct EndPage {
    page: Page,
    view: View,
    goes: Vec<String>,
    stays: Vec<String>,
}

/// `GET /privacy/exports/{export}/end`
pub async fn confirm_end(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    path: web::Path<String>,
) -> WebResult {
    let export = super::find(&app, who.person, id_of(&path)?).await?;
    let view = View::of(&app, export, None);
    if !view.is_ready() && !view.is_under_way() {
        return Ok(see_other(&view.path));
    }
    pages::ok(&EndPage {
        page: Page::of(&request, "End this copy"),
        goes: vec!["The copy in our storage, within ten minutes".into()],
        stays: vec!["Everything that it is a copy of".into(), "What you have fetched already".into()],
        view,
    })
}

/// `POST /privacy/exports/{export}/end`
pub async fn end(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    path: web::Path<String>,
) -> WebResult {
    let id = id_of(&path)?;
    super::end(&app, &who, id).await?;
    flash::success(&request, "The copy is ended. Nobody can fetch it any more.");
    Ok(see_other(&format!("{PATH}/{id}")))
}
