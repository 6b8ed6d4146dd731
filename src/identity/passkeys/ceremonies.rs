//! Challenges that wait for an answer. The browser's session holds the id of the one it asked for last;
//! the row holds the rest. Whoever deletes the row has used the challenge, also when the same answer
//! arrives twice at the same moment.

use actix_session::SessionExt as _;
use actix_web::HttpRequest;
use anyhow::Context as _;
use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::PasskeyError;
use crate::platform::app::App;
use crate::platform::db::schema::passkey_ceremonies;
use crate::platform::ids::{PersonId, new_uuid};
use crate::retention::{rules, sweep};

/// Where the session keeps the id.
const KEY: &str = "passkey_ceremony";
/// As long as browsers wait for an authenticator.
const LIVES: Duration = rules::PASSKEY_CEREMONIES.period.length();

/// What a challenge is for; an answer to one is no answer to another. Each names the person it was made
/// for, except for sign-in, where the answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To add a passkey.
    Registration(PersonId),
    /// To sign in with nothing else.
    SignIn,
    /// To follow the password.
    SecondStep(PersonId),
    /// To confirm who is signed in.
    Reauthentication(PersonId),
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Registration(_) => "registration",
            Self::SignIn => "sign_in",
            Self::SecondStep(_) => "second_step",
            Self::Reauthentication(_) => "reauthentication",
        }
    }

    /// Whose passkey it must be, where that is known.
    pub fn person(self) -> Option<PersonId> {
        match self {
            Self::SignIn => None,
            Self::Registration(person) | Self::SecondStep(person) | Self::Reauthentication(person) => {
                Some(person)
            }
        }
    }
}

/// Keeps the state of a challenge for five minutes. It replaces the one this browser asked for before.
pub(super) async fn begin(
    app: &App,
    request: &HttpRequest,
    purpose: Purpose,
    state: &impl Serialize,
) -> Result<(), PasskeyError> {
    let now = app.clock.now();
    let id = new_uuid(now);
    let state = serde_json::to_value(state).context("the state of a ceremony")?;
    let session = request.get_session();
    let before: Option<Uuid> = session.get(KEY).ok().flatten();
    let mut conn = app.db.get().await?;
    diesel::delete(passkey_ceremonies::table.filter(passkey_ceremonies::id.nullable().eq(before)))
        .execute(&mut conn)
        .await?;
    diesel::insert_into(passkey_ceremonies::table)
        .values((
            passkey_ceremonies::id.eq(id),
            passkey_ceremonies::purpose.eq(purpose.name()),
            passkey_ceremonies::person_id.eq(purpose.person().map(|person| person.0)),
            passkey_ceremonies::state.eq(state),
            passkey_ceremonies::expires_at.eq(now + LIVES),
        ))
        .execute(&mut conn)
        .await?;
    session.insert(KEY, id).context("the session takes an id")?;
    Ok(())
}

/// Uses up the challenge of this browser and answers its state.
///
/// # Errors
/// `Stale` if there is none, it ran out, was used, or was for something or somebody else.
pub(super) async fn take<S: DeserializeOwned>(
    app: &App,
    request: &HttpRequest,
    purpose: Purpose,
) -> Result<S, PasskeyError> {
    let id: Option<Uuid> = request.get_session().get(KEY).ok().flatten();
    let id = id.ok_or(PasskeyError::Stale)?;
    request.get_session().remove(KEY);
    let mut conn = app.db.get().await?;
    let person = passkey_ceremonies::person_id.is_not_distinct_from(purpose.person().map(|person| person.0));
    let taken = diesel::delete(passkey_ceremonies::table.find(id))
        .filter(passkey_ceremonies::purpose.eq(purpose.name()).and(person))
        .filter(passkey_ceremonies::expires_at.gt(app.clock.now()))
        .returning(passkey_ceremonies::state)
        .get_result::<serde_json::Value>(&mut conn)
        .await
        .optional()?;
    Ok(serde_json::from_value(taken.ok_or(PasskeyError::Stale)?).context("the state of a ceremony")?)
}

/// Drops challenges that nobody answered in time.
///
/// # Errors
/// What the database says.
pub async fn drop_expired(app: App) -> anyhow::Result<()> {
    sweep::ended(&app, &rules::PASSKEY_CEREMONIES).await
}
