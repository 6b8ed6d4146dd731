//! The pages on which an owner and the members of an account read what was decided, why, and what they can do (S128).

use actix_web::{HttpRequest, web};
use chrono::{DateTime, SecondsFormat, Utc};

use super::queries::{self, Suspension};
use super::statement::{self, Statement};
use crate::accounts::frame::Frame;
use crate::accounts::guard::Member;
use crate::accounts::permissions::{AccountRight, Sees};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::SuspensionId;
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::trust::appeals::pace::Pace;
use crate::trust::appeals::web::glance::{Glance, glances};
use crate::trust::appeals::{self, ARBITRATION, PRIVACY_MAIL};

/// A suspension, as the list shows it.
struct Row {
    href: String,
    title: String,
    badges: [(&'static str, &'static str); 2],
    since_iso: String,
    since: String,
    until: String,
}

impl Row {
    fn of(suspension: &Suspension, now: DateTime<Utc>) -> Self {
        let level = suspension.level();
        let end = match &suspension.ended_at {
            Some(at) => format!("ended {}", moment(at)),
            None => format!("until {}", super::mail::until(suspension)),
        };
        Self {
            href: suspension.path(""),
            title: suspension.reason().label().to_owned(),
            badges: [(level.badge(), level.label()), statement::state(suspension, now)],
            since_iso: suspension.began_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            since: moment(&suspension.began_at),
            until: end,
        }
    }
}

#[derive(askama::Template)]
#[template(path = "trust/suspensions/index.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
}

/// `GET /accounts/{account}/suspensions`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Sees>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let now = app.clock.now();
    let found = queries::page_of(&mut *app.db.get().await?, who.account.id, keyset.window()).await?;
    let path = who.account.path("/suspensions");
    let (found, pager) = keyset.page(found, |suspension| suspension.id.0, &path, "");
    let rows = found.iter().map(|suspension| Row::of(suspension, now)).collect();
    let frame = Frame::of(&request, &who.account);
    pages::ok(&IndexPage { page: frame.page(&request, "Suspensions"), frame, rows, pager })
}

#[derive(askama::Template)]
#[template(path = "trust/suspensions/show.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    statement: Statement,
    title: String,
    path: String,
    appeals: Vec<Glance>,
    /// Why nobody can appeal now; nothing where somebody can.
    closed: Option<&'static str>,
    /// Whoever looks is the owner, who appeals.
    owns: bool,
    pace: String,
    receipt: Option<String>,
    privacy_mail: &'static str,
    postal_address: Option<String>,
    arbitration: &'static str,
}

/// The suspension that a path names, in the account that it names.
///
/// # Errors
/// `NotFound`.
pub async fn named(app: &App, who: &Member<Sees>, sid: &str) -> Result<Suspension, AppError> {
    let id: SuspensionId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(queries::find_of(&mut *app.db.get().await?, who.account.id, id).await?)
}

/// `GET /accounts/{account}/suspensions/{suspension}`: the statement.
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Sees>,
    path: web::Path<(String, String)>,
) -> WebResult {
    let suspension = named(&app, &who, &path.1).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let all = appeals::of_suspension(&mut conn, suspension.id).await?;
    let frame = Frame::of(&request, &who.account);
    let title = suspension.level().headline(&who.account.name);
    pages::ok(&ShowPage {
        page: frame.page(&request, "Statement"),
        frame,
        statement: Statement::load(&mut conn, &suspension, now).await?,
        title,
        path: suspension.path(""),
        closed: appeals::closed(&suspension, &all, now).map(appeals::Refusal::words),
        appeals: glances(&all, now),
        owns: AccountRight::Manage.granted_to(who.account.role),
        pace: Pace::load(&mut conn, now).await?.words(),
        receipt: queries::receipt_of(&mut conn, &suspension, who.person).await?.map(|id| id.to_string()),
        privacy_mail: PRIVACY_MAIL,
        postal_address: app.config.campaigns.postal_address.clone(),
        arbitration: ARBITRATION,
    })
}
