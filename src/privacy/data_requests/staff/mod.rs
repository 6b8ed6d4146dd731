//! The desk of the privacy team: what waits, oldest due date first, and what is done about it.
//!
//! - [`index`]: the queue with its filters, and receipts that are confirmed several at once
//! - [`show`]: one request with its `facts`, claiming it, and the smaller [`steps`] by their `step_form`
//! - [`decide`]: the answer, from a template for each reason
//! - [`deletion`]: a deletion that was decided on
//! - [`log`]: a request that came by mail or letter (S2, S97)
//! - [`metrics`]: the figures of a year (11 CCR 7102)

pub mod decide;
mod deletion;
mod facts;
pub mod index;
pub mod log;
pub mod metrics;
pub mod queries;
pub mod show;
mod step_form;
pub mod steps;

pub use queries::waiting;

use super::{DataRequest, queries as requests};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::RequestId;

/// The request that a SID leads to.
async fn find(app: &App, sid: &str) -> Result<DataRequest, AppError> {
    let id: RequestId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(requests::find(&mut *app.db.get().await?, id).await?)
}

/// The page of a request at the desk.
fn path(id: RequestId) -> String {
    format!("/staff/requests/{id}")
}
