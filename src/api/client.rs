//! Who asks: HTTP Basic with the SID and auth token of an account, or the SID and secret of an API key (S56, S57).
//!
//! [`ApiClient`] is the guard of a route: it runs only for a live credential with the scope, in an account that may do
//! this in its present state, within its limit, and for the account that the address names; what belongs to
//! another account is simply not there. Each request is one statement, so a revoked credential is dead at once.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use super::body;
use super::limits::Leases;
use super::problem::{Problem, unauthorized};
use super::scopes::{Needs, Scope};
use crate::accounts::secrets::{Kind, Secret};
use crate::accounts::states::State;
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::db::schema::{account_states, api_keys, auth_tokens};
use crate::platform::ids::{AccountId, ApiKeyId, AuthTokenId};
use crate::platform::web::caller::Caller;
use crate::platform::web::rate_limit::{self, Quota};
use crate::trust::suspensions::standing::open_suspensions;
use crate::trust::suspensions::{Act, Standing};

/// Wrong credentials from one network.
const REFUSED: Quota = Quota::per_minutes("api_refused", 60, 1);

/// With what a request was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The auth token of the account.
    AuthToken(AuthTokenId),
    /// An API key.
    ApiKey(ApiKeyId),
}

impl Credential {
    /// What kind it is.
    pub fn kind(self) -> Kind {
        match self {
            Self::AuthToken(_) => Kind::AuthToken,
            Self::ApiKey(_) => Kind::ApiKey,
        }
    }

    /// Its id.
    pub fn id(self) -> Uuid {
        match self {
            Self::AuthToken(id) => id.0,
            Self::ApiKey(id) => id.0,
        }
    }
}

/// What the request log and the `RateLimit` headers need to know of a request, whatever became of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traces {
    /// The account, as soon as it is known.
    pub account: Option<AccountId>,
    /// The credential, if it was valid.
    pub credential: Option<Credential>,
    /// What is left of the limit.
    pub left: Option<super::limits::Left>,
}

/// A program that may do what `N` says, in the account that the address names.
#[derive(Clone, Debug)]
pub struct ApiClient<N: Needs> {
    /// The account.
    pub account: AccountId,
    /// With what it was signed.
    pub credential: Credential,
    /// Where the request came from.
    pub caller: Caller,
    needs: PhantomData<N>,
}

impl<N: Needs> ApiClient<N> {
    /// For the audit log.
    pub fn actor(&self) -> Actor {
        Actor::Program(self.credential.id())
    }
}

/// A credential that was found to be live.
struct Found {
    account: AccountId,
    credential: Credential,
    /// All, or those of a key.
    scopes: Option<Vec<String>>,
    state: State,
    standing: Standing,
}

/// What stands in the `Authorization` header.
struct Presented {
    user: String,
    secret: Secret,
}

fn presented(request: &HttpRequest) -> Option<Presented> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, secret) = decoded.split_once(':')?;
    // A wrong checksum is refused without asking the database.
    Some(Presented { user: user.to_owned(), secret: Secret::parse(secret)? })
}

async fn find(
    conn: &mut AsyncPgConnection,
    app: &App,
    presented: &Presented,
) -> Result<Option<Found>, diesel::result::Error> {
    match presented.secret.kind() {
        Kind::AuthToken => find_by_token(conn, app, presented).await,
        Kind::ApiKey => find_by_key(conn, app, presented).await,
    }
}

async fn find_by_token(
    conn: &mut AsyncPgConnection,
    app: &App,
    presented: &Presented,
) -> QueryResult<Option<Found>> {
    let Ok(account) = presented.user.parse::<AccountId>() else { return Ok(None) };
    let tokens: Vec<(AuthTokenId, Vec<u8>, String, Option<Value>)> = auth_tokens::table
        .inner_join(account_states::table.on(account_states::account_id.eq(auth_tokens::account_id)))
        .filter(auth_tokens::account_id.eq(account).and(auth_tokens::revoked_at.is_null()))
        .filter(account_states::ended_at.is_null())
        .select((
            auth_tokens::id,
            auth_tokens::secret_digest,
            account_states::state,
            open_suspensions(auth_tokens::account_id),
        ))
        .load(conn)
        .await?;
    let found = tokens.into_iter().find(|(_, digest, ..)| presented.secret.matches(&app.keys, digest));
    Ok(found.and_then(|(id, _, state, open)| {
        let (credential, standing) = (Credential::AuthToken(id), Standing::of(open));
        Some(Found { account, credential, scopes: None, state: State::parse(&state)?, standing })
    }))
}

