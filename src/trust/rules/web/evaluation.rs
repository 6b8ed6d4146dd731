//! The page of an evaluation: what was read, what it was judged by, and whether it comes to the same once more.

use actix_web::{HttpRequest, web};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{When, led_to};
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::EvaluationId;
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult};
use crate::staff::permissions::TunesRules;
use crate::trust::drawing::{self, Drawing};
use crate::trust::rules::explain::{self, Again, Evaluation};
use crate::trust::rules::{Mode, SCORE, Version, queries};
use crate::trust::suspensions::EventLine;
use crate::trust::suspensions::chart::Chart;

#[derive(askama::Template)]
#[template(path = "trust/rules/evaluation.html")]
struct EvaluationPage {
    page: Page,
    evaluation: Evaluation,
    version: Version,
    badge: (&'static str, &'static str),
    /// What the version might do then.
    version_might: &'static str,
    when: When,
    /// Versions that counted, with their weights.
    counted: Vec<(Version, i32)>,
    enough: i32,
    again: Again,
    drawings: Vec<(Drawing, Chart)>,
    events: Vec<(When, EventLine)>,
}

/// Writes the look into the activity of the account (S105).
async fn note(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    evaluation: &Evaluation,
) -> Result<(), AppError> {
    let (from, number) = (who.caller.circumstances(), evaluation.id.to_string());
    let event = Event::new(who.actor(), "account", evaluation.account.0, "account.evaluation.viewed", &from)
        .note(&number);
    conn.transaction(async |conn| audit::append(conn, app.clock.now(), event).await).await?;
    Ok(())
}

/// `GET /staff/evaluations/{evaluation}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<TunesRules>,
    id: web::Path<String>,
) -> WebResult {
    let id: EvaluationId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut conn = app.db.get().await?;
    let evaluation = explain::find(&mut conn, id).await?;
    note(&mut conn, &app, &who, &evaluation).await?;
    let mut counted = Vec::new();
    for one in evaluation.combined() {
        counted.push((queries::find(&mut conn, one.version).await?, one.weight));
    }
    let evidence = evaluation.evidence();
    pages::ok(&EvaluationPage {
        page: Page::of(&request, "Evaluation"),
        version: queries::find(&mut conn, evaluation.version).await?,
        badge: led_to(&evaluation.led_to),
        version_might: Mode::parse(&evaluation.mode).map_or("", Mode::label),
        when: When::of(&evaluation.at),
        counted,
        enough: SCORE,
        again: explain::recompute(&mut conn, &evaluation).await?,
        drawings: drawing::draw(&evidence),
        events: evidence.events.into_iter().map(|event| (When::of(&event.at), event)).collect(),
        evaluation,
    })
}
