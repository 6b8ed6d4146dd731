//! The desk of disputes, built from the parts that every desk shares.
//!
//! - [`index`]: the queue and its file
//! - [`show`]: one dispute, and claiming it; [`steps`]: notes and the decision, from [`forms`]
//! - [`letters`]: messages and files
//! - [`log`]: a dispute that came by mail or letter (S131)

pub mod forms;
pub mod index;
pub mod letters;
pub mod log;
pub mod queries;
pub mod show;
pub mod steps;

use super::{Dispute, queries as disputes};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::DisputeId;

/// The dispute that a SID leads to.
async fn find(app: &App, sid: &str) -> Result<Dispute, AppError> {
    let id: DisputeId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(disputes::find(&mut *app.db.get().await?, id).await?)
}

/// The page of a dispute at the desk.
fn path(id: DisputeId) -> String {
    format!("/staff/disputes/{id}")
}
