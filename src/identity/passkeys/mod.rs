//! Passkeys (WebAuthn): a second factor that cannot be phished, and a way to sign in without a password.
//!
//! An authenticator asks for face, finger or PIN each time (user verification is required), so one
//! passkey stands for both factors. Where nobody is named yet the browser offers what it has, and the
//! answer tells who it is: what we ask is the same for every visitor. A challenge is accepted once, an
//! authenticator whose counter went backwards is taken for a copy and refused.

mod ceremonies;
mod queries;
mod relying_party;
pub mod sign_in;
pub mod web;

pub use ceremonies::{Purpose, drop_expired};
pub use queries::Passkey;
pub(crate) use queries::insert;
pub use relying_party::{better_address, relying_party};

use actix_web::HttpRequest;
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    Webauthn, WebauthnError,
};

use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::identity::{people, recovery_codes};
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::{AppError, violates};
use crate::platform::ids::{PasskeyId, PersonId};
use crate::platform::web::guards::SignedIn;

/// Most passkeys of one person; nobody has more devices, and a list must end.
const MOST: usize = 20;

/// Why a passkey did not do.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// No challenge waits for this answer: it took too long, was used, or another tab asked anew.
    #[error("This request took too long, or another tab asked for a passkey meanwhile. Please try again.")]
    Stale,
    /// The answer is not one of ours: unknown, foreign, damaged, or of a copied authenticator.
    #[error(
        "This passkey did not work here. Use the one that you added to this account, or another way to confirm."
    )]
    Refused,
    /// This authenticator is registered already.
    #[error("This passkey has been added before.")]
    Taken,
    /// There are as many as may be.
    #[error("You have {MOST} passkeys. Remove one that you no longer use first.")]
    Full,
    /// The portal has no host name.
    #[error("Passkeys do not work at this address of the portal.")]
    Unavailable,
    /// Something else.
    #[error(transparent)]
    Other(#[from] AppError),
}

impl From<diesel::result::Error> for PasskeyError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<anyhow::Error> for PasskeyError {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<WebauthnError> for PasskeyError {
    fn from(error: WebauthnError) -> Self {
        tracing::info!(passkey.refusal = %error, "passkey refused");
        Self::Refused
    }
}

fn webauthn(app: &App) -> Result<Webauthn, PasskeyError> {
    relying_party(app).ok_or(PasskeyError::Unavailable)
}

/// Passkeys of a person, oldest first.
///
/// # Errors
/// What the database says.
pub async fn list(app: &App, person: PersonId) -> Result<Vec<Passkey>, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::list(&mut conn, person).await?)
}

/// A passkey of this person.
///
/// # Errors
/// `NotFound` for one that is not theirs.
pub async fn find(app: &App, person: PersonId, id: PasskeyId) -> Result<Passkey, AppError> {
    let mut conn = app.db.get().await?;
    Ok(queries::find(&mut conn, person, id).await?)
}

/// The challenge for a new passkey, as `navigator.credentials.create` takes it (bytes in Base64url).
///
/// # Errors
/// `Full`, `Unavailable`.
pub async fn begin_registration(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
) -> Result<serde_json::Value, PasskeyError> {
    let webauthn = webauthn(app)?;
    let mut conn = app.db.get().await?;
    let present = queries::credential_ids(&mut conn, who.person).await?;
    drop(conn);
    if present.len() >= MOST {
        return Err(PasskeyError::Full);
    }
    let (options, state) =
        webauthn.start_passkey_registration(who.person.0, &who.email, &who.name, Some(present))?;
    let mut options =
        serde_json::to_value(&options).context("options of a registration")?["publicKey"].take();
    // The library discourages keys that live in the authenticator; only those can sign in by themselves.
    options["authenticatorSelection"]["residentKey"] = "preferred".into();
    ceremonies::begin(app, request, Purpose::Registration(who.person), &state).await?;
    Ok(options)
}

/// What adding a passkey led to.
#[derive(Debug)]
pub struct Added {
    /// Recovery codes to show once, if it is the first factor.
    pub codes: Option<Vec<String>>,
    /// The new credential version, for keeping this session while all others end.
    pub version: i32,
}

/// Adds a passkey. All other sessions end.
///
/// # Errors
/// `Stale`, `Refused`, `Taken`, `Full`, `Unavailable`.
pub async fn register(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    name: &str,
    credential: &RegisterPublicKeyCredential,
) -> Result<Added, PasskeyError> {
    let state: PasskeyRegistration =
        ceremonies::take(app, request, Purpose::Registration(who.person)).await?;
    let passkey = webauthn(app)?.finish_passkey_registration(credential, &state)?;
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let person = people::lock(conn, who.person).await?;
        // Credentials were changed elsewhere a moment ago: this session is dead and changes nothing any more.
        if person.credential_version != who.credential_version {
            return Err(AppError::SignInNeeded.into());
        }
        if queries::list(conn, who.person).await?.len() >= MOST {
            return Err(PasskeyError::Full);
        }
        let first = !people::factors(conn, who.person).await?.any();
        queries::insert(conn, app.clock.now(), who.person, name, &passkey).await.map_err(|error| {
            if violates(&error, "passkeys_credential_id_key") { PasskeyError::Taken } else { error.into() }
        })?;
        let codes = if first { Some(recovery_codes::replace(conn, app, who.person).await?) } else { None };
        let version = people::bump_credentials(conn, who.person).await?;
        people::end_sessions(conn, who.person, Some(who.session)).await?;
        let event = SecurityEvent::PasskeyAdded(name.to_owned());
        security_events::record(conn, app, Owner::from(&person), who.actor(), &event, &who.caller).await?;
        Ok(Added { codes, version })
    })
    .await
}

