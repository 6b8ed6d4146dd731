//! The desk of appeals: those that are due first stand first; whoever claims one sees all of it and decides it, unless they
//! have a part in it.
//!
//! - [`index`]: the queue and its file
//! - [`show`]: one appeal, and claiming it; what only whoever has it open sees is read in `inside`
//! - [`letters`]: messages and files; [`decision`]: deciding it

pub mod decision;
pub mod index;
mod inside;
pub mod letters;
mod queries;
pub mod show;

use super::queries::Appeal;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::AppealId;

fn path(id: AppealId) -> String {
    format!("/staff/appeals/{id}")
}

async fn find(app: &App, sid: &str) -> Result<Appeal, AppError> {
    let id: AppealId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(super::find(&mut *app.db.get().await?, id).await?)
}
