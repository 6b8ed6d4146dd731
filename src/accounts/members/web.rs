//! Pages of members: who is in the account, and another role. Removal and leaving are in `leaving`.

pub use super::leaving::{confirm_departure, confirm_removal, leave, remove};

use actix_web::{HttpRequest, web};
use chrono::SecondsFormat;
use serde::Deserialize;

use super::Fellow;
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Member, RecentChanger};
use crate::accounts::handovers::{self, What};
use crate::accounts::invitations::web::{parse_role, roles};
use crate::accounts::invitations::{self, Open};
use crate::accounts::permissions::{AccountRight, AccountRole, Manages, Sees};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, day, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};

/// A member, as the page shows them.
struct Row {
    role_page: String,
    removal_page: String,
    name: String,
    email: String,
    role: &'static str,
    about: &'static str,
    joined_iso: String,
    joined: String,
    is_contact: bool,
}

impl Row {
    fn of(fellow: Fellow, account: &Account) -> Self {
        Self {
            role_page: account.path(&format!("/members/{}/role", fellow.id)),
            removal_page: account.path(&format!("/members/{}/removal", fellow.id)),
            role: fellow.role().label(),
            about: fellow.role().about(),
            joined_iso: fellow.joined_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            joined: day(&fellow.joined_at),
            is_contact: account.contact == fellow.id,
            name: fellow.name,
            email: fellow.email,
        }
    }
}

/// An open invitation or offer.
struct Waiting {
    title: String,
    badge: &'static str,
    detail: String,
    withdrawal: String,
}

#[derive(askama::Template)]
#[template(path = "accounts/members/index.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    owner: (String, String),
    owner_is_contact: bool,
    rows: Vec<Row>,
    pager: Pager,
    waiting: Vec<Waiting>,
    manages: bool,
    offers_contact: bool,
}

/// `GET /accounts/{account}/members`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Sees>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let account = &who.account;
    let owner = super::name_and_address(&mut *app.db.get().await?, account.owner).await?;
    let fellows = super::list(&app, account.id, &keyset).await?;
    let (fellows, pager) = keyset.page(fellows, |fellow| fellow.id.0, &account.path("/members"), "");
    let frame = Frame::of(&request, account);
    pages::ok(&IndexPage {
        page: frame.page(&request, "Members"),
        frame,
        owner,
        owner_is_contact: account.contact == account.owner,
        rows: fellows.into_iter().map(|fellow| Row::of(fellow, account)).collect(),
        pager,
        waiting: waiting(&app, &who).await?,
        manages: AccountRight::Manage.granted_to(account.role),
        offers_contact: What::Contact.may_be_offered_by(account, who.person),
    })
}

/// What is open, as far as whoever reads it can withdraw it.
async fn waiting(app: &App, who: &Member<Sees>) -> Result<Vec<Waiting>, AppError> {
    let account = &who.account;
    let mut waiting = Vec::new();
    for offer in handovers::open_of(app, account.id).await? {
        if offer.from == who.person || account.owner == who.person {
            waiting.push(Waiting {
                title: offer.to_name.clone(),
                badge: offer.what().title(),
                detail: format!("Offered by {} · works until {}", offer.from_name, moment(&offer.expires_at)),
                withdrawal: account.path(&format!("/members/handovers/{}/withdrawal", offer.id)),
            });
        }
    }
    if AccountRight::Manage.granted_to(account.role) {
        let invited = |open: Open| Waiting {
            badge: open.role().label(),
            detail: format!(
                "Invited {} · works until {}",
                moment(&open.created_at),
                moment(&open.expires_at)
            ),
            withdrawal: account.path(&format!("/members/invitations/{}/withdrawal", open.id)),
            title: open.email,
        };
        waiting.extend(invitations::open_of(app, account.id).await?.into_iter().map(invited));
    }
    Ok(waiting)
}

/// What the form of a role sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoleForm {
    role: String,
}

impl RoleForm {
    fn draw(&self) -> Form {
        Form::new(vec![Field::select("role", "Role", roles(&self.role))])
    }

    fn parse(&self) -> Result<AccountRole, Form> {
        parse_role(&self.role).map_err(|message| {
            let mut form = self.draw();
            form.fail("role", message);
            form
        })
    }
}

pub(super) type FellowPath = web::Path<(AccountId, PersonId)>;

#[derive(askama::Template)]
#[template(path = "accounts/members/role.html")]
struct RolePage {
    page: Page,
    frame: Frame,
    fellow: Fellow,
    form: Form,
}

fn role_page(request: &HttpRequest, who: &Member<Manages>, fellow: Fellow, form: Form) -> RolePage {
    let frame = Frame::of(request, &who.account);
    RolePage { page: frame.page(request, "Role"), frame, fellow, form }
}

/// `GET /accounts/{account}/members/{person}/role`
pub async fn edit_role(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentChanger<Manages>,
    path: FellowPath,
) -> WebResult {
    let fellow = super::find(&app, who.account.id, path.1).await?;
    let form = RoleForm { role: fellow.role().as_str().into() }.draw();
    pages::ok(&role_page(&request, &who, fellow, form))
}

/// `POST /accounts/{account}/members/{person}/role`
pub async fn update_role(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentChanger<Manages>,
    path: FellowPath,
    typed: web::Form<RoleForm>,
) -> WebResult {
    let fellow = super::find(&app, who.account.id, path.1).await?;
    let role = match typed.parse() {
        Ok(role) => role,
        Err(form) => return pages::unprocessable(&role_page(&request, &who, fellow, form)),
    };
    if super::change_role(&app, &who, who.account.id, fellow.id, role).await? {
        flash::success(&request, format!("{} now has the role {}.", fellow.name, role.label()));
    } else {
        flash::info(&request, "Nothing was different, so nothing was changed.");
    }
    Ok(see_other(&who.account.path("/members")))
}
