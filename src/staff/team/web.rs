//! Pages of the team.

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, web};

use super::{Member, Removal};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::flash;
use crate::platform::web::guards::{RecentStaff, Staff};
use crate::platform::web::pages::{self, Page, WebResult, day, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::{ManagesStaff, Role};

/// A member, as the page shows them.
struct Row {
    id: PersonId,
    name: String,
    email: String,
    roles: Vec<String>,
    since: String,
    since_iso: String,
    last_sign_in: Option<(String, String)>,
    has_factor: bool,
    /// Since when they are bound to confidentiality: for programs and for people.
    bound: Option<(String, String)>,
}

impl From<Member> for Row {
    fn from(member: Member) -> Self {
        Self {
            id: member.id,
            name: member.name,
            email: member.email,
            roles: member.roles,
            since: day(&member.since),
            since_iso: member.since.to_rfc3339(),
            last_sign_in: member.last_sign_in.map(|at| (at.to_rfc3339(), moment(&at))),
            has_factor: member.has_factor,
            bound: member.bound_since.map(|at| (at.to_rfc3339(), day(&at))),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "staff/team/index.html")]
struct IndexPage {
    page: Page,
    rows: Vec<Row>,
    pager: Pager,
}

/// `GET /staff/team`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<ManagesStaff>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let members = super::page(&app, &keyset).await?;
    let (members, pager) = keyset.page(members, |member| member.id.0, "/staff/team", "");
    let rows = members.into_iter().map(Row::from).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Team"), rows, pager })
}

#[derive(askama::Template)]
#[template(path = "staff/team/removal.html")]
struct RemovalPage {
    page: Page,
    person: PersonId,
    role: &'static str,
    question: String,
    goes: Vec<String>,
    stays: Vec<String>,
    last_admin: bool,
}

async fn removal_page(
    app: &App,
    request: &HttpRequest,
    id: PersonId,
    role: Role,
    last_admin: bool,
) -> Result<RemovalPage, AppError> {
    let (person, roles) = super::find(app, id, role).await?;
    let others: Vec<&str> = roles.iter().map(String::as_str).filter(|held| *held != role.as_str()).collect();
    let mut goes = vec![
        format!("The role {}: {}", role.as_str(), role.about()),
        "Every session of this person, so that it counts at once".into(),
        "What they have claimed at its desks, and the views that they saved there".into(),
    ];
    if role == Role::Admin {
        goes.push("The invitations that they sent and nobody has accepted".into());
    }
    let mut stays = vec![
        "The person, with their settings and their own accounts".into(),
        "Everything in the audit log".into(),
        "What they proposed, for somebody else to approve".into(),
    ];
    if !others.is_empty() {
        stays.push(format!("Their other roles: {}", others.join(", ")));
    }
    let page = Page::of(request, "Remove a role");
    let question = format!("Remove the role {} from {}?", role.as_str(), person.name);
    Ok(RemovalPage { page, person: id, role: role.as_str(), question, goes, stays, last_admin })
}

type RolePath = web::Path<(PersonId, String)>;

fn role_of(path: &RolePath) -> Result<(PersonId, Role), AppError> {
    Ok((path.0, Role::parse(&path.1).ok_or(AppError::NotFound)?))
}

/// `GET /staff/team/{person}/roles/{role}/removal`
pub async fn confirm(
    app: web::Data<App>,
    request: HttpRequest,
    _who: RecentStaff<ManagesStaff>,
    path: RolePath,
) -> WebResult {
    let (id, role) = role_of(&path)?;
    pages::ok(&removal_page(&app, &request, id, role, false).await?)
}

/// `POST /staff/team/{person}/roles/{role}/removal`
pub async fn remove(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<ManagesStaff>,
    path: RolePath,
) -> WebResult {
    let (id, role) = role_of(&path)?;
    if super::remove_role(&app, &who, id, role).await? == Removal::LastAdmin {
        return pages::unprocessable(&removal_page(&app, &request, id, role, true).await?);
    }
    if id == who.person {
        // One's own sessions ended with it: this browser goes on as a visitor.
        request.get_session().clear();
        request.get_session().renew();
        flash::success(&request, format!("You no longer have the role {}. Sign in again.", role.as_str()));
        return Ok(see_other("/sign-in"));
    }
    flash::success(&request, format!("The role {} was removed and their sessions ended.", role.as_str()));
    Ok(see_other("/staff/team"))
}
