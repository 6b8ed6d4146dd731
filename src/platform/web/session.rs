//! Browser sessions on Postgres, for actix-session.
//!
//! The cookie holds an opaque token of 256 bits; the table holds its hash. Loading a session brings
//! along in the same statement what every guard needs of the person, so a signed-in page costs one
//! query here and one of its own. 'Last used' is written at most once a minute.

use actix_session::SessionExt as _;
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieDuration;
use anyhow::Context as _;
use chrono::{DateTime, Duration, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

use crate::platform::app::App;
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::{
    account_recoveries, passkeys, people, sessions, staff_roles, totp_factors,
};
use crate::platform::ids::{PersonId, SessionId};
use crate::platform::web::caller::Caller;

/// Where actix-session keeps our part of the state.
const AUTH: &str = "auth";
/// Set when the token is to be exchanged with the next write.
const ROTATE: &str = "rotate";
/// 'Last used' is this coarse.
const TOUCH_AFTER: Duration = Duration::minutes(1);
/// Re-authentication counts for this long.
const REAUTHENTICATION_COUNTS: Duration = Duration::minutes(5);

/// Whose session it is and which limits it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// 14 days idle, 30 days overall.
    Customer,
    /// One hour idle, 24 hours overall.
    Staff,
}

impl SessionKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
        }
    }

    /// Idle and overall limit.
    pub fn limits(self) -> (Duration, Duration) {
        match self {
            Self::Customer => (Duration::days(14), Duration::days(30)),
            Self::Staff => (Duration::hours(1), Duration::hours(24)),
        }
    }
}

/// Limits of a session that nobody has signed in to yet.
const VISITOR_LIMITS: (Duration, Duration) = (Duration::hours(2), Duration::hours(24));

/// What a guard knows of who is signed in, loaded with the session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Auth {
    /// The session, as it is named in the list.
    pub session: SessionId,
    /// Who.
    pub person: PersonId,
    /// Customer or staff.
    pub kind: SessionKind,
    /// The version of password and factors that this session belongs to.
    pub credential_version: i32,
    /// When it began.
    pub authenticated_at: DateTime<Utc>,
    /// When its owner last showed who they are.
    pub reauthenticated_at: DateTime<Utc>,
    /// When it ends unless used, or at the latest.
    pub expires_at: DateTime<Utc>,
    /// Network address it began from.
    pub ip: Option<IpNet>,
    /// Country of that address.
    pub country: Option<String>,
    /// Browser as it calls itself.
    pub user_agent: String,
    /// Name of the person.
    pub name: String,
    /// E-mail address of the person.
    pub email: String,
    /// Roles of a member of staff.
    pub roles: Vec<String>,
    /// Whether there is an authenticator app.
    pub has_totp: bool,
    /// Whether there is a passkey.
    pub has_passkey: bool,
    /// Whether somebody asked to have the second factor removed.
    pub recovery_pending: bool,
}

impl Auth {
    /// Whether any second factor is set up.
    pub fn has_second_factor(&self) -> bool {
        self.has_totp || self.has_passkey
    }

    /// Whether re-authentication is recent enough for a sensitive change.
    pub fn is_recent(&self, now: DateTime<Utc>) -> bool {
        now - self.reauthenticated_at <= REAUTHENTICATION_COUNTS
    }
}

/// Who is signed in on this request, if anybody.
pub fn auth(request: &HttpRequest) -> Option<Auth> {
    request.get_session().get::<Auth>(AUTH).ok().flatten()
}

/// Who is about to be signed in.
pub struct NewSession {
    /// The id under which it is listed.
    pub id: SessionId,
    /// Who.
    pub person: PersonId,
    /// Customer or staff.
    pub kind: SessionKind,
    /// The person's present credential version.
    pub credential_version: i32,
}

/// Begins a session for this person under a fresh token; whatever the visitor's session held is dropped.
pub fn sign_in(request: &HttpRequest, app: &App, caller: &Caller, new: NewSession) {
    let now = app.clock.now();
    let auth = Auth {
        session: new.id,
        person: new.person,
        kind: new.kind,
        credential_version: new.credential_version,
        authenticated_at: now,
        reauthenticated_at: now,
        expires_at: now + new.kind.limits().1,
        ip: Some(IpNet::from(caller.ip)),
        country: caller.country.clone(),
        user_agent: caller.user_agent.clone(),
        name: String::new(),
        email: String::new(),
        roles: Vec::new(),
        has_totp: false,
        has_passkey: false,
        recovery_pending: false,
    };
    let session = request.get_session();
    session.clear();
    session.insert(AUTH, auth).expect("plain data serialises");
    session.renew();
}

