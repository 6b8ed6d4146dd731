//! What a browser asks of us by itself. Global Privacy Control is honoured: a browser that sends it is not counted,
//! nothing about it is shared with anybody for purposes of their own, and the same holds from then on for whoever is
//! signed in there. Do Not Track is not acted on, and the page about cookies says so (S147).

mod queries;

use actix_session::SessionExt as _;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};
use diesel::QueryResult;
use diesel_async::AsyncConnection as _;

use super::contacts::{self, NewContact};
use super::cookies;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::caller::Caller;
use crate::platform::web::session::{self, Auth};

/// Since when the signal is honoured, for `/.well-known/gpc.json`.
const SINCE: &str = "2026-11-24";

/// Where a session remembers what is on record for its owner.
const RECORDED: &str = "gpc";

/// What is kept as the words of a decision that a signal made.
const ASKED: &str = "The browser sent Global Privacy Control: do not sell or share my personal information.";
/// What is kept where somebody takes it back.
const TAKEN_BACK: &str = "Count my visits, although a browser of mine sent Global Privacy Control.";

/// Whether the browser asks for privacy by `Sec-GPC`: once, and exactly `1`. Anything else is no signal.
pub fn is_sent(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all("sec-gpc");
    matches!((values.next(), values.next()), (Some(value), None) if value == "1")
}

/// Whether the signal is on record for whoever is signed in.
pub fn is_recorded(request: &HttpRequest) -> bool {
    request.get_session().entries().get(RECORDED).is_some_and(|value| value == "true")
}

/// Middleware inside the sessions: puts the signal on record for whoever is signed in, once, and learns what is on
/// record where a page needs it. Most requests cost nothing more.
///
/// # Errors
/// None of its own: where the record cannot be written, the page itself says what is wrong.
pub async fn honour<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let http = request.request();
    let app = http.app_data::<Data<App>>().expect("every server has its App").clone();
    let sent = is_sent(http.headers());
    if ((sent && !is_recorded(http)) || (!sent && needs_record(http, &app)))
        && let Some(auth) = session::auth(http)
    {
        match settle(&app, &auth, sent, &Caller::of(http)).await {
            Ok(recorded) => remember(http, recorded),
            Err(error) => tracing::error!(error = format!("{error:#}"), "a signal was not put on record"),
        }
    }
    next.call(request).await
}

/// Only that it is on record is remembered. That it is not may change at any moment, by another browser of theirs.
fn remember(request: &HttpRequest, recorded: bool) {
    let session = request.get_session();
    match (recorded, is_recorded(request)) {
        (true, false) => {
            let _ = session.insert(RECORDED, true);
        }
        (false, true) => {
            session.remove(RECORDED);
        }
        _ => {}
    }
}

/// Whether it makes a difference to this answer what is on record. Only browsers that agreed are counted, so only their
/// pages look, and only until it is on record; for all others nothing is looked up. The page about cookies shows what is
/// on record in any case.
fn needs_record(request: &HttpRequest, app: &App) -> bool {
    let path = request.path();
    let may_count = request.method() == Method::GET && !path.starts_with("/static/");
    path == "/cookies" || (may_count && !is_recorded(request) && cookies::has_agreed(request, app))
}

/// Answers whether the signal is on record for this person, and puts it there if their browser sends it.
async fn settle(app: &App, auth: &Auth, sent: bool, caller: &Caller) -> Result<bool, AppError> {
    // Given back before a connection is asked for to decide with: pages that each kept one would wait for each other.
    let recorded = queries::is_recorded(&mut *app.db.get().await?, auth.person).await?;
    if !sent || recorded {
        return Ok(recorded);
    }
    decide(app, auth, caller, &queries::Decision { allowed: false, via: "gpc", wording: ASKED }).await?;
    Ok(true)
}

async fn decide(
    app: &App,
    auth: &Auth,
    caller: &Caller,
    decision: &queries::Decision,
) -> Result<(), AppError> {
    let (now, country) = (app.clock.now(), caller.country.as_deref());
    let mut conn = app.db.get().await?;
    let written: QueryResult<()> = conn
        .transaction(async |conn| {
            // A browser opens several pages at once: the first makes the contact, and decides.
            let person = people::lock(conn, auth.person).await?;
            if !decision.allowed && queries::is_recorded(conn, auth.person).await? {
                return Ok(());
            }
            let contact = match contacts::find_of(conn, auth.person).await? {
                Some(contact) => contact.id,
                None => {
                    let new = NewContact {
                        email: &person.email,
                        person: Some(auth.person),
                        country,
                        source: "signal",
                        confirmed: true,
                        ..NewContact::default()
                    };
                    contacts::find_or_create(conn, &app.keys, &new, now).await?
                }
            };
            queries::record(conn, contact, auth.person, country, decision, now).await
        })
        .await;
    Ok(written?)
}

/// Takes back what a signal put on record, as whoever is signed in wishes while their browser sends none.
///
/// # Errors
/// What the database says.
pub async fn take_back(request: &HttpRequest, app: &App) -> Result<(), AppError> {
    let Some(auth) = session::auth(request) else { return Ok(()) };
    let taken_back = queries::Decision { allowed: true, via: "page", wording: TAKEN_BACK };
    decide(app, &auth, &Caller::of(request), &taken_back).await?;
    remember(request, false);
    Ok(())
}

/// `GET /.well-known/gpc.json`: says that the signal is honoured, as the specification of Global Privacy Control has it.
pub async fn gpc() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "gpc": true, "lastUpdate": SINCE }))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HeaderName::from_static("sec-gpc"), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_exactly_one_is_the_signal() {
        assert!(is_sent(&headers(&["1"])));
        for other in [&[][..], &["0"], &["true"], &["1, 1"], &["1", "1"], &["1", "0"], &["01"], &[""]] {
            assert!(!is_sent(&headers(other)), "{other:?}");
        }
    }
}
