//! What we hold about a contact, for whoever has the mailbox: to see, and to have deleted. The preferences centre is
//! open to anybody who was forwarded a mailing, so both are confirmed by a link to the mailbox, which works for a day.

mod mail;
pub mod web;

pub use mail::{ContactConfirmation, ContactDeleted};

use chrono::Duration;
use diesel_async::AsyncConnection as _;

use super::contacts::{self, Contact};
use super::links::{Confirmation, Link, Wish};
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Event};
use crate::platform::error::AppError;
use crate::platform::mail as outbox;
use crate::platform::web::caller::Caller;
use crate::platform::web::pages::moment;
use crate::platform::web::rate_limit::{self, Quota};
use crate::retention::ledger;
use crate::retention::rules::{self, Rule};

/// How long a link to the mailbox works.
pub const WORKS: Duration = Duration::hours(24);
const PER_CONTACT: Quota = Quota::per_minutes("contact_confirmation", 5, 60);
const ENDED: &str =
    "This link worked for 24 hours. Open the link under one of our mailings and ask for a new one.";
const DELETED: &str =
    "This address is no contact of ours any more, so there is nothing to see or to delete here.";

/// Mails a link that confirms a wish to the mailbox of a contact.
///
/// # Errors
/// [`AppError::TooManyRequests`] beyond five an hour.
pub async fn request(app: &App, link: &Link, contact: &Contact, wish: Wish) -> Result<(), AppError> {
    rate_limit::take(app, PER_CONTACT, &contact.id.to_string()).await?;
    let now = app.clock.now();
    let until = now + WORKS;
    let token = Confirmation { link: *link, wish, until }.token(&app.keys);
    let mail = ContactConfirmation {
        recipient_name: greeting(contact),
        delete: wish == Wish::Deletion,
        url: app.url(&format!("/contact-data/{token}")),
        until: moment(&until),
    };
    let mut conn = app.db.get().await?;
    let person = contact.person.map(|person| person.0);
    conn.transaction(async |conn| outbox::enqueue(conn, &app.keys, now, person, &contact.email, &mail).await)
        .await?;
    Ok(())
}

/// Forms that were sent with the same address are no part of a contact and go by rules of their own. Each in a line,
/// with the time until which it stays (S71).
pub fn forms_that_stay() -> Vec<String> {
    let kept = |rule: &Rule| rule.period.words();
    vec![
        format!(
            "Registrations for events: until {} after the event at the latest",
            kept(&rules::EVENT_REGISTRATIONS)
        ),
        format!("White papers: until {} after you asked for them", kept(&rules::WHITE_PAPER_REQUESTS)),
        format!(
            "Enquiries to sales: until {} after them, or after an account ends",
            kept(&rules::SALES_ENQUIRIES)
        ),
        format!("Disputes about data protection: until {} after their end", kept(&rules::DISPUTES)),
        format!("Wishes for the newsletter: until {} after them", kept(&rules::NEWSLETTER_SIGN_UPS)),
    ]
}

fn receipt(app: &App, contact: &Contact) -> ContactDeleted {
    ContactDeleted {
        recipient_name: greeting(contact),
        kept: rules::MESSAGES.period.words(),
        forms: forms_that_stay(),
        schedule_url: app.url("/privacy/retention"),
        request_url: app.url("/privacy/requests/new"),
    }
}

fn greeting(contact: &Contact) -> String {
    contact.name.clone().unwrap_or_else(|| "there".into())
}

/// Looks a confirmation up without changing anything.
///
/// # Errors
/// `NotFound` for a token that is none of ours; `Gone` when it ended, or the contact was deleted or moved.
pub async fn find(app: &App, token: &str) -> Result<(Confirmation, Contact), AppError> {
    let confirmation = Confirmation::parse(&app.keys, token).ok_or(AppError::NotFound)?;
    if app.clock.now() >= confirmation.until {
        return Err(AppError::Gone(ENDED));
    }
    let mut conn = app.db.get().await?;
    let contact =
        contacts::find(&mut conn, confirmation.link.contact).await?.ok_or(AppError::Gone(DELETED))?;
    if !confirmation.link.is_for(&app.keys, &contact.email) {
        return Err(AppError::Gone(ENDED));
    }
    Ok((confirmation, contact))
}

/// Deletes a contact whose owner confirmed it from the mailbox, and mails what went and what stays. A restored backup has
/// it again, and by the ledger it is deleted there too (S165). Answers false where a hold keeps it (S72).
///
/// # Errors
/// `NotFound` for a link that only lets see; `Gone` as in [`find`], also when another click was faster.
pub async fn delete(app: &App, caller: &Caller, token: &str) -> Result<bool, AppError> {
    let (confirmation, contact) = find(app, token).await?;
    if confirmation.wish != Wish::Deletion {
        return Err(AppError::NotFound);
    }
    let (now, from) = (app.clock.now(), caller.circumstances());
    let mail = receipt(app, &contact);
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if contacts::is_held(conn, contact.id).await? {
            return Ok(false);
        }
        if !contacts::erase(conn, &app.keys, &contact, now).await? {
            return Err(AppError::Gone(DELETED));
        }
        let blinded = ledger::blinded(&app.keys, ledger::Kind::Contact, contact.id.0);
        ledger::record(conn, ledger::Kind::Contact, blinded, now).await?;
        let person = contact.person.map(|person| person.0);
        outbox::enqueue(conn, &app.keys, now, person, &contact.email, &mail).await?;
        let event = Event::new(Actor::Visitor, "contact", contact.id.0, "contact.deleted", &from);
        audit::append(conn, now, event).await?;
        Ok(true)
    })
    .await
}
