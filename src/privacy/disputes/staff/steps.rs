//! What staff do with a dispute: notes and the decision, each with the mail that belongs to it.

use actix_web::{HttpRequest, web};
use diesel_async::AsyncConnection as _;

use super::forms::{DecisionForm, Forms, NoteForm};
use super::show::page;
use super::{find, path};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{WebResult, see_other};
use crate::privacy::data_requests::messages::parse as parse_words;
use crate::privacy::disputes::states::{self, Act, By, Refusal, Step};
use crate::privacy::disputes::{Dispute, log, mail, queries, refused};
use crate::staff::permissions::WorksOnRequests;

/// `POST /staff/disputes/{dispute}/notes`
pub async fn note(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    typed: web::Form<NoteForm>,
) -> WebResult {
    let found = find(&app, &sid).await?;
    let mut form = typed.draw();
    let note = parse_words(&typed.note).map_err(|message| form.fail("note", message)).ok();
    if let Some(note) = &note
        && let Err(refusal) = take(&app, &who, &found, (Act::Noted, None), Words::Note(note)).await?
    {
        form.fail_whole(refusal.words());
    }
    if form.has_errors() {
        return page(&app, &request, &who, &found, Forms { note: Some(form), ..Forms::default() }).await;
    }
    flash::success(&request, "It is noted, and stands in what happened.");
    Ok(see_other(&path(found.id)))
}

/// Words of a step: for staff alone, or for whoever raised it.
enum Words<'a> {
    Note(&'a str),
    Told(&'a str),
}

/// Takes a step of staff, with the mail that belongs to it.
async fn take(
    app: &App,
    who: &SignedIn,
    found: &Dispute,
    (act, seen): (Act, Option<i32>),
    words: Words<'_>,
) -> Result<Result<(), Refusal>, AppError> {
    let (now, id) = (app.clock.now(), found.id);
    let (note, told) = match words {
        Words::Note(note) => (Some(note), None),
        Words::Told(told) => (None, Some(told)),
    };
    let step = Step { seen, note, words: told, ..Step::new(act, By::Staff(who.person)) };
    let mut conn = app.db.get().await?;
    let taken = conn
        .transaction(async |conn| {
            states::take(conn, id, &step, now).await?;
            if let Some(told) = told {
                let dispute = queries::find(conn, id).await?;
                mail::closed(conn, app, &dispute, told, now).await?;
            }
            log(conn, who.actor(), id, act, &who.caller.circumstances(), now).await?;
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    refused(taken)
}

/// `POST /staff/disputes/{dispute}/decision`
pub async fn decide(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<WorksOnRequests>,
    sid: web::Path<String>,
    typed: web::Form<DecisionForm>,
) -> WebResult {
    let mut found = find(&app, &sid).await?;
    let mut form = typed.draw(&found);
    if let Some((act, words)) = typed.parse(&mut form) {
        match take(&app, &who, &found, (act, Some(typed.version)), Words::Told(&words)).await? {
            Ok(()) => {
                flash::success(&request, "The dispute is decided, and the answer is on its way.");
                return Ok(see_other(&path(found.id)));
            }
            Err(refusal) => {
                found = find(&app, &sid).await?;
                form = typed.draw(&found);
                form.fail_whole(refusal.words());
            }
        }
    }
    page(&app, &request, &who, &found, Forms { decision: Some(form), ..Forms::default() }).await
}
