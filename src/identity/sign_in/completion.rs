//! The last step of every way in: history, known browser, mail about a new one, and the session.

use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::{browsers, queries, refuse_blocked_country};
use crate::identity::account_recovery::{self, Because};
use crate::identity::people::{self, Person};
use crate::identity::security_events::{self, Owner, SecurityEvent};
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::error::AppError;
use crate::platform::ids::{PersonId, SessionId};
use crate::platform::web::caller::Caller;
use crate::platform::web::pages::{safe_path, see_other};
use crate::platform::web::session::{self, NewSession, SessionKind};

/// How somebody showed who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Password alone.
    Password,
    /// Password and a code of the authenticator app.
    Totp,
    /// Password and a recovery code.
    RecoveryCode,
    /// A passkey, alone or after the password.
    Passkey,
    /// The end of a sign-up.
    SignUp,
    /// Password at the end of the slow lane; it begins no session by itself.
    AccountRecovery,
}

impl Method {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
            Self::Passkey => "passkey",
            Self::SignUp => "sign_up",
            Self::AccountRecovery => "account_recovery",
        }
    }
}

/// What somebody has shown, and against which state of their credentials.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// Who.
    pub person: PersonId,
    /// How.
    pub method: Method,
    /// The credential version that it was right for: a password that was changed or made void since, or a
    /// factor that was added since, makes it worthless.
    pub credential_version: i32,
}

/// Signs somebody in who has shown who they are in full, and answers where they go: to `next` if it is
/// a page of ours, else home.
///
/// # Errors
/// [`AppError::Barred`] by the country; `NotFound` for somebody who is no more.
pub async fn complete(
    app: &App,
    request: &HttpRequest,
    caller: &Caller,
    proof: Proof,
    next: Option<&str>,
) -> Result<HttpResponse, AppError> {
    refuse_blocked_country(app, caller)?;
    let now = app.clock.now();
    let known_token = browsers::token_of(request, app);
    let token = known_token.clone().unwrap_or_else(|| app.keys.token());
    let mut conn = app.db.get().await?;
    let tokens = (known_token.as_deref(), token.as_str());
    let done = conn.transaction(async |conn| admit(conn, app, caller, proof, tokens, now).await).await?;
    // Credentials changed while this sign-in was under way: it has to be done anew.
    let Some((person, session, staff)) = done else { return Ok(see_other("/sign-in?again=yes")) };
    let kind = if staff { SessionKind::Staff } else { SessionKind::Customer };
    let version = person.credential_version;
    session::sign_in(
        request,
        app,
        caller,
        NewSession { id: session, person: person.id, kind, credential_version: version },
    );
    let home = if staff { "/staff" } else { "/settings" };
    let mut response = see_other(next.and_then(safe_path).unwrap_or(home));
    response.add_cookie(&browsers::cookie(app, &token)).map_err(|error| AppError::Internal(error.into()))?;
    Ok(response)
}

/// Writes a sign-in down, inside the caller's transaction, and mails its owner where browser or country are new. `tokens` are
/// the browser's own, if it has one, and the one that names it from now on. Answers who it is, the id of the session, and
/// whether they are staff; nothing where the proof is worth nothing any more.
async fn admit(
    conn: &mut AsyncPgConnection,
    app: &App,
    caller: &Caller,
    proof: Proof,
    tokens: (Option<&str>, &str),
    now: DateTime<Utc>,
) -> QueryResult<Option<(Person, SessionId, bool)>> {
    let (method, session) = (proof.method, SessionId::new(now));
    let person = people::lock(conn, proof.person).await?;
    let factors = people::factors(conn, person.id).await?;
    let stale = person.credential_version != proof.credential_version;
    if stale || person.password_hash.is_none() || (method == Method::Password && factors.any()) {
        return Ok(None);
    }
    let known = browsers::is_known(conn, Some(person.id), tokens.0).await?
        && queries::country_is_known(conn, person.id, caller.country.as_deref()).await?;
    browsers::remember(conn, person.id, tokens.1, caller, now).await?;
    queries::note_signed_in(conn, app, caller, person.id, session, method).await?;
    let actor = if factors.staff { Actor::Staff(person.id.0) } else { Actor::Customer(person.id.0) };
    account_recovery::cancel_open(conn, app, &person, Because::SignedIn, actor, caller).await?;
    if !known && method != Method::SignUp {
        let event = SecurityEvent::NewSignIn;
        security_events::record(conn, app, Owner::from(&person), actor, &event, caller).await?;
    }
    Ok(Some((person, session, factors.staff)))
}
