//! SQL of passkeys.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use webauthn_rs::prelude::{CredentialID, Passkey as Credential};

use crate::platform::db::schema::passkeys;
use crate::platform::ids::{PasskeyId, PersonId};

/// A passkey as its owner sees it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = passkeys, check_for_backend(diesel::pg::Pg))]
pub struct Passkey {
    /// SID.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last signed in or confirmed something.
    pub last_used_at: Option<DateTime<Utc>>,
}

pub(super) async fn list(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<Vec<Passkey>> {
    passkeys::table
        .filter(passkeys::person_id.eq(person))
        .order(passkeys::id)
        .select(Passkey::as_select())
        .load(conn)
        .await
}

pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    id: PasskeyId,
) -> QueryResult<Passkey> {
    passkeys::table
        .find(id)
        .filter(passkeys::person_id.eq(person))
        .select(Passkey::as_select())
        .first(conn)
        .await
}

pub(super) async fn credential_ids(
    conn: &mut AsyncPgConnection,
    person: PersonId,
) -> QueryResult<Vec<CredentialID>> {
    let ids: Vec<CredentialID> = passkeys::table
        .filter(passkeys::person_id.eq(person))
        .order(passkeys::id)
        .select(passkeys::credential_id)
        .load(conn)
        .await?;
    Ok(ids)
}

/// The credential, locked until the end of the transaction so that its counter is compared and moved by
/// one request at a time.
pub(super) async fn lock_credential(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    credential: &[u8],
) -> QueryResult<Option<(PasskeyId, Credential)>> {
    let found: Option<(PasskeyId, serde_json::Value)> = passkeys::table
        .filter(passkeys::person_id.eq(person).and(passkeys::credential_id.eq(credential)))
        .select((passkeys::id, passkeys::credential))
        .for_update()
        .first(conn)
        .await
        .optional()?;
    let parse = |json| {
        serde_json::from_value(json)
            .map_err(|error| diesel::result::Error::DeserializationError(error.into()))
    };
    found.map(|(id, json)| Ok((id, parse(json)?))).transpose()
}

/// Keeps a credential that was registered.
pub(crate) async fn insert(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    person: PersonId,
    name: &str,
    credential: &Credential,
) -> QueryResult<()> {
    diesel::insert_into(passkeys::table)
        .values((
            passkeys::id.eq(PasskeyId::new(now)),
            passkeys::person_id.eq(person),
            passkeys::credential_id.eq(credential.cred_id()),
            passkeys::credential.eq(json(credential)?),
            passkeys::name.eq(name),
            passkeys::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn mark_used(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    id: PasskeyId,
    credential: &Credential,
) -> QueryResult<()> {
    diesel::update(passkeys::table.find(id))
        .set((passkeys::credential.eq(json(credential)?), passkeys::last_used_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn rename(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    id: PasskeyId,
    name: &str,
) -> QueryResult<()> {
    let renamed = diesel::update(passkeys::table.find(id))
        .filter(passkeys::person_id.eq(person))
        .set(passkeys::name.eq(name))
        .execute(conn)
        .await?;
    if renamed > 0 { Ok(()) } else { Err(diesel::result::Error::NotFound) }
}

/// Removes a passkey and answers its name.
pub(super) async fn delete(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    id: PasskeyId,
) -> QueryResult<String> {
    diesel::delete(passkeys::table.find(id))
        .filter(passkeys::person_id.eq(person))
        .returning(passkeys::name)
        .get_result(conn)
        .await
}

pub(super) async fn delete_added_since(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    since: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::delete(passkeys::table.filter(passkeys::person_id.eq(person).and(passkeys::created_at.ge(since))))
        .execute(conn)
        .await
}

fn json(credential: &Credential) -> QueryResult<serde_json::Value> {
    serde_json::to_value(credential).map_err(|error| diesel::result::Error::SerializationError(error.into()))
}
