//! SQL of the desk for one address.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::db::schema::{contact_views, mail_suppressions};
use crate::platform::ids::PersonId;

/// What is about to be written about a look.
pub(super) struct NewView<'a> {
    pub id: Uuid,
    pub staff: PersonId,
    pub digest: &'a [u8],
    pub person: Option<PersonId>,
    pub role: &'a str,
    pub reason: &'a str,
    pub viewed_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn insert_view(conn: &mut AsyncPgConnection, view: &NewView<'_>) -> QueryResult<()> {
    diesel::insert_into(contact_views::table)
        .values((
            contact_views::id.eq(view.id),
            contact_views::staff_id.eq(view.staff.0),
            contact_views::email_digest.eq(view.digest),
            contact_views::person_id.eq(view.person),
            contact_views::role.eq(view.role),
            contact_views::reason.eq(view.reason),
            contact_views::viewed_at.eq(view.viewed_at),
            contact_views::expires_at.eq(view.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A look at an address, as its owner reads it: the team and why, never who.
#[derive(Clone, Debug, Queryable)]
pub struct Look {
    /// In which role.
    pub role: String,
    /// Why.
    pub reason: String,
    /// When.
    pub viewed_at: DateTime<Utc>,
}

/// The latest looks at an address that was no customer's then, latest first.
///
/// # Errors
/// What the database says.
pub async fn looks(conn: &mut AsyncPgConnection, digest: &[u8], limit: i64) -> QueryResult<Vec<Look>> {
    contact_views::table
        .filter(contact_views::email_digest.eq(digest).and(contact_views::person_id.is_null()))
        .order(contact_views::id.desc())
        .limit(limit)
        .select((contact_views::role, contact_views::reason, contact_views::viewed_at))
        .load(conn)
        .await
}

/// Forgets the looks at an address that was no customer's, with the contact.
///
/// # Errors
/// What the database says.
pub async fn forget_looks(conn: &mut AsyncPgConnection, digest: &[u8]) -> QueryResult<usize> {
    let theirs = contact_views::table
        .filter(contact_views::email_digest.eq(digest).and(contact_views::person_id.is_null()));
    diesel::delete(theirs).execute(conn).await
}

/// A suppression that holds.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mail_suppressions, check_for_backend(diesel::pg::Pg))]
pub(super) struct Held {
    pub id: Uuid,
    pub reason: String,
    pub since: DateTime<Utc>,
    pub detail: Option<String>,
}

/// What holds against a mailbox, latest first. There is at most one for each reason.
pub(super) async fn suppressions(conn: &mut AsyncPgConnection, digest: &[u8]) -> QueryResult<Vec<Held>> {
    mail_suppressions::table
        .filter(mail_suppressions::email_digest.eq(digest).and(mail_suppressions::lifted_at.is_null()))
        .order((mail_suppressions::since.desc(), mail_suppressions::id))
        .select(Held::as_select())
        .load(conn)
        .await
}

/// Lifts a suppression that still holds; answers whether it did.
pub(super) async fn lift(
    conn: &mut AsyncPgConnection,
    id: Uuid,
    by: PersonId,
    because: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let open = mail_suppressions::table.find(id).filter(mail_suppressions::lifted_at.is_null());
    let lifted = diesel::update(open)
        .set((
            mail_suppressions::lifted_at.eq(now),
            mail_suppressions::lifted_by.eq(by.0),
            mail_suppressions::lifted_because.eq(because),
        ))
        .execute(conn)
        .await?;
    Ok(lifted > 0)
}

/// Notes who of staff suppressed a mailbox.
pub(super) async fn sign(conn: &mut AsyncPgConnection, digest: &[u8], by: PersonId) -> QueryResult<()> {
    let open = mail_suppressions::table
        .filter(mail_suppressions::email_digest.eq(digest).and(mail_suppressions::reason.eq("staff")))
        .filter(mail_suppressions::lifted_at.is_null().and(mail_suppressions::made_by.is_null()));
    diesel::update(open).set(mail_suppressions::made_by.eq(by.0)).execute(conn).await?;
    Ok(())
}
