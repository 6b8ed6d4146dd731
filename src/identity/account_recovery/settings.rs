//! The page on which an owner opens the slow lane, closes it, and stops what is under way.

use actix_web::{HttpRequest, web};

use super::Recovery;
use super::queries;
use crate::platform::app::App;
use crate::platform::web::flash;
use crate::platform::web::guards::{Reauthenticated, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, day, see_other};

#[derive(askama::Template)]
#[template(path = "identity/account_recovery/show.html")]
struct ShowPage {
    page: Page,
    /// Since when it is open.
    since: Option<String>,
    pending: Option<Recovery>,
    has_factor: bool,
    is_staff: bool,
    is_recent: bool,
}

/// `GET /settings/account-recovery`. Needs no recent sign-in, so that stopping is one tap from any page.
pub async fn show(app: web::Data<App>, request: HttpRequest, who: SignedIn) -> WebResult {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    pages::ok(&ShowPage {
        page: Page::of(&request, "Account recovery"),
        since: queries::opted_in(&mut conn, who.person).await?.map(|at| day(&at)),
        pending: queries::open(&mut conn, now, who.person).await?,
        has_factor: who.has_second_factor(),
        is_staff: !who.roles.is_empty(),
        is_recent: who.is_recent(now),
    })
}

/// `POST /settings/account-recovery`
pub async fn create(app: web::Data<App>, request: HttpRequest, who: Reauthenticated) -> WebResult {
    if super::opt_in(&app, &who.0).await? {
        flash::success(&request, "Account recovery is on.");
    } else {
        flash::info(&request, "Account recovery was on already.");
    }
    Ok(see_other("/settings/account-recovery"))
}

/// `POST /settings/account-recovery/removal`
pub async fn destroy(app: web::Data<App>, request: HttpRequest, who: Reauthenticated) -> WebResult {
    if super::opt_out(&app, &who.0).await? {
        flash::success(&request, "Account recovery is off.");
    } else {
        flash::info(&request, "Account recovery was off already.");
    }
    Ok(see_other("/settings/account-recovery"))
}

/// `POST /settings/account-recovery/cancellation`
pub async fn cancel(app: web::Data<App>, request: HttpRequest, who: SignedIn) -> WebResult {
    if super::cancel_from_session(&app, &who).await? {
        flash::success(
            &request,
            "The recovery is stopped and your second factor stays. If it was not you who asked, change your password now.",
        );
    } else {
        flash::info(&request, "There was no recovery to stop.");
    }
    Ok(see_other("/settings/account-recovery"))
}