/// The challenge for a passkey that is there, as `navigator.credentials.get` takes it. Without a person
/// it names no passkey, so it tells nothing about anybody.
///
/// # Errors
/// `Unavailable`.
pub async fn begin_assertion(
    app: &App,
    request: &HttpRequest,
    purpose: Purpose,
) -> Result<serde_json::Value, PasskeyError> {
    let (options, state) = webauthn(app)?.start_discoverable_authentication()?;
    let mut options = serde_json::to_value(&options).context("options of an assertion")?["publicKey"].take();
    if let Some(person) = purpose.person() {
        let mut conn = app.db.get().await?;
        let ids = queries::credential_ids(&mut conn, person).await?;
        options["allowCredentials"] =
            ids.iter().map(|id| serde_json::json!({ "type": "public-key", "id": base64url(id) })).collect();
    }
    ceremonies::begin(app, request, purpose, &state).await?;
    Ok(options)
}

/// Checks the answer of an authenticator and answers whose it is. The passkey's row is locked while its
/// counter is compared and moved.
///
/// # Errors
/// `Stale`, `Refused`, `Unavailable`.
pub async fn assert(
    app: &App,
    request: &HttpRequest,
    purpose: Purpose,
    credential: &PublicKeyCredential,
) -> Result<PersonId, PasskeyError> {
    let state: DiscoverableAuthentication = ceremonies::take(app, request, purpose).await?;
    let webauthn = webauthn(app)?;
    let claimed =
        webauthn.identify_discoverable_authentication(credential).ok().map(|(person, _)| PersonId(person));
    let person = match (purpose.person(), claimed) {
        (Some(expected), Some(claimed)) if expected != claimed => return Err(PasskeyError::Refused),
        (expected, claimed) => expected.or(claimed).ok_or(PasskeyError::Refused)?,
    };
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let found = queries::lock_credential(conn, person, &credential.raw_id).await?;
        let (id, mut passkey) = found.ok_or(PasskeyError::Refused)?;
        let result = webauthn.finish_discoverable_authentication_v2(credential, state, &passkey)?;
        passkey.update_credential(&result);
        queries::mark_used(conn, now, id, &passkey).await?;
        Ok(person)
    })
    .await
}

/// Gives a passkey another name, by which its owner knows it among those that open the account.
///
/// # Errors
/// `NotFound` for one that is not theirs.
pub async fn rename(app: &App, who: &SignedIn, id: PasskeyId, name: &str) -> Result<(), AppError> {
    let (now, from) = (app.clock.now(), who.caller.circumstances());
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        people::lock_as(conn, who).await?;
        queries::rename(conn, who.person, id, name).await?;
        let event = Event::new(who.actor(), "person", who.person.0, "person.passkey.renamed", &from);
        audit::append(conn, now, event).await?;
        Ok(())
    })
    .await
}

/// Removes a passkey, and the recovery codes too when no factor is left that they belong to. All other
/// sessions end. Answers its name and the new credential version.
///
/// # Errors
/// `NotFound` for one that is not theirs or was removed already.
pub async fn remove(app: &App, who: &SignedIn, id: PasskeyId) -> Result<(String, i32), AppError> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let person = people::lock_as(conn, who).await?;
        let name = queries::delete(conn, who.person, id).await?;
        if !people::factors(conn, who.person).await?.any() {
            recovery_codes::delete_all(conn, who.person).await?;
        }
        let version = people::bump_credentials(conn, who.person).await?;
        people::end_sessions(conn, who.person, Some(who.session)).await?;
        let event = SecurityEvent::PasskeyRemoved(name.clone());
        security_events::record(conn, app, Owner::from(&person), who.actor(), &event, &who.caller).await?;
        Ok((name, version))
    })
    .await
}

/// Removes what was added at this moment or later, inside the caller's transaction: for an owner who
/// says that it was not them. Recovery codes go too when no factor is left that they belong to.
///
/// # Errors
/// What the database says.
pub async fn remove_added_since(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    since: DateTime<Utc>,
) -> diesel::QueryResult<usize> {
    let removed = queries::delete_added_since(conn, person, since).await?;
    if removed > 0 && !people::factors(conn, person).await?.any() {
        recovery_codes::delete_all(conn, person).await?;
    }
    Ok(removed)
}

/// Removes all of a person's, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn remove_all(conn: &mut AsyncPgConnection, person: PersonId) -> diesel::QueryResult<usize> {
    queries::delete_added_since(conn, person, DateTime::UNIX_EPOCH).await
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
