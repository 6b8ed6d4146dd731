//! Who works for us with data about people: the register of sub-processors (S115, S116, S158). Each is named with the function that
//! it is needed for, what it does there, and what binds it: a contract in writing and a close look at it, both with their days.
//!
//! Staff propose one, and a second person publishes it. The database refuses to publish one of which the assurance, the contract
//! or the look is missing. Who it is and what for stays as it was proposed, and what binds it as it was published; a contract may be
//! renewed and the look repeated, until it ends. From what is published come the public page and its feed, with the day of each
//! change. A function that the portal of this company does not have is not on them, and neither is whoever would do it.
//!
//! - [`functions`]: what others may do for us, whether we have that, and which data reaches them
//! - [`public`]: the page for everybody, and the feed
//! - [`desk`]: the pages of staff

pub mod desk;
pub mod functions;
pub mod public;
mod queries;

pub use functions::Function;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{QueryResult, Queryable, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::sub_processors;
use crate::platform::error::AppError;
use crate::platform::ids::{PersonId, SubProcessorId};
use crate::platform::web::guards::SignedIn;

const AS_PUBLISHED: &str = "What binds it stays as it was published. Where something else does by now, end this entry and propose another.";
const MOVED_ON: &str =
    "Somebody has published or ended this entry meanwhile. Open it again to see how it stands.";

/// Who is proposed, as it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it is called.
    pub name: String,
    /// Where it works for us: ISO 3166.
    pub country: String,
    /// What it is needed for.
    pub function: Function,
    /// What it does there.
    pub does: String,
}

/// What we have in writing, as it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assurance {
    /// What binds it.
    pub words: String,
    /// The day of the contract.
    pub contract_on: NaiveDate,
    /// The day on which we looked at it closely.
    pub diligence_on: NaiveDate,
}

/// Whoever works for us, or may.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sub_processors, check_for_backend(diesel::pg::Pg))]
pub struct SubProcessor {
    /// Its id.
    pub id: SubProcessorId,
    /// What it is called.
    pub name: String,
    /// Where it works for us: ISO 3166.
    pub country: String,
    /// What it is needed for, as it is stored.
    pub function: String,
    /// What it does there.
    pub does: String,
    /// What binds it.
    pub assurance: Option<String>,
    /// The day of the contract.
    pub contract_on: Option<NaiveDate>,
    /// The day on which we last looked at it closely.
    pub diligence_on: Option<NaiveDate>,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Who published it.
    pub approved_by: Option<PersonId>,
    /// Since when it is published.
    pub approved_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl SubProcessor {
    /// Whether it works for us now.
    pub fn is_active(&self) -> bool {
        self.approved_at.is_some() && self.ended_at.is_none()
    }

    /// Whether there is everything without which it is not published.
    pub fn is_assured(&self) -> bool {
        self.assurance.is_some() && self.contract_on.is_some() && self.diligence_on.is_some()
    }

    /// What binds it and when that was looked at, as whoever publishes it has seen it.
    pub fn stamp(&self) -> String {
        let on = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let words = self.assurance.as_deref().unwrap_or_default();
        format!("{} {} {words}", on(self.contract_on), on(self.diligence_on))
    }

    /// What it is needed for. The database takes no other.
    pub fn function(&self) -> Option<Function> {
        Function::parse(&self.function)
    }
}

async fn note(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    id: SubProcessorId,
    action: &'static str,
    words: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let from = who.caller.circumstances();
    let event = Event::new(who.actor(), "sub_processor", id.0, action, &from);
    audit::append(conn, now, Event { note: words, ..event }).await.map(drop)
}

/// Proposes one. Nothing is public before somebody else publishes it.
///
/// # Errors
/// What the database says.
pub async fn propose(app: &App, who: &SignedIn, draft: &Draft) -> Result<SubProcessorId, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let id = conn
        .transaction(async |conn| {
            // The second of two that they send at once waits here for the first.
            people::lock_as(conn, who).await?;
            if let Some(same) = queries::same(conn, draft, who.person).await? {
                return Ok(same);
            }
            let id = queries::insert(conn, draft, who.person, now).await?;
            note(conn, who, id, "sub_processor.proposed", None, now).await?;
            Ok::<_, diesel::result::Error>(id)
        })
        .await?;
    Ok(id)
}

/// Notes what binds one: its contract, and that we looked at it closely. Also later, when one is renewed or the other repeated, in
/// the words that were published.
///
/// # Errors
/// `NotFound`; `Gone` when it has ended, or is published in other words.
pub async fn assure(
    app: &App,
    who: &SignedIn,
    id: SubProcessorId,
    assurance: &Assurance,
) -> Result<(), AppError> {
    let now = app.clock.now();
    let Assurance { words, contract_on, diligence_on } = assurance;
    let noted = format!("Contract of {contract_on}, looked at on {diligence_on}: {words}");
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        people::lock_as(conn, who).await?;
        let found = queries::lock(conn, id).await?;
        if found.ended_at.is_some() {
            return Err(AppError::Gone(MOVED_ON));
        }
        if found.is_active() && found.assurance.as_ref() != Some(words) {
            return Err(AppError::Gone(AS_PUBLISHED));
        }
        queries::assure(conn, id, assurance).await?;
        Ok(note(conn, who, id, "sub_processor.assured", Some(&noted), now).await?)
    })
    .await
}

/// What came of a wish to publish one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// It is public.
    Published,
    /// Whoever wished it proposed it.
    Own,
    /// The assurance, the contract or the look is missing.
    Unassured,
    /// What binds it is not what was looked at.
    Unseen,
}

/// Publishes one that somebody else proposed, if there is everything that binds it and that is as it was seen: `seen` is its
/// [`SubProcessor::stamp`] then.
///
/// # Errors
/// `NotFound`; `Gone` when it was published or ended meanwhile.
pub async fn approve(
    app: &App,
    who: &SignedIn,
    id: SubProcessorId,
    seen: &str,
) -> Result<Approval, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        people::lock_as(conn, who).await?;
        let found = queries::lock(conn, id).await?;
        if found.approved_at.is_some() || found.ended_at.is_some() {
            return Err(AppError::Gone(MOVED_ON));
        }
        if found.proposed_by == who.person {
            return Ok(Approval::Own);
        }
        if !found.is_assured() {
            return Ok(Approval::Unassured);
        }
        if found.stamp() != seen {
            return Ok(Approval::Unseen);
        }
        queries::approve(conn, id, who.person, now).await?;
        note(conn, who, id, "sub_processor.published", None, now).await?;
        Ok(Approval::Published)
    })
    .await
}

/// Ends one for good, or withdraws what was proposed.
///
/// # Errors
/// `NotFound`; `Gone` when it has ended already.
pub async fn end(app: &App, who: &SignedIn, id: SubProcessorId) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        people::lock_as(conn, who).await?;
        if queries::lock(conn, id).await?.ended_at.is_some() {
            return Err(AppError::Gone(MOVED_ON));
        }
        queries::end(conn, id, who.person, now).await?;
        Ok(note(conn, who, id, "sub_processor.ended", None, now).await?)
    })
    .await
}