/// Notes that the owner has just shown who they are, and rotates the token. After a change of
/// credentials `version` is the new one, which keeps this session alive while all others end.
pub fn renew(request: &HttpRequest, app: &App, version: Option<i32>) {
    let session = request.get_session();
    if let Some(mut auth) = session.get::<Auth>(AUTH).ok().flatten() {
        auth.reauthenticated_at = app.clock.now();
        auth.credential_version = version.unwrap_or(auth.credential_version);
        session.insert(AUTH, auth).expect("plain data serialises");
        session.insert(ROTATE, true).expect("plain data serialises");
    }
}

/// The store behind actix-session.
pub struct PgSessions {
    app: App,
}

impl PgSessions {
    /// A store on this program's database and clock.
    pub fn new(app: App) -> Self {
        Self { app }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
struct SessionRow {
    id: SessionId,
    person_id: Option<PersonId>,
    credential_version: Option<i32>,
    kind: String,
    state: serde_json::Value,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    idle_seconds: i32,
    authenticated_at: Option<DateTime<Utc>>,
    reauthenticated_at: Option<DateTime<Utc>>,
    ip: Option<IpNet>,
    country: Option<String>,
    user_agent: Option<String>,
}

/// Name, e-mail and credential version of the session's person.
type PersonPart = Option<(String, String, i32)>;
/// Whether there is an authenticator app, a passkey, a recovery under way.
type Flags = (bool, bool, bool);

impl PgSessions {
    async fn load_row(&self, token: &str) -> anyhow::Result<Option<HashMap<String, String>>> {
        let now = self.app.clock.now();
        let mut conn = self.app.db.get().await?;
        let owner = sessions::person_id;
        let recovery = account_recoveries::table.filter(
            account_recoveries::cancelled_at.is_null().and(account_recoveries::completed_at.is_null()),
        );
        let found: Option<(SessionRow, PersonPart, Vec<String>, Flags)> = sessions::table
            .left_join(people::table)
            .filter(sessions::token_hash.eq(hash_token(token)))
            .select((
                SessionRow::as_select(),
                (people::name, people::email, people::credential_version).nullable(),
                diesel::dsl::array(
                    staff_roles::table
                        .filter(staff_roles::person_id.nullable().eq(owner))
                        .select(staff_roles::role),
                ),
                (
                    exists(totp_factors::table.filter(totp_factors::person_id.nullable().eq(owner))),
                    exists(passkeys::table.filter(passkeys::person_id.nullable().eq(owner))),
                    exists(recovery.filter(account_recoveries::person_id.nullable().eq(owner))),
                ),
            ))
            .first(&mut conn)
            .await
            .optional()?;
        let Some((row, person, roles, flags)) = found else { return Ok(None) };
        let idle_until = row.last_used_at + Duration::seconds(row.idle_seconds.into());
        if now >= row.expires_at || now >= idle_until {
            return Ok(None);
        }
        let Some(mut state) = row.visible_state() else { return Ok(None) };
        if let Some((name, email, version)) = person {
            if row.credential_version != Some(version) {
                return Ok(None);
            }
            let auth =
                row.auth(name, email, roles, flags, now).context("a person's session lacks its times")?;
            state.insert(AUTH.to_owned(), serde_json::to_string(&auth)?);
        }
        if now - row.last_used_at >= TOUCH_AFTER {
            diesel::update(sessions::table.find(row.id))
                .set(sessions::last_used_at.eq(now))
                .execute(&mut conn)
                .await?;
        }
        Ok(Some(state))
    }

    async fn insert(&self, mut state: HashMap<String, String>) -> anyhow::Result<String> {
        let now = self.app.clock.now();
        let auth = take_auth(&mut state)?;
        let token = self.app.keys.token();
        let (idle, overall) = auth.as_ref().map_or(VISITOR_LIMITS, |auth| auth.kind.limits());
        let began = auth.as_ref().map_or(now, |auth| auth.authenticated_at);
        let mut conn = self.app.db.get().await?;
        diesel::insert_into(sessions::table)
            .values((
                (
                    sessions::id.eq(auth.as_ref().map_or_else(|| SessionId::new(now), |auth| auth.session)),
                    sessions::token_hash.eq(hash_token(&token)),
                    sessions::person_id.eq(auth.as_ref().map(|auth| auth.person)),
                    sessions::credential_version.eq(auth.as_ref().map(|auth| auth.credential_version)),
                    sessions::kind.eq(auth.as_ref().map_or("visitor", |auth| auth.kind.as_str())),
                    sessions::state.eq(serde_json::to_value(&state)?),
                ),
                (
                    sessions::created_at.eq(began),
                    sessions::last_used_at.eq(now),
                    // Renewing a token does not lengthen the session.
                    sessions::expires_at.eq(began + overall),
                    sessions::idle_seconds.eq(i32::try_from(idle.num_seconds())?),
                    sessions::authenticated_at.eq(auth.as_ref().map(|auth| auth.authenticated_at)),
                    sessions::reauthenticated_at.eq(auth.as_ref().map(|auth| auth.reauthenticated_at)),
                    sessions::ip.eq(auth.as_ref().and_then(|auth| auth.ip)),
                    sessions::country.eq(auth.as_ref().and_then(|auth| auth.country.clone())),
                    sessions::user_agent.eq(auth.as_ref().map(|auth| auth.user_agent.clone())),
                ),
            ))
            .execute(&mut conn)
            .await?;
        Ok(token)
    }

    /// Writes the free state, and with [`ROTATE`] exchanges the token in the same statement. A session
    /// that was ended meanwhile stays ended: nothing is inserted here. Answers the token to use from now on.
    async fn write_state(&self, token: &str, mut state: HashMap<String, String>) -> anyhow::Result<String> {
        let auth = take_auth(&mut state)?;
        let rotate = state.remove(ROTATE).is_some();
        let value = serde_json::to_value(&state)?;
        let mut conn = self.app.db.get().await?;
        let session = sessions::table.filter(sessions::token_hash.eq(hash_token(token)));
        let (true, Some(auth)) = (rotate, auth) else {
            diesel::update(session).set(sessions::state.eq(value)).execute(&mut conn).await?;
            return Ok(token.to_owned());
        };
        let fresh = self.app.keys.token();
        let exchanged = diesel::update(session)
            .set((
                sessions::state.eq(value),
                sessions::token_hash.eq(hash_token(&fresh)),
                sessions::credential_version.eq(auth.credential_version),
                sessions::reauthenticated_at.eq(auth.reauthenticated_at),
            ))
            .execute(&mut conn)
            .await?;
        Ok(if exchanged > 0 { fresh } else { token.to_owned() })
    }
}

fn take_auth(state: &mut HashMap<String, String>) -> anyhow::Result<Option<Auth>> {
    Ok(state.remove(AUTH).map(|text| serde_json::from_str(&text)).transpose()?)
}

impl SessionRow {
    fn visible_state(&self) -> Option<HashMap<String, String>> {
        serde_json::from_value(self.state.clone()).ok()
    }

    fn auth(
        &self,
        name: String,
        email: String,
        roles: Vec<String>,
        (has_totp, has_passkey, recovery_pending): Flags,
        now: DateTime<Utc>,
    ) -> Option<Auth> {
        let idle_until = now + Duration::seconds(self.idle_seconds.into());
        Some(Auth {
            session: self.id,
            person: self.person_id?,
            kind: if self.kind == "staff" { SessionKind::Staff } else { SessionKind::Customer },
            credential_version: self.credential_version?,
            authenticated_at: self.authenticated_at?,
            reauthenticated_at: self.reauthenticated_at?,
            expires_at: self.expires_at.min(idle_until),
            ip: self.ip,
            country: self.country.clone(),
            user_agent: self.user_agent.clone().unwrap_or_default(),
            name,
            email,
            roles,
            has_totp,
            has_passkey,
            recovery_pending,
        })
    }
}

impl SessionStore for PgSessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        self.load_row(key.as_ref()).await.map_err(LoadError::Other)
    }

