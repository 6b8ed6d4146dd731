//! The pages of restrictions: beginning one, the list, lifting one.

use actix_web::{HttpRequest, web};
use diesel_async::AsyncConnection as _;
use serde::Deserialize;

use super::{Person, Place, act, wanted};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Member};
use crate::accounts::permissions::ServesEndUsers;
use crate::content::end_users::restrictions::{self, Begun, Restriction};
use crate::content::end_users::{self, kind_label};
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, RestrictionId};
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};

/// A restriction, as pages show it.
pub(super) struct Row {
    pub kind: &'static str,
    pub value: String,
    pub reason: String,
    pub by: &'static str,
    pub since: String,
    pub since_iso: String,
    /// When it was lifted; empty while it is in force.
    pub lifted: String,
    pub lifting: String,
}

impl Row {
    pub(super) fn of(row: Restriction, keys: &Keys, account: &Account) -> Self {
        Self {
            kind: kind_label(row.kind()),
            value: row.who(keys).map_or_else(|| "cannot be read".into(), |who| who.value),
            by: if row.began_by_kind == "program" { "a program" } else { "a member" },
            since: moment(&row.began_at),
            since_iso: row.began_at.to_rfc3339(),
            lifted: row.lifted_at.as_ref().map(moment).unwrap_or_default(),
            lifting: account.path(&format!("/end-users/restrictions/{}/lifting", row.id)),
            reason: row.reason,
        }
    }
}

#[derive(askama::Template)]
#[template(path = "content/end_users/restriction.html")]
struct NewPage {
    page: Page,
    frame: Frame,
    person: Person,
    form: Form,
}

/// What the form of a restriction sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReasonForm {
    reason: String,
}

impl ReasonForm {
    fn draw(&self) -> Form {
        let mut field = Field::textarea("reason", "Why?")
            .value(&self.reason)
            .hint("Up to 500 characters, for whoever lifts it later. Leave out names: it stays after the person is deleted elsewhere.");
        field.maxlength = Some(500);
        Form::new(vec![field])
    }
}

fn new_page(request: &HttpRequest, who: &Member<ServesEndUsers>, person: Person, form: Form) -> NewPage {
    let frame = Frame::of(request, &who.account);
    NewPage { page: frame.page(request, "Restrict records"), frame, person, form }
}

/// `GET /accounts/{account}/end-users/{token}/restriction`
pub async fn new(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<ServesEndUsers>,
    place: Place,
) -> WebResult {
    let (_, person) = wanted(&app, &who, &place.1)?;
    pages::ok(&new_page(&request, &who, person, ReasonForm::default().draw()))
}

/// `POST /accounts/{account}/end-users/{token}/restriction`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<ServesEndUsers>,
    place: Place,
    typed: web::Form<ReasonForm>,
) -> WebResult {
    let (wanted, person) = wanted(&app, &who, &place.1)?;
    let reason = match restrictions::parse_reason(&typed.reason) {
        Ok(reason) => reason,
        Err(message) => {
            let mut form = typed.draw();
            form.fail("reason", message);
            return pages::unprocessable(&new_page(&request, &who, person, form));
        }
    };
    let act = act(&app, &who);
    let mut conn = app.db.get().await?;
    let begun = conn
        .transaction(async |conn| end_users::restrict(conn, &app.keys, &act, &wanted, &reason).await)
        .await?;
    match begun {
        Begun::New(_, 1) => flash::success(&request, "Restricted: 1 record, and whatever arrives."),
        Begun::New(_, records) => {
            flash::success(&request, format!("Restricted: {records} records, and whatever arrives."));
        }
        Begun::Already(_) => flash::info(&request, "A restriction about this person is in force already."),
    }
    Ok(see_other(&person.path))
}

#[derive(askama::Template)]
#[template(path = "content/end_users/restrictions.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
}

/// `GET /accounts/{account}/end-users/restrictions`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<ServesEndUsers>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let found = restrictions::list(&mut conn, who.account.id, keyset.window()).await?;
    let path = who.account.path("/end-users/restrictions");
    let (found, pager) = keyset.page(found, |row| row.id.0, &path, "");
    let rows = found.into_iter().map(|row| Row::of(row, &app.keys, &who.account)).collect();
    let frame = Frame::of(&request, &who.account);
    pages::ok(&IndexPage { page: frame.page(&request, "Restrictions"), frame, rows, pager })
}

#[derive(askama::Template)]
#[template(path = "content/end_users/lifting.html")]
struct LiftingPage {
    page: Page,
    frame: Frame,
    row: Row,
}

const LIFTED: &str = "This restriction was lifted meanwhile. The list shows what is still in force.";

/// `GET /accounts/{account}/end-users/restrictions/{id}/lifting`
pub async fn confirm_lifting(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<ServesEndUsers>,
    place: web::Path<(AccountId, RestrictionId)>,
) -> WebResult {
    let row = restrictions::find(&mut *app.db.get().await?, who.account.id, place.1).await?;
    if row.lifted_at.is_some() {
        return Err(AppError::Gone(LIFTED));
    }
    let frame = Frame::of(&request, &who.account);
    let row = Row::of(row, &app.keys, &who.account);
    pages::ok(&LiftingPage { page: frame.page(&request, "Lift a restriction"), frame, row })
}

/// `POST /accounts/{account}/end-users/restrictions/{id}/lifting`
pub async fn lift(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<ServesEndUsers>,
    place: web::Path<(AccountId, RestrictionId)>,
) -> WebResult {
    let act = act(&app, &who);
    let mut conn = app.db.get().await?;
    let lifted = conn
        .transaction(async |conn| {
            let lifted = restrictions::lift(conn, &act, place.1).await?;
            if lifted {
                let kind = restrictions::find(conn, act.account, place.1).await?.kind();
                act.note(conn, "end_user.restriction_lifted", kind).await?;
            }
            Ok::<_, diesel::result::Error>(lifted)
        })
        .await?;
    if !lifted {
        return Err(AppError::Gone(LIFTED));
    }
    flash::success(&request, "The restriction was lifted. Records that another one covers stay restricted.");
    Ok(see_other(&who.account.path("/end-users/restrictions")))
}
