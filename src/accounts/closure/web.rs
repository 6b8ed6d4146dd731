//! The pages on which an owner closes an account and takes that back.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::outlook::{Outlook, outlook};
use super::queries::{self, Closure};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Member, RecentMember};
use crate::accounts::permissions::{AccountRight, Manages, Sees};
use crate::accounts::states::State;
use crate::platform::app::App;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::privacy::erasure::{self, Of};

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClosureForm {
    understood: String,
    confirmation: String,
}

impl ClosureForm {
    fn draw(&self, name: &str) -> Form {
        let ticked = crate::identity::people::ticked(&self.understood);
        Form::new(vec![
            Field::checkbox("understood", "I have read what goes, and have a copy of what I need", ticked),
            Field::text("confirmation", &format!("Type the name of the account: {name}"))
                .value(&self.confirmation)
                .autocomplete("off")
                .hint("So that the right account is closed."),
        ])
    }

    fn check(&self, name: &str) -> Result<(), Form> {
        let mut form = self.draw(name);
        if !crate::identity::people::ticked(&self.understood) {
            form.fail("understood", "Tick this if it is so.");
        }
        if self.confirmation.trim() != name {
            form.fail("confirmation", "This is not the name of the account.");
        }
        if form.has_errors() { Err(form) } else { Ok(()) }
    }
}

/// A closure under way, as the page shows it.
struct Under {
    /// Whether it can no longer be undone.
    closed: bool,
    /// How far it is with what was in it, and with the rest.
    standing: String,
    since: String,
    content_until: String,
    data_until: String,
    /// Share of the thirty days that is over, 0 to 100.
    percent: i64,
    figure: String,
    days_left: i64,
}

#[derive(askama::Template)]
#[template(path = "accounts/closure/show.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    outlook: Outlook,
    under: Option<Under>,
    manages: bool,
}

/// `GET /accounts/{account}/closure`: what a closure does, or how far it is.
pub async fn show(app: web::Data<App>, request: HttpRequest, who: Member<Sees>) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let closure = queries::present(&mut conn, who.account.id).await?;
    let at = closure.as_ref().map_or(now, |closure| closure.requested_at);
    let outlook = outlook(&mut conn, &who.account, who.person, at).await?;
    let going = erasure::queries::under_way(&mut conn, Of::Content(who.account.id)).await?.is_some();
    let under = closure.map(|closure| {
        let whole = (closure.content_until - closure.requested_at).num_minutes().max(1);
        let left = (closure.content_until - now).num_minutes().clamp(0, whole);
        Under {
            closed: closure.content_ordered_at.is_some(),
            standing: standing(&closure, going, !outlook.held.is_empty(), now),
            since: moment(&closure.requested_at),
            content_until: moment(&closure.content_until),
            data_until: moment(&closure.data_until),
            percent: (whole - left) * 100 / whole,
            figure: format!("{} %", (whole - left) * 100 / whole),
            days_left: (left + 1439) / 1440,
        }
    });
    let frame = Frame::of(&request, &who.account);
    pages::ok(&ShowPage {
        page: frame.page(&request, "Closing the account"),
        frame,
        outlook,
        under,
        manages: AccountRight::Manage.granted_to(who.account.role),
    })
}

/// How far a closure is that can no longer be undone: `going` while what was in the account is not gone yet, `told` where
/// whoever reads may know that something is held.
fn standing(closure: &Closure, going: bool, told: bool, now: DateTime<Utc>) -> String {
    let content = match (going, told) {
        (false, _) => "What was in it is gone.",
        (true, false) => "What was in it is being deleted.",
        (true, true) => "What was in it is kept for now.",
    };
    if closure.data_until > now {
        return format!("{content} The rest goes by {}.", moment(&closure.data_until));
    }
    let rest = if told { "The rest is kept for now, too." } else { "The rest is being deleted." };
    format!("{content} {rest}")
}

#[derive(askama::Template)]
#[template(path = "accounts/closure/new.html")]
struct NewPage {
    page: Page,
    frame: Frame,
    outlook: Outlook,
    title: String,
    until: String,
    form: Form,
}

async fn new_page(
    app: &App,
    request: &HttpRequest,
    who: &RecentMember<Manages>,
    form: Form,
) -> Result<NewPage, crate::platform::error::AppError> {
    let now = app.clock.now();
    let frame = Frame::of(request, &who.account);
    Ok(NewPage {
        page: frame.page(request, "Close the account"),
        frame,
        outlook: outlook(&mut *app.db.get().await?, &who.account, who.person, now).await?,
        title: format!("Close “{}”?", who.account.name),
        until: format!(
            "From now on the account is read-only. You can undo it with one click until {}. After that nothing can be brought back.",
            moment(&(now + super::CONTENT_STAYS))
        ),
        form,
    })
}

/// `GET /accounts/{account}/closure/new`
pub async fn new(app: web::Data<App>, request: HttpRequest, who: RecentMember<Manages>) -> WebResult {
    if !who.account.state.leads_to(State::Closing) {
        return Ok(see_other(&who.account.path("/closure")));
    }
    let form = ClosureForm::default().draw(&who.account.name);
    pages::ok(&new_page(&app, &request, &who, form).await?)
}

/// `POST /accounts/{account}/closure`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentMember<Manages>,
    typed: web::Form<ClosureForm>,
) -> WebResult {
    if let Err(form) = typed.check(&who.account.name) {
        return pages::unprocessable(&new_page(&app, &request, &who, form).await?);
    }
    match super::request(&app, &who, who.account.id).await? {
        Ok(_) => {
            flash::success(&request, "The account is being closed. For thirty days you can undo it here.")
        }
        Err(refusal) => flash::info(&request, refusal.words()),
    }
    Ok(see_other(&who.account.path("/closure")))
}

/// `POST /accounts/{account}/closure/undo`: one click.
pub async fn undo(app: web::Data<App>, request: HttpRequest, who: Member<Manages>) -> WebResult {
    match super::undo(&app, &who, who.account.id).await? {
        Ok(()) => flash::success(&request, "The closure is undone. Nothing was deleted."),
        Err(refusal) => flash::info(&request, refusal.words()),
    }
    Ok(see_other(&who.account.path("/closure")))
}
