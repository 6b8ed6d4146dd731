//! Pages of invitations: sending and withdrawing for the owner, answering for whom it was sent to.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{Invitation, Invited, Joined};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Member, RecentChanger};
use crate::accounts::permissions::{AccountRole, Manages};
use crate::accounts::states::{self, State};
use crate::identity::people::parse_email;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, AccountInvitationId};
use crate::platform::web::caller::Caller;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::session;

/// The roles to choose from, with what each does. Who owns an account is not chosen but handed over.
pub(in crate::accounts) fn roles(chosen: &str) -> Vec<Choice> {
    let choice = |role: &AccountRole| Choice {
        value: role.as_str().into(),
        label: format!("{}: {}", role.label(), role.about()),
        selected: chosen == role.as_str(),
    };
    AccountRole::MEMBERS.iter().map(choice).collect()
}

/// Reads a role that somebody can be given.
pub(in crate::accounts) fn parse_role(text: &str) -> Result<AccountRole, String> {
    let role = AccountRole::parse(text).filter(|role| AccountRole::MEMBERS.contains(role));
    role.ok_or_else(|| "Choose one of the roles.".into())
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
        let hint = "The invitation goes there, and can only be accepted by whoever signs in with it.";
        Form::new(vec![
            Field::email("email", "E-mail address").value(&self.email).autocomplete("off").hint(hint),
            Field::select("role", "Role", roles(&self.role)),
        ])
    }

    fn parse(&self) -> Result<(String, AccountRole), Form> {
        let mut form = self.draw();
        let email = match parse_email(&self.email) {
            Err(_) if self.email.trim().is_empty() => {
                Err("Enter the e-mail address of whom you invite.".into())
            }
            parsed => parsed,
        };
        let email = email.map_err(|message| form.fail("email", message));
        let role = parse_role(&self.role).map_err(|message| form.fail("role", message));
        match (email, role) {
            (Ok(email), Ok(role)) => Ok((email, role)),
            _ => Err(form),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/invitations/new.html")]
struct NewPage {
    page: Page,
    frame: Frame,
    form: Form,
}

fn new_page(request: &HttpRequest, who: &Member<Manages>, form: Form) -> NewPage {
    let frame = Frame::of(request, &who.account);
    NewPage { page: frame.page(request, "Invite somebody"), frame, form }
}

/// `GET /accounts/{account}/members/invitations/new`
pub async fn new(request: HttpRequest, who: RecentChanger<Manages>) -> WebResult {
    pages::ok(&new_page(&request, &who, InviteForm::default().draw()))
}

/// `POST /accounts/{account}/members/invitations/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentChanger<Manages>,
    typed: web::Form<InviteForm>,
) -> WebResult {
    let (email, role) = match typed.parse() {
        Ok(parsed) => parsed,
        Err(form) => return pages::unprocessable(&new_page(&request, &who, form)),
    };
    if super::invite(&app, &who, who.account.id, &email, role).await? == Invited::IsMember {
        let mut form = typed.draw();
        form.fail("email", "Whoever has this address is in the account already.");
        return pages::unprocessable(&new_page(&request, &who, form));
    }
    flash::success(&request, format!("An invitation to {email} is on its way. It works for seven days."));
    Ok(see_other(&who.account.path("/members")))
}

/// `POST /accounts/{account}/members/invitations/{invitation}/withdrawal`
pub async fn withdraw(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Manages>,
    path: web::Path<(AccountId, AccountInvitationId)>,
) -> WebResult {
    if !super::withdraw(&app, &who, who.account.id, path.1).await? {
        return Err(AppError::Gone(
            "This invitation was answered, withdrawn or replaced meanwhile. The list of members shows what is still open.",
        ));
    }
    flash::success(&request, "The invitation was withdrawn. Its link no longer works.");
    Ok(see_other(&who.account.path("/members")))
}

#[derive(askama::Template)]
#[template(path = "accounts/invitations/show.html")]
struct ShowPage {
    page: Page,
    invitation: Invitation,
    until: String,
    key: String,
    /// `reader`, `absent` or `other`.
    holder: &'static str,
    /// Why nobody can join at present.
    stopped: Option<&'static str>,
    sign_in: String,
}

/// Why nobody can join the account of an invitation at present, in a sentence; nothing where they can.
async fn stopped(app: &App, invitation: &Invitation) -> Result<Option<&'static str>, AppError> {
    let state = states::present(&mut *app.db.get().await?, invitation.account).await?;
    Ok(match state {
        State::Closing => Some(
            "The account is being closed, and nobody can join it meanwhile. If its owner undoes that in time, the invitation works again.",
        ),
        State::Closed => Some("The account is closed, so nobody can join it any more."),
        _ => None,
    })
}

/// `GET /accounts/invitations/{token}`: changes nothing, because mail programs look too. It reads the same whether
/// or not the address has an account with us.
pub async fn show(app: web::Data<App>, request: HttpRequest, key: web::Path<String>) -> WebResult {
    let auth = session::auth(&request);
    let invitation = super::find(&app, &key, auth.as_ref()).await?;
    let holder = match &auth {
        None => "absent",
        Some(auth) if invitation.is_for(auth) => "reader",
        Some(_) => "other",
    };
    pages::ok(&ShowPage {
        page: Page::of(&request, "You are invited"),
        until: moment(&invitation.expires_at),
        stopped: stopped(&app, &invitation).await?,
        invitation,
        sign_in: format!("/sign-in?next=/accounts/invitations/{key}"),
        key: key.into_inner(),
        holder,
    })
}

/// `POST /accounts/invitations/{token}/acceptance`
pub async fn accept(
    app: web::Data<App>,
    request: HttpRequest,
    key: web::Path<String>,
    who: Option<SignedIn>,
) -> WebResult {
    let invitation = super::find(&app, &key, session::auth(&request).as_ref()).await?;
    // The page says whose it is, and leads to signing in.
    let page = format!("/accounts/invitations/{key}");
    let Some(who) = who.filter(|who| invitation.is_for(who)) else { return Ok(see_other(&page)) };
    match super::accept(&app, &who, &invitation).await? {
        Joined::Now => {
            flash::success(&request, format!("You are a member of {} now.", invitation.account_name));
        }
        Joined::Before => flash::info(&request, "You were in this account already, so nothing changed."),
    }
    Ok(see_other(&format!("/accounts/{}", invitation.account)))
}

/// `POST /accounts/invitations/{token}/refusal`
pub async fn decline(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    key: web::Path<String>,
) -> WebResult {
    let auth = session::auth(&request);
    let invitation = super::find(&app, &key, auth.as_ref()).await?;
    super::decline(&app, &caller, auth.as_ref(), &invitation).await?;
    flash::success(&request, "You declined the invitation. Nothing else happens.");
    Ok(see_other(if auth.is_some() { "/accounts" } else { "/" }))
}
