//! The admins' desk for invitations: what is open, inviting, withdrawing.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use uuid::Uuid;

use super::{Invited, OpenInvitation, Sender};
use crate::identity::people::parse_email;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::{RecentStaff, SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::platform::web::session::Auth;
use crate::staff::permissions::{ManagesStaff, Role};

/// Who sends, for the audit log.
pub(in crate::staff) fn sender(who: &SignedIn) -> Sender {
    Sender { who: Some(Auth::clone(who)), from: who.caller.circumstances() }
}

/// An open invitation, as the page shows it.
struct Row {
    id: Uuid,
    email: String,
    role: String,
    sent: String,
    sent_iso: String,
    until: String,
    ran_out: bool,
    by: String,
}

#[derive(askama::Template)]
#[template(path = "staff/invitations/index.html")]
struct IndexPage {
    page: Page,
    rows: Vec<Row>,
    pager: Pager,
}

/// `GET /staff/team/invitations`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<ManagesStaff>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let open = super::list_open(&app, keyset.window()).await?;
    let (open, pager) = keyset.page(open, |open| open.id, "/staff/team/invitations", "");
    let now = app.clock.now();
    let row = |open: OpenInvitation| Row {
        id: open.id,
        email: open.email,
        role: open.role,
        sent: moment(&open.created_at),
        sent_iso: open.created_at.to_rfc3339(),
        until: moment(&open.expires_at),
        ran_out: now >= open.expires_at,
        by: open.invited_by.unwrap_or_else(|| "the command line".into()),
    };
    let page = Page::of(&request, "Open invitations");
    pages::ok(&IndexPage { page, rows: open.into_iter().map(row).collect(), pager })
}

/// What the form of an invitation sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InviteForm {
    email: String,
    role: String,
}

impl InviteForm {
    fn draw(&self) -> Form {
        let choice = |role: &Role| Choice {
            value: role.as_str().into(),
            label: format!("{}: {}", role.as_str(), role.about()),
            selected: self.role == role.as_str(),
        };
        Form::new(vec![
            Field::email("email", "E-mail address").value(&self.email).autocomplete("off"),
            Field::select("role", "Role", Role::ALL.iter().map(choice).collect())
                .hint("Somebody with several roles gets an invitation for each."),
        ])
    }

    fn parse(&self) -> Result<(String, Role), Form> {
        let mut form = self.draw();
        let email = parse_email(&self.email).map_err(|message| form.fail("email", message)).ok();
        let role = Role::parse(&self.role);
        if role.is_none() {
            form.fail("role", "Choose one of the roles.");
        }
        email.zip(role).ok_or(form)
    }
}

#[derive(askama::Template)]
#[template(path = "staff/invitations/new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

/// `GET /staff/team/invitations/new`
pub async fn new(request: HttpRequest, _who: RecentStaff<ManagesStaff>) -> WebResult {
    pages::ok(&NewPage { page: Page::of(&request, "Invite somebody"), form: InviteForm::default().draw() })
}

/// `POST /staff/team/invitations/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<ManagesStaff>,
    typed: web::Form<InviteForm>,
) -> WebResult {
    let (email, role) = match typed.parse() {
        Ok(parsed) => parsed,
        Err(form) => {
            return pages::unprocessable(&NewPage { page: Page::of(&request, "Invite somebody"), form });
        }
    };
    if super::invite(&app, &email, role, &sender(&who)).await? == Invited::HasRole {
        let mut form = typed.draw();
        form.fail("role", "Whoever has this address has this role already.");
        return pages::unprocessable(&NewPage { page: Page::of(&request, "Invite somebody"), form });
    }
    flash::success(&request, format!("An invitation to {email} is on its way. It works for seven days."));
    Ok(see_other("/staff/team/invitations"))
}

/// `POST /staff/team/invitations/{id}/withdrawal`
pub async fn withdraw(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<ManagesStaff>,
    id: web::Path<Uuid>,
) -> WebResult {
    if !super::withdraw(&app, *id, &sender(&who)).await? {
        return Err(AppError::Gone(
            "This invitation was accepted, withdrawn or replaced meanwhile. The list shows what is still open.",
        ));
    }
    flash::success(&request, "The invitation was withdrawn. Its link no longer works.");
    Ok(see_other("/staff/team/invitations"))
}
