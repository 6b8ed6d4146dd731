//! The page for everybody, and the feed of its changes.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template as _;
use chrono::{DateTime, Utc};

use super::{Function, SubProcessor, queries};
use crate::platform::app::App;
use crate::platform::countries;
use crate::platform::error::AppError;
use crate::platform::web::pages::{self, Page, WebResult, date, day};

/// Whoever works for us, as everybody reads it.
struct Row {
    name: String,
    place: String,
    does: String,
    assurance: String,
    /// Days of the contract and of the close look.
    looked: String,
    since: String,
}

/// A function with whoever does it.
struct Group {
    function: Function,
    categories: String,
    rows: Vec<Row>,
}

/// That somebody came or went.
struct Change {
    /// Names it in the feed.
    id: String,
    at: DateTime<Utc>,
    when: String,
    iso: String,
    words: String,
}

fn row(one: &SubProcessor) -> Row {
    let on = |day: Option<chrono::NaiveDate>| day.map(date).unwrap_or_default();
    Row {
        name: one.name.clone(),
        place: countries::name(&one.country).map_or_else(|| one.country.clone(), Into::into),
        does: one.does.clone(),
        assurance: one.assurance.clone().unwrap_or_default(),
        looked: format!(
            "Under contract since {}; we last looked at it closely on {}.",
            on(one.contract_on),
            on(one.diligence_on)
        ),
        since: one.approved_at.as_ref().map(day).unwrap_or_default(),
    }
}

/// What is public of these: a function that is switched off is left out with whoever does it.
fn groups(app: &App, found: &[SubProcessor]) -> Vec<Group> {
    let of = |function: Function| {
        let rows = found.iter().filter(|one| one.is_active() && one.function() == Some(function));
        Group { function, categories: function.categories().join(", "), rows: rows.map(row).collect() }
    };
    let on = Function::ALL.into_iter().filter(|function| function.is_on(&app.config));
    on.map(of).filter(|group| !group.rows.is_empty()).collect()
}

/// Each coming and going of these, the latest first.
fn changes(app: &App, found: &[SubProcessor]) -> Vec<Change> {
    let mut changes = Vec::new();
    for one in found {
        let Some(function) = one.function().filter(|function| function.is_on(&app.config)) else { continue };
        for (at, what, words) in
            [(one.approved_at, "added", "works for us"), (one.ended_at, "ended", "no longer works for us")]
        {
            let Some(at) = at else { continue };
            let words = format!("{} {words}: {}", one.name, function.label());
            changes.push(Change {
                id: format!("{}-{what}", one.id),
                at,
                when: day(&at),
                iso: at.to_rfc3339(),
                words,
            });
        }
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.at));
    changes
}

#[derive(askama::Template)]
#[template(path = "privacy/sub_processors/public.html")]
struct PublicPage {
    page: Page,
    groups: Vec<Group>,
    changes: Vec<Change>,
}

/// `GET /sub-processors`
pub async fn show(app: web::Data<App>, request: HttpRequest) -> WebResult {
    let found = queries::published(&mut *app.db.get().await?).await?;
    let (groups, changes) = (groups(&app, &found), changes(&app, &found));
    pages::ok(&PublicPage { page: Page::of(&request, "Who works for us"), groups, changes })
}

#[derive(askama::Template)]
#[template(path = "privacy/sub_processors/feed.xml")]
struct Feed {
    /// Where the page and the feed are.
    page: String,
    feed: String,
    updated: String,
    changes: Vec<Change>,
}

/// `GET /sub-processors.atom`: the same changes, for whoever wants to be told of them (RFC 4287).
pub async fn feed(app: web::Data<App>) -> Result<HttpResponse, AppError> {
    let found = queries::published(&mut *app.db.get().await?).await?;
    let changes = changes(&app, &found);
    let latest = changes.first().map_or(DateTime::UNIX_EPOCH, |change| change.at);
    let feed = Feed {
        page: app.url("/sub-processors"),
        feed: app.url("/sub-processors.atom"),
        updated: latest.to_rfc3339(),
        changes,
    };
    Ok(HttpResponse::Ok().content_type("application/atom+xml; charset=utf-8").body(feed.render()?))
}
