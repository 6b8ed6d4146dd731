//! Pages of accounts: the list, a new one, the overview, the name.

use actix_web::{HttpRequest, web};
use chrono::SecondsFormat;
use serde::Deserialize;

use super::{Listed, Overview};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Changer, Member};
use crate::accounts::permissions::{AccountRight, Manages, Sees};
use crate::accounts::states::Entry;
use crate::accounts::{handovers, invitations};
use crate::content::friendly_names::{self, Concern};
use crate::identity::people::{leads_somewhere, parse_optional};
use crate::platform::app::App;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, day, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};

/// What waits for an answer, above the list.
struct Waiting {
    title: String,
    detail: String,
    until_iso: String,
    until: String,
    href: String,
}

#[derive(askama::Template)]
#[template(path = "accounts/account/index.html")]
struct IndexPage {
    page: Page,
    waiting: Vec<Waiting>,
    accounts: Vec<Listed>,
    pager: Pager,
}

/// `GET /accounts`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut waiting: Vec<Waiting> =
        invitations::open_to(&app, &who.email).await?.into_iter().map(Waiting::from).collect();
    waiting.extend(handovers::open_to(&app, who.person).await?.into_iter().map(Waiting::from));
    let accounts = super::list(&app, who.person, &keyset).await?;
    let (accounts, pager) = keyset.page(accounts, |account| account.id.0, "/accounts", "");
    pages::ok(&IndexPage { page: Page::of(&request, "Accounts"), waiting, accounts, pager })
}

impl From<invitations::Open> for Waiting {
    fn from(open: invitations::Open) -> Self {
        Self {
            title: format!("Invitation to {}", open.account_name),
            detail: format!("With the role {}: {}.", open.role().label(), open.role().about()),
            until_iso: open.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            until: moment(&open.expires_at),
            href: format!("/accounts/invitations/{}", open.id),
        }
    }
}

impl From<handovers::Offer> for Waiting {
    fn from(offer: handovers::Offer) -> Self {
        Self {
            title: format!("{} of {}", offer.what().title(), offer.account_name),
            detail: format!("{} offers it to you.", offer.from_name),
            until_iso: offer.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            until: moment(&offer.expires_at),
            href: format!("/accounts/{}/members/handovers/{}", offer.account, offer.id),
        }
    }
}

/// What the form of a name sends, with what was decided about an address or a number in it (S99).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NameForm {
    name: String,
    suggestion: String,
    keep_name: String,
}

/// A form again, and what there is to decide.
struct Refused {
    form: Form,
    concern: Option<Concern>,
}

impl NameForm {
    fn draw(&self) -> Form {
        let hint = "A few words for you and the other members, as in “Claims Europe”. No names, addresses or numbers of people.";
        Form::new(vec![
            Field::text("name", "Name of the account").value(&self.name).autocomplete("off").hint(hint),
        ])
    }

    fn parse(&self) -> Result<String, Refused> {
        let mut form = self.draw();
        let refused = match friendly_names::check(&self.name, &self.suggestion, &self.keep_name) {
            Ok(name) => match parse_name(&name) {
                Ok(name) => return Ok(name),
                Err(message) => (message, None),
            },
            Err(concern) => (concern.message.clone(), Some(concern)),
        };
        form.fail("name", refused.0);
        Err(Refused { form, concern: refused.1 })
    }
}

/// Reads the name of an account.
fn parse_name(text: &str) -> Result<String, String> {
    let name = parse_optional(text)?.unwrap_or_default();
    if name.is_empty() {
        return Err("Enter a name for the account.".into());
    }
    if leads_somewhere(&name) {
        return Err("The address of a web page cannot be part of a name.".into());
    }
    Ok(name)
}

#[derive(askama::Template)]
#[template(path = "accounts/account/new.html")]
struct NewPage {
    page: Page,
    form: Form,
    concern: Option<Concern>,
}

/// `GET /accounts/new`
pub async fn new(request: HttpRequest, _who: SignedIn) -> WebResult {
    let form = NameForm::default().draw();
    pages::ok(&NewPage { page: Page::of(&request, "New account"), form, concern: None })
}

/// `POST /accounts/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    typed: web::Form<NameForm>,
) -> WebResult {
    let name = match typed.parse() {
        Ok(name) => name,
        Err(Refused { form, concern }) => {
            let page = Page::of(&request, "New account");
            return pages::unprocessable(&NewPage { page, form, concern });
        }
    };
    let id = super::create(&app, &who, &name).await?;
    flash::success(&request, format!("The account {name} is there."));
    Ok(see_other(&format!("/accounts/{id}")))
}

/// A state that the account was or is in.
struct Stage {
    kind: &'static str,
    title: &'static str,
    iso: String,
    at: String,
    detail: String,
}

impl From<&Entry> for Stage {
    fn from(entry: &Entry) -> Self {
        let by = match entry.actor_kind.as_str() {
            "customer" => "by a member",
            "staff" => "by LossExpress staff",
            _ => "by the portal itself",
        };
        Self {
            kind: entry.state().badge(),
            title: entry.state().label(),
            iso: entry.began_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            at: moment(&entry.began_at),
            detail: format!("{} · {by}", entry.reason),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/account/show.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    about_role: &'static str,
    since: String,
    overview: Overview,
    manages: bool,
    stages: Vec<Stage>,
}

/// `GET /accounts/{account}`
pub async fn show(app: web::Data<App>, request: HttpRequest, who: Member<Sees>) -> WebResult {
    let overview = super::overview(&app, &who.account).await?;
    let frame = Frame::of(&request, &who.account);
    pages::ok(&ShowPage {
        page: frame.page(&request, "Overview"),
        frame,
        about_role: who.account.role.about(),
        since: day(&overview.created_at),
        manages: AccountRight::Manage.granted_to(who.account.role),
        stages: overview.history.iter().map(Stage::from).collect(),
        overview,
    })
}

#[derive(askama::Template)]
#[template(path = "accounts/account/name.html")]
struct NamePage {
    page: Page,
    frame: Frame,
    form: Form,
    concern: Option<Concern>,
}

fn name_page(request: &HttpRequest, who: &Member<Manages>, form: Form, concern: Option<Concern>) -> NamePage {
    let frame = Frame::of(request, &who.account);
    NamePage { page: frame.page(request, "Name"), frame, form, concern }
}

/// `GET /accounts/{account}/name`
pub async fn edit_name(request: HttpRequest, who: Changer<Manages>) -> WebResult {
    let form = NameForm { name: who.account.name.clone(), ..NameForm::default() }.draw();
    pages::ok(&name_page(&request, &who, form, None))
}

/// `POST /accounts/{account}/name`
pub async fn update_name(
    app: web::Data<App>,
    request: HttpRequest,
    who: Changer<Manages>,
    typed: web::Form<NameForm>,
) -> WebResult {
    let name = match typed.parse() {
        Ok(name) => name,
        Err(Refused { form, concern }) => {
            return pages::unprocessable(&name_page(&request, &who, form, concern));
        }
    };
    if super::rename(&app, &who, who.account.id, &name).await? {
        flash::success(&request, format!("The account is now called {name}."));
    } else {
        flash::info(&request, "Nothing was different, so nothing was changed.");
    }
    Ok(see_other(&who.account.path("")))
}
