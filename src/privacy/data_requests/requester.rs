//! What whoever asks does with their own request: take it back, or confirm a deletion.

use diesel_async::AsyncConnection as _;

use super::deadlines::GRACE;
use super::kinds::Kind;
use super::states::{self, Act, By, Refusal, Step};
use super::{DataRequest, log, mail, queries, refused};
use crate::platform::app::App;
use crate::platform::audit::{Actor, Circumstances};
use crate::platform::error::AppError;
use crate::platform::ids::PersonId;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::day;

/// Who acts on their own request, and from where: signed in, or by the link that was mailed to them.
#[derive(Clone, Debug)]
pub struct Requester {
    /// Their id, if they are signed in.
    pub person: Option<PersonId>,
    /// For the audit log.
    pub actor: Actor,
    /// Where it came from.
    pub from: Circumstances,
}

impl Requester {
    /// Somebody who is signed in.
    pub fn signed_in(who: &SignedIn) -> Self {
        Self { person: Some(who.person), actor: who.actor(), from: who.caller.circumstances() }
    }
}

/// Takes a request back; a deletion that was confirmed is undone by it (S91).
///
/// # Errors
/// Inside: that it is over.
pub async fn withdraw(
    app: &App,
    who: &Requester,
    request: &DataRequest,
) -> Result<Result<(), Refusal>, AppError> {
    let (now, id) = (app.clock.now(), request.id);
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            states::take(conn, id, &Step::new(Act::Withdrawn, By::Requester(who.person)), now).await?;
            let request = queries::find(conn, id).await?;
            let sentence = if request.confirmed_at.is_some() {
                "You undid the deletion. Nothing was deleted, and your account stays as it is."
            } else {
                "You took your request back, so we do nothing more about it. You can ask again at any time."
            };
            mail::tell(conn, app, &request, "Your request is withdrawn", sentence, now).await?;
            log(conn, who.actor, id, Act::Withdrawn, &who.from, now).await?;
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    refused(done)
}

/// Confirms a deletion (11 CCR 7020(d)). What was named goes to the desk; everything about a person waits out its grace.
///
/// # Errors
/// Inside: that it is no deletion, was confirmed before, or is over.
pub async fn confirm(
    app: &App,
    who: &Requester,
    request: &DataRequest,
) -> Result<Result<(), Refusal>, AppError> {
    let (now, id) = (app.clock.now(), request.id);
    let until = if request.kind() == Kind::Deletion { now + GRACE } else { now };
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            let step = Step { until: Some(until), ..Step::new(Act::Confirmed, By::Requester(who.person)) };
            states::take(conn, id, &step, now).await?;
            let request = queries::find(conn, id).await?;
            let sentence = match request.kind() {
                Kind::Deletion => format!(
                    "You confirmed that everything about you is to be deleted. It begins on {}. Until then you can undo it with one click on the page of the request. If it was not you, undo it at once and change your password.",
                    day(&until)
                ),
                _ => "You confirmed the deletion. Our privacy team looks at it, deletes what may go, and tells you what went and what stays.".into(),
            };
            mail::tell(conn, app, &request, "Your deletion is confirmed", &sentence, now).await?;
            log(conn, who.actor, id, Act::Confirmed, &who.from, now).await?;
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    refused(done)
}
