//! What only a development server has: the mailbox, the people to try things with, the clock and the
//! component gallery. `routes.rs` registers none of it in production, and a test says so.

pub mod clock;
pub mod components;
pub mod mailbox;

use actix_web::{HttpResponse, web};

use crate::demo;
use crate::platform::app::App;
use crate::platform::error::AppError;

/// `GET /dev/people.json`: the demo people with password and TOTP secret; none without `--demo`.
pub async fn people(app: web::Data<App>) -> Result<HttpResponse, AppError> {
    let people = if app.config.demo { demo::people() } else { Vec::new() };
    Ok(HttpResponse::Ok().json(people))
}
