//! Partners who may get an address for marketing of their own: from whoever said yes to that partner, and from nobody else
//! (S113). Nothing is sold: there is no other ground than consent, and no name for one (S23, S102, S155).
//!
//! Staff propose a partner, and a second person publishes it; its words stay as they are, because people say yes to them. From
//! then on everybody is asked on the page of their choices, and without a yes the answer is no. A yes ends when it is taken
//! back, with 'stop everything', with Global Privacy Control, when the address changes, and it does not count while the data
//! of the person is restricted. The database holds each row of a share against the yes that stands at that moment.
//!
//! A partner gets a reference beside each address, and is told by references alone who has to be forgotten: so it can be told
//! after the address was deleted here, and learns no new one.
//!
//! What goes outside for another reason than a yes is in [`crate::privacy::disclosures`], whose public list reads shares too.
//!
//! - [`consents`]: what a person is asked, and what they decide
//! - [`shares`]: lists that are handed over, and telling of consents that ended; `share_queries`: the SQL of it
//! - [`desk`]: the pages of staff; `mail`: the mail to the partner

pub mod consents;
pub mod desk;
mod mail;
mod queries;
mod share_queries;
pub mod shares;

pub use mail::PartnerToldToStop;

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::campaigns::Desk;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Event};
use crate::platform::db::schema::partners;
use crate::platform::error::AppError;
use crate::platform::ids::{PartnerId, PersonId};
use crate::platform::web::pagination::Window;

const MOVED_ON: &str =
    "Somebody has published or ended this partner meanwhile. Open it again to see how it stands.";

/// What is proposed, as it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// What it would send.
    pub sends: String,
    /// Its privacy policy, by https.
    pub policy_url: String,
    /// Where it is told to stop.
    pub contact_email: String,
}

/// A partner.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = partners, check_for_backend(diesel::pg::Pg))]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// Its name.
    pub name: String,
    /// What it would send.
    pub sends: String,
    /// Its privacy policy.
    pub policy_url: String,
    /// Where it is told to stop.
    pub contact_email: String,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
    /// Who published it.
    pub approved_by: Option<PersonId>,
    /// Since when people are asked.
    pub approved_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Partner {
    /// Whether people are asked, and something may be shared.
    pub fn is_published(&self) -> bool {
        self.approved_at.is_some() && self.ended_at.is_none()
    }
}

async fn note(
    conn: &mut AsyncPgConnection,
    desk: &Desk,
    id: PartnerId,
    action: &'static str,
    words: Option<&str>,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let event = Event::new(Actor::Staff(desk.person.0), "partner", id.0, action, &desk.from);
    let event = Event { note: words, ..event };
    audit::append(conn, now, event).await.map(drop)
}

/// Proposes a partner. Nobody is asked before it is published.
///
/// # Errors
/// What the database says.
pub async fn propose(app: &App, desk: &Desk, draft: &Draft) -> Result<PartnerId, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let id = conn
        .transaction(async |conn| {
            let id = queries::insert(conn, draft, desk.person, now).await?;
            note(conn, desk, id, "partner.proposed", None, now).await?;
            Ok::<_, diesel::result::Error>(id)
        })
        .await?;
    Ok(id)
}

/// Publishes a partner that somebody else proposed. Answers false to whoever proposed it.
///
/// # Errors
/// `NotFound`; `Gone` when it was published or ended meanwhile.
pub async fn approve(app: &App, desk: &Desk, id: PartnerId) -> Result<bool, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let partner = queries::lock(conn, id).await?;
        if partner.proposed_by == desk.person {
            return Ok(false);
        }
        if !queries::approve(conn, id, desk.person, now).await? {
            return Err(AppError::Gone(MOVED_ON));
        }
        note(conn, desk, id, "partner.published", None, now).await?;
        Ok(true)
    })
    .await
}

/// Ends a partner for good: nobody is asked any more, and nothing is shared. What was shared can still be told back.
///
/// # Errors
/// `NotFound`; `Gone` when it has ended already.
pub async fn end(app: &App, desk: &Desk, id: PartnerId) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::lock(conn, id).await?;
        if !queries::end(conn, id, desk.person, now).await? {
            return Err(AppError::Gone(MOVED_ON));
        }
        Ok(note(conn, desk, id, "partner.ended", None, now).await?)
    })
    .await
}

/// One partner.
///
/// # Errors
/// `NotFound`.
pub async fn find(app: &App, id: PartnerId) -> Result<Partner, AppError> {
    let mut conn = app.db.get().await?;
    queries::find(&mut conn, id).await?.ok_or(AppError::NotFound)
}

/// Partners, latest first.
///
/// # Errors
/// What the database says.
pub async fn list(app: &App, window: Window) -> Result<Vec<Partner>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::list(&mut conn, window).await?)
}

/// What somebody is called, for the desk.
async fn name_of(app: &App, person: Option<PersonId>) -> Result<String, AppError> {
    let Some(person) = person else { return Ok(String::new()) };
    let mut conn = app.db.get().await?;
    let name = queries::name_of(&mut conn, person).await?;
    Ok(name.unwrap_or_else(|| "somebody who is no longer here".into()))
}

/// Ends every consent of a restored database: it may have been taken back since the backup, and nobody knows. Whoever wants
/// it says yes again. Answers how many there were.
///
/// # Errors
/// What the database says.
pub async fn end_all_restored(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> diesel::QueryResult<usize> {
    queries::end_all(conn, now).await
}
