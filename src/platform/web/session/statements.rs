//! The statements that load a session. They are written out, because they run on every signed-in page:
//! putting such a text together from parts took diesel as long as Postgres takes to answer it.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Date, Inet, Integer, Jsonb, Nullable, Record, Text, Timestamptz, Uuid,
};
use ipnet::IpNet;

use crate::platform::ids::{AccountId, PersonId, SessionId};

/// What is kept of a token.
pub(super) type TokenHash = Vec<u8>;

macro_rules! session_columns {
    () => {
        "SELECT s.id, s.person_id, s.credential_version, s.kind, s.state, s.last_used_at, s.expires_at, \
         s.idle_seconds, s.authenticated_at, s.reauthenticated_at, s.ip, s.country, s.user_agent, \
         p.name, p.email, p.credential_version, \
         p.held_roles, p.has_totp, p.has_passkey, p.recovery_version, p.recovery_until, p.undertaking_version"
    };
}

macro_rules! overview_columns {
    () => {
        ", p.company, p.role, p.phone, p.password_changed_at, p.created_at, \
         ARRAY(SELECT ROW(id, name) FROM accounts WHERE owner_id = s.person_id ORDER BY id), \
         ARRAY(SELECT ROW(at, user_agent, country) FROM sign_ins \
         WHERE person_id = s.person_id AND outcome = 'signed_in' ORDER BY id DESC LIMIT 3), \
         EXISTS (SELECT FROM suspensions WHERE ended_at IS NULL)"
    };
}

macro_rules! session_tables {
    () => {
        " FROM sessions s LEFT JOIN people p ON p.id = s.person_id"
    };
}

const ONE: &str = concat!(session_columns!(), session_tables!(), " WHERE s.token_hash = ");
const ONE_WITH_OVERVIEW: &str =
    concat!(session_columns!(), overview_columns!(), session_tables!(), " WHERE s.token_hash = ");
const SEVERAL: &str = concat!(session_columns!(), ", asked.place", session_tables!(), " JOIN unnest(");
const SEVERAL_WITH_OVERVIEW: &str =
    concat!(session_columns!(), overview_columns!(), ", asked.place", session_tables!(), " JOIN unnest(");
const ASKED: &str =
    "::bytea[]) WITH ORDINALITY AS asked (token_hash, place) ON asked.token_hash = s.token_hash";

/// A session, its person and what guards need to know of them. Factors, roles, a recovery under way and the undertaking stand beside the
/// person: the database itself keeps them like the tables of each, in whatever transaction changes those.
#[derive(Queryable)]
pub(super) struct SessionRow {
    pub id: SessionId,
    pub person_id: Option<PersonId>,
    pub credential_version: Option<i32>,
    pub kind: String,
    pub state: serde_json::Value,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub idle_seconds: i32,
    pub authenticated_at: Option<DateTime<Utc>>,
    pub reauthenticated_at: Option<DateTime<Utc>>,
    pub ip: Option<IpNet>,
    pub country: Option<String>,
    pub user_agent: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub person_version: Option<i32>,
    pub roles: Option<Vec<String>>,
    pub has_totp: Option<bool>,
    pub has_passkey: Option<bool>,
    pub recovery_version: Option<i32>,
    pub recovery_expires_at: Option<DateTime<Utc>>,
    pub undertaking: Option<NaiveDate>,
}

type SessionColumns = (
    Uuid,
    Nullable<Uuid>,
    Nullable<Integer>,
    Text,
    Jsonb,
    Timestamptz,
    Timestamptz,
    Integer,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<Inet>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Integer>,
    Nullable<Array<Text>>,
    Nullable<Bool>,
    Nullable<Bool>,
    Nullable<Integer>,
    Nullable<Timestamptz>,
    Nullable<Date>,
);

/// Facts of a person for their overview. A visitor's session has none.
#[derive(Queryable)]
pub(super) struct OverviewRow {
    pub company: Option<String>,
    pub role: Option<String>,
    pub phone: Option<String>,
    pub password_changed_at: Option<DateTime<Utc>>,
    pub created_at: Option<DateTime<Utc>>,
    pub accounts: Vec<(AccountId, String)>,
    pub sign_ins: Vec<(DateTime<Utc>, Option<String>, Option<String>)>,
    pub any_suspended: bool,
}

type OverviewColumns = (
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Array<Record<(Uuid, Text)>>,
    Array<Record<(Timestamptz, Nullable<Text>, Nullable<Text>)>>,
    Bool,
);

macro_rules! statement {
    ($(#[$doc:meta])* $name:ident, $hashes:ty as $bind:ty, $before:ident, $after:expr, $columns:ty) => {
        $(#[$doc])*
        pub(super) struct $name<'a>(pub $hashes);

        impl QueryId for $name<'_> {
            type QueryId = $name<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl Query for $name<'_> {
            type SqlType = $columns;
        }

        impl QueryFragment<Pg> for $name<'_> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                out.push_sql($before);
                out.push_bind_param::<$bind, _>(&self.0)?;
                out.push_sql($after);
                Ok(())
            }
        }
    };
}

statement! {
    /// The session whose token has this hash.
    Session, &'a [u8] as Binary, ONE, "", SessionColumns
}
statement! {
    /// The same, and what its person's overview shows to most. Every table that it reads costs every look at the page,
    /// found or not, so suspensions are only asked for where there are any.
    SessionWithOverview, &'a [u8] as Binary, ONE_WITH_OVERVIEW, "", (SessionColumns, OverviewColumns)
}
statement! {
    /// The sessions whose tokens have these hashes, each with the place of its hash among them, counted from one.
    Sessions, &'a [TokenHash] as Array<Binary>, SEVERAL, ASKED, (SessionColumns, BigInt)
}
statement! {
    /// The same, with what the overview shows.
    SessionsWithOverview, &'a [TokenHash] as Array<Binary>, SEVERAL_WITH_OVERVIEW, ASKED,
        (SessionColumns, OverviewColumns, BigInt)
}
