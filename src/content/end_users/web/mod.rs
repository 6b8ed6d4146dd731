//! The pages of an account's end users: the search, and what is kept about somebody.

pub mod deletions;
mod person;
pub mod restrictions;

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{Act, Identifier, api, deletion, kind_label, kind_words, sheet, token};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Member, RecentMember};
use crate::accounts::permissions::ServesEndUsers;
use crate::accounts::states::State;
use crate::content::person_keys::IdentifierKind;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::AccountId;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager, Window};

use person::{KnownAs, RecordView};

const CLOSED: &str = "This account is closed. What was kept in it can no longer be looked at.";

/// Account and token of an address.
pub(super) type Place = web::Path<(AccountId, String)>;

#[derive(askama::Template)]
#[template(path = "content/end_users/index.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    form: Form,
    /// Where the sheet for end users is: as a path, and whole, to hand it on.
    sheet: (String, String),
}

/// What the search sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchForm {
    kind: String,
    value: String,
}

impl SearchForm {
    fn draw(&self) -> Form {
        let choice = |kind: IdentifierKind| Choice {
            value: kind.as_str().into(),
            label: kind_label(kind).into(),
            selected: self.kind == kind.as_str(),
        };
        let mut value = Field::text("value", "Whom do you look for?")
            .value(&self.value)
            .autocomplete("off")
            .hint("A whole address, a whole number with its country code, whole words of a name, or a VIN.");
        value.maxlength = Some(254);
        let kinds = IdentifierKind::ALL.into_iter().map(choice).collect();
        Form::new(vec![Field::select("kind", "Find by", kinds), value])
    }

    fn parse(&self) -> Result<Identifier, Form> {
        let mut form = self.draw();
        let Some(kind) = IdentifierKind::parse(&self.kind) else {
            form.fail("kind", "Choose one of these.");
            return Err(form);
        };
        Identifier::parse(kind, &self.value).map_err(|message| {
            form.fail("value", message);
            form
        })
    }
}

fn index_page(app: &App, request: &HttpRequest, who: &Member<ServesEndUsers>, form: Form) -> IndexPage {
    let frame = Frame::of(request, &who.account);
    let sheet = sheet::path(&app.keys, who.account.id);
    let sheet = (sheet.clone(), app.url(&sheet));
    IndexPage { page: frame.page(request, "End users"), frame, form, sheet }
}

/// `GET /accounts/{account}/end-users`
pub async fn index(app: web::Data<App>, request: HttpRequest, who: Member<ServesEndUsers>) -> WebResult {
    pages::ok(&index_page(&app, &request, &who, SearchForm::default().draw()))
}

/// `POST /accounts/{account}/end-users`: on to an address that does not say whom it is about.
pub async fn search(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<ServesEndUsers>,
    typed: web::Form<SearchForm>,
) -> WebResult {
    refuse_closed(&who.account)?;
    let wanted = match typed.parse() {
        Ok(wanted) => wanted,
        Err(form) => return pages::unprocessable(&index_page(&app, &request, &who, form)),
    };
    let token = token::seal(&app.keys, who.account.id, who.person, &wanted, app.clock.now());
    Ok(see_other(&who.account.path(&format!("/end-users/{token}"))))
}

/// Refuses an account that is closed: what may still be in it is kept for one purpose alone, and read for no other (S166).
fn refuse_closed(account: &Account) -> Result<(), AppError> {
    match account.state {
        State::Closed => Err(AppError::Gone(CLOSED)),
        State::Trial | State::Active | State::Suspended | State::Closing => Ok(()),
    }
}

/// Somebody who was searched for, as every page about them shows it.
pub(super) struct Person {
    /// Kind in words.
    pub kind: &'static str,
    /// The value.
    pub value: String,
    /// The address of their page.
    pub path: String,
}

/// Whom a page is about, and how it shows them.
pub(super) fn wanted(
    app: &App,
    who: &Member<ServesEndUsers>,
    token: &str,
) -> Result<(Identifier, Person), AppError> {
    refuse_closed(&who.account)?;
    let wanted = token::open(&app.keys, who.account.id, who.person, token, app.clock.now())?;
    let path = who.account.path(&format!("/end-users/{token}"));
    let person = Person { kind: kind_label(wanted.kind), value: wanted.value.clone(), path };
    Ok((wanted, person))
}

