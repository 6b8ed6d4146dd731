//! White papers that anybody may ask for (S28). An address is all that is needed; the paper is behind the link that is
//! mailed to it. Asking for one subscribes to nothing.

mod mail;
mod queries;
pub mod staff;
pub mod web;

pub use mail::WhitePaperReady;

use chrono::{DateTime, Duration, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::{white_paper_requests, white_papers};
use crate::platform::error::AppError;
use crate::platform::ids::WhitePaperId;
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::moment;

/// How long the link works.
pub const LIVES: Duration = Duration::days(30);

const GONE: &str = "This link worked for thirty days. Ask for the paper once more to get a new one.";

/// A paper.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = white_papers, check_for_backend(diesel::pg::Pg))]
pub struct WhitePaper {
    /// Its id.
    pub id: WhitePaperId,
    /// What it is called.
    pub title: String,
    /// What it is about, for the list.
    pub summary: String,
    /// Its text; a blank line begins a paragraph.
    pub body: String,
    /// When it was put on the list.
    pub created_at: DateTime<Utc>,
    /// When it was taken off it.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl WhitePaper {
    /// Its paragraphs.
    pub fn paragraphs(&self) -> Vec<&str> {
        self.body.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).collect()
    }
}

/// A paper that somebody asked for.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = white_paper_requests, check_for_backend(diesel::pg::Pg))]
pub struct PaperRequest {
    /// Its id.
    pub id: Uuid,
    /// Where the link went.
    pub email: String,
    /// Where they work.
    pub company: Option<String>,
    /// As what.
    pub role: Option<String>,
    /// What they want it for.
    pub use_case: Option<String>,
    /// When they asked.
    pub requested_at: DateTime<Utc>,
    /// Until when the link works.
    pub expires_at: DateTime<Utc>,
}

/// Who asks for a paper.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// Where the link goes.
    pub email: String,
    /// Where they work.
    pub company: Option<String>,
    /// As what.
    pub role: Option<String>,
    /// What they want it for.
    pub use_case: Option<String>,
}

/// A paper to be put on the list.
#[derive(Clone, Debug)]
pub struct NewPaper {
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// Its text.
    pub body: String,
}

/// Keeps the request and mails the link.
///
/// # Errors
/// `NotFound` for a paper that is not on the list.
pub async fn request(app: &App, caller: &Caller, id: WhitePaperId, new: &NewRequest) -> Result<(), AppError> {
    let (now, token) = (app.clock.now(), app.keys.token());
    let expires_at = now + LIVES;
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let paper = queries::find_listed(conn, id).await?;
        let row = queries::Row { paper: id, token_hash: &hash_token(&token), now, expires_at };
        queries::request(conn, &row, new, caller.country.as_deref()).await?;
        let mail = WhitePaperReady {
            recipient_name: "there".into(),
            title: paper.title,
            url: app.url(&format!("/white-papers/documents/{token}")),
            until: moment(&expires_at),
        };
        outbox::enqueue(conn, &app.keys, now, None, &new.email, &mail).await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// The paper behind a link, also one that has left the list since.
///
/// # Errors
/// `Gone` when the link ran out or never was.
pub async fn open(app: &App, token: &str) -> Result<WhitePaper, AppError> {
    let mut conn = app.db.get().await?;
    let found = queries::by_token(&mut conn, &hash_token(token), app.clock.now()).await?;
    found.ok_or(AppError::Gone(GONE))
}

/// Puts a paper on the list.
///
/// # Errors
/// What the database says.
pub async fn publish(app: &App, who: &SignedIn, new: &NewPaper) -> Result<WhitePaperId, AppError> {
    let now = app.clock.now();
    let id = WhitePaperId::new(now);
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::insert(conn, id, new, Some(who.person.0), now).await?;
        log(conn, app, who, id, "white_paper.published").await
    })
    .await?;
    Ok(id)
}

/// Takes a paper off the list. Links that were mailed go on working. Answers whether it was on it.
///
/// # Errors
/// What the database says.
pub async fn withdraw(app: &App, who: &SignedIn, id: WhitePaperId) -> Result<bool, AppError> {
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            let done = queries::withdraw(conn, id, app.clock.now()).await?;
            if done {
                log(conn, app, who, id, "white_paper.withdrawn").await?;
            }
            Ok::<_, diesel::result::Error>(done)
        })
        .await?;
    Ok(done)
}

async fn log(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    id: WhitePaperId,
    action: &'static str,
) -> diesel::QueryResult<()> {
    let from = who.caller.circumstances();
    let event = Event::new(who.actor(), "white_paper", id.0, action, &from);
    audit::append(conn, app.clock.now(), event).await.map(drop)
}

/// Puts a paper of the demo there, once, by its id.
///
/// # Errors
/// What the database says.
pub async fn ensure_there(
    conn: &mut AsyncPgConnection,
    id: WhitePaperId,
    new: &NewPaper,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    queries::insert(conn, id, new, None, now).await
}
