//! Browsers a person has signed in from. A long-lived cookie of its own names the browser; only its
//! hash is kept. It opens nothing: it only gives its owner a limit apart from strangers, and makes a
//! sign-in from elsewhere worth a mail.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::app::App;
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::known_browsers;
use crate::platform::ids::{PersonId, new_uuid};
use crate::platform::web::caller::Caller;
use crate::platform::web::server::cookie_name;
use crate::retention::rules;

/// The token of this browser, if it has one.
pub(super) fn token_of(request: &HttpRequest, app: &App) -> Option<String> {
    request
        .cookie(&cookie_name(app, "browser"))
        .map(|cookie| cookie.value().to_owned())
        .filter(|token| token.len() == 43)
}

/// The cookie that names this browser as long as we know it, which is also the most that browsers keep one.
pub(super) fn cookie(app: &App, token: &str) -> Cookie<'static> {
    Cookie::build(cookie_name(app, "browser"), token.to_owned())
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        .same_site(SameSite::Lax)
        .max_age(CookieDuration::seconds(rules::KNOWN_BROWSERS.period.length().num_seconds()))
        .finish()
}

/// Whether this person has signed in from this browser. Asks the database in any case.
pub(super) async fn is_known(
    conn: &mut AsyncPgConnection,
    person: Option<PersonId>,
    token: Option<&str>,
) -> QueryResult<bool> {
    let person = person.map_or(uuid::Uuid::nil(), |person| person.0);
    let hash = hash_token(token.unwrap_or(""));
    diesel::select(diesel::dsl::exists(
        known_browsers::table
            .filter(known_browsers::person_id.eq(person).and(known_browsers::token_hash.eq(hash))),
    ))
    .get_result(conn)
    .await
}

/// Notes a sign-in from this browser.
pub(super) async fn remember(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    token: &str,
    caller: &Caller,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(known_browsers::table)
        .values((
            known_browsers::id.eq(new_uuid(now)),
            known_browsers::person_id.eq(person),
            known_browsers::token_hash.eq(hash_token(token)),
            known_browsers::user_agent.eq(&caller.user_agent),
            known_browsers::country.eq(&caller.country),
            known_browsers::created_at.eq(now),
            known_browsers::last_used_at.eq(now),
        ))
        .on_conflict((known_browsers::person_id, known_browsers::token_hash))
        .do_update()
        .set((
            known_browsers::user_agent.eq(&caller.user_agent),
            known_browsers::country.eq(&caller.country),
            known_browsers::last_used_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
