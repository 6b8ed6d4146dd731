//! The store behind actix-session: loading, exchanging and dropping rows.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration as CookieDuration;
use anyhow::Context as _;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::handover::{self, LOADED};
use super::loading::Loader;
use super::statements::{OverviewRow, SessionRow};
use super::{AUTH, Auth, Overview, ROTATE, SessionKind, VISITOR_LIMITS};
use crate::platform::app::App;
use crate::platform::crypto::hash_token;
use crate::platform::db::schema::sessions;
use crate::platform::ids::SessionId;
use crate::retention::{rules, sweep};

/// 'Last used' is this coarse.
const TOUCH_AFTER: Duration = Duration::minutes(1);

/// The store behind actix-session. Cheap to clone.
#[derive(Clone)]
pub struct PgSessions {
    app: App,
    loader: Loader,
}

impl PgSessions {
    /// A store on this program's database and clock, on the runtime of whoever calls.
    pub fn new(app: App) -> Self {
        let loader = Loader::start(&app);
        Self { app, loader }
    }
}

impl PgSessions {
    async fn load_row(&self, token: &str) -> anyhow::Result<Option<HashMap<String, String>>> {
        let now = self.app.clock.now();
        let hash = hash_token(token);
        let found = if handover::wants_overview() {
            let found = self.loader.one_with_overview(hash).await?;
            found.map(|(row, overview)| (row, Some(overview)))
        } else {
            self.loader.one(hash).await?.map(|row| (row, None))
        };
        let Some((row, overview)) = found else { return Ok(None) };
        let idle_until = row.last_used_at + Duration::seconds(row.idle_seconds.into());
        if now >= row.expires_at || now >= idle_until {
            return Ok(None);
        }
        let (id, last_used_at) = (row.id, row.last_used_at);
        let Some(state) = row.into_state(overview, now)? else { return Ok(None) };
        if now - last_used_at >= TOUCH_AFTER {
            diesel::update(sessions::table.find(id))
                .set(sessions::last_used_at.eq(now))
                .execute(&mut self.app.db.get().await?)
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

impl PgSessions {
    async fn remove(&self, token: &str) -> anyhow::Result<()> {
        let session = sessions::table.filter(sessions::token_hash.eq(hash_token(token)));
        diesel::delete(session).execute(&mut *self.app.db.get().await?).await?;
        Ok(())
    }
}

fn take_auth(state: &mut HashMap<String, String>) -> anyhow::Result<Option<Auth>> {
    match state.remove(AUTH) {
        Some(text) if text == LOADED => Ok(handover::loaded()),
        Some(text) => Ok(Some(serde_json::from_str(&text)?)),
        None => Ok(None),
    }
}

impl SessionRow {
    /// The state for actix-session, and in it who is signed in. Nothing if the session has ended.
    fn into_state(
        mut self,
        overview: Option<OverviewRow>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<HashMap<String, String>>> {
        let Ok(mut state) = serde_json::from_value::<HashMap<String, String>>(self.state.take()) else {
            return Ok(None);
        };
        if self.person_version.is_none() {
            return Ok(Some(state));
        }
        if self.credential_version != self.person_version {
            return Ok(None);
        }
        let requested = self.recovery_version == self.person_version
            && self.recovery_expires_at.is_some_and(|expires_at| expires_at > now);
        let overview = overview.and_then(|row| row.overview(requested));
        let auth = self.auth(now).context("a person's session lacks its times")?;
        let text =
            if handover::leave(&auth, overview) { LOADED.into() } else { serde_json::to_string(&auth)? };
        state.insert(AUTH.to_owned(), text);
        Ok(Some(state))
    }

    fn auth(self, now: DateTime<Utc>) -> Option<Auth> {
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
            country: self.country,
            user_agent: self.user_agent.unwrap_or_default(),
            name: self.name?,
            email: self.email?,
            roles: self.roles?,
            has_totp: self.has_totp?,
            has_passkey: self.has_passkey?,
            recovery_pending: self.recovery_version.is_some(),
            undertaking: self.undertaking,
        })
    }
}

impl OverviewRow {
    fn overview(self, recovery_requested: bool) -> Option<Overview> {
        Some(Overview {
            company: self.company,
            role: self.role,
            phone: self.phone,
            password_changed_at: self.password_changed_at,
            created_at: self.created_at?,
            accounts: self.accounts,
            sign_ins: self.sign_ins,
            any_suspended: self.any_suspended,
            recovery_requested,
        })
    }
}

impl SessionStore for PgSessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        self.load_row(key.as_ref()).await.map_err(|error| LoadError::Other(handover::fail(error)))
    }

    async fn save(
        &self,
        state: HashMap<String, String>,
        _: &CookieDuration,
    ) -> Result<SessionKey, SaveError> {
        let token =
            self.insert(state).await.map_err(|error| SaveError::Other(handover::fail_to_write(error)))?;
        token.try_into().map_err(|_| SaveError::Other(anyhow::anyhow!("a token is short")))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        _: &CookieDuration,
    ) -> Result<SessionKey, UpdateError> {
        let token = self.write_state(key.as_ref(), state).await;
        let token = token.map_err(|error| UpdateError::Other(handover::fail_to_write(error)))?;
        token.try_into().map_err(|_| UpdateError::Other(anyhow::anyhow!("a token is short")))
    }

    async fn update_ttl(&self, _: &SessionKey, _: &CookieDuration) -> anyhow::Result<()> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        self.remove(key.as_ref()).await.map_err(handover::fail_to_write)
    }
}

/// Drops sessions that are past a limit. They are dead already; this only tidies.
///
/// # Errors
/// What the database says.
pub async fn drop_expired(app: App) -> anyhow::Result<()> {
    sweep::ended(&app, &rules::SESSIONS).await
}
