//! SQL of handovers.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::What;
use crate::accounts::guard::Account;
use crate::platform::db::schema::{account_handovers, account_members, accounts, people};
use crate::platform::ids::{AccountId, HandoverId, PersonId};

/// An offer.
#[derive(Clone, Debug, Queryable)]
pub struct Offer {
    /// SID.
    pub id: HandoverId,
    /// Of which account.
    pub account: AccountId,
    /// What that is called.
    pub account_name: String,
    what: String,
    /// Who offers.
    pub from: PersonId,
    /// Their name.
    pub from_name: String,
    /// To whom.
    pub to: PersonId,
    /// Their name.
    pub to_name: String,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
    over: bool,
}

impl Offer {
    /// What is offered.
    pub fn what(&self) -> What {
        What::parse(&self.what).expect("the database keeps to these")
    }

    pub(super) fn is_open(&self, now: DateTime<Utc>) -> bool {
        !self.over && now < self.expires_at
    }
}

/// Whether it was neither answered nor withdrawn; it may have run out.
fn is_open() -> diesel::expression::SqlLiteral<Bool> {
    sql(
        "account_handovers.accepted_at IS NULL AND account_handovers.declined_at IS NULL AND account_handovers.withdrawn_at IS NULL",
    )
}

/// `offers!(condition)`: a query for offers with the names in them.
macro_rules! offers {
    ($($condition:expr),+) => {{
        let (givers, takers) = diesel::alias!(people as givers, people as takers);
        account_handovers::table
            .inner_join(accounts::table)
            .inner_join(givers.on(givers.field(people::id).eq(account_handovers::from_id)))
            .inner_join(takers.on(takers.field(people::id).eq(account_handovers::to_id)))
            $(.filter($condition))+
            .order(account_handovers::id.desc())
            .select((
                account_handovers::id,
                account_handovers::account_id,
                accounts::name,
                account_handovers::what,
                account_handovers::from_id,
                givers.field(people::name),
                account_handovers::to_id,
                takers.field(people::name),
                account_handovers::expires_at,
                sql::<Bool>("num_nonnulls(account_handovers.accepted_at, account_handovers.declined_at, account_handovers.withdrawn_at) > 0"),
            ))
    }};
}

pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: HandoverId,
) -> QueryResult<Option<Offer>> {
    let of_account = account_handovers::account_id.eq(account);
    offers!(account_handovers::id.eq(id), of_account).first(conn).await.optional()
}

/// Only of accounts that they are still in: who left takes no offers along.
pub(super) async fn open_to(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Offer>> {
    let valid = account_handovers::expires_at.gt(now);
    offers!(account_handovers::to_id.eq(person), valid, is_open()).load(conn).await
}

pub(super) async fn open_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Offer>> {
    let valid = account_handovers::expires_at.gt(now);
    offers!(account_handovers::account_id.eq(account), valid, is_open()).load(conn).await
}

/// What a member is; nothing for somebody who is none.
pub(super) async fn role(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person: PersonId,
) -> QueryResult<Option<String>> {
    account_members::table.find((account, person)).select(account_members::role).first(conn).await.optional()
}

/// Whether an offer waits. One that ran out is closed, so that another can be made.
pub(super) async fn waits(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    what: What,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let of_account = account_handovers::account_id.eq(account).and(account_handovers::what.eq(what.as_str()));
    diesel::update(account_handovers::table.filter(of_account).filter(is_open()))
        .filter(account_handovers::expires_at.le(now))
        .set(account_handovers::withdrawn_at.eq(now))
        .execute(conn)
        .await?;
    diesel::select(exists(account_handovers::table.filter(of_account).filter(is_open())))
        .get_result(conn)
        .await
}

/// `people`: from whom and to whom; `times`: when, and until when it can be accepted.
pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: HandoverId,
    account: AccountId,
    what: What,
    people: (PersonId, PersonId),
    times: (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<()> {
    diesel::insert_into(account_handovers::table)
        .values((
            account_handovers::id.eq(id),
            account_handovers::account_id.eq(account),
            account_handovers::what.eq(what.as_str()),
            account_handovers::from_id.eq(people.0),
            account_handovers::to_id.eq(people.1),
            account_handovers::created_at.eq(times.0),
            account_handovers::expires_at.eq(times.1),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// How an offer ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Accepted,
    Declined,
    Withdrawn,
}

/// Answers whether it was this call that ended the offer: of two at once, one.
pub(super) async fn end(
    conn: &mut AsyncPgConnection,
    id: HandoverId,
    end: End,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let at = |this: bool| this.then_some(now);
    let changed = diesel::update(account_handovers::table.find(id))
        .filter(is_open())
        .filter(account_handovers::expires_at.gt(now))
        .set((
            account_handovers::accepted_at.eq(at(matches!(end, End::Accepted))),
            account_handovers::declined_at.eq(at(matches!(end, End::Declined))),
            account_handovers::withdrawn_at.eq(at(matches!(end, End::Withdrawn))),
        ))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

pub(super) async fn withdraw_all_with(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let theirs = account_handovers::to_id.eq(person).or(account_handovers::from_id.eq(person));
    diesel::update(account_handovers::table.filter(account_handovers::account_id.eq(account).and(theirs)))
        .filter(is_open())
        .set(account_handovers::withdrawn_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn withdraw_all_from(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let theirs = account_handovers::account_id.eq(account).and(account_handovers::from_id.eq(person));
    diesel::update(account_handovers::table.filter(theirs))
        .filter(is_open())
        .set(account_handovers::withdrawn_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Somebody who could take it.
#[derive(Clone, Debug, Queryable)]
pub struct Candidate {
    /// SID.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
}

/// So many stand in a list to choose from.
const LISTED: i64 = 500;

pub(super) async fn candidates(
    conn: &mut AsyncPgConnection,
    account: &Account,
    holder: PersonId,
) -> QueryResult<Vec<Candidate>> {
    let members = account_members::table.filter(account_members::account_id.eq(account.id));
    people::table
        .filter(
            people::id.eq_any(members.select(account_members::person_id)).or(people::id.eq(account.owner)),
        )
        .filter(people::id.ne(holder))
        .order((people::name, people::id))
        .limit(LISTED)
        .select((people::id, people::name, people::email))
        .load(conn)
        .await
}

/// A point of contact that nobody had named was the owner, and remains who it was.
pub(super) async fn set_owner(
    conn: &mut AsyncPgConnection,
    account: &Account,
    owner: PersonId,
) -> QueryResult<()> {
    diesel::update(accounts::table.find(account.id))
        .set((accounts::owner_id.eq(owner), accounts::contact_id.eq(account.contact)))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn set_contact(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    contact: PersonId,
) -> QueryResult<()> {
    diesel::update(accounts::table.find(account)).set(accounts::contact_id.eq(contact)).execute(conn).await?;
    Ok(())
}
