//! What the store has loaded for the request that is under way. actix-session keeps text alone; a guard
//! wants typed data and should not read it from JSON each time. And a page may have its own facts brought
//! along in the session's statement, because each trip to the database costs more than what it brings.

use std::cell::RefCell;
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest};

use super::{Auth, Overview};
use crate::platform::error::AppError;

/// The page whose facts come along.
const WITH_OVERVIEW: &str = "/settings";

/// Stands in the state for what was loaded as it is. After a sign-in or a renewal the state holds the
/// new [`Auth`] itself, and after a sign-out nothing.
pub(super) const LOADED: &str = "true";

tokio::task_local! {
    static UNDER_WAY: Rc<Handover>;
}

/// Stands before the cause where a session could not be written after a request that may have changed something: its
/// handler was done by then, and only its answer did not get out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request was worked on, but its session could not be written")]
pub struct NotAnswered;

#[derive(Default)]
struct Handover {
    wants_overview: bool,
    /// Whether the request may change something.
    acts: bool,
    auth: RefCell<Option<Auth>>,
    overview: RefCell<Option<Overview>>,
    failure: RefCell<Option<anyhow::Error>>,
}

/// Middleware around the sessions: takes from the store what it loads and keeps it with the request.
///
/// # Errors
/// What the store failed for, instead of the bare 500 that actix-session makes of it.
pub async fn carry<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let wants_overview = request.method().is_safe() && request.path() == WITH_OVERVIEW;
    let acts = !request.method().is_safe();
    let handover = Rc::new(Handover { wants_overview, acts, ..Handover::default() });
    request.extensions_mut().insert(Rc::clone(&handover));
    let outcome = UNDER_WAY.scope(Rc::clone(&handover), next.call(request)).await;
    match (outcome, handover.failure.take()) {
        (Err(_), Some(cause)) => Err(AppError::Internal(cause).into()),
        (outcome, _) => outcome,
    }
}

/// Leaves why a session could not be read, before anything was done. Answers the same in words, for actix-session.
pub(super) fn fail(cause: anyhow::Error) -> anyhow::Error {
    let words = anyhow::anyhow!("{cause:#}");
    let _ = UNDER_WAY.try_with(|handover| handover.failure.replace(Some(cause)));
    words
}

/// As [`fail`], for what is written once the handler is done: whoever acted is not told to try again ([`NotAnswered`]).
pub(super) fn fail_to_write(cause: anyhow::Error) -> anyhow::Error {
    let acts = UNDER_WAY.try_with(|handover| handover.acts).unwrap_or(false);
    fail(if acts { cause.context(NotAnswered) } else { cause })
}

/// Whether the page that is asked for wants its facts from the session's statement.
pub(super) fn wants_overview() -> bool {
    UNDER_WAY.try_with(|handover| handover.wants_overview).unwrap_or(false)
}

/// Leaves what was loaded. Returns whether there was a request to leave it with.
pub(super) fn leave(auth: &Auth, overview: Option<Overview>) -> bool {
    let left = UNDER_WAY.try_with(|handover| {
        handover.auth.replace(Some(auth.clone()));
        handover.overview.replace(overview);
    });
    left.is_ok()
}

/// What was loaded, for the store.
pub(super) fn loaded() -> Option<Auth> {
    UNDER_WAY.try_with(|handover| handover.auth.borrow().clone()).ok().flatten()
}

/// What was loaded, for a guard.
pub(super) fn loaded_for(request: &HttpRequest) -> Option<Auth> {
    request.extensions().get::<Rc<Handover>>()?.auth.borrow().clone()
}

/// The facts of the overview, once. Nothing unless the address was written as the site map has it.
pub fn take_overview(request: &HttpRequest) -> Option<Overview> {
    request.extensions().get::<Rc<Handover>>()?.overview.take()
}
