//! The page of an evaluation: what was read, what it was judged by, and whether it comes to the same once more.

use actix_web::{HttpRequest, web};

use super::{When, led_to};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::EvaluationId;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::staff::permissions::TunesRules;
use crate::trust::drawing::{self, Drawing};
use crate::trust::rules::explain::{self, Again, Evaluation};
use crate::trust::rules::{SCORE, Version, queries};
use crate::trust::suspensions::EventLine;

#[derive(askama::Template)]
#[template(path = "trust/rules/evaluation.html")]
struct EvaluationPage {
    page: Page,
    evaluation: Evaluation,
    version: Version,
    badge: (&'static str, &'static str),
    when: When,
    /// Versions that counted, with their weights.
    counted: Vec<(Version, i32)>,
    enough: i32,
    again: Again,
    drawings: Vec<Drawing>,
    events: Vec<(When, EventLine)>,
}

/// `GET /staff/evaluations/{evaluation}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<TunesRules>,
    id: web::Path<String>,
) -> WebResult {
    let id: EvaluationId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut conn = app.db.get().await?;
    let evaluation = explain::find(&mut conn, id).await?;
    let mut counted = Vec::new();
    for one in evaluation.combined() {
        counted.push((queries::find(&mut conn, one.version).await?, one.weight));
    }
    let evidence = evaluation.evidence();
    pages::ok(&EvaluationPage {
        page: Page::of(&request, "Evaluation"),
        version: queries::find(&mut conn, evaluation.version).await?,
        badge: led_to(&evaluation.led_to),
        when: When::of(&evaluation.at),
        counted,
        enough: SCORE,
        again: explain::recompute(&mut conn, &evaluation).await?,
        drawings: drawing::draw(&evidence),
        events: evidence.events.into_iter().map(|event| (When::of(&event.at), event)).collect(),
        evaluation,
    })
}
