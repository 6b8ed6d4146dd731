//! Writing to the sales team (S24, S32). An address and a message are enough; a telephone number is asked for and kept
//! only where a call is wanted (S29). Numbers of payment cards and secrets of ours are taken out before anything is
//! stored (S34). A mail shows the sender what arrived and asks to confirm the address; until then the team sees that
//! it is not confirmed. What was answered may be learnt from, without who wrote it: [`training`].

mod mail;
mod queries;
pub mod staff;
pub mod training;
pub mod web;

pub use mail::SalesEnquiryReceived;

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::sales_enquiries;
use crate::platform::error::AppError;
use crate::platform::ids::EnquiryId;
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::guards::SignedIn;
use crate::staff::desk::{Queue, claims, looks};

const GONE: &str = "This link belongs to an enquiry that we no longer keep.";

/// What somebody wants from the sales team.
#[derive(Clone, Debug)]
pub struct NewEnquiry {
    /// Where to answer.
    pub email: String,
    /// How to address them.
    pub name: Option<String>,
    /// Where they work.
    pub company: Option<String>,
    /// As what.
    pub role: Option<String>,
    /// What they want to do with us.
    pub use_case: Option<String>,
    /// The message, without card numbers and secrets.
    pub message: String,
    /// In E.164, exactly where a call is wanted.
    pub phone: Option<String>,
}

/// An enquiry as staff see it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sales_enquiries, check_for_backend(diesel::pg::Pg))]
pub struct Enquiry {
    /// Its id.
    pub id: EnquiryId,
    /// Where to answer.
    pub email: String,
    /// How to address them.
    pub name: Option<String>,
    /// Where they work.
    pub company: Option<String>,
    /// As what.
    pub role: Option<String>,
    /// What they want to do with us.
    pub use_case: Option<String>,
    /// The message.
    pub message: String,
    /// In E.164, where a call is wanted.
    pub phone: Option<String>,
    /// Country that it came from.
    pub country: Option<String>,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// When the sender showed that the address is theirs.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When somebody answered.
    pub answered_at: Option<DateTime<Utc>>,
}

/// Keeps an enquiry and mails its sender.
///
/// # Errors
/// What the database says.
pub async fn receive(app: &App, caller: &Caller, new: &NewEnquiry) -> Result<(), AppError> {
    let (now, token) = (app.clock.now(), app.keys.token());
    // Names and messages of strangers do not travel in our mail: it may go to somebody who did not write.
    let mail = SalesEnquiryReceived {
        recipient_name: "there".into(),
        by_phone: new.phone.is_some(),
        url: app.url(&format!("/contact-sales/{token}")),
    };
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let row = queries::New { id: EnquiryId::new(now), token_hash: &hash_token(&token), now };
        queries::insert(conn, &row, new, caller.country.as_deref()).await?;
        outbox::enqueue(conn, &app.keys, now, None, &new.email, &mail).await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// The enquiry that a link belongs to.
///
/// # Errors
/// `Gone` if there is none (any more).
pub async fn find(app: &App, token: &str) -> Result<Enquiry, AppError> {
    let mut conn = app.db.get().await?;
    queries::by_token(&mut conn, &hash_token(token)).await?.ok_or(AppError::Gone(GONE))
}

/// Notes that the address belongs to whoever wrote. May be done again.
///
/// # Errors
/// As [`find`].
pub async fn confirm(app: &App, token: &str) -> Result<(), AppError> {
    let mut conn = app.db.get().await?;
    let known = queries::confirm(&mut conn, &hash_token(token), app.clock.now()).await?;
    if known { Ok(()) } else { Err(AppError::Gone(GONE)) }
}

/// What came of noting that an enquiry was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is noted.
    Done,
    /// Somebody noted it before.
    Before,
    /// Whoever tried has not seen what was asked: it is neither claimed by them nor open to them.
    Unseen,
}

/// Notes that a member of staff has answered. Of two at once, the first counts.
///
/// # Errors
/// `NotFound` for an enquiry that is not there.
pub async fn answer(app: &App, who: &SignedIn, id: EnquiryId) -> Result<Noted, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let noted = conn
        .transaction(async |conn| {
            queries::find(conn, id).await?;
            if !looks::access(conn, Queue::Enquiries, id.0, who.person, now).await?.is_open() {
                return Ok(Noted::Unseen);
            }
            if !queries::answer(conn, id, who.person.0, now).await? {
                return Ok(Noted::Before);
            }
            claims::end(conn, Queue::Enquiries, id.0).await?;
            let from = who.caller.circumstances();
            let event = Event::new(who.actor(), "sales_enquiry", id.0, "sales_enquiry.answered", &from);
            audit::append(conn, now, event).await?;
            Ok::<_, diesel::result::Error>(Noted::Done)
        })
        .await?;
    Ok(noted)
}

/// Puts a confirmed enquiry of the demo there, once, by its id. Nobody is mailed.
///
/// # Errors
/// What the database says.
pub async fn ensure_there(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: EnquiryId,
    new: &NewEnquiry,
) -> diesel::QueryResult<()> {
    let (now, hash) = (app.clock.now(), hash_token(&app.keys.token()));
    conn.transaction(async |conn| {
        queries::insert(conn, &queries::New { id, token_hash: &hash, now }, new, None).await?;
        queries::confirm(conn, &hash, now).await.map(drop)
    })
    .await
}
