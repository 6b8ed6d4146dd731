//! SQL of invitations.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Invitation, OpenInvitation};
use crate::platform::db::schema::{people, staff_invitations, staff_roles};
use crate::platform::ids::{PersonId, new_uuid};
use crate::platform::web::pagination::{Window, windowed};

type Columns = (Uuid, String, String, DateTime<Utc>, Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// What is about to be written.
pub(super) struct New<'a> {
    pub email: &'a str,
    pub role: &'static str,
    pub token_hash: &'a [u8],
    pub invited_by: Option<PersonId>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn insert(conn: &mut AsyncPgConnection, new: &New<'_>) -> QueryResult<Uuid> {
    let id = new_uuid(new.created_at);
    diesel::insert_into(staff_invitations::table)
        .values((
            staff_invitations::id.eq(id),
            staff_invitations::email.eq(new.email),
            staff_invitations::role.eq(new.role),
            staff_invitations::token_hash.eq(new.token_hash),
            staff_invitations::invited_by.eq(new.invited_by.map(|person| person.0)),
            staff_invitations::created_at.eq(new.created_at),
            staff_invitations::expires_at.eq(new.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

/// Withdraws what is open for the same address and role.
pub(super) async fn replace(
    conn: &mut AsyncPgConnection,
    email: &str,
    role: &str,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(staff_invitations::table)
        .filter(sql::<Text>("lower(email)").eq(email.to_lowercase()).and(staff_invitations::role.eq(role)))
        .filter(staff_invitations::accepted_at.is_null().and(staff_invitations::withdrawn_at.is_null()))
        .set(staff_invitations::withdrawn_at.eq(now))
        .execute(conn)
        .await
}

pub(super) async fn find_by_token(
    conn: &mut AsyncPgConnection,
    token_hash: &[u8],
) -> QueryResult<Option<Invitation>> {
    let found: Option<Columns> = staff_invitations::table
        .filter(staff_invitations::token_hash.eq(token_hash))
        .select((
            staff_invitations::id,
            staff_invitations::email,
            staff_invitations::role,
            staff_invitations::expires_at,
            staff_invitations::accepted_at,
            staff_invitations::withdrawn_at,
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(id, email, role, expires_at, accepted_at, withdrawn_at)| Invitation {
        id,
        email,
        role,
        expires_at,
        accepted_at,
        withdrawn_at,
    }))
}

/// Answers whether it was this call that used the invitation: of two at once, one.
pub(super) async fn accept(conn: &mut AsyncPgConnection, id: Uuid, now: DateTime<Utc>) -> QueryResult<bool> {
    let changed = diesel::update(staff_invitations::table.find(id))
        .filter(staff_invitations::accepted_at.is_null().and(staff_invitations::withdrawn_at.is_null()))
        .filter(staff_invitations::expires_at.gt(now))
        .set(staff_invitations::accepted_at.eq(now))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

/// Answers the role of the invitation that was withdrawn, if it was open.
pub(super) async fn withdraw(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<Option<String>> {
    diesel::update(staff_invitations::table.find(id))
        .filter(staff_invitations::accepted_at.is_null().and(staff_invitations::withdrawn_at.is_null()))
        .set(staff_invitations::withdrawn_at.eq(now))
        .returning(staff_invitations::role)
        .get_result(conn)
        .await
        .optional()
}

/// Withdraws every open invitation of a sender. Answers them with their roles.
pub(super) async fn withdraw_all_of(
    conn: &mut AsyncPgConnection,
    sender: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<(Uuid, String)>> {
    diesel::update(staff_invitations::table)
        .filter(staff_invitations::invited_by.eq(sender.0))
        .filter(staff_invitations::accepted_at.is_null().and(staff_invitations::withdrawn_at.is_null()))
        .set(staff_invitations::withdrawn_at.eq(now))
        .returning((staff_invitations::id, staff_invitations::role))
        .get_results(conn)
        .await
}

/// Who gave it is whoever sent the invitation.
pub(super) async fn grant(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    invitation: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let from_invitation = staff_invitations::table.find(invitation).select((
        person.into_sql::<diesel::sql_types::Uuid>(),
        staff_invitations::role,
        staff_invitations::invited_by,
        now.into_sql::<diesel::sql_types::Timestamptz>(),
    ));
    diesel::insert_into(staff_roles::table)
        .values(from_invitation)
        .into_columns((
            staff_roles::person_id,
            staff_roles::role,
            staff_roles::granted_by,
            staff_roles::granted_at,
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn has_role(conn: &mut AsyncPgConnection, email: &str, role: &str) -> QueryResult<bool> {
    let held = staff_roles::table
        .inner_join(people::table)
        .filter(sql::<Text>("lower(people.email)").eq(email.to_lowercase()).and(staff_roles::role.eq(role)));
    diesel::select(diesel::dsl::exists(held)).get_result(conn).await
}

/// A person whose address the invitation itself has confirmed. The number is asked for later.
pub(super) async fn make_person(
    conn: &mut AsyncPgConnection,
    id: PersonId,
    name: &str,
    email: &str,
    password_hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(people::table)
        .values((
            people::id.eq(id),
            people::name.eq(name),
            people::email.eq(email),
            people::email_verified_at.eq(now),
            people::password_hash.eq(password_hash),
            people::password_changed_at.eq(now),
            people::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Invitations that can still be accepted or have run out unused.
pub(super) async fn open(conn: &mut AsyncPgConnection, window: Window) -> QueryResult<Vec<OpenInvitation>> {
    let inviters = diesel::alias!(people as inviters);
    let rows = staff_invitations::table
        .left_join(inviters.on(inviters.field(people::id).nullable().eq(staff_invitations::invited_by)))
        .filter(staff_invitations::accepted_at.is_null().and(staff_invitations::withdrawn_at.is_null()))
        .select((
            staff_invitations::id,
            staff_invitations::email,
            staff_invitations::role,
            staff_invitations::created_at,
            staff_invitations::expires_at,
            inviters.field(people::name).nullable(),
        ));
    windowed!(rows, staff_invitations::id, window).load(conn).await
}
