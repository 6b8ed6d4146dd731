//! Disclosures (S120 to S126): what somebody outside asks for or gets of personal data, one entry each, with its ground.
//!
//! Whoever is in the privacy team records it, and a second person approves it before anything is handed over. What is about
//! one of them, the others work on, and that one sees nothing of it at the desk. A legal demand names one of five grounds; it
//! can be objected to, and what came of that is counted (`/staff/reports`).
//!
//! Whoever it is about is told by mail in the moment of the approval. Where a law forbids that, the day until when is named, a
//! year from now at most, and they are told on that day, or on a later one that two people set; until then nothing of the entry
//! is seen by them, in no page, count or copy. What was refused or withdrawn before it was approved is told to nobody. Where an
//! account goes before that day, it is about its owner from then on. Whoever is erased meanwhile is not told either: then
//! nothing leads to them any more, and a legal matter that must not lose its data has a hold of its own. The day stays even
//! then: the list for everybody keeps to it.
//!
//! Nothing is sold: a sale can be part of a business transfer alone, and never has data of end users or of visits (S23, S102).
//! Of a transfer whoever owns an account is told before its day, and before they all are nothing goes over (S124); and whoever
//! was told hears it where it does not come about.
//! What goes to somebody because it leads to nobody says how that was made sure, and names nobody. The database refuses
//! whatever else is tried.
//!
//! Two other logs stay where they are, because each knows more about its own: who outside saw a subscriber record
//! ([`crate::accounts::subscriber_records::shares`]), and which partner got which address by consent
//! ([`crate::preferences::partners::shares`]). What is a row there is none here; the public list reads all three.
//!
//! - [`kinds`]: recipients, grounds, states, outcomes
//! - [`steps`]: what is done with one; `telling`: that whoever it is about is told
//! - [`transfers`]: that everybody is told before a business goes over
//! - [`desk`]: the pages of staff; [`own`]: the page of whoever it is about;
//!   [`sharing`]: the list for everybody, made from all of these logs

pub mod desk;
pub mod kinds;
mod mail;
pub mod own;
pub(crate) mod queries;
mod record;
pub mod sharing;
mod sharing_queries;
pub mod steps;
mod telling;
mod transfer_queries;
pub mod transfers;

pub use kinds::{Ground, Outcome, RecipientKind, State};
pub use mail::{DisclosureTold, TransferAhead, TransferCalledOff};
pub use record::Disclosure;
pub use telling::tend;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, DisclosureId, PersonId};
use crate::platform::web::guards::SignedIn;
use crate::privacy::data_map::{Category, Class};

/// Whom or what something is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Nobody by name.
    Nobody,
    /// Somebody.
    Person(PersonId),
    /// An account and what is in it.
    Account(AccountId),
}

/// That a law forbids to tell whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The day on which they are told.
    pub until: NaiveDate,
    /// Which law or order.
    pub because: String,
}

/// A disclosure to be recorded, as it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDisclosure {
    /// What kind of recipient.
    pub kind: RecipientKind,
    /// Who.
    pub recipient: String,
    /// On which ground; of a legal demand alone.
    pub ground: Option<Ground>,
    /// It may be a sale in the meaning of the law; of a business transfer alone.
    pub sale: bool,
    /// Which classes of data.
    pub classes: Vec<Class>,
    /// Which categories.
    pub categories: Vec<Category>,
    /// Whom it is about.
    pub about: About,
    /// As the order calls itself.
    pub order_reference: Option<String>,
    /// What is asked for, or is to be handed over.
    pub words: String,
    /// How it was made sure that it leads to nobody; of what does so alone.
    pub method: Option<String>,
    /// When it came.
    pub received_on: NaiveDate,
    /// Whether telling is forbidden; of a legal demand alone.
    pub silence: Option<Silence>,
    /// The day of a business transfer.
    pub transfer_on: Option<NaiveDate>,
}

/// Records a disclosure. Nothing is handed over before somebody else approves it. A form that is sent twice makes one, because
/// what came is counted.
///
/// # Errors
/// `NotFound` where there is no such person or account, or it is whoever records it, or theirs; what the database says.
pub async fn record(app: &App, who: &SignedIn, new: &NewDisclosure) -> Result<DisclosureId, AppError> {
    let now = app.clock.now();
    let id = DisclosureId::new(now);
    let mut conn = app.db.get().await?;
    let recorded = conn.transaction(async |conn| {
        // Whoever erases them waits for this, or is done, so that there is nobody.
        queries::lock_subject(conn, new.about, who.person).await?;
        people::lock_as(conn, who).await?;
        if let Some(same) = queries::same(conn, new, who.person).await? {
            return Ok(same);
        }
        queries::insert(conn, id, new, who.person, now).await?;
        log(conn, who, id, "disclosure.recorded", now).await?;
        Ok::<_, diesel::result::Error>(id)
    });
    Ok(recorded.await?)
}

async fn log(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    id: DisclosureId,
    action: &'static str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let from = who.caller.circumstances();
    audit::append(conn, now, Event::new(who.actor(), "disclosure", id.0, action, &from)).await.map(drop)
}
