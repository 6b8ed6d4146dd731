//! The newsletter for anybody, with proof by mail (S25): an address is all that is asked for, and nothing is sent to
//! it before its owner has said yes a second time, behind the link. That yes is the decision that is kept; a sign-up
//! that nobody confirms is forgotten after a week.

mod mail;
mod queries;
pub mod web;

pub use mail::ConfirmNewsletter;

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::AsyncConnection as _;

use super::contacts::{self, NewContact};
use super::decisions::{self, By, Choice, Decision, Via};
use super::topics::{Channel, Topic};
use crate::platform::app::App;
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::newsletter_sign_ups;
use crate::platform::error::AppError;
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::retention::rules;

/// What somebody agrees to, as it is shown and kept.
pub const WORDING: &str =
    "Send me the LossExpress newsletter by e-mail, about once a month. I can stop it at any time.";

const GONE: &str = "This link worked for seven days. Enter your address once more to get a new one.";

/// A wish for the newsletter.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = newsletter_sign_ups, check_for_backend(diesel::pg::Pg))]
pub struct NewsletterSignUp {
    /// Where it would go.
    pub email: String,
    /// What was agreed to.
    pub wording: String,
    /// Until when the link works.
    pub expires_at: DateTime<Utc>,
    /// When its owner said yes a second time.
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Keeps the wish and mails the link. The same for an address that gets the newsletter already.
///
/// # Errors
/// What the database says.
pub async fn sign_up(app: &App, caller: &Caller, email: &str) -> Result<(), AppError> {
    let (now, token) = (app.clock.now(), app.keys.token());
    let url = app.url(&format!("/newsletter/{token}"));
    let mail = ConfirmNewsletter { recipient_name: "there".into(), url };
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let expires_at = now + rules::NEWSLETTER_SIGN_UPS.period.length();
        let new = queries::New { email, token_hash: &hash_token(&token), now, expires_at };
        queries::insert(conn, &new, WORDING, caller.country.as_deref()).await?;
        outbox::enqueue(conn, &app.keys, now, None, email, &mail).await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// The wish that a link belongs to.
///
/// # Errors
/// `Gone` for one that ran out or never was.
pub async fn find(app: &App, token: &str) -> Result<NewsletterSignUp, AppError> {
    let mut conn = app.db.get().await?;
    let found = queries::by_token(&mut conn, &hash_token(token)).await?;
    found.filter(|found| app.clock.now() < found.expires_at).ok_or(AppError::Gone(GONE))
}

/// Writes the decision of whoever holds the link. Done again, it changes nothing: who has unsubscribed since stays so.
///
/// # Errors
/// As [`find`].
pub async fn confirm(app: &App, caller: &Caller, token: &str) -> Result<(), AppError> {
    find(app, token).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let Some(wish) = queries::confirm(conn, &hash_token(token), now).await? else { return Ok(()) };
        let country = caller.country.as_deref();
        let new = NewContact {
            email: &wish.email,
            country,
            source: "newsletter",
            confirmed: true,
            ..NewContact::default()
        };
        let contact = contacts::find_or_create(conn, &app.keys, &new, now).await?;
        contacts::mailbox_works(conn, &app.keys, &wish.email, now).await?;
        let decision = Decision {
            contact,
            topic: Some(Topic::Newsletter),
            channel: Channel::Email,
            choice: Choice::Subscribed,
            by: By::Person(None),
            via: Via::Form,
            wording: &wish.wording,
            country,
            campaign: None,
        };
        decisions::record(conn, &decision, now).await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}
