//! SQL of look-up.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Query;
use crate::identity::people::Person;
use crate::identity::spellings;
use crate::platform::db::schema::{
    accounts, audit_events, messages, passkeys, people, record_views, recovery_codes, recovery_optins,
    sessions, sign_ins, staff_roles, totp_factors,
};
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::pagination::{Window, windowed};

pub(super) async fn search(
    conn: &mut AsyncPgConnection,
    query: &Query,
    window: Window,
) -> QueryResult<Vec<Person>> {
    let found = windowed!(people::table.select(Person::as_select()), people::id, window);
    let found = match query {
        Query::Person(id) => found.filter(people::id.eq(*id)),
        Query::Account(id) => found.filter(
            people::id.eq_any(accounts::table.filter(accounts::id.eq(*id)).select(accounts::owner_id)),
        ),
        Query::Email(email) => found.filter(sql::<Text>("lower(email)").eq_any(spellings::both(email))),
        Query::Phone(phone) => found.filter(people::phone.eq(phone.clone())),
        Query::Name(name) => {
            found.filter(sql::<Text>("lower(name)").like(format!("{}%", escaped(&name.to_lowercase()))))
        }
    };
    found.load(conn).await
}

/// Text in which no character is special to LIKE.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// A look at a record that is open now.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct View {
    /// Since when.
    pub viewed_at: DateTime<Utc>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// The view in which this member of staff may see this record, if they may now.
