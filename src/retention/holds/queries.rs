//! Rows of holds.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::NewHold;
use super::scopes::{Matter, Row};
use crate::platform::db::schema::{account_members, accounts, holds, people};
use crate::platform::ids::{AccountId, HoldId, PersonId};
use crate::platform::web::pages::day;
use crate::platform::web::pagination::{Window, windowed};
use crate::privacy::data_map;
use crate::privacy::data_map::rows::Subject;

/// A hold as it stands.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = holds, check_for_backend(diesel::pg::Pg))]
pub struct Hold {
    /// SID.
    pub id: HoldId,
    /// What it is about, as it is stored.
    pub scope: String,
    /// Whose data.
    #[diesel(column_name = person_id)]
    pub person: Option<PersonId>,
    /// In which account.
    #[diesel(column_name = account_id)]
    pub account: Option<AccountId>,
    /// Which table.
    pub table_name: Option<String>,
    /// By what an end user is known.
    pub identifier_kind: Option<String>,
    /// Who that is, sealed.
    pub sealed_identifier: Option<Vec<u8>>,
    /// What it is for, as it is stored.
    #[diesel(column_name = matter)]
    pub matter_name: String,
    /// Why; emptied once it ended and its person was erased.
    pub reason: Option<String>,
    /// The law that forbids to tell whose data it is.
    pub silent_because: Option<String>,
    /// Who asked for it.
    pub requested_by: Uuid,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// When it lapses if nobody approves it.
    pub lapses_at: DateTime<Utc>,
    /// Who approved it.
    pub approved_by: Option<Uuid>,
    /// When.
    pub approved_at: Option<DateTime<Utc>>,
    /// When somebody looks whether it is still needed.
    pub review_on: NaiveDate,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who released it; nobody where it lapsed.
    pub ended_by: Option<Uuid>,
    /// Why it ended.
    pub ended_because: Option<String>,
}

impl Hold {
    /// What it is for.
    pub fn matter(&self) -> Matter {
        Matter::parse(&self.matter_name).expect("the database keeps to the matters")
    }

    /// What somebody whose data it is reads of it; of one on an account with what that is called.
    pub fn told(&self, name: Option<&str>) -> String {
        let what = match (self.scope.as_str(), self.account) {
            ("person", _) => "All that is yours".to_owned(),
            (_, Some(account)) => format!("What is in {} ({account})", name.unwrap_or("an account")),
            _ => self
                .table_name
                .as_deref()
                .and_then(data_map::table)
                .map_or_else(String::new, |table| table.about.trim_end_matches('.').to_owned()),
        };
        format!(
            "{what}. Matter: {}. Since {}.",
            self.matter().label().to_lowercase(),
            day(&self.requested_at)
        )
    }

    /// What it is called, and the kind of badge that it is shown with.
    pub fn badge(&self) -> (&'static str, &'static str) {
        match (self.ended_at, self.ended_by, self.approved_at) {
            (Some(_), Some(_), _) => ("", "Released"),
            (Some(_), None, _) => ("", "Lapsed"),
            (None, _, None) => ("warning", "Waits for approval"),
            (None, _, Some(_)) => ("danger", "In force"),
        }
    }
}

