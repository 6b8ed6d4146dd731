//! Mailings to many: written in Markdown, counted, approved by a second person when they are large, scheduled, sent.
//!
//! A campaign goes from `draft` over `waiting` (for approval) and `scheduled` to `sending`, and may be `paused` there;
//! it ends `finished` or `cancelled`. Each step is a row with who, when and why. When its hour comes, one statement
//! makes a row for each recipient; [`sending`] hands the messages over. Nothing tells us whether a mail was opened, and
//! no link leads past a counter.
//!
//! - [`writing`]: from Markdown to both parts of a mail
//! - `steps`: what staff do with one that is written; `due`: what the passing of time does
//! - `results`: what became of its messages
//! - [`desk`]: the pages

pub mod desk;
mod due;
mod queries;
mod results;
pub mod sending;
mod steps;
pub mod writing;

pub use due::{advance, begin, set_aside};
pub use results::{Counts, Moment, counts, history, moments};
pub use steps::{Turn, approve, schedule, turn};

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use super::topics::Topic;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::db::schema::campaigns;
use crate::platform::error::AppError;
use crate::platform::ids::{CampaignId, PersonId};
use crate::platform::web::pagination::Window;

/// From so many recipients on a second person approves.
pub const APPROVAL_ABOVE: i64 = 1_000;

const MOVED_ON: &str = "Somebody has changed this campaign meanwhile. Open it again to see how it stands.";

/// To whom, of those who may receive the topic; nothing means everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// `customers`, or `others` who have no account.
    pub state: Option<String>,
    /// ISO 3166 country.
    pub country: Option<String>,
    /// Part of the company's name.
    pub company: Option<String>,
}

/// What is written, as it was checked.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Name at the desk.
    pub name: String,
    /// What it is about.
    pub topic: Topic,
    /// Subject line.
    pub subject: String,
    /// Markdown.
    pub body: String,
    /// To whom.
    pub audience: Audience,
}

/// A campaign.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = campaigns, check_for_backend(diesel::pg::Pg))]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// Name at the desk.
    pub name: String,
    /// Topic, as stored.
    pub topic: String,
    /// Subject line.
    pub subject: String,
    /// Markdown.
    pub body: String,
    /// See [`Audience`].
    pub audience_state: Option<String>,
    /// See [`Audience`].
    pub audience_country: Option<String>,
    /// See [`Audience`].
    pub audience_company: Option<String>,
    /// Where it stands.
    pub state: String,
    /// When it is to begin.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// When it was begun to be written.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub changed_at: DateTime<Utc>,
    /// Who changed it last.
    pub changed_by: Option<PersonId>,
    /// When it was approved.
    pub approved_at: Option<DateTime<Utc>>,
}

impl Campaign {
    /// To whom.
    pub fn audience(&self) -> Audience {
        Audience {
            state: self.audience_state.clone(),
            country: self.audience_country.clone(),
            company: self.audience_company.clone(),
        }
    }

    /// Stands for what an approval is of: words and audience as they were changed last, and the time.
    pub fn stamp(&self) -> String {
        let begins = self.scheduled_for.map(|at| at.timestamp_micros()).unwrap_or_default();
        format!("{}.{begins}", self.changed_at.timestamp_micros())
    }

    /// Its topic in words.
    pub fn topic_label(&self) -> &'static str {
        Topic::parse(&self.topic).map_or("Something else", Topic::label)
    }
}

/// A step from one state to another.
struct Step<'a> {
    campaign: CampaignId,
    from: &'a [&'a str],
    to: &'static str,
    by: Option<PersonId>,
    note: Option<&'a str>,
    now: DateTime<Utc>,
}

/// Who acts at the desk.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The member of staff.
    pub person: PersonId,
    /// Where the request came from.
    pub from: Circumstances,
}

async fn note(
    conn: &mut AsyncPgConnection,
    desk: &Desk,
    id: CampaignId,
    action: &'static str,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let event = Event::new(Actor::Staff(desk.person.0), "campaign", id.0, action, &desk.from);
    audit::append(conn, now, event).await.map(drop)
}

/// How many would get it now.
///
/// # Errors
/// What the database says.
pub async fn count(app: &App, campaign: &Campaign) -> Result<i64, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::count(&mut conn, &campaign.topic, &campaign.audience(), app.clock.now()).await?)
}

/// A new draft.
///
/// # Errors
/// What the database says.
pub async fn create(app: &App, desk: &Desk, draft: &Draft) -> Result<CampaignId, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let id = conn
        .transaction(async |conn| {
            let id = queries::insert(conn, draft, desk.person, now).await?;
            note(conn, desk, id, "campaign.written", now).await?;
            Ok::<_, diesel::result::Error>(id)
        })
        .await?;
    Ok(id)
}

/// Changes a draft.
///
/// # Errors
/// `Gone` when it is no longer one.
pub async fn update(app: &App, desk: &Desk, id: CampaignId, draft: &Draft) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if !queries::update(conn, id, draft, desk.person, now).await? {
            return Err(AppError::Gone(MOVED_ON));
        }
        Ok(note(conn, desk, id, "campaign.changed", now).await?)
    })
    .await
}

/// One campaign.
///
/// # Errors
/// `NotFound`.
pub async fn find(app: &App, id: CampaignId) -> Result<Campaign, AppError> {
    let mut conn = app.db.get().await?;
    queries::find(&mut conn, id).await?.ok_or(AppError::NotFound)
}

/// Campaigns with what became of each.
///
/// # Errors
/// What the database says.
pub async fn list(app: &App, window: Window) -> Result<Vec<(Campaign, Counts)>, AppError> {
    let mut conn = app.db.get().await?;
    let campaigns = queries::list(&mut conn, window).await?;
    let ids: Vec<Uuid> = campaigns.iter().map(|campaign| campaign.id.0).collect();
    let counts = queries::counts(&mut conn, &ids).await?;
    let of = |id: Uuid| counts.iter().find(|counts| counts.campaign_id == id).copied().unwrap_or_default();
    Ok(campaigns.into_iter().map(|campaign| (campaign.clone(), of(campaign.id.0))).collect())
}
