//! Mailings to many: written in Markdown, counted, approved by a second person when they are large, scheduled, sent.
//!
//! A campaign goes from `draft` over `waiting` (for approval) and `scheduled` to `sending`, and may be `paused` there;
//! it ends `finished` or `cancelled`. Each step is a row with who, when and why. When its hour comes, one statement
//! makes a row for each recipient; [`sending`] hands the messages over. Nothing tells us whether a mail was opened, and
//! no link leads past a counter.

pub mod desk;
mod queries;
pub mod sending;
pub mod writing;

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel::{Queryable, QueryableByName, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use self::sending::SendCampaign;
use super::topics::Topic;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::db::schema::campaigns;
use crate::platform::error::AppError;
use crate::platform::ids::{CampaignId, PersonId};
use crate::platform::jobs;
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

    /// Its topic in words.
    pub fn topic_label(&self) -> &'static str {
        Topic::parse(&self.topic).map_or("Something else", Topic::label)
    }
}

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
    /// Under way when a worker stopped: they may have arrived twice, with the same Message-ID.
    #[diesel(sql_type = BigInt)]
    pub doubtful: i64,
}

/// A piece of time in the drawing of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Moment {
    /// Which piece, from zero.
    #[diesel(sql_type = BigInt)]
    pub piece: i64,
    /// Taken by a server in it.
    #[diesel(sql_type = BigInt)]
    pub sent: i64,
    /// Refused, came back or reported.
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    /// Unsubscribed.
    #[diesel(sql_type = BigInt)]
    pub unsubscribed: i64,
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
    let event = Event {
        actor: Actor::Staff(desk.person.0),
        subject_kind: "campaign",
        subject: Some(id.0),
        action,
        note: None,
        from: &desk.from,
    };
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

/// Schedules a draft; above [`APPROVAL_ABOVE`] recipients it waits for a second person. Answers whether it waits.
///
/// # Errors
/// `Gone` when it is no draft.
pub async fn schedule(app: &App, desk: &Desk, id: CampaignId, at: DateTime<Utc>) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let campaign = queries::lock(conn, id).await?;
        let count = queries::count(conn, &campaign.topic, &campaign.audience(), now).await?;
        let waits = count > APPROVAL_ABOVE;
        queries::set_approval(conn, id, None).await?;
        queries::set_schedule(conn, id, Some(at)).await?;
        let to = if waits { "waiting" } else { "scheduled" };
        let step = Step { campaign: id, from: &["draft"], to, by: Some(desk.person), note: None, now };
        if !queries::shift(conn, &step).await? {
            return Err(AppError::Gone(MOVED_ON));
        }
        note(conn, desk, id, "campaign.scheduled", now).await?;
        Ok(waits)
    })
    .await
}

/// Approves a campaign that waits. Answers false to whoever wrote it.
///
/// # Errors
/// `Gone` when it does not wait.
pub async fn approve(app: &App, desk: &Desk, id: CampaignId) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let campaign = queries::lock(conn, id).await?;
        if campaign.changed_by == Some(desk.person) {
            return Ok(false);
        }
        let step = Step {
            campaign: id,
            from: &["waiting"],
            to: "scheduled",
            by: Some(desk.person),
            note: None,
            now,
        };
        if !queries::shift(conn, &step).await? {
            return Err(AppError::Gone(MOVED_ON));
        }
        queries::set_approval(conn, id, Some((desk.person, now))).await?;
        note(conn, desk, id, "campaign.approved", now).await?;
        Ok(true)
    })
    .await
}

/// What else may be done with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Back to its writer.
    SendBack,
    /// No message more until it is resumed.
    Pause,
    /// On from where it was paused.
    Resume,
    /// No message more.
    Cancel,
}

impl Turn {
    /// Reads a turn out of a form.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "send_back" => Self::SendBack,
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            "cancel" => Self::Cancel,
            _ => return None,
        })
    }

    fn step(self) -> (&'static [&'static str], &'static str, &'static str) {
        match self {
            Self::SendBack => (&["waiting", "scheduled"], "draft", "campaign.sent_back"),
            Self::Pause => (&["sending"], "paused", "campaign.paused"),
            Self::Resume => (&["paused"], "sending", "campaign.resumed"),
            Self::Cancel => {
                (&["draft", "waiting", "scheduled", "sending", "paused"], "cancelled", "campaign.cancelled")
            }
        }
    }
}

