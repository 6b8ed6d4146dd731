//! The page of a rule, of a version, and of what a version would have done.

use std::collections::HashMap;

use actix_web::{HttpRequest, web};
use diesel_async::AsyncPgConnection;
use serde::Deserialize;
use uuid::Uuid;

use super::act::{propose_form, take_back_form};
use super::{PATH, Place, When, led_to, place, rule_of};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::day_chart::{Chart, first_day};
use crate::platform::web::forms::Form;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::platform::web::pagination::{Keyset, PAGE_SIZE, Pager};
use crate::staff::permissions::TunesRules;
use crate::trust::rules::queries::{self, Appealed, EvaluationLine, ModeRow, Proposal};
use crate::trust::rules::replay::{self, Hit, Replay};
use crate::trust::rules::{Mode, Version, figures};
use crate::trust::suspensions::evidence::figure;

/// From which version on.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    below: Option<i32>,
}

#[derive(askama::Template)]
#[template(path = "trust/rules/show.html")]
struct ShowPage {
    page: Page,
    /// Where a further version is written.
    new_version: String,
    name: String,
    versions: Vec<(Version, When)>,
    older: Option<String>,
    chart: Chart,
}

/// `GET /staff/rules/{rule}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<TunesRules>,
    rule: web::Path<String>,
    asked: web::Query<Asked>,
) -> WebResult {
    let rule = rule_of(&rule)?;
    let today = app.clock.now().date_naive();
    let mut conn = app.db.get().await?;
    let limit = i64::try_from(PAGE_SIZE).unwrap_or(25);
    let mut versions = queries::versions(&mut conn, rule, asked.below, limit + 1).await?;
    let more = versions.len() > PAGE_SIZE;
    versions.truncate(PAGE_SIZE);
    let path = format!("{PATH}/{rule}");
    let older = versions.last().filter(|_| more).map(|last| format!("{path}?below={}", last.number));
    let name = versions.first().map(|version| version.name.clone()).ok_or(AppError::NotFound)?;
    let counts: HashMap<_, _> = figures::days(&mut conn, rule, first_day(today))
        .await?
        .into_iter()
        .map(|row| (row.day, (row.all, row.acted)))
        .collect();
    let versions =
        versions.into_iter().map(|version| (version.clone(), When::of(&version.created_at))).collect();
    let page = Page::of(&request, &name);
    pages::ok(&ShowPage {
        page,
        new_version: format!("{path}/versions/new"),
        name,
        versions,
        older,
        chart: Chart::draw(today, &counts),
    })
}

/// Something in the history of a version.
struct Change {
    mode: Mode,
    by: String,
    because: String,
    when: When,
}

/// The proposal that waits.
struct Waiting {
    id: Uuid,
    mode: Mode,
    why: String,
    by: String,
    when: When,
    /// Whoever looks may decide about it; otherwise it is theirs, to take back.
    decidable: bool,
}

struct Last {
    when: When,
    /// Accounts looked at.
    accounts: i64,
    /// Accounts that it would have acted on.
    hits: i64,
    finished: bool,
}

struct EvaluationRow {
    line: EvaluationLine,
    badge: (&'static str, &'static str),
    when: When,
}

#[derive(askama::Template)]
#[template(path = "trust/rules/version.html")]
struct VersionPage {
    page: Page,
    rule_path: String,
    replay_path: String,
    version: Version,
    parameters: Vec<(String, String)>,
    written: When,
    author: String,
    changes: Vec<Change>,
    waiting: Option<Waiting>,
    replay: Option<Last>,
    evaluations: Vec<EvaluationRow>,
    pager: Pager,
    propose: Form,
    take_back: Form,
    /// Whichever of them something is wrong with.
    form: Form,
}

/// `GET /staff/rules/{rule}/versions/{n}`
pub async fn version(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<TunesRules>,
    at: Place,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let (rule, number) = place(&at)?;
    let version = queries::numbered(&mut *app.db.get().await?, rule, number).await?;
    let forms = (propose_form(version.mode(), "", ""), take_back_form(version.mode(), "", ""));
    pages::ok(&version_page(&app, &request, who.person.0, version, &keyset, forms).await?)
}

