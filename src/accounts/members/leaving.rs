//! Pages by which somebody is out of an account: removed by whoever manages it, or by their own wish.

use actix_web::{HttpRequest, web};

use super::web::FellowPath;
use super::{Fellow, Gone};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Member, RecentMember};
use crate::accounts::permissions::{AccountRole, Manages, Sees};
use crate::platform::app::App;
use crate::platform::web::flash;
use crate::platform::web::pages::{self, Page, WebResult, see_other};

#[derive(askama::Template)]
#[template(path = "accounts/members/removal.html")]
struct RemovalPage {
    page: Page,
    frame: Frame,
    fellow: Fellow,
    question: String,
    goes: Vec<String>,
    stays: Vec<String>,
    is_contact: bool,
}

fn removal_page(request: &HttpRequest, who: &Member<Manages>, fellow: Fellow) -> RemovalPage {
    let frame = Frame::of(request, &who.account);
    let role = fellow.role();
    RemovalPage {
        page: frame.page(request, "Remove a member"),
        question: format!("Remove {} from {}?", fellow.name, who.account.name),
        goes: vec![
            "Their way into this account, at once".into(),
            format!("Their role {}: {}", role.label(), role.about()),
            "What was offered to them and not yet accepted".into(),
        ],
        stays: vec![
            "Everything they made here: credentials keep working until you revoke them".into(),
            "Their own accounts, and the accounts of others that they are in".into(),
            "What they did, in the activity of this account".into(),
        ],
        is_contact: who.account.contact == fellow.id,
        frame,
        fellow,
    }
}

/// `GET /accounts/{account}/members/{person}/removal`
pub async fn confirm_removal(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentMember<Manages>,
    path: FellowPath,
) -> WebResult {
    let fellow = super::find(&app, who.account.id, path.1).await?;
    pages::ok(&removal_page(&request, &who, fellow))
}

/// `POST /accounts/{account}/members/{person}/removal`
pub async fn remove(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentMember<Manages>,
    path: FellowPath,
) -> WebResult {
    let fellow = super::find(&app, who.account.id, path.1).await?;
    if super::remove(&app, &who, who.account.id, fellow.id).await? != Gone::Done {
        let mut page = removal_page(&request, &who, fellow);
        page.is_contact = true;
        return pages::unprocessable(&page);
    }
    flash::success(&request, format!("{} was removed from the account.", fellow.name));
    Ok(see_other(&who.account.path("/members")))
}

#[derive(askama::Template)]
#[template(path = "accounts/members/departure.html")]
struct DeparturePage {
    page: Page,
    frame: Frame,
    question: String,
    goes: Vec<String>,
    stays: Vec<String>,
    is_owner: bool,
    is_contact: bool,
}

fn departure_page(request: &HttpRequest, who: &Member<Sees>) -> DeparturePage {
    let frame = Frame::of(request, &who.account);
    DeparturePage {
        page: frame.page(request, "Leave the account"),
        question: format!("Leave {}?", who.account.name),
        goes: vec![
            "Your way into this account, at once".into(),
            "What was offered to you here and not yet accepted".into(),
        ],
        stays: vec![
            "Everything you made here, and the activity of the account".into(),
            "Your own accounts, and the accounts of others that you are in".into(),
        ],
        is_owner: who.account.role == AccountRole::Owner,
        is_contact: who.account.contact == who.person,
        frame,
    }
}

/// `GET /accounts/{account}/members/departure`
pub async fn confirm_departure(request: HttpRequest, who: Member<Sees>) -> WebResult {
    pages::ok(&departure_page(&request, &who))
}

/// `POST /accounts/{account}/members/departure`
pub async fn leave(app: web::Data<App>, request: HttpRequest, who: Member<Sees>) -> WebResult {
    let gone = super::leave(&app, &who, who.account.id).await?;
    if gone != Gone::Done {
        let mut page = departure_page(&request, &who);
        (page.is_owner, page.is_contact) = (gone == Gone::IsOwner, gone == Gone::IsContact);
        return pages::unprocessable(&page);
    }
    flash::success(&request, format!("You left {}.", who.account.name));
    Ok(see_other("/accounts"))
}
