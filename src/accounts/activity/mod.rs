//! What happened in an account: everything in the audit log that was done to it, newest first, with who did it. People
//! are called by name as long as they are with us; of our staff the team is named and never the person.

mod queries;
mod words;

use actix_web::{HttpRequest, web};
use chrono::SecondsFormat;

use super::frame::Frame;
use super::guard::Member;
use super::permissions::Sees;
use crate::platform::app::App;
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::{Keyset, Pager};

use queries::{Names, Row};

/// An entry as it is read.
struct Entry {
    kind: &'static str,
    title: &'static str,
    iso: String,
    at: String,
    detail: String,
}

impl Entry {
    fn of(row: &Row, names: &Names) -> Self {
        let (kind, title) = words::of_event(&row.action);
        let who = format!("By {}", words::of_actor(row));
        let note = row.note.as_deref().map(|note| names.told(note)).filter(|note| !note.is_empty());
        let detail: Vec<String> = std::iter::once(who).chain(note).collect();
        Self {
            kind,
            title,
            iso: row.at.to_rfc3339_opts(SecondsFormat::Secs, true),
            at: moment(&row.at),
            detail: detail.join(" · "),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "accounts/activity/index.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    entries: Vec<Entry>,
    pager: Pager,
}

/// `GET /accounts/{account}/activity`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Sees>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let rows = queries::entries(&mut conn, who.account.id, &keyset).await?;
    let names = queries::names(&mut conn, &who.account, &rows).await?;
    drop(conn);
    let (rows, pager) = keyset.page(rows, |row| row.id, &who.account.path("/activity"), "");
    let entries = rows.iter().map(|row| Entry::of(row, &names)).collect();
    let frame = Frame::of(&request, &who.account);
    pages::ok(&IndexPage { page: frame.page(&request, "Activity"), frame, entries, pager })
}