/// The page of a version, with these forms.
pub(super) async fn version_page(
    app: &App,
    request: &HttpRequest,
    who: Uuid,
    version: Version,
    keyset: &Keyset,
    (propose, take_back): (Form, Form),
) -> Result<impl askama::Template, AppError> {
    let mut conn = app.db.get().await?;
    let rows = queries::evaluations(&mut conn, version.id, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id.0, &version.path(), "");
    let evaluations = rows.into_iter().map(|line| EvaluationRow {
        badge: led_to(&line.led_to),
        when: When::of(&line.at),
        line,
    });
    let waiting = match queries::proposal(&mut conn, version.id).await? {
        Some(proposal) => Some(waiting(&mut conn, proposal, who).await?),
        None => None,
    };
    let mut changes = Vec::new();
    for row in queries::modes(&mut conn, version.id).await? {
        changes.push(change(&mut conn, row).await?);
    }
    let replay = match replay::last(&mut conn, version.id).await? {
        Some(replay) => Some(last(&mut conn, replay).await?),
        None => None,
    };
    let title = format!("{}, version {}", version.name, version.number);
    Ok(VersionPage {
        page: Page::of(request, &title),
        rule_path: format!("{PATH}/{}", version.rule),
        replay_path: format!("{}/replay", version.path()),
        parameters: version.parameters().into_iter().map(|(name, value)| (name, figure(value))).collect(),
        written: When::of(&version.created_at),
        author: queries::name_of(&mut conn, version.created_by).await?,
        changes,
        waiting,
        replay,
        evaluations: evaluations.collect(),
        pager,
        form: if propose.has_errors() { propose.clone() } else { take_back.clone() },
        propose,
        take_back,
        version,
    })
}

async fn change(conn: &mut AsyncPgConnection, row: ModeRow) -> Result<Change, AppError> {
    let by = match row.by {
        Some(by) => queries::name_of(conn, by).await?,
        None => "the portal".into(),
    };
    Ok(Change { mode: row.mode(), by, when: When::of(&row.at), because: row.because })
}

async fn waiting(conn: &mut AsyncPgConnection, proposal: Proposal, who: Uuid) -> Result<Waiting, AppError> {
    Ok(Waiting {
        id: proposal.id,
        mode: proposal.mode(),
        by: queries::name_of(conn, proposal.by).await?,
        when: When::of(&proposal.at),
        decidable: proposal.by != who,
        why: proposal.why,
    })
}

async fn last(conn: &mut AsyncPgConnection, replay: Replay) -> Result<Last, AppError> {
    let hits = replay::count(conn, replay.id).await?;
    let when = When::of(&replay.finished_at.unwrap_or(replay.began_at));
    Ok(Last { when, accounts: replay.accounts, hits, finished: replay.finished_at.is_some() })
}

struct HitLine {
    hit: Hit,
    when: When,
}

#[derive(askama::Template)]
#[template(path = "trust/rules/replay.html")]
struct ReplayPage {
    page: Page,
    version: Version,
    replay: Replay,
    from: String,
    to: String,
    hits: i64,
    appealed: Appealed,
    lines: Vec<HitLine>,
    pager: Pager,
}

/// `GET /staff/rules/{rule}/versions/{n}/replay`: whom the version would have acted on in the last 30 days.
pub async fn replayed(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<TunesRules>,
    at: Place,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let (rule, number) = place(&at)?;
    let mut conn = app.db.get().await?;
    let version = queries::numbered(&mut conn, rule, number).await?;
    let replay = replay::last_finished(&mut conn, version.id).await?.ok_or(AppError::NotFound)?;
    let rows = replay::hits(&mut conn, replay.id, keyset.window()).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id, &format!("{}/replay", version.path()), "");
    let lines = rows.into_iter().map(|hit| HitLine { when: When::of(&hit.first_hour), hit }).collect();
    let (from, to) = (pages::moment(&replay.from_hour), pages::moment(&replay.to_hour));
    let hits = replay::count(&mut conn, replay.id).await?;
    let appealed = queries::appealed(&mut conn, replay.id).await?;
    let page = Page::of(&request, "Replay");
    pages::ok(&ReplayPage { page, version, replay, from, to, hits, appealed, lines, pager })
}
