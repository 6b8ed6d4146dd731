//! Asking, for somebody who is signed in: first what, then what exactly. Whoever is not signed in gets the public form.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use crate::accounts::invoices::queries::{self as invoices, Whose};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::privacy::data_requests::deadlines::Regimes;
use crate::privacy::data_requests::kinds::Kind;
use crate::privacy::data_requests::limits::{self, Limit};
use crate::privacy::data_requests::public::{self, PublicForm};
use crate::privacy::data_requests::{Wish, ask, fulfilment, messages, queries};

/// Where somebody lives, as the form names it, and what it means.
const HOMES: [(&str, &str); 3] = [
    ("us", "The United States"),
    ("europe", "The European Economic Area, the United Kingdom or Switzerland"),
    ("other", "Elsewhere, or I would rather not say"),
];

/// The choice of where somebody lives.
pub fn home_field(chosen: &str) -> Field {
    let options = HOMES.iter().map(|(value, label)| Choice {
        value: (*value).into(),
        label: (*label).into(),
        selected: *value == chosen,
    });
    Field::select("home", "Where do you live?", options.collect())
        .hint("It decides which law holds and by when you get an answer.")
}

/// Whether a form names one of these homes.
pub fn is_home(home: &str) -> bool {
    HOMES.iter().any(|(known, _)| *known == home)
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Query {
    /// What is asked for.
    #[serde(default)]
    pub kind: String,
}

/// What the form sends to somebody who is signed in: a part of what the public form sends.
#[derive(Debug, Default)]
struct WishForm {
    kind: String,
    details: String,
    home: String,
}

impl From<PublicForm> for WishForm {
    fn from(PublicForm { kind, details, home, .. }: PublicForm) -> Self {
        Self { kind, details, home }
    }
}

impl WishForm {
    fn draw(&self, kind: Kind, suggested: &str) -> Form {
        let home = if self.home.is_empty() { suggested } else { &self.home };
        let (label, hint) = match kind {
            Kind::Correction => {
                ("What is wrong, and what is right?", "What you can change yourself stands in your settings.")
            }
            Kind::ItemDeletion => (
                "What are we to delete?",
                "Name it so that we find it: which message, which number, from when.",
            ),
            Kind::EndUser => (
                "Which company, and what do you want of it?",
                "For example the insurer or lender that you deal with.",
            ),
            _ => ("Anything that we should know", "You need not say why you ask."),
        };
        let details = Field::textarea("details", label).value(&self.details).hint(hint);
        let details = if kind.needs_details() { details } else { details.optional() };
        Form::new(vec![Field::hidden("kind", kind.as_str()), details, home_field(home)])
    }

    fn parse(&self, kind: Kind, suggested: &str) -> Result<Wish, Form> {
        let mut form = self.draw(kind, suggested);
        let details = match self.details.trim() {
            "" if kind.needs_details() => {
                form.fail("details", "Tell us what exactly, so that we can do it.");
                None
            }
            "" => None,
            _ => messages::parse(&self.details).map_err(|message| form.fail("details", message)).ok(),
        };
        if !is_home(&self.home) {
            form.fail("home", "Choose one of these.");
        }
        if form.has_errors() {
            return Err(form);
        }
        Ok(Wish { kind, details, regimes: Regimes::chosen(&self.home) })
    }
}

/// A kind that can be chosen.
struct Offer {
    kind: &'static str,
    label: &'static str,
    about: &'static str,
    soon: &'static str,
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/choose.html")]
struct ChoosePage {
    page: Page,
    offers: Vec<Offer>,
}

#[derive(askama::Template)]
#[template(path = "privacy/data_requests/new.html")]
struct NewPage {
    page: Page,
    form: Form,
    about: &'static str,
    soon: &'static str,
    is_deletion: bool,
    everything: bool,
    /// The accounts that they are the point of contact of (S96).
    contact_of: Vec<String>,
    /// Invoices to accounts of theirs that are neither paid nor taken back, for a deletion.
    open_invoices: Vec<String>,
}

async fn choose(app: &App, request: &HttpRequest, who: &SignedIn) -> WebResult {
    let mut conn = app.db.get().await?;
    let restricted = limits::since(&mut conn, who.person, Limit::Restriction).await?.is_some();
    let objected = limits::since(&mut conn, who.person, Limit::Enrichment).await?.is_some();
    let offered = |kind: &Kind| match kind {
        Kind::Restriction => !restricted,
        Kind::RestrictionLifting => restricted,
        Kind::Objection => !objected,
        _ => true,
    };
    let offer = |kind: Kind| Offer {
        kind: kind.as_str(),
        label: kind.label(),
        about: kind.about(),
        soon: kind.soon(),
    };
    let offers = Kind::ALL.into_iter().filter(offered).map(offer).collect();
    pages::ok(&ChoosePage { page: Page::of(request, "What would you like to ask?"), offers })
}

async fn page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    kind: Kind,
    form: Form,
) -> Result<NewPage, AppError> {
    let (mut contact_of, mut open_invoices) = (Vec::new(), Vec::new());
    if kind == Kind::Deletion {
        let mut conn = app.db.get().await?;
        contact_of = queries::contact_of(&mut conn, who.person).await?;
        open_invoices = invoices::open(&mut conn, Whose::Person(who.person)).await?;
    }
    Ok(NewPage {
        page: Page::of(request, kind.label()),
        form,
        about: kind.about(),
        soon: kind.soon(),
        is_deletion: kind.is_deletion(),
        everything: kind == Kind::Deletion,
        contact_of,
        open_invoices: open_invoices.iter().map(|invoice| invoice.told()).collect(),
    })
}

/// What discloses, corrects or deletes is asked for only by somebody who has just shown who they are.
fn recent(app: &App, who: &SignedIn, kind: Kind) -> Result<(), AppError> {
    if kind.is_sensitive() && !who.is_recent(app.clock.now()) {
        return Err(AppError::ReauthenticationNeeded);
    }
    Ok(())
}

/// `GET /privacy/requests/new`: what to ask, or with `?kind=` what exactly.
pub async fn new(
    app: web::Data<App>,
    request: HttpRequest,
    who: Option<SignedIn>,
    asked: web::Query<Query>,
) -> WebResult {
    let Some(who) = who else { return public::new(&app, &request, &asked.kind) };
    let Some(kind) = Kind::parse(&asked.kind) else { return choose(&app, &request, &who).await };
    recent(&app, &who, kind)?;
    let form = WishForm::default().draw(kind, Regimes::suggested(who.caller.country.as_deref()));
    pages::ok(&page(&app, &request, &who, kind, form).await?)
}

/// `POST /privacy/requests/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Option<SignedIn>,
    typed: web::Form<PublicForm>,
) -> WebResult {
    let Some(who) = who else { return public::create(&app, &request, &typed).await };
    let typed = WishForm::from(typed.into_inner());
    let Some(kind) = Kind::parse(&typed.kind) else {
        return Err(AppError::BadRequest("This page has no such choice.".into()));
    };
    let wish = match typed.parse(kind, Regimes::suggested(who.caller.country.as_deref())) {
        Ok(wish) => wish,
        Err(form) => return pages::unprocessable(&page(&app, &request, &who, kind, form).await?),
    };
    recent(&app, &who, kind)?;
    let id = match ask(&app, &who, &wish).await? {
        Ok(id) => {
            flash::success(
                &request,
                match kind {
                    Kind::Access | Kind::Portability => {
                        "Your copy is ready within minutes. A mail says where to fetch it."
                    }
                    kind if fulfilment::is_by_machine(kind) => "It is done.",
                    _ => "We have your request, and mailed you a confirmation.",
                },
            );
            Some(id)
        }
        Err(refusal) => {
            flash::info(&request, refusal.words());
            queries::under_way(&mut *app.db.get().await?, who.person, kind.as_str()).await?
        }
    };
    Ok(see_other(&id.map_or_else(|| "/privacy/requests".into(), |id| format!("/privacy/requests/{id}"))))
}
