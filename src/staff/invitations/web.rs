//! Accepting an invitation.

use actix_session::SessionExt as _;
use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::Invitation;
use crate::identity::password_policy;
use crate::identity::people::parse_name;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::caller::Caller;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::rate_limit::{self, Quota};
use crate::platform::web::session;

/// Hashing is dear, so nobody may try a link's form without end.
const TRIES: Quota = Quota::per_minutes("staff_invitation_accept", 20, 10);

/// Who holds the link.
enum Holder {
    /// Nobody has the address yet: name and password make a person.
    New,
    /// The owner of the address, signed in.
    Owner(Box<session::Auth>),
    /// The address has an owner, who is not signed in here.
    Absent,
    /// Somebody else is signed in here.
    Other,
}

async fn holder(app: &App, request: &HttpRequest, invitation: &Invitation) -> Result<Holder, AppError> {
    let owner = super::owner(app, invitation).await?;
    Ok(match (owner, session::auth(request)) {
        (None, None) => Holder::New,
        (None, Some(_)) => Holder::Other,
        (Some(owner), Some(auth)) if auth.person == owner.id => Holder::Owner(Box::new(auth)),
        (Some(_), Some(_)) => Holder::Other,
        (Some(_), None) => Holder::Absent,
    })
}

#[derive(askama::Template)]
#[template(path = "staff/invitations/show.html")]
struct ShowPage {
    page: Page,
    role: String,
    email: String,
    until: String,
    sign_in: String,
    token: String,
    /// `new`, `owner`, `absent` or `other`.
    holder: &'static str,
    form: Form,
}

/// What accepting sends; both are empty for somebody who has an account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AcceptForm {
    name: String,
    password: String,
}

impl AcceptForm {
    fn draw(&self) -> Form {
        Form::new(vec![
            Field::text("name", "Your name").value(&self.name).autocomplete("name").hint("Colleagues see it in the console."),
            Field::new_password("password", "Password")
                .hint("At least 15 characters. A few unrelated words are strong and easy to remember. Password managers welcome."),
        ])
    }

    fn parse(&self, email: &str) -> Result<String, Form> {
        let mut form = self.draw();
        let name = parse_name(&self.name).map_err(|message| form.fail("name", message));
        if let Err(message) = password_policy::check(&self.password, &[&self.name, email]) {
            form.fail("password", message);
        }
        match name {
            Ok(name) if !form.has_errors() => Ok(name),
            _ => Err(form),
        }
    }
}

fn show_page(
    request: &HttpRequest,
    invitation: &Invitation,
    holder: &Holder,
    form: Form,
    token: String,
) -> ShowPage {
    ShowPage {
        page: Page::of(request, "You are invited"),
        role: invitation.role.clone(),
        email: invitation.email.clone(),
        until: moment(&invitation.expires_at),
        sign_in: format!("/sign-in?next=/staff/invitations/{token}"),
        token,
        holder: match holder {
            Holder::New => "new",
            Holder::Owner(_) => "owner",
            Holder::Absent => "absent",
            Holder::Other => "other",
        },
        form,
    }
}

/// `GET /staff/invitations/{token}`: shows a form and changes nothing, because mail programs look too.
pub async fn show(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let invitation = super::find(&app, &token).await?;
    let holder = holder(&app, &request, &invitation).await?;
    pages::ok(&show_page(&request, &invitation, &holder, AcceptForm::default().draw(), token.into_inner()))
}

/// `POST /staff/invitations/{token}`
pub async fn accept(
    app: web::Data<App>,
    request: HttpRequest,
    caller: Caller,
    token: web::Path<String>,
    typed: web::Form<AcceptForm>,
) -> WebResult {
    let invitation = super::find(&app, &token).await?;
    let holder = holder(&app, &request, &invitation).await?;
    match &holder {
        Holder::New => {
            if let Err(form) = accept_as_new(&app, &caller, &invitation, &typed).await? {
                let page = show_page(&request, &invitation, &holder, form, token.into_inner());
                return pages::unprocessable(&page);
            }
        }
        Holder::Owner(auth) => {
            if !auth.is_recent(app.clock.now()) {
                return Err(AppError::ReauthenticationNeeded);
            }
            super::accept_as(&app, &caller, &invitation, auth.person).await?;
            // Their sessions ended with it: this browser goes on as a visitor.
            request.get_session().clear();
            request.get_session().renew();
        }
        Holder::Absent | Holder::Other => return Ok(see_other(&format!("/staff/invitations/{token}"))),
    }
    flash::success(
        &request,
        "Welcome to the team. Sign in, and set up a second factor: the console opens after that.",
    );
    Ok(see_other("/sign-in"))
}

/// Makes a person of whoever holds the link, or answers what is wrong with the form.
async fn accept_as_new(
    app: &App,
    caller: &Caller,
    invitation: &Invitation,
    typed: &AcceptForm,
) -> Result<Result<(), Form>, AppError> {
    let name = match typed.parse(&invitation.email) {
        Ok(name) => name,
        Err(form) => return Ok(Err(form)),
    };
    rate_limit::take_of(app, TRIES, caller).await?;
    if let Err(message) = password_policy::check_breaches(app, &typed.password).await {
        let mut form = typed.draw();
        form.fail("password", message);
        return Ok(Err(form));
    }
    super::accept_as_new(app, caller, invitation, &name, &typed.password).await?;
    Ok(Ok(()))
}