/// A member's act.
pub(super) fn act(app: &App, who: &Member<ServesEndUsers>) -> Act {
    Act {
        account: who.account.id,
        actor: who.actor(),
        from: who.caller.circumstances(),
        now: app.clock.now(),
    }
}

/// An earlier deletion of the same person.
struct Earlier {
    path: String,
    at: String,
}

#[derive(askama::Template)]
#[template(path = "content/end_users/show.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    person: Person,
    claims: String,
    communications: String,
    records: Vec<RecordView>,
    known_as: Vec<KnownAs>,
    restriction: Option<restrictions::Row>,
    earlier: Vec<Earlier>,
    pager: Pager,
}

/// `GET /accounts/{account}/end-users/{token}`: all that is kept about somebody.
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<ServesEndUsers>,
    place: Place,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let (wanted, person) = wanted(&app, &who, &place.1)?;
    let account = who.account.id;
    let window = Window { limit: Keyset::LIMIT - 1, ..keyset.window() };
    let mut conn = app.db.get().await?;
    let mut found = super::search(&mut conn, &app.keys, account, &wanted, window).await?;
    let pager = pager(&keyset, &found, &person.path);
    if keyset.after.is_some() {
        found.hits.reverse();
    }
    let records = person::views(&mut conn, &app.keys, &wanted, &found.hits).await?;
    let restriction = super::restrictions::present(&mut conn, &app.keys, account, &wanted).await?;
    let earlier = deletion::receipts::of(&mut conn, &app.keys, account, &wanted).await?;
    let earlier = earlier.iter().map(|receipt| Earlier {
        path: who.account.path(&format!("/end-users/deletions/{}", receipt.id)),
        at: moment(&receipt.instructed_at),
    });
    let frame = Frame::of(&request, &who.account);
    pages::ok(&ShowPage {
        page: frame.page(&request, "What is kept about somebody"),
        claims: person::count(found.counts.claims, "claim", "claims"),
        communications: person::count(found.counts.communications, "communication", "communications"),
        known_as: person::known_as(&wanted, &found.hits),
        restriction: restriction.map(|row| restrictions::Row::of(row, &app.keys, &who.account)),
        earlier: earlier.collect(),
        frame,
        person,
        records,
        pager,
    })
}

fn pager(keyset: &Keyset, found: &super::Page, path: &str) -> Pager {
    let link = |which: &str, id: uuid::Uuid| format!("{path}?{which}={id}");
    let first = found.hits.first().map(|hit| hit.record.id());
    let older = found.next.map(|next| link("before", next));
    match (keyset.before, keyset.after) {
        (_, Some(after)) => Pager {
            newer: found.next.map(|next| link("after", next)),
            // Hits come oldest first here.
            older: Some(link("before", first.unwrap_or(after))),
        },
        (Some(before), None) => Pager { newer: Some(link("after", first.unwrap_or(before))), older },
        (None, None) => Pager { newer: None, older },
    }
}

#[derive(askama::Template)]
#[template(path = "content/end_users/export.html")]
struct ExportPage {
    page: Page,
    frame: Frame,
    person: Person,
}

/// `GET /accounts/{account}/end-users/{token}/export`
pub async fn show_export(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentMember<ServesEndUsers>,
    place: Place,
) -> WebResult {
    let (_, person) = wanted(&app, &who, &place.1)?;
    let frame = Frame::of(&request, &who.account);
    pages::ok(&ExportPage { page: frame.page(&request, "Copy of what is kept"), frame, person })
}

/// `POST /accounts/{account}/end-users/{token}/export`
pub async fn export(app: web::Data<App>, who: RecentMember<ServesEndUsers>, place: Place) -> WebResult {
    let (wanted, _) = wanted(&app, &who, &place.1)?;
    api::archive(&app, act(&app, &who), wanted).await
}
