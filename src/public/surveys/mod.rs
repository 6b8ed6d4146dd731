//! Surveys (S27). Every answer is optional and belongs to nobody: no address is asked for. Whoever answered keeps a
//! link that shows the answers and deletes them. A customer who is signed in may wish to have them with their data;
//! then they are in their export and go with them.

mod queries;
pub mod staff;
pub mod web;

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::{survey_answers, surveys};
use crate::platform::error::AppError;
use crate::platform::ids::{PersonId, SurveyId};
use crate::platform::web::guards::SignedIn;

/// Questions of a survey at most.
pub const MOST_QUESTIONS: usize = 20;

const CLOSED: &str = "This survey is closed.";
const GONE: &str = "These answers were deleted, or are no longer kept.";

/// A survey.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = surveys, check_for_backend(diesel::pg::Pg))]
pub struct Survey {
    /// Its id.
    pub id: SurveyId,
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// What is asked.
    pub questions: Vec<Option<String>>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Survey {
    /// What is asked, in its order.
    pub fn questions(&self) -> Vec<String> {
        self.questions.iter().flatten().cloned().collect()
    }
}

/// What somebody answered.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = survey_answers, check_for_backend(diesel::pg::Pg))]
pub struct Answers {
    /// Their id.
    pub id: Uuid,
    /// Whose, if they wished so.
    pub person_id: Option<PersonId>,
    /// One for each question; empty where nothing was answered.
    pub answers: Vec<Option<String>>,
    /// When.
    pub answered_at: DateTime<Utc>,
}

impl Answers {
    /// Each question with its answer.
    pub fn beside(&self, questions: &[String]) -> Vec<(String, String)> {
        let answers = self.answers.iter().map(|answer| answer.clone().unwrap_or_default());
        questions.iter().cloned().zip(answers).collect()
    }
}

/// A survey to be opened.
#[derive(Clone, Debug)]
pub struct NewSurvey {
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// What is asked.
    pub questions: Vec<String>,
}

/// Keeps answers. Answers with the token of the link to them.
///
/// # Errors
/// `NotFound` for a survey that is not there, `Gone` for a closed one.
pub async fn answer(
    app: &App,
    id: SurveyId,
    person: Option<PersonId>,
    answers: &[String],
) -> Result<String, AppError> {
    let token = app.keys.token();
    let mut conn = app.db.get().await?;
    if queries::find(&mut conn, id).await?.closed_at.is_some() {
        return Err(AppError::Gone(CLOSED));
    }
    let new = queries::New { survey: id, person, token_hash: &hash_token(&token), answers };
    queries::answer(&mut conn, &new, app.clock.now()).await?;
    Ok(token)
}

/// The answers behind a link, and their survey.
///
/// # Errors
/// `Gone` if there are none (any more).
pub async fn find(app: &App, token: &str) -> Result<(Answers, Survey), AppError> {
    let mut conn = app.db.get().await?;
    queries::by_token(&mut conn, &hash_token(token)).await?.ok_or(AppError::Gone(GONE))
}

/// Deletes the answers behind a link.
///
/// # Errors
/// As [`find`].
pub async fn forget(app: &App, token: &str) -> Result<(), AppError> {
    let mut conn = app.db.get().await?;
    let done = queries::forget(&mut conn, &hash_token(token)).await?;
    if done { Ok(()) } else { Err(AppError::Gone(GONE)) }
}

/// Opens a survey.
///
/// # Errors
/// What the database says.
pub async fn open(app: &App, who: &SignedIn, new: &NewSurvey) -> Result<SurveyId, AppError> {
    let now = app.clock.now();
    let id = SurveyId::new(now);
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        queries::insert(conn, id, new, Some(who.person.0), now).await?;
        log(conn, app, who, id, "survey.opened").await
    })
    .await?;
    Ok(id)
}

/// Closes a survey. Answers whether it was open.
///
/// # Errors
/// What the database says.
pub async fn close(app: &App, who: &SignedIn, id: SurveyId) -> Result<bool, AppError> {
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            let done = queries::close(conn, id, app.clock.now()).await?;
            if done {
                log(conn, app, who, id, "survey.closed").await?;
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
    id: SurveyId,
    action: &'static str,
) -> diesel::QueryResult<()> {
    let from = who.caller.circumstances();
    let event = Event::new(who.actor(), "survey", id.0, action, &from);
    audit::append(conn, app.clock.now(), event).await.map(drop)
}

/// Puts a survey of the demo there, once, by its id.
///
/// # Errors
/// What the database says.
pub async fn ensure_there(
    conn: &mut AsyncPgConnection,
    id: SurveyId,
    new: &NewSurvey,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    queries::insert(conn, id, new, None, now).await
}