    async fn save(
        &self,
        state: HashMap<String, String>,
        _: &CookieDuration,
    ) -> Result<SessionKey, SaveError> {
        let token = self.insert(state).await.map_err(SaveError::Other)?;
        token.try_into().map_err(|_| SaveError::Other(anyhow::anyhow!("a token is short")))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        _: &CookieDuration,
    ) -> Result<SessionKey, UpdateError> {
        let token = self.write_state(key.as_ref(), state).await.map_err(UpdateError::Other)?;
        token.try_into().map_err(|_| UpdateError::Other(anyhow::anyhow!("a token is short")))
    }

    async fn update_ttl(&self, _: &SessionKey, _: &CookieDuration) -> anyhow::Result<()> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        let mut conn = self.app.db.get().await?;
        diesel::delete(sessions::table.filter(sessions::token_hash.eq(hash_token(key.as_ref()))))
            .execute(&mut conn)
            .await?;
        Ok(())
    }
}

/// Drops sessions that are past a limit. They are dead already; this only tidies.
///
/// # Errors
/// What the database says.
pub async fn drop_expired(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let idle =
        diesel::dsl::sql::<diesel::sql_types::Bool>("last_used_at + make_interval(secs => idle_seconds) > ")
            .bind::<diesel::sql_types::Timestamptz, _>(now);
    diesel::delete(sessions::table.filter(sessions::expires_at.le(now).or(not(idle))))
        .execute(&mut conn)
        .await?;
    Ok(())
}
