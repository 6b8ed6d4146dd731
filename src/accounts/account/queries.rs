//! SQL of accounts and of the list of somebody's accounts.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::accounts::permissions::AccountRole;
use crate::accounts::states::State;
use crate::platform::db::schema::{account_members, accounts};
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::pagination::Keyset;

/// An account in the list of somebody's accounts.
#[derive(Clone, Debug, QueryableByName)]
pub struct Listed {
    /// SID.
    #[diesel(sql_type = SqlUuid)]
    pub id: AccountId,
    /// What it is called.
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Text)]
    role: String,
    /// How many people may use it.
    #[diesel(sql_type = BigInt)]
    pub people: i64,
}

impl Listed {
    /// What it is in.
    pub fn state(&self) -> State {
        State::parse(&self.state).expect("the database keeps to the states")
    }

    /// What whoever asks is in it.
    pub fn role(&self) -> AccountRole {
        AccountRole::parse(&self.role).expect("the database keeps to the roles")
    }
}

/// `$1` person, `$2` older than, `$3` newer than, `$4` how many. Each branch of the inner query has its own index.
const LIST: &str = "\
SELECT a.id, a.name, s.state, coalesce(m.role, 'owner') AS role, \
       1 + (SELECT count(*) FROM account_members c WHERE c.account_id = a.id) AS people \
  FROM accounts a \
  JOIN account_states s ON s.account_id = a.id AND s.ended_at IS NULL \
  LEFT JOIN account_members m ON m.account_id = a.id AND m.person_id = $1 \
 WHERE a.id IN (SELECT id FROM accounts WHERE owner_id = $1 \
                UNION ALL SELECT account_id FROM account_members WHERE person_id = $1) \
   AND a.id < $2 AND a.id > $3 \
 ORDER BY a.id {order} LIMIT $4";

/// Newest first, or with `after` the ones that follow it, oldest first.
pub(super) async fn of_person(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    keyset: &Keyset,
) -> QueryResult<Vec<Listed>> {
    let order = if keyset.after.is_some() { "ASC" } else { "DESC" };
    diesel::sql_query(LIST.replace("{order}", order))
        .bind::<SqlUuid, _>(person)
        .bind::<SqlUuid, _>(keyset.before.unwrap_or(Uuid::max()))
        .bind::<SqlUuid, _>(keyset.after.unwrap_or(Uuid::nil()))
        .bind::<BigInt, _>(Keyset::LIMIT)
        .load(conn)
        .await
}

pub(super) async fn rename(conn: &mut AsyncPgConnection, id: AccountId, name: &str) -> QueryResult<()> {
    diesel::update(accounts::table.find(id)).set(accounts::name.eq(name)).execute(conn).await?;
    Ok(())
}

/// Since when there is an account, and how many may use it.
pub(super) async fn facts(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<(DateTime<Utc>, i64)> {
    let members = account_members::table.filter(account_members::account_id.eq(id)).count();
    let (created_at, members): (DateTime<Utc>, Option<i64>) =
        accounts::table.find(id).select((accounts::created_at, members.single_value())).first(conn).await?;
    Ok((created_at, 1 + members.unwrap_or(0)))
}
