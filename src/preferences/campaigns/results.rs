//! What became of a campaign: its messages in figures and over time, and its steps.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use uuid::Uuid;

use super::queries;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::CampaignId;

/// What became of a campaign's messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Counts {
    /// Which campaign.
    #[diesel(sql_type = SqlUuid)]
    pub campaign_id: Uuid,
    /// All of them.
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    /// Not yet handed over.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// Taken by a server.
    #[diesel(sql_type = BigInt)]
    pub sent: i64,
    /// Refused by a server for good, or too often.
    #[diesel(sql_type = BigInt)]
    pub refused: i64,
    /// Not sent, because it was no longer wanted.
    #[diesel(sql_type = BigInt)]
    pub suppressed: i64,
    /// Not sent, because the campaign was cancelled.
    #[diesel(sql_type = BigInt)]
    pub cancelled: i64,
    /// Came back.
    #[diesel(sql_type = BigInt)]
    pub bounced: i64,
    /// Reported as unwanted.
    #[diesel(sql_type = BigInt)]
    pub complained: i64,
    /// Answered by unsubscribing.
    #[diesel(sql_type = BigInt)]
    pub unsubscribed: i64,
    /// Under way when a worker stopped, and then cancelled or no longer wanted: nobody knows whether they arrived.
    #[diesel(sql_type = BigInt)]
    pub unknown: i64,
    /// Under way when a worker stopped, and sent again: they may have arrived twice, with the same Message-ID.
    #[diesel(sql_type = BigInt)]
    pub doubtful: i64,
}

/// A piece of time in the drawing of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Moment {
    /// Which piece, from zero.
    #[diesel(sql_type = BigInt)]
    pub piece: i64,
    /// Taken by a server in it.
    #[diesel(sql_type = BigInt)]
    pub sent: i64,
    /// Refused by a server for good, or too often.
    #[diesel(sql_type = BigInt)]
    pub refused: i64,
    /// Came back.
    #[diesel(sql_type = BigInt)]
    pub bounced: i64,
    /// Reported as unwanted.
    #[diesel(sql_type = BigInt)]
    pub complained: i64,
    /// Unsubscribed.
    #[diesel(sql_type = BigInt)]
    pub unsubscribed: i64,
}

impl Moment {
    /// Each kind of result, in the order of the pages: what it is called, the class that draws it, and how often it came.
    pub fn kinds(&self) -> [(&'static str, &'static str, i64); 5] {
        [
            ("Sent", "chart-count", self.sent),
            ("Refused", "chart-part is-danger", self.refused),
            ("Bounced", "chart-part", self.bounced),
            ("Complained", "chart-fourth", self.complained),
            ("Unsubscribed", "chart-third", self.unsubscribed),
        ]
    }
}

/// What became of a campaign's messages.
///
/// # Errors
/// What the database says.
pub async fn counts(app: &App, id: CampaignId) -> Result<Counts, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::counts(&mut conn, &[id.0]).await?.pop().unwrap_or_default())
}

/// Its results over time, in `pieces` pieces of `seconds`.
///
/// # Errors
/// What the database says.
pub async fn moments(
    app: &App,
    id: CampaignId,
    start: DateTime<Utc>,
    seconds: i64,
    pieces: i64,
) -> Result<Vec<Moment>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::moments(&mut conn, id, start, seconds, pieces).await?)
}

/// Its steps, oldest first: state, when, who, why.
///
/// # Errors
/// What the database says.
pub async fn history(
    app: &App,
    id: CampaignId,
) -> Result<Vec<(String, DateTime<Utc>, Option<String>, Option<String>)>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::history(&mut conn, id).await?)
}