/// Does it.
///
/// # Errors
/// `Gone` when the campaign does not stand where that is possible.
pub async fn turn(app: &App, desk: &Desk, id: CampaignId, turn: Turn) -> Result<(), AppError> {
    let now = app.clock.now();
    let (from, to, action) = turn.step();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::lock(conn, id).await?;
        let step = Step { campaign: id, from, to, by: Some(desk.person), note: None, now };
        if !queries::shift(conn, &step).await? {
            return Err(AppError::Gone(MOVED_ON));
        }
        match turn {
            Turn::SendBack => queries::set_approval(conn, id, None).await?,
            Turn::Cancel => drop(queries::cancel_queued(conn, id, now).await?),
            Turn::Resume => jobs::enqueue(conn, &SendCampaign { campaign: id }, sending::ATTEMPTS).await?,
            Turn::Pause => {}
        }
        Ok(note(conn, desk, id, action, now).await?)
    })
    .await
}

/// Begins a campaign whose hour has come: a row for each recipient, in one statement. One that grew above
/// [`APPROVAL_ABOVE`] without approval waits for it instead. Answers how many rows were made.
///
/// # Errors
/// What the database says.
pub async fn begin(app: &App, id: CampaignId) -> anyhow::Result<usize> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let begun = conn.transaction(async |conn| {
        let campaign = queries::lock(conn, id).await?;
        if campaign.state != "scheduled" || campaign.scheduled_for.is_none_or(|at| at > now) {
            return Ok(0);
        }
        let made = queries::enqueue(conn, &campaign, now).await?;
        let step = Step { campaign: id, from: &["scheduled"], to: "sending", by: None, note: None, now };
        if campaign.approved_at.is_none() && i64::try_from(made).unwrap_or(i64::MAX) > APPROVAL_ABOVE {
            return Err(diesel::result::Error::RollbackTransaction);
        }
        queries::shift(conn, &step).await?;
        jobs::enqueue(conn, &SendCampaign { campaign: id }, sending::ATTEMPTS).await?;
        Ok(made)
    });
    match begun.await {
        // The rows are taken back: more recipients than may be without a second person.
        Err(diesel::result::Error::RollbackTransaction) => {
            let note = Some("The audience grew: a second person approves first.");
            let step = Step { campaign: id, from: &["scheduled"], to: "waiting", by: None, note, now };
            conn.transaction(async |conn| queries::shift(conn, &step).await).await?;
            Ok(0)
        }
        begun => Ok(begun?),
    }
}

/// In a restored backup: pauses what was being sent when it was taken, and makes a draft again of what should have begun
/// since. Who was mailed after that is not known here, and nobody is to get the same twice. Answers how many those were.
///
/// # Errors
/// What the database says.
pub async fn set_aside(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> diesel::QueryResult<usize> {
    let due = queries::due(conn, now).await?;
    for (campaign, state) in &due {
        let (from, to): (&[&str], &str) =
            if state == "sending" { (&["sending"], "paused") } else { (&["scheduled"], "draft") };
        let why = "This database was restored from a backup, and who was mailed since is not known here. Look at the mail server before going on.";
        queries::shift(conn, &Step { campaign: *campaign, from, to, by: None, note: Some(why), now }).await?;
        if to == "draft" {
            queries::forget_schedule(conn, *campaign).await?;
        }
    }
    Ok(due.len())
}

/// Entry of the timetable: begins what is due, and sees that what is under way is worked on.
///
/// # Errors
/// What the database says.
pub async fn advance(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let due = queries::due(&mut conn, now).await?;
    drop(conn);
    for (id, state) in due {
        if state == "sending" {
            sending::see_to(&app, id).await?;
        } else {
            begin(&app, id).await?;
        }
    }
    Ok(())
}
