//! Restricting somebody's records (S159): from now on programs get 423 for them, and lists, analyses and exports made for
//! other reasons leave them out, until the restriction is lifted. What arrives meanwhile is
//! restricted too ([`crate::content::restrictions`]).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Act, IDENTIFIER_PLACE, Identifier, token};
use crate::api::idempotency;
use crate::content::forbidden;
use crate::content::locks;
use crate::content::person_keys::IdentifierKind;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::restrictions;
use crate::platform::ids::{AccountId, RestrictionId};
use crate::platform::web::pagination::{Window, windowed};

/// A restriction.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = restrictions, check_for_backend(diesel::pg::Pg))]
pub(super) struct Restriction {
    pub id: RestrictionId,
    identifier_kind: String,
    sealed_identifier: Vec<u8>,
    pub reason: String,
    pub began_by_kind: String,
    pub began_at: DateTime<Utc>,
    pub lifted_at: Option<DateTime<Utc>>,
}

impl Restriction {
    /// Whom it is about; nothing if the seal belongs to another key.
    pub(super) fn who(&self, keys: &Keys) -> Option<Identifier> {
        token::unpack(&keys.open(IDENTIFIER_PLACE, &self.sealed_identifier).ok()?)
    }

    /// By what they are known.
    pub(super) fn kind(&self) -> IdentifierKind {
        IdentifierKind::parse(&self.identifier_kind).expect("the database keeps to the kinds")
    }
}

/// What became of the wish to restrict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is in force, and so many records are under it.
    New(RestrictionId, usize),
    /// One about the same person is in force already.
    Already(RestrictionId),
}

/// Takes a reason.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse_reason(text: &str) -> Result<String, &'static str> {
    let reason = text.trim().replace("\r\n", "\n");
    match reason.chars().count() {
        0 => Err("Say why, so that whoever lifts it knows."),
        1..=500 if !reason.contains('\0') => forbidden::why(&reason).map_or(Ok(reason), Err),
        1..=500 => Err("Take the control character out."),
        _ => Err("Say it in up to 500 characters."),
    }
}

/// Begins a restriction with all records that are there, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub(super) async fn begin(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    act: &Act,
    who: &Identifier,
    reason: &str,
) -> QueryResult<Begun> {
    locks::hold_arrivals(conn, act.account).await?;
    let wanted = who.keys(keys, act.account);
    let same = restrictions::table
        .filter(restrictions::account_id.eq(act.account).and(restrictions::lifted_at.is_null()))
        .filter(restrictions::person_keys.eq(&wanted))
        .select(restrictions::id);
    if let Some(id) = same.first(conn).await.optional()? {
        return Ok(Begun::Already(id));
    }
    let id = RestrictionId::new(act.now);
    let sealed = [who.kind.as_str().as_bytes(), b"\0", who.value.as_bytes()].concat();
    diesel::insert_into(restrictions::table)
        .values((
            restrictions::id.eq(id),
            restrictions::account_id.eq(act.account),
            restrictions::identifier_kind.eq(who.kind.as_str()),
            restrictions::sealed_identifier.eq(keys.seal(IDENTIFIER_PLACE, &sealed)),
            restrictions::person_keys.eq(&wanted),
            restrictions::reason.eq(reason),
            restrictions::began_by_kind.eq(act.actor_kind()),
            restrictions::began_by.eq(act.actor_id()),
            restrictions::began_at.eq(act.now),
        ))
        .execute(conn)
        .await?;
    locks::records(conn, act.account, &wanted, &[]).await?;
    let records = cover(conn, act.account, id, &wanted).await?;
    idempotency::forget(conn, &[act.account.0]).await?;
    Ok(Begun::New(id, records))
}

/// Puts the records about somebody under a restriction, unless another one has them. Answers how many.
async fn cover(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: RestrictionId,
    wanted: &[i64],
) -> QueryResult<usize> {
    let mut records = 0;
    for table in ["claims", "communications"] {
        records += diesel::sql_query(format!(
            "UPDATE {table} SET restriction_id = $1 WHERE account_id = $2 AND person_keys @> $3 AND restriction_id IS NULL"
        ))
        .bind::<SqlUuid, _>(id)
        .bind::<SqlUuid, _>(account)
        .bind::<Array<BigInt>, _>(wanted)
        .execute(conn)
        .await?;
    }
    Ok(records)
}

