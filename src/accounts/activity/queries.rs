//! SQL of the activity of an account.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::accounts::guard::Account;
use crate::platform::db::schema::{account_members, people};
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::pagination::Keyset;

/// An event as it is stored, with what is needed to say who caused it.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub actor_kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub actor_id: Option<Uuid>,
    /// Name of the actor, if they are in the account.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    /// Roles of a member of staff.
    #[diesel(sql_type = Nullable<Text>)]
    pub roles: Option<String>,
    /// Whether the program used a key; nothing where its credential is gone.
    #[diesel(sql_type = Nullable<Bool>)]
    pub with_key: Option<bool>,
    #[diesel(sql_type = Nullable<Text>)]
    pub note: Option<String>,
}

/// `$1` account, `$2` older than, `$3` newer than, `$4` how many.
const ENTRIES: &str = "\
SELECT e.id, e.at, e.action, e.actor_kind, e.actor_id, d.note, \
       (SELECT p.name FROM people p WHERE p.id = e.actor_id AND \
           (EXISTS (SELECT FROM accounts a WHERE a.id = $1 AND a.owner_id = p.id) OR \
            EXISTS (SELECT FROM account_members m WHERE m.account_id = $1 AND m.person_id = p.id))) AS name, \
       CASE WHEN e.actor_kind = 'staff' THEN \
           (SELECT string_agg(r.role, ', ' ORDER BY r.role) FROM staff_roles r WHERE r.person_id = e.actor_id) END AS roles, \
       CASE WHEN e.actor_kind <> 'program' THEN NULL \
            WHEN EXISTS (SELECT FROM api_keys k WHERE k.id = e.actor_id AND k.account_id = $1) THEN true \
            WHEN EXISTS (SELECT FROM auth_tokens t WHERE t.id = e.actor_id AND t.account_id = $1) THEN false END AS with_key \
  FROM audit_events e LEFT JOIN audit_details d ON d.event_id = e.id \
 WHERE e.subject_id = $1 AND e.subject_kind = 'account' AND e.id < $2 AND e.id > $3 \
 ORDER BY e.id {order} LIMIT $4";

/// Newest first, or with `after` the ones that follow it, oldest first.
pub(super) async fn entries(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    keyset: &Keyset,
) -> QueryResult<Vec<Row>> {
    let order = if keyset.after.is_some() { "ASC" } else { "DESC" };
    diesel::sql_query(ENTRIES.replace("{order}", order))
        .bind::<SqlUuid, _>(account)
        .bind::<SqlUuid, _>(keyset.before.unwrap_or(Uuid::max()))
        .bind::<SqlUuid, _>(keyset.after.unwrap_or(Uuid::nil()))
        .bind::<BigInt, _>(Keyset::LIMIT)
        .load(conn)
        .await
}

/// The names of the people that notes speak of, as far as they are in the account.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<PersonId, String>);

impl Names {
    /// A note with names in the place of the SIDs of people.
    pub fn told(&self, note: &str) -> String {
        let word = |word: &str| match word.parse::<PersonId>() {
            Ok(id) => self.0.get(&id).cloned().unwrap_or_else(|| "somebody who is no longer a member".into()),
            Err(_) => word.to_owned(),
        };
        note.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}

pub(super) async fn names(
    conn: &mut AsyncPgConnection,
    account: &Account,
    rows: &[Row],
) -> QueryResult<Names> {
    let notes = rows.iter().filter_map(|row| row.note.as_deref());
    let ids: Vec<PersonId> =
        notes.flat_map(|note| note.split(' ')).filter_map(|word| word.parse().ok()).collect();
    if ids.is_empty() {
        return Ok(Names::default());
    }
    let members = account_members::table.filter(account_members::account_id.eq(account.id));
    let found: Vec<(PersonId, String)> = people::table
        .filter(people::id.eq_any(ids))
        .filter(
            people::id.eq(account.owner).or(people::id.eq_any(members.select(account_members::person_id))),
        )
        .select((people::id, people::name))
        .load(conn)
        .await?;
    Ok(Names(found.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_tells_names_and_never_the_sid_of_somebody_who_left() {
        let (here, gone) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let names = Names(HashMap::from([(here, "Ada".to_owned())]));
        assert_eq!(
            names.told(&format!("from {here} to {gone}")),
            "from Ada to somebody who is no longer a member"
        );
        assert_eq!(names.told("as developer"), "as developer");
    }
}
