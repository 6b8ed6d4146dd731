//! Contacts: addresses that may or may not belong to a customer.
//!
//! A form that wants proof by mail makes the contact when the proof comes, with `confirmed`: a contact whose
//! address nobody confirmed gets no mailing.

mod erasure;

pub use erasure::erase;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::spellings;
use super::suppressions::{self, Reason};
use crate::identity::spellings as written;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::contacts;
use crate::platform::ids::{ContactId, PersonId};
use crate::retention::holds::guard;

/// A contact to find or to make. Only `email` and `source` are needed.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewContact<'a> {
    /// Address as it was typed.
    pub email: &'a str,
    /// Name, if told.
    pub name: Option<&'a str>,
    /// Company, if told.
    pub company: Option<&'a str>,
    /// The person whose confirmed address it is: they get the contact.
    pub person: Option<PersonId>,
    /// ISO 3166 country, from the network address.
    pub country: Option<&'a str>,
    /// Where it comes from: `sign_up`, `newsletter`, `event`, …
    pub source: &'a str,
    /// Whether whoever brings it is known to have the mailbox: because of a link in a mail, or signed in. By itself that
    /// is no wish for mailings.
    pub confirmed: bool,
}

/// A contact.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = contacts, check_for_backend(diesel::pg::Pg))]
pub struct Contact {
    /// SID.
    pub id: ContactId,
    /// Address as it was typed.
    pub email: String,
    /// Name, if told.
    pub name: Option<String>,
    /// Company, if told.
    pub company: Option<String>,
    /// The person who signs in with the address.
    #[diesel(column_name = person_id)]
    pub person: Option<PersonId>,
    /// ISO 3166 country it was made from.
    pub country: Option<String>,
    /// Where it comes from.
    pub source: String,
    /// Since when it is there.
    pub created_at: DateTime<Utc>,
    /// When its owner showed that the mailbox is theirs.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// No mailing before this moment.
    pub paused_until: Option<DateTime<Utc>>,
    /// So many mailings in 30 days at most.
    pub monthly_limit: Option<i32>,
    /// Since when there are no mailings at all.
    pub stopped_at: Option<DateTime<Utc>>,
}

