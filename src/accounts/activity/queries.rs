//! SQL of the activity of an account.

use std::collections::HashMap;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::accounts::guard::Account;
use crate::accounts::permissions::AccountRight;
use crate::platform::db::schema::{account_invitations, people};
use crate::platform::ids::{AccountId, AccountInvitationId, PersonId};
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
    /// Name of a customer, or of a member of staff who is in the account like one.
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
           (e.actor_kind = 'customer' OR EXISTS (SELECT FROM accounts a WHERE a.id = $1 AND a.owner_id = p.id) OR \
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

/// What stands for the SIDs in notes: names of people, and for the owner the addresses of invitations.
#[derive(Debug, Default)]
pub(super) struct Names {
    people: HashMap<PersonId, String>,
    invitations: HashMap<AccountInvitationId, String>,
}

impl Names {
    /// A note without SIDs.
    pub fn told(&self, note: &str) -> String {
        let word = |word: &str| match (word.parse(), word.parse()) {
            (Ok(id), _) => self.people.get(&id).cloned().unwrap_or_else(|| "somebody who has gone".into()),
            (_, Ok(id)) => self.invitations.get(&id).cloned().unwrap_or_else(|| "somebody".into()),
            _ => word.to_owned(),
        };
        note.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}

/// The words of all notes that are SIDs of one kind.
fn sids<T: FromStr>(rows: &[Row]) -> Vec<T> {
    let notes = rows.iter().filter_map(|row| row.note.as_deref());
    notes.flat_map(|note| note.split(' ')).filter_map(|word| word.parse().ok()).collect()
}

pub(super) async fn names(
    conn: &mut AsyncPgConnection,
    account: &Account,
    rows: &[Row],
) -> QueryResult<Names> {
    let (mentioned, invited) = (sids::<PersonId>(rows), sids::<AccountInvitationId>(rows));
    let mut names = Names::default();
    if !mentioned.is_empty() {
        let people = people::table.filter(people::id.eq_any(mentioned)).select((people::id, people::name));
        names.people = people.load(conn).await?.into_iter().collect();
    }
    if !invited.is_empty() && AccountRight::Manage.granted_to(account.role) {
        let invitations = account_invitations::table
            .filter(account_invitations::account_id.eq(account.id))
            .filter(account_invitations::id.eq_any(invited))
            .select((account_invitations::id, account_invitations::email));
        names.invitations = invitations.load(conn).await?.into_iter().collect();
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_tells_names_and_no_sid() {
        let (here, gone) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let invitation = AccountInvitationId(Uuid::from_u128(3));
        let mut names = Names { people: HashMap::from([(here, "Ada".to_owned())]), ..Names::default() };
        assert_eq!(names.told(&format!("from {here} to {gone}")), "from Ada to somebody who has gone");
        assert_eq!(names.told(&format!("{invitation} as developer")), "somebody as developer");
        names.invitations.insert(invitation, "bob@example.com".into());
        assert_eq!(names.told(&format!("{invitation} as developer")), "bob@example.com as developer");
    }
}
