//! Rows of disclosures and of their steps.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::kinds::{Ground, Outcome, State};
use super::record::{Disclosure, Step};
use super::steps::Act;
use super::{About, NewDisclosure};
use crate::platform::db::schema::{accounts, disclosure_steps, disclosures, people, transfer_notices};
use crate::platform::ids::{AccountId, DisclosureId, PersonId, new_uuid};
use crate::platform::web::pagination::{Window, windowed};

/// Leaves out what is about a member of staff themselves, or about an account of theirs: they hear of it like everybody else.
macro_rules! of_others {
    ($rows:expr, $who:expr) => {
        $rows.filter(disclosures::person_id.is_null().or(disclosures::person_id.ne($who))).filter(
            disclosures::account_id.is_null().or(disclosures::account_id
                .ne_all(accounts::table.filter(accounts::owner_id.eq($who)).select(accounts::id.nullable()))),
        )
    };
}

/// Whoever it is about stays there until the end of the transaction.
///
/// # Errors
/// `NotFound`, also where it is about whoever records it; what the database says.
pub(crate) async fn lock_subject(
    conn: &mut AsyncPgConnection,
    about: About,
    by: PersonId,
) -> QueryResult<()> {
    match about {
        About::Nobody => Ok(()),
        About::Person(id) => {
            let row = people::table.find(id).filter(people::id.ne(by)).select(people::id).for_key_share();
            row.first::<PersonId>(conn).await.map(drop)
        }
        About::Account(id) => {
            let row = accounts::table
                .find(id)
                .filter(accounts::owner_id.ne(by))
                .select(accounts::id)
                .for_key_share();
            row.first::<AccountId>(conn).await.map(drop)
        }
    }
}

fn ids(about: About) -> (Option<PersonId>, Option<AccountId>) {
    match about {
        About::Nobody => (None, None),
        About::Person(id) => (Some(id), None),
        About::Account(id) => (None, Some(id)),
    }
}

/// What somebody recorded that is the same in everything, and with which nothing was done yet.
pub(super) async fn same(
    conn: &mut AsyncPgConnection,
    new: &NewDisclosure,
    by: PersonId,
) -> QueryResult<Option<DisclosureId>> {
    let (person, account) = ids(new.about);
    let classes: Vec<&str> = new.classes.iter().map(|class| class.id()).collect();
    let categories: Vec<&str> = new.categories.iter().map(|category| category.id()).collect();
    let (until, because) =
        new.silence.as_ref().map(|silence| (silence.until, silence.because.as_str())).unzip();
    disclosures::table
        .filter(disclosures::recorded_by.eq(by).and(disclosures::state.eq(State::Received.as_str())))
        .filter(
            disclosures::recipient_kind.eq(new.kind.as_str()).and(disclosures::recipient.eq(&new.recipient)),
        )
        .filter(disclosures::ground.is_not_distinct_from(new.ground.map(Ground::as_str)))
        .filter(disclosures::sale.eq(new.sale).and(disclosures::received_on.eq(new.received_on)))
        .filter(disclosures::classes.eq(classes).and(disclosures::categories.eq(categories)))
        .filter(disclosures::person_id.is_not_distinct_from(person))
        .filter(disclosures::account_id.is_not_distinct_from(account))
        .filter(disclosures::order_reference.is_not_distinct_from(&new.order_reference))
        .filter(disclosures::words.is_not_distinct_from(&new.words))
        .filter(disclosures::method.is_not_distinct_from(&new.method))
        .filter(disclosures::silent_until.is_not_distinct_from(until))
        .filter(disclosures::silent_because.is_not_distinct_from(because))
        .filter(disclosures::transfer_on.is_not_distinct_from(new.transfer_on))
        .select(disclosures::id)
        .first(conn)
        .await
        .optional()
}