/// How addresses are compared.
pub fn key_of(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Finds the contact of an address or makes it, inside the caller's transaction. What is known already stays; what is
/// new (name, company, person, confirmation) is added.
///
/// # Errors
/// What the database says.
pub async fn find_or_create(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    new: &NewContact<'_>,
    now: DateTime<Utc>,
) -> QueryResult<ContactId> {
    #[derive(QueryableByName)]
    struct Made {
        #[diesel(sql_type = SqlUuid)]
        id: ContactId,
    }
    let email = spellings::of_contact(conn, keys, new.email).await?;
    let made: Made = diesel::sql_query(
        "INSERT INTO contacts (id, email, email_key, email_digest, name, company, person_id, country, source, created_at, confirmed_at, last_decided_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10) \
         ON CONFLICT (email_key, coalesce(replaced_at, '-infinity')) DO UPDATE SET \
             name = coalesce(contacts.name, excluded.name), company = coalesce(contacts.company, excluded.company), \
             person_id = coalesce(excluded.person_id, contacts.person_id), \
             confirmed_at = coalesce(contacts.confirmed_at, excluded.confirmed_at) \
         RETURNING id",
    )
    .bind::<SqlUuid, _>(ContactId::new(now))
    .bind::<Text, _>(&email)
    .bind::<Text, _>(key_of(&email))
    .bind::<Bytea, _>(keys.email_digest(&email))
    .bind::<Nullable<Text>, _>(new.name)
    .bind::<Nullable<Text>, _>(new.company)
    .bind::<Nullable<SqlUuid>, _>(new.person)
    .bind::<Nullable<Text>, _>(new.country)
    .bind::<Text, _>(new.source)
    .bind::<Timestamptz, _>(now)
    .bind::<Nullable<Timestamptz>, _>(new.confirmed.then_some(now))
    .get_result(conn)
    .await?;
    Ok(made.id)
}

/// The owner of a contact subscribes to something: that they once had us forget the address no longer holds. A 'no' or a
/// signal of the browser, which make a contact again too, do not say so.
///
/// # Errors
/// What the database says; the contact may be gone.
pub async fn wanted_again(
    conn: &mut AsyncPgConnection,
    id: ContactId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let digest: Vec<u8> = contacts::table.find(id).select(contacts::email_digest).first(conn).await?;
    suppressions::lift(conn, &digest, Reason::Erased, now).await.map(drop)
}

/// A link of a mail to this address was followed just now, so the mailbox works: that it refused before, or that its
/// owner had us forget it, no longer holds.
///
/// # Errors
/// What the database says.
pub async fn mailbox_works(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    email: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    for reason in [Reason::HardBounce, Reason::Erased] {
        suppressions::lift(conn, &keys.email_digest(email), reason, now).await?;
    }
    Ok(())
}

/// A contact by id, if it is still there and no other stands in its place.
///
/// # Errors
/// What the database says.
pub async fn find(conn: &mut AsyncPgConnection, id: ContactId) -> QueryResult<Option<Contact>> {
    contacts::table
        .find(id)
        .filter(contacts::replaced_at.is_null())
        .select(Contact::as_select())
        .first(conn)
        .await
        .optional()
}

/// As [`find`], and its address does not move until the transaction ends. It is taken as whoever decides takes it: who took it
/// with less first would wait for somebody who waits for them.
///
/// # Errors
/// What the database says.
pub async fn lock(conn: &mut AsyncPgConnection, id: ContactId) -> QueryResult<Option<Contact>> {
    let it = contacts::table.find(id).filter(contacts::replaced_at.is_null());
    it.select(Contact::as_select()).for_update().first(conn).await.optional()
}

/// The contact of a person, if there is one yet.
///
/// # Errors
/// What the database says.
pub async fn find_of(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<Option<Contact>> {
    contacts::table
        .filter(contacts::person_id.eq(person))
        .select(Contact::as_select())
        .first(conn)
        .await
        .optional()
}

/// The contact of an address, if there is one.
///
/// # Errors
/// What the database says.
pub async fn find_by_email(conn: &mut AsyncPgConnection, email: &str) -> QueryResult<Option<Contact>> {
    contacts::table
        .filter(contacts::email_key.eq_any(written::both(email)))
        .filter(contacts::replaced_at.is_null())
        .order(contacts::email_key.eq(key_of(email)).desc())
        .select(Contact::as_select())
        .first(conn)
        .await
        .optional()
}

/// Whether a hold keeps a contact, or something that would go with it. No hold is placed until the end of the transaction.
///
/// # Errors
/// What the database says.
pub async fn is_held(conn: &mut AsyncPgConnection, id: ContactId) -> QueryResult<bool> {
    let unheld = guard::unheld(conn, "contacts").await?;
    let free = diesel::dsl::sql::<diesel::sql_types::Bool>(&unheld);
    let held = contacts::table.find(id).filter(diesel::dsl::not(free));
    diesel::select(diesel::dsl::exists(held)).get_result(conn).await
}

/// Contacts in the order of their ids, from behind one of them.
///
/// # Errors
/// What the database says.
pub async fn after(conn: &mut AsyncPgConnection, last: ContactId, limit: i64) -> QueryResult<Vec<Contact>> {
    contacts::table
        .filter(contacts::id.gt(last))
        .order(contacts::id)
        .limit(limit)
        .select(Contact::as_select())
        .load(conn)
        .await
}

/// An address with most of it hidden, as in `a…e@example.com`.
pub fn masked(email: &str) -> String {
    let Some((local, domain)) = email.rsplit_once('@') else { return "…".into() };
    let (first, last) = (local.chars().next(), local.chars().last());
    let last = last.filter(|_| local.chars().count() > 3).map(String::from).unwrap_or_default();
    format!("{}…{last}@{domain}", first.map(String::from).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_address_tells_its_owner_and_nobody_else() {
        assert_eq!(masked("ada.lovelace@example.com"), "a…e@example.com");
        assert_eq!(masked("ada@example.com"), "a…@example.com");
        assert_eq!(masked("nonsense"), "…");
    }
}
