//! Somebody with an account, and somebody who is signed in, for programs that measure.

#![allow(dead_code, reason = "each program uses its part")]

use std::collections::HashMap;

use actix_session::storage::SessionStore as _;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, CookieJar};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::app::App;
use portal::platform::db::schema::people;
use portal::platform::ids::{AccountId, PersonId, SessionId};
use portal::platform::web::server::cookie_name;
use portal::platform::web::session::{Auth, PgSessions, SessionKind};

/// A customer with an account.
pub async fn a_customer(app: &App) -> anyhow::Result<(PersonId, AccountId)> {
    let now = app.clock.now();
    let (person, account) = (PersonId::new(now), AccountId::new(now));
    let mut conn = app.db.get().await?;
    diesel::insert_into(people::table)
        .values((
            people::id.eq(person),
            people::name.eq("Ada Lovelace"),
            people::email.eq("ada@example.com"),
            people::phone.eq("+12125550100"),
            people::email_verified_at.eq(now),
            people::created_at.eq(now),
        ))
        .execute(&mut conn)
        .await?;
    portal::accounts::insert(&mut conn, &app.keys, account, person, "First account", now).await?;
    Ok((person, account))
}

/// A session as a sign-in makes it, and its cookie.
pub async fn a_session(app: &App, person: PersonId, kind: SessionKind) -> anyhow::Result<String> {
    let now = app.clock.now();
    let auth = Auth {
        session: SessionId::new(now),
        person,
        kind,
        credential_version: 1,
        authenticated_at: now,
        reauthenticated_at: now,
        expires_at: now + kind.limits().1,
        ip: None,
        country: None,
        user_agent: "bench".into(),
        name: String::new(),
        email: String::new(),
        roles: Vec::new(),
        has_totp: false,
        has_passkey: false,
        recovery_pending: false,
        undertaking: None,
    };
    let state = HashMap::from([("auth".to_owned(), serde_json::to_string(&auth)?)]);
    let token = PgSessions::new(app.clone()).save(state, &CookieDuration::days(30)).await?;
    let name = cookie_name(app, "session");
    let mut jar = CookieJar::new();
    jar.signed_mut(&app.keys.cookie_key()).add(Cookie::new(name.clone(), token.as_ref().to_owned()));
    let value = jar.get(&name).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    Ok(format!("{name}={}", percent_encoded(&value)))
}

/// The signature is Base64, whose `+`, `/` and `=` a cookie carries encoded.
fn percent_encoded(value: &str) -> String {
    value.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}
