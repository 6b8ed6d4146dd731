//! The list of suspensions, the newest first.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::PATH;
use crate::platform::app::App;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::Pager;
use crate::staff::desk::{self, Asked, Pairs};
use crate::staff::permissions::{Permission, ReadsSuspensions};
use crate::trust::suspensions::queries::{self, Suspension, Wanted};
use crate::trust::suspensions::statement::state;
use crate::trust::suspensions::{Level, Reason, mail};

/// What the list can be filtered by.
const FILTERS: &[desk::Filter] = &[
    desk::Filter { name: "view", label: "Which", choices: views },
    desk::Filter { name: "level", label: "Level", choices: levels },
    desk::Filter { name: "reason", label: "Reason", choices: reasons },
    desk::Filter { name: "by", label: "Decided by", choices: deciders },
];

fn views() -> Vec<(&'static str, &'static str)> {
    vec![("", "In force"), ("ended", "Ended"), ("all", "All of them")]
}

fn levels() -> Vec<(&'static str, &'static str)> {
    let all = Level::ALL.into_iter().map(|level| (level.as_str(), level.label()));
    [("", "Any level")].into_iter().chain(all).collect()
}

fn reasons() -> Vec<(&'static str, &'static str)> {
    let all = Reason::ALL.into_iter().map(|reason| (reason.as_str(), reason.label()));
    [("", "Any reason")].into_iter().chain(all).collect()
}

fn deciders() -> Vec<(&'static str, &'static str)> {
    vec![("", "Anybody"), ("rule", "A rule"), ("staff", "Staff alone")]
}

/// A suspension, in a line.
struct Line {
    path: String,
    title: String,
    badges: [(&'static str, &'static str); 2],
    account: String,
    decided: &'static str,
    since_iso: String,
    since: String,
    until: String,
}

impl Line {
    fn of(suspension: &Suspension, now: DateTime<Utc>) -> Self {
        let level = suspension.level();
        let end = suspension.ended_at.as_ref().map(|at| format!("ended {}", moment(at)));
        Self {
            path: format!("{PATH}/{}", suspension.id),
            title: suspension.reason().label().to_owned(),
            badges: [(level.badge(), level.label()), state(suspension, now)],
            account: suspension.account.to_string(),
            decided: mail::decided(suspension),
            since_iso: suspension.began_at.to_rfc3339(),
            since: moment(&suspension.began_at),
            until: end.unwrap_or_else(|| format!("until {}", mail::until(suspension))),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "trust/suspensions/staff_index.html")]
struct IndexPage {
    page: Page,
    filters: Form,
    lines: Vec<Line>,
    may_suspend: bool,
    pager: Pager,
}

/// `GET /staff/suspensions`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<ReadsSuspensions>,
    pairs: Pairs,
) -> WebResult {
    let (now, asked) = (app.clock.now(), Asked::read(FILTERS, &pairs));
    let keyset = asked.keyset::<Uuid>()?;
    let wanted = Wanted {
        view: asked.get("view"),
        level: asked.get("level"),
        reason: asked.get("reason"),
        by: asked.get("by"),
    };
    let found = queries::list(&mut *app.db.get().await?, &wanted, keyset.window(), now).await?;
    let (found, pager) = keyset.page(found, |suspension| suspension.id.0, PATH, &asked.extra());
    pages::ok(&IndexPage {
        page: Page::of(&request, "Suspensions"),
        filters: asked.form(),
        lines: found.iter().map(|suspension| Line::of(suspension, now)).collect(),
        may_suspend: Permission::SuspendAccounts.granted_to(&who.roles),
        pager,
    })
}