/// Lifts a restriction, inside the caller's transaction. Records that another one covers stay under that. Answers
/// whether it was in force.
///
/// # Errors
/// What the database says; `NotFound` where it is none of the account.
pub(super) async fn lift(conn: &mut AsyncPgConnection, act: &Act, id: RestrictionId) -> QueryResult<bool> {
    locks::hold_arrivals(conn, act.account).await?;
    if find(conn, act.account, id).await?.lifted_at.is_some() {
        return Ok(false);
    }
    diesel::update(restrictions::table.find(id))
        .set((restrictions::lifted_at.eq(act.now), restrictions::lifted_by.eq(act.actor_id())))
        .execute(conn)
        .await?;
    locks::records(conn, act.account, &[], &[id]).await?;
    release(conn, act.account, id).await?;
    idempotency::forget(conn, &[act.account.0]).await?;
    Ok(true)
}

/// Puts the records that are under this restriction, and locked, under the oldest other one that covers them, or under none.
pub(super) async fn release(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: RestrictionId,
) -> QueryResult<()> {
    for table in ["claims", "communications"] {
        diesel::sql_query(format!(
            "UPDATE {table} t SET restriction_id = (SELECT r.id FROM restrictions r WHERE r.account_id = $1 \
             AND r.lifted_at IS NULL AND r.id <> $2 AND r.person_keys <@ t.person_keys ORDER BY r.id LIMIT 1) \
             WHERE t.restriction_id = $2"
        ))
        .bind::<SqlUuid, _>(account)
        .bind::<SqlUuid, _>(id)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// The restrictions of an account about exactly the person with these keys, lifted ones too.
pub(super) async fn about(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    wanted: &[i64],
) -> QueryResult<Vec<RestrictionId>> {
    restrictions::table
        .filter(restrictions::account_id.eq(account).and(restrictions::person_keys.eq(wanted)))
        .select(restrictions::id)
        .load(conn)
        .await
}

/// Whom the restrictions with exactly these keys are about, as they were known.
///
/// # Errors
/// What the database says.
pub(super) async fn identifiers(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    wanted: &[i64],
) -> QueryResult<Vec<String>> {
    let found: Vec<Restriction> = restrictions::table
        .filter(restrictions::account_id.eq(account).and(restrictions::person_keys.eq(wanted)))
        .select(Restriction::as_select())
        .load(conn)
        .await?;
    Ok(found.iter().filter_map(|one| one.who(keys)).map(|who| who.value).collect())
}

/// Erases what the restrictions of an account say of somebody who is deleted: those about exactly this person go, whose
/// records are locked, and a reason of another that names them.
pub(super) async fn erase(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    who: &Identifier,
    theirs: &[RestrictionId],
) -> QueryResult<()> {
    for id in theirs {
        release(conn, account, *id).await?;
    }
    diesel::delete(restrictions::table.filter(restrictions::id.eq_any(theirs))).execute(conn).await?;
    let of_account = restrictions::table.filter(restrictions::account_id.eq(account));
    let reasons: Vec<(RestrictionId, String)> =
        of_account.select((restrictions::id, restrictions::reason)).load(conn).await?;
    let naming: Vec<RestrictionId> =
        reasons.into_iter().filter(|(_, reason)| who.stands_in(reason)).map(|(id, _)| id).collect();
    diesel::update(restrictions::table.filter(restrictions::id.eq_any(naming)))
        .set(restrictions::reason.eq("Taken out with the deletion of somebody."))
        .execute(conn)
        .await?;
    Ok(())
}

/// A restriction of an account.
///
/// # Errors
/// What the database says; `NotFound`.
pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: RestrictionId,
) -> QueryResult<Restriction> {
    restrictions::table
        .filter(restrictions::account_id.eq(account).and(restrictions::id.eq(id)))
        .select(Restriction::as_select())
        .first(conn)
        .await
}

/// The restriction in force about exactly this person, if there is one.
///
/// # Errors
/// What the database says.
pub(super) async fn present(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    who: &Identifier,
) -> QueryResult<Option<Restriction>> {
    restrictions::table
        .filter(restrictions::account_id.eq(account).and(restrictions::lifted_at.is_null()))
        .filter(restrictions::person_keys.eq(who.keys(keys, account)))
        .select(Restriction::as_select())
        .first(conn)
        .await
        .optional()
}

/// The restrictions of an account, those in force and those lifted, newest first; with `after` oldest first.
///
/// # Errors
/// What the database says.
pub(super) async fn list(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    window: Window,
) -> QueryResult<Vec<Restriction>> {
    let all =
        restrictions::table.filter(restrictions::account_id.eq(account)).select(Restriction::as_select());
    windowed!(all, restrictions::id, window).load(conn).await
}