/// Stores a hold.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: HoldId,
    new: &NewHold,
    row: &Row,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(holds::table)
        .values((
            holds::id.eq(id),
            holds::scope.eq(new.scope.as_str()),
            holds::person_id.eq(row.person),
            holds::account_id.eq(row.account),
            holds::table_name.eq(row.table),
            holds::identifier_kind.eq(row.identifier.as_ref().map(|(kind, _)| *kind)),
            holds::sealed_identifier.eq(row.identifier.as_ref().map(|(_, sealed)| sealed)),
            holds::person_keys.eq(&row.person_keys),
            holds::digests.eq(&row.digests),
            holds::matter.eq(new.matter.as_str()),
            holds::reason.eq(&new.reason),
            holds::silent_because.eq(&new.silent_because),
            holds::requested_by.eq(by.0),
            holds::requested_at.eq(now),
            holds::lapses_at.eq(now + super::PROVISIONAL),
            holds::review_on.eq(new.review_on),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a hold's row alone until the end of the transaction.
pub(super) async fn lock(conn: &mut AsyncPgConnection, id: HoldId) -> QueryResult<()> {
    let row = holds::table.find(id).select(holds::id).for_update();
    row.first::<HoldId>(conn).await.optional().map(drop)
}

/// Approves a hold that waits for it, and answers whether it did.
pub(super) async fn approve(
    conn: &mut AsyncPgConnection,
    id: HoldId,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let waiting = holds::table.find(id).filter(holds::ended_at.is_null().and(holds::approved_at.is_null()));
    let changed = diesel::update(waiting)
        .set((holds::approved_by.eq(by.0), holds::approved_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

/// Ends a hold, and answers whether it was in force.
pub(super) async fn end(
    conn: &mut AsyncPgConnection,
    id: HoldId,
    by: Option<PersonId>,
    because: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let changed = diesel::update(holds::table.find(id).filter(holds::ended_at.is_null()))
        .set((
            holds::ended_at.eq(now),
            holds::ended_by.eq(by.map(|by| by.0)),
            holds::ended_because.eq(because),
        ))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

/// Moves the next review, and answers whether the hold is in force.
pub(super) async fn review(
    conn: &mut AsyncPgConnection,
    id: HoldId,
    again_on: NaiveDate,
) -> QueryResult<bool> {
    let changed = diesel::update(holds::table.find(id).filter(holds::ended_at.is_null()))
        .set((holds::review_on.eq(again_on), holds::reminded_for.eq(None::<NaiveDate>)))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

/// A hold.
///
/// # Errors
/// `NotFound`; what the database says.
pub async fn find(conn: &mut AsyncPgConnection, id: HoldId) -> QueryResult<Hold> {
    holds::table.find(id).select(Hold::as_select()).first(conn).await
}

/// Holds in force, or all that are kept: a page of them, newest first.
///
/// # Errors
/// What the database says.
pub async fn list(conn: &mut AsyncPgConnection, all: bool, window: Window) -> QueryResult<Vec<Hold>> {
    let rows = holds::table.select(Hold::as_select());
    let query = windowed!(rows, holds::id, window);
    if all { query.load(conn).await } else { query.filter(holds::ended_at.is_null()).load(conn).await }
}

/// Holds in force that somebody may read of, newest first: on what is theirs, on an account of theirs, or on a table in which
/// there are rows of theirs.
///
/// # Errors
/// What the database says.
pub async fn told_to(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    subject: &Subject,
) -> QueryResult<Vec<(Hold, Option<String>)>> {
    let name = accounts::table.filter(accounts::id.nullable().eq(holds::account_id)).select(accounts::name);
    let owned = accounts::table
        .filter(accounts::owner_id.eq(person).and(holds::account_id.eq(accounts::id.nullable())));
    let tables = tables_with(conn, subject).await?;
    holds::table
        .filter(holds::ended_at.is_null().and(holds::silent_because.is_null()))
        .filter(holds::person_id.eq(person).or(exists(owned)).or(holds::table_name.eq_any(tables)))
        .order(holds::id.desc())
        .limit(100)
        .select((Hold::as_select(), name.single_value()))
        .load(conn)
        .await
}

/// Tables that are held as a whole and have rows of somebody.
///
/// # Errors
/// What the database says.
pub async fn tables_with(conn: &mut AsyncPgConnection, subject: &Subject) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        there: bool,
    }
    let held: Vec<Option<String>> = holds::table
        .filter(holds::ended_at.is_null().and(holds::scope.eq("table")))
        .distinct()
        .select(holds::table_name)
        .load(conn)
        .await?;
    let mut tables = Vec::new();
    for name in held.into_iter().flatten() {
        let Some(theirs) = data_map::table(&name).and_then(|table| subject.condition(table)) else {
            continue;
        };
        let query = format!("SELECT EXISTS (SELECT FROM {name} WHERE {theirs}) AS there");
        let row: Row = subject.query(query).get_result(conn).await?;
        tables.extend(row.there.then_some(name));
    }
    Ok(tables)
}

/// Whether a hold stands against erasing somebody with the accounts that they own, or an account with what is in it; they may
/// not be told of it.
///
/// # Errors
/// What the database says.
pub async fn stands_against(conn: &mut AsyncPgConnection, subject: &Subject) -> QueryResult<bool> {
    let tables = tables_with(conn, subject).await?;
    let held = against(subject, &tables).filter(holds::ended_at.is_null());
    diesel::select(exists(held)).get_result(conn).await
}

/// Holds on a subject, in force or not.
pub(super) fn against(subject: &Subject, tables: &[String]) -> holds::BoxedQuery<'static, diesel::pg::Pg> {
    let of_tables = holds::table_name.eq_any(tables.to_vec());
    let query = holds::table.into_boxed();
    match subject {
        Subject::Person { id, .. } => {
            let owned = accounts::table
                .filter(accounts::owner_id.eq(*id).and(holds::account_id.eq(accounts::id.nullable())));
            // What others have in an account of theirs goes with it.
            let ids = accounts::table.filter(accounts::owner_id.eq(*id)).select(accounts::id);
            let member = account_members::table
                .filter(account_members::account_id.eq_any(ids))
                .filter(holds::person_id.eq(account_members::person_id.nullable()));
            query.filter(holds::person_id.eq(*id).or(exists(owned)).or(exists(member)).or(of_tables))
        }
        Subject::Account { id } => {
            let owner = accounts::table
                .filter(accounts::id.eq(*id).and(holds::person_id.eq(accounts::owner_id.nullable())));
            let member = account_members::table
                .filter(account_members::account_id.eq(*id))
                .filter(holds::person_id.eq(account_members::person_id.nullable()));
            query.filter(holds::account_id.eq(*id).or(exists(owner)).or(exists(member)).or(of_tables))
        }
    }
}

/// Name of a member of staff, where they are still there.
///
/// # Errors
/// What the database says.
pub async fn name_of(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<String>> {
    people::table.find(PersonId(id)).select(people::name).first(conn).await.optional()
}
