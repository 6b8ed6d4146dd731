//! Contacts whose address was kept in its earlier spelling: they are found by the present one, and what keeps mailings away
//! from the mailbox in one spelling keeps them away in both.

use diesel::QueryResult;
use diesel::sql_types::Bytea;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::contacts;
use crate::identity::spellings;
use crate::platform::crypto::Keys;

/// The address under which the contact of a mailbox is kept, or will be. Of a contact that will be new, what was said of the
/// mailbox in the earlier spelling counts from now on: a complaint is not forgotten with a spelling.
///
/// # Errors
/// What the database says.
pub(super) async fn of_contact(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    email: &str,
) -> QueryResult<String> {
    let email = email.trim();
    let Some(earlier) = spellings::earlier(email) else { return Ok(email.to_owned()) };
    if let Some(contact) = contacts::find_by_email(conn, email).await? {
        return Ok(contact.email);
    }
    diesel::sql_query(
        "INSERT INTO mail_suppressions (id, email_digest, reason, since, detail, made_by) \
         SELECT gen_random_uuid(), $2, reason, since, detail, made_by FROM mail_suppressions \
         WHERE email_digest = $1 AND lifted_at IS NULL \
         ON CONFLICT (email_digest, reason) WHERE lifted_at IS NULL DO NOTHING",
    )
    .bind::<Bytea, _>(keys.email_digest(&earlier))
    .bind::<Bytea, _>(keys.email_digest(email))
    .execute(conn)
    .await?;
    Ok(email.to_owned())
}
