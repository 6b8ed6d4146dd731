//! SQL of the team.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::db::schema::{people, staff_roles};
use crate::platform::ids::PersonId;
use crate::platform::web::pagination::Window;
use crate::staff::permissions::Role;

/// A member of staff.
#[derive(Clone, Debug, QueryableByName)]
pub struct Member {
    /// SID.
    #[diesel(sql_type = SqlUuid)]
    pub id: PersonId,
    /// Name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// E-mail address.
    #[diesel(sql_type = Text)]
    pub email: String,
    /// Roles, in alphabetical order.
    #[diesel(sql_type = Array<Text>)]
    pub roles: Vec<String>,
    /// When the first of these roles was given.
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    /// When they last signed in, as far back as sign-ins are kept.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_sign_in: Option<DateTime<Utc>>,
    /// Whether a second factor is set up; without one nothing opens.
    #[diesel(sql_type = Bool)]
    pub has_factor: bool,
    /// Since when they are bound to confidentiality, in the version of the undertaking that holds (S157).
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub bound_since: Option<DateTime<Utc>>,
}

const MEMBERS: &str = "SELECT p.id, p.name, p.email, array_agg(r.role ORDER BY r.role) AS roles, min(r.granted_at) AS since, \
     (SELECT max(s.at) FROM sign_ins s WHERE s.person_id = p.id AND s.outcome = 'signed_in') AS last_sign_in, \
     EXISTS (SELECT FROM totp_factors t WHERE t.person_id = p.id) OR EXISTS (SELECT FROM passkeys k WHERE k.person_id = p.id) AS has_factor, \
     (SELECT min(u.agreed_at) FROM staff_undertakings u WHERE u.person_id = p.id AND u.version >= $4) AS bound_since \
     FROM staff_roles r JOIN people p ON p.id = r.person_id WHERE p.id > $1 AND p.id < $2 GROUP BY p.id";

pub(super) async fn members(
    conn: &mut AsyncPgConnection,
    window: Window,
    version: NaiveDate,
) -> QueryResult<Vec<Member>> {
    let (above, below, order) = window.bounds(Uuid::nil(), Uuid::max());
    diesel::sql_query(format!("{MEMBERS} ORDER BY p.id {order} LIMIT $3"))
        .bind::<SqlUuid, _>(above)
        .bind::<SqlUuid, _>(below)
        .bind::<BigInt, _>(window.limit)
        .bind::<Date, _>(version)
        .load(conn)
        .await
}

/// Who has one of these roles, to be written to: id, name and address.
///
/// # Errors
/// What the database says.
pub async fn readers(
    conn: &mut AsyncPgConnection,
    roles: &[Role],
) -> QueryResult<Vec<(PersonId, String, String)>> {
    let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    people::table
        .filter(people::id.eq_any(
            staff_roles::table.filter(staff_roles::role.eq_any(roles)).select(staff_roles::person_id),
        ))
        .order(people::id)
        .select((people::id, people::name, people::email))
        .load(conn)
        .await
}

/// Everybody with a role, locked until the end of the transaction: two admins who remove each other
/// at the same moment come one after the other.
pub(super) async fn lock_holders(conn: &mut AsyncPgConnection, role: &str) -> QueryResult<Vec<PersonId>> {
    staff_roles::table
        .filter(staff_roles::role.eq(role))
        .order(staff_roles::person_id)
        .select(staff_roles::person_id)
        .for_update()
        .load(conn)
        .await
}

pub(super) async fn roles_of(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<Vec<String>> {
    staff_roles::table
        .filter(staff_roles::person_id.eq(person))
        .order(staff_roles::role)
        .select(staff_roles::role)
        .load(conn)
        .await
}

pub(super) async fn remove(conn: &mut AsyncPgConnection, person: PersonId, role: &str) -> QueryResult<usize> {
    diesel::delete(staff_roles::table.find((person, role))).execute(conn).await
}
