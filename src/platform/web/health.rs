//! Whether the program is alive and whether it is ready, for whoever watches it.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::platform::app::App;
use crate::platform::{db, jobs};

/// A worker that is this many seconds behind makes the portal not ready.
const MOST_LAG_SECONDS: f64 = 300.0;

/// `GET /healthz`: the program runs.
pub async fn alive() -> &'static str {
    "alive\n"
}

#[derive(Serialize)]
struct Readiness {
    database: bool,
    migrations: bool,
    worker_lag_seconds: Option<f64>,
}

/// `GET /readyz`: database, migrations and worker lag, 200 or 503.
pub async fn ready(app: web::Data<App>) -> HttpResponse {
    let migrations = db::is_migrated(&app.db).await;
    let lag = jobs::worker_lag(&app).await.ok();
    let readiness = Readiness {
        database: migrations.is_ok(),
        migrations: migrations.unwrap_or(false),
        worker_lag_seconds: lag,
    };
    let ready = readiness.database && readiness.migrations && lag.is_some_and(|lag| lag < MOST_LAG_SECONDS);
    let mut answer = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.json(readiness)
}