/// Stores a disclosure with its first step.
pub(crate) async fn insert(
    conn: &mut AsyncPgConnection,
    id: DisclosureId,
    new: &NewDisclosure,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (person, account) = ids(new.about);
    let classes: Vec<&str> = new.classes.iter().map(|class| class.id()).collect();
    let categories: Vec<&str> = new.categories.iter().map(|category| category.id()).collect();
    diesel::insert_into(disclosures::table)
        .values((
            disclosures::id.eq(id),
            disclosures::recipient_kind.eq(new.kind.as_str()),
            disclosures::recipient.eq(&new.recipient),
            disclosures::ground.eq(new.ground.map(Ground::as_str)),
            disclosures::sale.eq(new.sale),
            disclosures::classes.eq(classes),
            disclosures::categories.eq(categories),
            disclosures::person_id.eq(person),
            disclosures::account_id.eq(account),
            disclosures::order_reference.eq(&new.order_reference),
            disclosures::words.eq(&new.words),
            disclosures::method.eq(&new.method),
            disclosures::received_on.eq(new.received_on),
            disclosures::silent_since.eq(new.silence.as_ref().map(|_| now.date_naive())),
            disclosures::silent_until.eq(new.silence.as_ref().map(|silence| silence.until)),
            disclosures::silent_because.eq(new.silence.as_ref().map(|silence| silence.because.as_str())),
            disclosures::transfer_on.eq(new.transfer_on),
            disclosures::recorded_by.eq(by),
            disclosures::recorded_at.eq(now),
        ))
        .execute(conn)
        .await?;
    take(conn, id, &Act::Received, None, (by, now)).await.map(drop)
}

/// Takes a step, as far as the database allows it. Answers what it became: a day of telling that is set later than it was
/// approved waits for a second person, and is a proposal.
pub(crate) async fn take(
    conn: &mut AsyncPgConnection,
    id: DisclosureId,
    act: &Act,
    seen: Option<i32>,
    (by, now): (PersonId, DateTime<Utc>),
) -> QueryResult<String> {
    diesel::insert_into(disclosure_steps::table)
        .values((
            disclosure_steps::id.eq(new_uuid(now)),
            disclosure_steps::disclosure_id.eq(id),
            disclosure_steps::act.eq(act.as_str()),
            disclosure_steps::actor_id.eq(by),
            disclosure_steps::at.eq(now),
            disclosure_steps::note.eq(act.note()),
            disclosure_steps::words.eq(act.words()),
            disclosure_steps::outcome.eq(act.outcome().map(Outcome::as_str)),
            disclosure_steps::silent_until.eq(act.silent_until()),
            disclosure_steps::handed_on.eq(act.handed_on()),
            disclosure_steps::seen_version.eq(seen),
        ))
        .returning(disclosure_steps::act)
        .get_result(conn)
        .await
}

/// A disclosure, for a member of staff.
///
/// # Errors
/// `NotFound`, also where it is about them; what the database says.
pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    id: DisclosureId,
    who: PersonId,
) -> QueryResult<Disclosure> {
    of_others!(disclosures::table.find(id), who).select(Disclosure::as_select()).first(conn).await
}

/// Those that wait for something, or all that are kept, for a member of staff: a page of them, newest first.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    who: PersonId,
    all: bool,
    window: Window,
) -> QueryResult<Vec<Disclosure>> {
    let rows = of_others!(disclosures::table, who).select(Disclosure::as_select());
    let query = windowed!(rows, disclosures::id, window);
    if all { query.load(conn).await } else { query.filter(disclosures::closed_at.is_null()).load(conn).await }
}

/// The steps of some disclosures, in the order in which they were taken.
pub(super) async fn steps(conn: &mut AsyncPgConnection, of: &[DisclosureId]) -> QueryResult<Vec<Step>> {
    disclosure_steps::table
        .filter(disclosure_steps::disclosure_id.eq_any(of))
        .order((disclosure_steps::disclosure_id, disclosure_steps::seq))
        .select(Step::as_select())
        .load(conn)
        .await
}

