//! Browser sessions on Postgres, for actix-session.
//!
//! The cookie holds an opaque token of 256 bits; the table holds its hash. Loading a session brings
//! along in the same statement what every guard needs of the person, so a signed-in page costs one
//! query here and one of its own; the overview, where everybody lands, has its facts brought along
//! too. Sessions of requests that come at the same time are loaded together. 'Last used' is written at most once a minute.

mod handover;
mod loading;
mod statements;
mod store;

pub use handover::{NotAnswered, carry, take_overview};
pub use store::{PgSessions, drop_expired};

use actix_session::SessionExt as _;
use actix_web::HttpRequest;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::platform::app::App;
use crate::platform::ids::{AccountId, PersonId, SessionId};
use crate::platform::web::caller::Caller;
use crate::retention::rules;

/// Where actix-session keeps our part of the state.
const AUTH: &str = "auth";
/// Set when the token is to be exchanged with the next write.
const ROTATE: &str = "rotate";
/// Re-authentication counts for this long.
pub const REAUTHENTICATION_COUNTS: Duration = Duration::minutes(5);

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
            Self::Customer => (Duration::days(14), rules::SESSIONS.period.length()),
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
    /// The latest version of the undertaking to confidentiality that a member of staff has agreed to.
    pub undertaking: Option<NaiveDate>,
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

/// What the overview shows of a person beside [`Auth`].
#[derive(Clone, Debug)]
pub struct Overview {
    /// Where they work.
    pub company: Option<String>,
    /// As what.
    pub role: Option<String>,
    /// Confirmed phone number.
    pub phone: Option<String>,
    /// When the password was last changed; nothing without one.
    pub password_changed_at: Option<DateTime<Utc>>,
    /// When they signed up.
    pub created_at: DateTime<Utc>,
    /// The accounts that they own, oldest first, with their names.
    pub accounts: Vec<(AccountId, String)>,
    /// When, with which browser and in which country they signed in last, latest first; three at most.
    pub sign_ins: Vec<(DateTime<Utc>, Option<String>, Option<String>)>,
    /// Whether any account at all has a suspension that was not ended, and so theirs may.
    pub any_suspended: bool,
    /// Whether somebody asked to have the second factor removed, and still can.
    pub recovery_requested: bool,
}

/// Who is signed in on this request, if anybody.
pub fn auth(request: &HttpRequest) -> Option<Auth> {
    let session = request.get_session();
    if session.entries().get(AUTH)? == handover::LOADED {
        return handover::loaded_for(request);
    }
    session.get::<Auth>(AUTH).ok().flatten()
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
        undertaking: None,
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
    if let Some(mut auth) = self::auth(request) {
        auth.reauthenticated_at = app.clock.now();
        auth.credential_version = version.unwrap_or(auth.credential_version);
        session.insert(AUTH, auth).expect("plain data serialises");
        session.insert(ROTATE, true).expect("plain data serialises");
    }
}
