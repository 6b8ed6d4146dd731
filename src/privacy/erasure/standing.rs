//! What stands against erasing somebody by the portal itself.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Of;
use crate::accounts::invoices;
use crate::accounts::invoices::queries::Whose;
use crate::identity::people;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::{account_members, accounts, staff_roles};
use crate::platform::ids::PersonId;
use crate::privacy::data_requests::DataRequest;
use crate::retention::holds;

/// Something that has to be out of the way first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// They are the point of contact of an account that others use (S96).
    Contact,
    /// They own an account that others use.
    Members,
    /// They are a member of staff.
    Staff,
    /// Something of theirs is on hold (S72).
    Hold,
    /// The request names an address alone, and somebody has an account with it by now.
    Account,
    /// An invoice to an account of theirs is neither paid nor taken back.
    Invoice,
}

impl Obstacle {
    /// For staff.
    pub fn for_staff(self) -> &'static str {
        match self {
            Self::Contact => "They are the point of contact of an account that others use.",
            Self::Members => "They own an account that others use. It is handed over or closed first.",
            Self::Staff => "They are a member of staff. Their roles are removed first.",
            Self::Hold => "Something of theirs is on hold.",
            Self::Account => {
                "Somebody has an account with this address by now, which the request was not verified for. They can delete it themselves, signed in."
            }
            Self::Invoice => {
                "An invoice to an account that they own is open. When it is paid or taken back, the portal goes on by itself. You can also decide that they are deleted all the same: the invoice stays, as the law asks, and is still due."
            }
        }
    }

    /// Whether it only keeps the portal from deciding, and staff may decide all the same.
    pub fn is_for_staff(self) -> bool {
        self == Self::Invoice
    }
}

/// The first thing that stands against erasing a person; nothing where the portal can do it.
///
/// # Errors
/// What the database says.
pub async fn obstacle(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    person: PersonId,
) -> QueryResult<Option<Obstacle>> {
    let with_members = || {
        let members = account_members::table.filter(account_members::account_id.eq(accounts::id));
        accounts::table.filter(exists(members))
    };
    let contact = accounts::contact_id.eq(person);
    let contact = accounts::table
        .filter(contact.and(accounts::owner_id.ne(person)))
        .select(accounts::id)
        .first::<uuid::Uuid>(conn)
        .await
        .optional()?;
    if contact.is_some() {
        return Ok(Some(Obstacle::Contact));
    }
    if diesel::select(exists(with_members().filter(accounts::owner_id.eq(person)))).get_result(conn).await? {
        return Ok(Some(Obstacle::Members));
    }
    if diesel::select(exists(staff_roles::table.filter(staff_roles::person_id.eq(person))))
        .get_result(conn)
        .await?
    {
        return Ok(Some(Obstacle::Staff));
    }
    if is_held(conn, keys, Of::Person(person)).await? {
        return Ok(Some(Obstacle::Hold));
    }
    // Last, because staff may decide against it: then nothing else stands behind it.
    let owes = invoices::queries::is_any_open(conn, Whose::Person(person)).await?;
    Ok(owes.then_some(Obstacle::Invoice))
}

/// The first thing that stands against the deletion that a request asks for, of a person or of somebody without an account.
///
/// # Errors
/// What the database says.
pub async fn obstacle_of(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    request: &DataRequest,
) -> QueryResult<Option<Obstacle>> {
    match (request.person, &request.email) {
        (Some(person), _) => obstacle(conn, keys, person).await,
        (None, Some(email)) if people::find_by_email(conn, email).await?.is_some() => {
            Ok(Some(Obstacle::Account))
        }
        (None, _) => {
            let held = is_held(conn, keys, Of::Address(request.id)).await?;
            Ok(held.then_some(Obstacle::Hold))
        }
    }
}

/// Whether a hold stands against erasing this.
///
/// # Errors
/// What the database says.
pub async fn is_held(conn: &mut AsyncPgConnection, keys: &Keys, of: Of) -> QueryResult<bool> {
    match of.subject(conn, keys).await? {
        Some(subject) => holds::queries::stands_against(conn, &subject).await,
        None => Ok(false),
    }
}
