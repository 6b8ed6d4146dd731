//! The pages on which an owner appeals and reads what came of it; members read along.
//!
//! - [`filing`]: filing an appeal; [`page`]: its page, and taking it back; [`letters`]: messages, and fetching files
//! - [`glance`]: what the statement says of appeals

pub mod filing;
pub mod glance;
pub mod letters;
pub mod page;

use super::Refusal;
use super::queries::{self, Appeal};
use crate::accounts::guard::Account;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::SuspensionId;
use crate::trust::suspensions::{self, Suspension};

/// A suspension of an account, by its SID.
async fn find(app: &App, account: &Account, sid: &str) -> Result<Suspension, AppError> {
    let id: SuspensionId = sid.parse().map_err(|_| AppError::NotFound)?;
    Ok(suspensions::find_of(&mut *app.db.get().await?, account.id, id).await?)
}

/// The appeal that is open, or that there is none.
async fn open(app: &App, suspension: &Suspension) -> Result<Result<Appeal, Refusal>, AppError> {
    let all = queries::of_suspension(&mut *app.db.get().await?, suspension.id).await?;
    if all.is_empty() {
        return Err(AppError::NotFound);
    }
    Ok(all.into_iter().find(Appeal::is_open).ok_or(Refusal::Closed))
}
