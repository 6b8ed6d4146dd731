//! `/staff/jobs`: jobs that were given up, and the timetable.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use diesel_async::AsyncConnection as _;
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::jobs::schedule::{Entry, TIMETABLE};
use crate::platform::jobs::{self, DeadJob};
use crate::platform::web::flash;
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::platform::web::pagination::Window;
use crate::staff::desk::{self, Asked, Bulk, Line, List, Pairs, Queue, claims};
use crate::staff::masks;
use crate::staff::permissions::RunsOperations;

/// What the list can be filtered by.
const FILTERS: &[desk::Filter] = &[desk::Filter {
    name: "view",
    label: "Which",
    choices: || vec![("", "All of them"), ("mine", "Claimed by me")],
}];

/// What can be done with several at once. Every job may run twice, so trying again harms nothing.
const BULK: Bulk =
    Bulk { action: "/staff/jobs/retries", label: "Try the ticked ones again", name: "job", tick: "Choose" };

const GONE: &str =
    "This job is no longer among the dead ones: somebody has tried it again already, or it is done.";

/// What a job is in the table of claims.
fn item(id: i64) -> Uuid {
    Uuid::from_u128(u128::from(id.unsigned_abs()))
}

/// The job that an item is.
fn job(item: Uuid) -> i64 {
    i64::try_from(item.as_u128()).unwrap_or(i64::MAX)
}

/// A dead job, as its line shows it.
fn line(dead: DeadJob, holder: Option<String>) -> Line {
    let error = dead.last_error.as_deref().map_or_else(|| "nothing was noted".into(), masks::sentence);
    let id = dead.id;
    Line {
        title: dead.task,
        after: format!(" · {} tries · {error}", dead.attempts),
        number: format!("job {id}"),
        tick: id.to_string(),
        act: Some((format!("/staff/jobs/{id}/retry"), "Try again")),
        ..Line::default()
    }
    .badge("", format!("#{id}"))
    .at(dead.created_at)
    .held(holder, format!("/staff/jobs/{id}/claim"))
}

#[derive(askama::Template)]
#[template(path = "staff/operations/jobs.html")]
struct JobsPage {
    page: Page,
    list: List,
    timetable: &'static [Entry],
}

/// Those that the filters let through, or all.
async fn among(app: &App, asked: &Asked, who: &SignedIn) -> Result<Option<Vec<i64>>, AppError> {
    if asked.get("view") != "mine" {
        return Ok(None);
    }
    let mut conn = app.db.get().await?;
    let mine = claims::items_of(&mut conn, Queue::Jobs, who.person, app.clock.now()).await?;
    Ok(Some(mine.into_iter().map(job).collect()))
}

/// `GET /staff/jobs`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<RunsOperations>,
    pairs: Pairs,
) -> WebResult {
    let (now, asked) = (app.clock.now(), Asked::read(FILTERS, &pairs));
    let keyset = asked.keyset::<i64>()?;
    let among = among(&app, &asked, &who).await?;
    let mut conn = app.db.get().await?;
    let dead = jobs::dead_jobs(&mut conn, among.as_deref(), keyset.window()).await?;
    let (dead, pager) = keyset.page(dead, |job| job.id, "/staff/jobs", &asked.extra());
    let items: Vec<Uuid> = dead.iter().map(|job| item(job.id)).collect();
    let mut holders = claims::holders(&mut conn, Queue::Jobs, &items, now).await?;
    let lines = dead.into_iter().map(|job| {
        let holder = holders.remove(&item(job.id));
        line(job, holder)
    });
    let lines = (lines.collect(), pager);
    let list = List::load(&mut conn, Queue::Jobs, who.person, &asked, lines, now).await?;
    let empty =
        ("No job was given up", "What fails is tried again by itself, later and later, before it ends here.");
    let list = List { ways: ("Newer", "Older"), bulk: Some(BULK), empty, ..list };
    pages::ok(&JobsPage { page: Page::of(&request, "Jobs"), list, timetable: TIMETABLE })
}

/// `GET /staff/jobs.csv`
pub async fn csv(
    app: web::Data<App>,
    who: Staff<RunsOperations>,
    pairs: Pairs,
) -> Result<HttpResponse, AppError> {
    let asked = Asked::read(FILTERS, &pairs);
    let among = among(&app, &asked, &who).await?;
    desk::csv::note(&app, &who, Queue::Jobs, &asked.query()).await?;
    let head = ["job", "task", "tries", "enqueued_at", "error"];
    Ok(desk::csv::stream("dead-jobs", &head, move |before: Option<i64>| {
        let (app, among) = (app.clone(), among.clone());
        async move {
            let window = Window { before, after: None, limit: desk::csv::BATCH };
            let dead = jobs::dead_jobs(&mut *app.db.get().await?, among.as_deref(), window).await?;
            Ok(dead.into_iter().map(cells).collect())
        }
    }))
}

fn cells(dead: DeadJob) -> (i64, Vec<String>) {
    let error = dead.last_error.as_deref().map(masks::sentence).unwrap_or_default();
    let at = dead.created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    (dead.id, vec![dead.id.to_string(), dead.task, dead.attempts.to_string(), at, error])
}

/// `POST /staff/jobs/{id}/claim`
pub async fn claim(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<RunsOperations>,
    id: web::Path<i64>,
) -> WebResult {
    let there = jobs::dead_jobs(&mut *app.db.get().await?, Some(&[*id]), Window::newest(1)).await?;
    if there.is_empty() {
        return Err(AppError::Gone(GONE));
    }
    desk::web::claim(&app, &request, &who, (Queue::Jobs, item(*id)), "/staff/jobs").await
}

/// One more round of attempts for a job. Answers whether it was still dead.
async fn revive(app: &App, who: &SignedIn, id: i64) -> Result<bool, AppError> {
    let (now, from) = (app.clock.now(), who.caller.circumstances());
    let mut conn = app.db.get().await?;
    let revived = conn
        .transaction(async |conn| {
            if !jobs::retry(conn, id, now).await? {
                return Ok(false);
            }
            claims::end(conn, Queue::Jobs, item(id)).await?;
            let note = format!("Job {id}");
            let event = Event::new(who.actor(), "job", None::<Uuid>, "job.retried", &from).note(&note);
            audit::append(conn, now, event).await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    Ok(revived)
}

/// `POST /staff/jobs/{id}/retry`: one more round of attempts.
pub async fn retry(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<RunsOperations>,
    id: web::Path<i64>,
) -> WebResult {
    if !revive(&app, &who, *id).await? {
        return Err(AppError::Gone(GONE));
    }
    flash::success(&request, "The job will be tried again.");
    Ok(see_other("/staff/jobs"))
}

/// `POST /staff/jobs/retries`: the same for each that was ticked.
pub async fn retry_many(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<RunsOperations>,
    ticked: web::Form<Vec<(String, String)>>,
) -> WebResult {
    let mut done = 0;
    let ids = ticked.iter().filter(|(name, _)| name == "job").take(100);
    for id in ids.filter_map(|(_, id)| id.parse().ok()) {
        done += i32::from(revive(&app, &who, id).await?);
    }
    match done {
        0 => flash::info(&request, "None of those that you ticked was still dead."),
        1 => flash::success(&request, "One job will be tried again."),
        many => flash::success(&request, format!("{many} jobs will be tried again.")),
    }
    Ok(see_other("/staff/jobs"))
}
