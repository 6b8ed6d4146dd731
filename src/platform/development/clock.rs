//! `/dev/clock`: moves the injected clock forward and lets what became due run, so that a deadline
//! can be tried from outside. How far it was moved stands in the database, where every process of the
//! same development looks: at its start, a few times a second, and before each job.

use actix_web::{HttpResponse, web};
use chrono::Duration;
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use serde::{Deserialize, Serialize};

use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::jobs::schedule;

/// Farther than any deadline of the product.
const FARTHEST: Duration = Duration::days(366 * 20);
/// How often a process looks whether another one has moved the clock.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(250);

/// The body of `POST /dev/clock`.
#[derive(Deserialize)]
pub struct Advance {
    /// ISO 8601 duration, as in `P30D` or `PT5M`.
    advance: String,
}

#[derive(Serialize)]
struct Now {
    now: String,
    advanced_seconds: i64,
}

/// `GET /dev/clock`: the time as the program sees it.
pub async fn show(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok().json(now(&app))
}

/// `POST /dev/clock`: moves the clock, runs every entry of the timetable, and answers the new time.
pub async fn advance(
    app: web::Data<App>,
    body: web::Either<web::Json<Advance>, web::Form<Advance>>,
) -> Result<HttpResponse, AppError> {
    let text = match &body {
        web::Either::Left(json) => &json.advance,
        web::Either::Right(form) => &form.advance,
    };
    let by = parse(text, &app)
        .ok_or_else(|| AppError::BadRequest("advance is not an ISO 8601 duration such as P30D.".into()))?;
    let mut conn = app.db.get().await?;
    app.clock.catch_up(move_for_everybody(&mut conn, app.clock.offset(), by).await?);
    // Jobs wait by the database's own clock: what waits for a retry becomes due by as much.
    diesel::sql_query(
        "UPDATE graphile_worker._private_jobs SET run_at = run_at - $1::text::interval WHERE run_at > now()",
    )
    .bind::<Text, _>(format!("{} seconds", by.num_seconds()))
    .execute(&mut conn)
    .await?;
    drop(conn);
    schedule::run_all(&app).await?;
    Ok(HttpResponse::Ok().json(now(&app)))
}

/// Adds to what stands in the database and answers the sum. Two processes that move the clock at the same
/// moment both count.
async fn move_for_everybody(
    conn: &mut AsyncPgConnection,
    here: Duration,
    by: Duration,
) -> QueryResult<Duration> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        advanced_seconds: i64,
    }
    let row: Row = diesel::sql_query(
        "INSERT INTO development_clock AS everybody (advanced_seconds) VALUES ($1 + $2) ON CONFLICT (only_row) \
         DO UPDATE SET advanced_seconds = greatest(everybody.advanced_seconds, $1) + $2 RETURNING advanced_seconds",
    )
    .bind::<BigInt, _>(here.num_seconds())
    .bind::<BigInt, _>(by.num_seconds())
    .get_result(conn)
    .await?;
    Ok(Duration::seconds(row.advanced_seconds))
}

/// Takes up the offset that an earlier run, or another process, left in the database.
///
/// # Errors
/// What the database says.
pub async fn resume(app: &App) -> anyhow::Result<()> {
    use crate::platform::db::schema::development_clock;
    use diesel::{OptionalExtension as _, QueryDsl as _};
    let mut conn = app.db.get().await?;
    let seconds: Option<i64> = development_clock::table
        .select(development_clock::advanced_seconds)
        .first(&mut conn)
        .await
        .optional()?;
    app.clock.catch_up(Duration::seconds(seconds.unwrap_or(0)));
    Ok(())
}

/// Keeps up, until the program ends, with what other processes do to the clock.
pub fn follow(app: &App) {
    let app = app.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Err(error) = resume(&app).await {
                tracing::debug!(error = format!("{error:#}"), "the development clock could not be read");
            }
        }
    });
}

fn parse(text: &str, app: &App) -> Option<Duration> {
    let parsed: iso8601_duration::Duration = text.parse().ok()?;
    // Months and years have no fixed length: they count from the present moment.
    let months = (parsed.year * 12.0 + parsed.month) as u32;
    let now = app.clock.now();
    let calendar = now.checked_add_months(chrono::Months::new(months))? - now;
    let rest = f64::from(parsed.day) * 86_400.0
        + f64::from(parsed.hour) * 3600.0
        + f64::from(parsed.minute) * 60.0
        + f64::from(parsed.second);
    // Whole seconds, as the database keeps them.
    let by = Duration::seconds((calendar + Duration::milliseconds((rest * 1000.0) as i64)).num_seconds());
    (by >= Duration::zero() && by <= FARTHEST).then_some(by)
}

fn now(app: &App) -> Now {
    Now { now: app.clock.now().to_rfc3339(), advanced_seconds: app.clock.offset().num_seconds() }
}