/// What somebody was told of, about themselves or an account that they own, and of transfers: a page of it, newest first.
pub(super) async fn told_to(
    conn: &mut AsyncPgConnection,
    person: PersonId,
    window: Window,
) -> QueryResult<Vec<Disclosure>> {
    let owned = accounts::table.filter(accounts::owner_id.eq(person)).select(accounts::id.nullable());
    let theirs = disclosures::person_id.eq(person).or(disclosures::account_id.eq_any(owned));
    let transfers = transfer_notices::table
        .filter(transfer_notices::person_id.eq(person).and(transfer_notices::told_at.is_not_null()))
        .select(transfer_notices::disclosure_id);
    let rows = disclosures::table
        .filter(disclosures::told_at.is_not_null().and(theirs).or(disclosures::id.eq_any(transfers)))
        .select(Disclosure::as_select());
    windowed!(rows, disclosures::id, window).load(conn).await
}

/// A disclosure of which whoever it is about is to be told now, taken alone until the end of the transaction; nothing where
/// they were told, or may not be yet.
pub(super) async fn lock_untold(
    conn: &mut AsyncPgConnection,
    id: DisclosureId,
    today: NaiveDate,
) -> QueryResult<Option<Disclosure>> {
    disclosures::table
        .find(id)
        .filter(disclosures::told_at.is_null())
        .filter(disclosures::state.eq_any([State::Approved.as_str(), State::Disclosed.as_str()]))
        .filter(disclosures::silent_until.is_null().or(disclosures::silent_until.le(today)))
        .select(Disclosure::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()
}

/// Notes that whoever it is about is told.
pub(crate) async fn mark_told(
    conn: &mut AsyncPgConnection,
    id: DisclosureId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let it = disclosures::table.find(id);
    diesel::update(it).set(disclosures::told_at.eq(now)).execute(conn).await.map(drop)
}

/// What the owner of an account is still to be told of is about them from now on, inside the transaction that takes the account.
///
/// # Errors
/// What the database says.
pub(crate) async fn pass_to_owner(conn: &mut AsyncPgConnection, account: AccountId) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE disclosures d SET person_id = a.owner_id, account_id = NULL FROM accounts a \
         WHERE a.id = $1 AND d.account_id = a.id AND d.told_at IS NULL AND d.state NOT IN ('refused', 'withdrawn')",
    )
    .bind::<SqlUuid, _>(account)
    .execute(conn)
    .await
    .map(drop)
}

/// Those about somebody who may be told by now: some of them, the longest due first.
pub(super) async fn silence_over(
    conn: &mut AsyncPgConnection,
    today: NaiveDate,
) -> QueryResult<Vec<DisclosureId>> {
    disclosures::table
        .filter(disclosures::told_at.is_null().and(disclosures::silent_until.le(today)))
        .filter(disclosures::state.eq_any([State::Approved.as_str(), State::Disclosed.as_str()]))
        .filter(disclosures::person_id.is_not_null().or(disclosures::account_id.is_not_null()))
        .order((disclosures::silent_until, disclosures::id))
        .limit(1000)
        .select(disclosures::id)
        .load(conn)
        .await
}

/// Somebody to whom a mail goes.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub id: PersonId,
    pub name: String,
    pub email: String,
}

/// Whoever is told of a disclosure: the person, or the owner of the account, also of one that was closed meanwhile; nobody
/// once they are erased.
pub(super) async fn reader(
    conn: &mut AsyncPgConnection,
    disclosure: &Disclosure,
) -> QueryResult<Option<Reader>> {
    let id = match (disclosure.person, disclosure.account) {
        (Some(person), _) => Some(person),
        (None, Some(account)) => {
            let owner = accounts::table.find(account).select(accounts::owner_id);
            owner.first::<PersonId>(conn).await.optional()?
        }
        (None, None) => None,
    };
    let Some(id) = id else { return Ok(None) };
    let found = people::table.find(id).select((people::name, people::email));
    let found = found.first::<(String, String)>(conn).await.optional()?;
    Ok(found.map(|(name, email)| Reader { id, name, email }))
}

/// Name of a member of staff, where they are still there.
pub(super) async fn name_of(conn: &mut AsyncPgConnection, id: PersonId) -> QueryResult<Option<String>> {
    people::table.find(id).select(people::name).first(conn).await.optional()
}
