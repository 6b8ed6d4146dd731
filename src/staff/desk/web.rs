//! Handlers that are the same for every queue, and the counts that open pages refresh.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use super::claims::Taken;
use super::looks::Access;
use super::register::{self, ENTRIES};
use super::{Queue, claims, looks};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{WebResult, moment, see_other};
use crate::staff::lookup;
use crate::staff::permissions::EntersConsole;

/// Claims an item and goes to its page; a second person is told who has it, and nobody claims what is over.
///
/// # Errors
/// As [`claims::take`].
pub async fn claim(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    (queue, item): (Queue, Uuid),
    to: &str,
) -> WebResult {
    let noun = queue.noun();
    match claims::take(app, who, queue, item).await? {
        Taken::Yours => {
            let yours = format!("The {noun} is yours for half an hour. Claim it again to go on longer.");
            flash::success(request, yours);
        }
        Taken::Theirs(holder) => {
            let until = moment(&holder.until);
            let theirs = format!("{} works on this {noun} until {until}. Talk to them first.", holder.name);
            flash::info(request, theirs);
        }
        Taken::Over => {
            let over =
                format!("There is nothing to claim of this {noun} now. If you need to see it, say why.");
            flash::info(request, over);
        }
    }
    Ok(see_other(to))
}

/// Gives an item back.
///
/// # Errors
/// What the database says.
pub async fn release(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    (queue, item): (Queue, Uuid),
    to: &str,
) -> WebResult {
    let noun = queue.noun();
    let mut conn = app.db.get().await?;
    if claims::release(&mut conn, queue, item, who.person).await? {
        flash::success(request, format!("You gave the {noun} back."));
    } else {
        flash::info(request, format!("You had not claimed this {noun}."));
    }
    Ok(see_other(to))
}

/// Whether an item is open to whoever asks for one of its files; else they are told how it opens (S105).
///
/// # Errors
/// What the database says.
pub async fn opens_files(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    (queue, item): (Queue, Uuid),
) -> Result<bool, AppError> {
    let mut conn = app.db.get().await?;
    let access = looks::access(&mut conn, queue, item, who.person, app.clock.now()).await?;
    if !access.is_open() {
        let how = format!("Claim the {}, or say why you look: then its files open.", queue.noun());
        flash::info(request, how);
    }
    Ok(access.is_open())
}

/// What the form of a reason sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LookForm {
    reason: String,
}

impl LookForm {
    /// The form, with what was typed.
    pub fn draw(&self) -> Form {
        let hint = "10 to 500 characters, for a quarter of an hour. The person it is about reads this sentence in their activity, so write it for them.";
        let reason =
            Field::textarea("reason", "Why do you need to see it without working on it?").value(&self.reason);
        Form::new(vec![Field { maxlength: Some(500), ..reason.hint(hint) }])
    }

    /// The form for whoever may not see an item, as it came back or empty; nothing for whoever may.
    pub fn door(access: &Access, typed: Option<Form>) -> Option<Form> {
        (!access.is_open()).then(|| typed.unwrap_or_else(|| Self::default().draw()))
    }

    /// Opens an item with the reason that was typed.
    ///
    /// # Errors
    /// Inside: the form again, with what is wrong. Outside: as [`looks::open`].
    pub async fn open(
        &self,
        app: &App,
        who: &SignedIn,
        queue: Queue,
        item: Uuid,
    ) -> Result<Result<(), Form>, AppError> {
        match lookup::parse_reason(&self.reason) {
            Ok(reason) => Ok(Ok(looks::open(app, who, queue, item, &reason).await?)),
            Err(message) => {
                let mut form = self.draw();
                form.fail("reason", message);
                Ok(Err(form))
            }
        }
    }
}

/// `GET /staff/counts.json`: what waits in each queue that whoever asks works on, for pages that are open.
pub async fn counts(app: web::Data<App>, who: Staff<EntersConsole>) -> Result<HttpResponse, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let mut counts = serde_json::Map::new();
    for entry in ENTRIES.iter().filter(|entry| entry.permission.granted_to(&who.roles)) {
        let count = register::count(&mut conn, entry, i64::MAX, now).await?;
        let figures = serde_json::json!({ "waiting": count.waiting, "overdue": count.overdue });
        counts.insert(entry.key.to_owned(), figures);
    }
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(counts))
}