async fn find_by_key(
    conn: &mut AsyncPgConnection,
    app: &App,
    presented: &Presented,
) -> QueryResult<Option<Found>> {
    type Row = (AccountId, Vec<u8>, Vec<Option<String>>, Option<DateTime<Utc>>, String, Option<Value>);
    let Ok(id) = presented.user.parse::<ApiKeyId>() else { return Ok(None) };
    let key: Option<Row> = api_keys::table
        .inner_join(account_states::table.on(account_states::account_id.eq(api_keys::account_id)))
        .filter(api_keys::id.eq(id).and(api_keys::revoked_at.is_null()))
        .filter(account_states::ended_at.is_null())
        .select((
            api_keys::account_id,
            api_keys::secret_digest,
            api_keys::scopes,
            api_keys::expires_at,
            account_states::state,
            open_suspensions(api_keys::account_id),
        ))
        .first(conn)
        .await
        .optional()?;
    let Some((account, digest, scopes, expires_at, state, open)) = key else { return Ok(None) };
    let alive = expires_at.is_none_or(|until| app.clock.now() < until);
    if !alive || !presented.secret.matches(&app.keys, &digest) {
        return Ok(None);
    }
    let credential = Credential::ApiKey(id);
    let scopes = Some(scopes.into_iter().flatten().collect());
    let standing = Standing::of(open);
    Ok(State::parse(&state).map(|state| Found { account, credential, scopes, state, standing }))
}

/// Refuses, and counts the refusal against the network. Beyond the limit the account notes nothing: whoever knows its SID
/// needs no secret to get here, and must not fill its log.
async fn refuse(conn: &mut AsyncPgConnection, app: &App, request: &HttpRequest) -> Problem {
    match rate_limit::take_of_on(conn, app, REFUSED, &Caller::of(request)).await {
        Ok(()) => unauthorized().because("The SID, the secret or both are wrong, revoked or expired."),
        Err(error) => {
            request.extensions_mut().remove::<Traces>();
            error.into()
        }
    }
}

fn may(found: &Found, scope: Option<Scope>, now: DateTime<Utc>) -> Result<(), Problem> {
    if let (Some(scopes), Some(scope)) = (&found.scopes, scope)
        && !scopes.iter().any(|held| held == scope.as_str())
    {
        return Err(Problem::forbidden().because(format!("This key lacks the scope {}.", scope.as_str())));
    }
    let (account, state) = (found.account, found.state);
    let refusal = match scope {
        Some(Scope::WriteEndUsers) => found.standing.refusal_to_serve(account, state, now),
        Some(scope) if scope.writes() => found.standing.refusal(account, state, Act::Write, now),
        _ => found.standing.refusal(account, state, Act::Read, now),
    };
    refusal.map_or(Ok(()), Err)
}

async fn client<N: Needs>(request: &HttpRequest) -> Result<ApiClient<N>, Problem> {
    let app = request.app_data::<web::Data<App>>().expect("every server has its App");
    let leases = request.app_data::<web::Data<Leases>>().expect("every server has its Leases");
    let caller = Caller::of(request);
    if caller.country.as_ref().is_some_and(|country| app.config.blocked_countries.contains(country)) {
        return Err(Problem::blocked_country());
    }
    let Some(presented) = presented(request) else {
        return Err(match request.headers().contains_key(header::AUTHORIZATION) {
            true => refuse(&mut *app.db.get().await?, app, request).await,
            false => unauthorized().because("Send the SID and secret of a credential with HTTP Basic."),
        });
    };
    let mut conn = app.db.get().await?;
    let mut traces = Traces { account: presented.user.parse().ok(), ..Traces::default() };
    request.extensions_mut().insert(traces);
    let Some(found) = find(&mut conn, app, &presented).await? else {
        return Err(refuse(&mut conn, app, request).await);
    };
    (traces.account, traces.credential) = (Some(found.account), Some(found.credential));
    request.extensions_mut().insert(traces);
    traces.left = Some(leases.take(&mut conn, app, found.credential.id()).await?);
    request.extensions_mut().insert(traces);
    // Before the scope: a stranger to the account learns nothing of what it has.
    let named = request.match_info().get("account");
    if named.is_some_and(|sid| sid.parse() != Ok(found.account)) {
        return Err(Problem::not_found());
    }
    may(&found, N::SCOPE, app.clock.now())?;
    Ok(ApiClient { account: found.account, credential: found.credential, caller, needs: PhantomData })
}

impl<N: Needs> FromRequest for ApiClient<N> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        let gate = body::close(&request);
        Box::pin(async move {
            let client = client(&request).await?;
            // Whoever reads the body may have gone already.
            let _ = gate.send(());
            Ok(client)
        })
    }
}