pub(super) async fn current_view(
    conn: &mut AsyncPgConnection,
    staff: PersonId,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Option<View>> {
    record_views::table
        .filter(record_views::staff_id.eq(staff.0).and(record_views::person_id.eq(person)))
        .filter(record_views::expires_at.gt(now))
        .order(record_views::expires_at.desc())
        .select((record_views::viewed_at, record_views::expires_at))
        .first(conn)
        .await
        .optional()
}

/// Whether the audit log has this action of this member of staff since the view began.
pub(super) async fn was_noted(
    conn: &mut AsyncPgConnection,
    staff: PersonId,
    person: PersonId,
    view: &View,
    action: &str,
) -> QueryResult<bool> {
    let noted = audit_events::table
        .filter(audit_events::subject_id.eq(person.0).and(audit_events::actor_id.eq(staff.0)))
        .filter(audit_events::action.eq(action).and(audit_events::at.ge(view.viewed_at)));
    diesel::select(diesel::dsl::exists(noted)).get_result(conn).await
}

/// What is about to be written.
pub(super) struct NewView<'a> {
    pub id: Uuid,
    pub staff: PersonId,
    pub person: PersonId,
    pub role: &'a str,
    pub reason: &'a str,
    pub viewed_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn insert_view(conn: &mut AsyncPgConnection, view: &NewView<'_>) -> QueryResult<()> {
    diesel::insert_into(record_views::table)
        .values((
            record_views::id.eq(view.id),
            record_views::staff_id.eq(view.staff.0),
            record_views::person_id.eq(view.person),
            record_views::role.eq(view.role),
            record_views::reason.eq(view.reason),
            record_views::viewed_at.eq(view.viewed_at),
            record_views::expires_at.eq(view.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What the record shows beside the person.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// When the number was confirmed.
    pub phone_verified_at: Option<DateTime<Utc>>,
    /// When the address was confirmed.
    pub email_verified_at: DateTime<Utc>,
    /// When they refused an onboarding call (S41).
    pub onboarding_call_refused_at: Option<DateTime<Utc>>,
    /// When they agreed to mail about products and events (S42).
    pub marketing_consented_at: Option<DateTime<Utc>>,
    /// Authenticator app on.
    pub totp: bool,
    /// How many passkeys.
    pub passkeys: i64,
    /// How many unused recovery codes.
    pub recovery_codes: i64,
    /// The slow lane of account recovery is open for later.
    pub recovery_opted_in: bool,
    /// Live sessions.
    pub sessions: i64,
    /// Roles, if they are staff.
    pub roles: Vec<String>,
    /// Accounts with their names.
    pub accounts: Vec<(AccountId, String, DateTime<Utc>)>,
}

/// The person's own columns that [`Person`] leaves out.
type Confirmations = (Option<DateTime<Utc>>, DateTime<Utc>, Option<DateTime<Utc>>, Option<DateTime<Utc>>);

pub(super) async fn surroundings(
    conn: &mut AsyncPgConnection,
    id: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Surroundings> {
    use diesel::dsl::exists;
    let (phone_verified_at, email_verified_at, onboarding_call_refused_at, marketing_consented_at): Confirmations = people::table
        .find(id)
        .select((
            people::phone_verified_at,
            people::email_verified_at,
            people::onboarding_call_refused_at,
            people::marketing_consented_at,
        ))
        .first(conn)
        .await?;
    let (totp, recovery_opted_in) = diesel::select((
        exists(totp_factors::table.filter(totp_factors::person_id.eq(id))),
        exists(recovery_optins::table.filter(recovery_optins::person_id.eq(id))),
    ))
    .get_result(conn)
    .await?;
    Ok(Surroundings {
        phone_verified_at,
        email_verified_at,
        onboarding_call_refused_at,
        marketing_consented_at,
        totp,
        passkeys: passkeys::table.filter(passkeys::person_id.eq(id)).count().get_result(conn).await?,
        recovery_codes: recovery_codes::table
            .filter(recovery_codes::person_id.eq(id).and(recovery_codes::used_at.is_null()))
            .count()
            .get_result(conn)
            .await?,
        recovery_opted_in,
        sessions: live_sessions(conn, id, now).await?,
        roles: staff_roles::table
            .filter(staff_roles::person_id.eq(id))
            .select(staff_roles::role)
            .load(conn)
            .await?,
        accounts: owned(conn, id).await?,
    })
}

/// How many sessions of somebody are not over.
async fn live_sessions(conn: &mut AsyncPgConnection, id: PersonId, now: DateTime<Utc>) -> QueryResult<i64> {
    let alive = sql::<diesel::sql_types::Bool>("expires_at > ")
        .bind::<Timestamptz, _>(now)
        .sql(" AND last_used_at + make_interval(secs => idle_seconds) > ")
        .bind::<Timestamptz, _>(now);
    sessions::table.filter(sessions::person_id.eq(id)).filter(alive).count().get_result(conn).await
}

/// The accounts that somebody owns, a hundred at most.
async fn owned(
    conn: &mut AsyncPgConnection,
    id: PersonId,
) -> QueryResult<Vec<(AccountId, String, DateTime<Utc>)>> {
    accounts::table
        .filter(accounts::owner_id.eq(id))
        .order(accounts::id)
        .limit(100)
        .select((accounts::id, accounts::name, accounts::created_at))
        .load(conn)
        .await
}

/// A try to sign in.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sign_ins, check_for_backend(diesel::pg::Pg))]
pub struct SignInRow {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// By which proof.
    pub method: String,
    /// With which result.
    pub outcome: String,
    /// From which address.
    pub ip: Option<ipnet::IpNet>,
    /// From which country.
    pub country: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
}

pub(super) async fn sign_ins_of(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    window: Window,
) -> QueryResult<Vec<SignInRow>> {
    let rows = sign_ins::table.filter(sign_ins::person_id.eq(person)).select(SignInRow::as_select());
    windowed!(rows, sign_ins::id, window).load(conn).await
}

/// A message to the person, without what stands in it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages, check_for_backend(diesel::pg::Pg))]
pub struct SentRow {
    /// Its id.
    pub id: Uuid,
    /// `mail`, `sms` or `voice`.
    pub kind: String,
    /// Name of its template.
    pub name: String,
    /// Subject of a mail.
    pub subject: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When a server took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub failed_at: Option<DateTime<Utc>>,
}

pub(super) async fn messages_to(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    window: Window,
) -> QueryResult<Vec<SentRow>> {
    let rows = messages::table.filter(messages::person_id.eq(person.0)).select(SentRow::as_select());
    windowed!(rows, messages::id, window).load(conn).await
}

/// A look at the record.
#[derive(Clone, Debug, Queryable)]
pub struct ViewRow {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub viewed_at: DateTime<Utc>,
    /// In which role.
    pub role: String,
    /// Why.
    pub reason: String,
    /// Who; nobody once they have left and were erased.
    pub staff: Option<String>,
}

pub(super) async fn views_of(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    window: Window,
) -> QueryResult<Vec<ViewRow>> {
    let rows = record_views::table
        .left_join(people::table.on(people::id.eq(record_views::staff_id)))
        .filter(record_views::person_id.eq(person))
        .select((
            record_views::id,
            record_views::viewed_at,
            record_views::role,
            record_views::reason,
            people::name.nullable(),
        ));
    windowed!(rows, record_views::id, window).load(conn).await
}
