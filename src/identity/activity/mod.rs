//! What happened in and around one person's account: their sign-ins (S62), every change to their
//! security, and each time somebody of our staff looked at their record and why. One list, newest
//! first. Of staff it names the team and never the person.

mod queries;
mod words;

use actix_web::{HttpRequest, web};
use chrono::SecondsFormat;

use crate::platform::app::App;
use crate::platform::web::caller::describe_browser;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::{Keyset, Pager};

use queries::Row;
pub use words::of_role as team;

/// An entry as it is read.
struct Entry {
    kind: &'static str,
    title: String,
    iso: String,
    at: String,
    detail: String,
}

impl Entry {
    fn of(row: &Row) -> Self {
        let (kind, title, first) = match row.source.as_str() {
            "sign_in" => {
                let (kind, title) = words::of_sign_in(&row.what);
                (kind, title.to_owned(), words::of_method(&row.how).map(str::to_owned))
            }
            "view" => {
                let title = format!("Your record was viewed by {}", words::of_role(&row.what));
                ("info", title, Some(format!("Because: {}", row.how)))
            }
            "contact_view" => {
                let title = format!("What we may send you was viewed by {}", words::of_role(&row.what));
                ("info", title, Some(format!("Because: {}", row.how)))
            }
            _ => {
                let (kind, title) = words::of_event(&row.what);
                (kind, title.to_owned(), words::of_actor(&row.how).map(str::to_owned))
            }
        };
        let reason = row.reason.as_ref().map(|reason| format!("Because: {reason}"));
        let detail: Vec<String> = first.into_iter().chain(reason).chain(circumstances(row)).collect();
        let iso = row.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self { kind, title, iso, at: moment(&row.at), detail: detail.join(" · ") }
    }
}

/// Browser, country and address, as far as they were kept.
fn circumstances(row: &Row) -> Vec<String> {
    let Some(ip) = row.ip else { return Vec::new() };
    let browser = describe_browser(row.user_agent.as_deref().unwrap_or_default());
    vec![browser, row.country.clone().unwrap_or_else(|| "unknown country".into()), ip.addr().to_string()]
}

#[derive(askama::Template)]
#[template(path = "identity/activity/index.html")]
struct IndexPage {
    page: Page,
    entries: Vec<Entry>,
    pager: Pager,
}

/// `GET /settings/activity`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: SignedIn,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let rows = queries::entries(&mut conn, who.person, keyset.window()).await?;
    drop(conn);
    let (rows, pager) = keyset.page(rows, |row| row.id, "/settings/activity", "");
    let entries = rows.iter().map(Entry::of).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Activity"), entries, pager })
}
