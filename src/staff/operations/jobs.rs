//! `/staff/jobs`: jobs that were given up, and the timetable.

use actix_web::{HttpRequest, web};
use diesel_async::AsyncConnection as _;

use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::jobs::schedule::{Entry, TIMETABLE};
use crate::platform::jobs::{self, DeadJob};
use crate::platform::web::flash;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::masks;
use crate::staff::permissions::RunsOperations;

/// A dead job, as the page shows it.
struct Row {
    id: i64,
    about: String,
    task: String,
    attempts: i32,
    error: String,
    iso: String,
    when: String,
}

impl From<DeadJob> for Row {
    fn from(job: DeadJob) -> Self {
        Self {
            id: job.id,
            about: format!("job {}", job.id),
            task: job.task,
            attempts: job.attempts,
            error: job.last_error.as_deref().map_or_else(|| "nothing was noted".into(), masks::sentence),
            iso: job.created_at.to_rfc3339(),
            when: moment(&job.created_at),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "staff/operations/jobs.html")]
struct JobsPage {
    page: Page,
    rows: Vec<Row>,
    pager: Pager,
    timetable: &'static [Entry],
}

/// `GET /staff/jobs`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<RunsOperations>,
    keyset: web::Query<Keyset<i64>>,
) -> WebResult {
    let mut conn = app.db.get().await?;
    let dead = jobs::dead_jobs(&mut conn, keyset.window()).await?;
    let (dead, pager) = keyset.page(dead, |job| job.id, "/staff/jobs", "");
    let rows = dead.into_iter().map(Row::from).collect();
    pages::ok(&JobsPage { page: Page::of(&request, "Jobs"), rows, pager, timetable: TIMETABLE })
}

/// `POST /staff/jobs/{id}/retry`: one more round of attempts.
pub async fn retry(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<RunsOperations>,
    id: web::Path<i64>,
) -> WebResult {
    let now = app.clock.now();
    let from = who.caller.circumstances();
    let mut conn = app.db.get().await?;
    let revived = conn
        .transaction(async |conn| {
            if !jobs::retry(conn, *id, now).await? {
                return Ok(false);
            }
            let note = format!("Job {id}");
            let event = Event {
                actor: who.actor(),
                subject_kind: "job",
                subject: None,
                action: "job.retried",
                note: Some(&note),
                from: &from,
            };
            audit::append(conn, now, event).await?;
            Ok::<_, diesel::result::Error>(true)
        })
        .await?;
    if !revived {
        return Err(AppError::Gone(
            "This job is no longer among the dead ones: somebody has tried it again already, or it is done.",
        ));
    }
    flash::success(&request, "The job will be tried again.");
    Ok(see_other("/staff/jobs"))
}
