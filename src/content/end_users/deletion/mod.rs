//! Deleting somebody (S98, S110, S111, S159): every claim and communication that is about them, in one transaction, and a
//! dated receipt that does not say who it was.
//!
//! A claim whose only party they are goes, and so does one that is found by its VIN. A claim with other people keeps
//! its facts and loses their entry, and the texts that name them. A communication that they sent or received goes
//! with what it says; one that only names them in its friendly name loses that. Restrictions about exactly them go, and so do
//! answers that were kept to be given again. Copies in backups are written over within 30 days.

mod again;
mod overdue;
pub(super) mod receipts;
pub(super) mod signed;
mod traces;

pub(in crate::content) use again::delete_again;
pub use overdue::{finish, overdue};

use diesel::QueryResult;
use diesel::sql_types::{Jsonb, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::queries::{self, Table};
use super::record::{Claim, Communication, names};
use super::{Act, Identifier, mail, restrictions};
use crate::api::idempotency;
use crate::content::ledger::{self, Gone};
use crate::content::locks;
use crate::content::parties::Party;
use crate::content::person_keys::IdentifierKind;
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::ids::AccountId;
use crate::retention::holds;

use receipts::Receipt;

/// What stays after a deletion, and why (S111).
pub(super) const STAYS: [(&str, &str); 5] = [
    (
        "Claims of other people",
        "Facts of a claim that others are in belong to them too; the person's entry and the texts that name them are gone from it.",
    ),
    (
        "Request log",
        "Kept 30 days for troubleshooting and against abuse. It says which credential asked for what and when, and nothing of content.",
    ),
    ("Receipt", "Kept 2 years to prove the deletion. It says when and how much, and not who it was."),
    (
        "Copies that you ordered",
        "A copy of the account that was made before the deletion has it still. It ends seven days after it was made, or when you end it under Copies of your data. What you fetched is with you.",
    ),
    (
        "Copies in backups",
        "Written over within 30 days. They are used for nothing but recovery after a loss.",
    ),
];

/// Records that are read at a time.
const BATCH: usize = 500;

/// How many records a deletion is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Claims that go.
    pub claims: i64,
    /// Records of others that they are taken out of.
    pub parties: i64,
    /// Communications that go.
    pub communications: i64,
    /// Bodies that go with them.
    pub bodies: i64,
}

/// What a deletion would do now.
///
/// # Errors
/// What the database says.
pub(super) async fn preview(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    who: &Identifier,
) -> QueryResult<Tally> {
    go_through(conn, keys, account, who, false).await
}

/// Deletes somebody, inside the caller's transaction, and writes it down for backups that are older.
///
/// # Errors
/// What the database says.
pub(super) async fn carry_out(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    act: &Act,
    who: &Identifier,
) -> QueryResult<Receipt> {
    let tally = erase(conn, keys, act.account, who).await?;
    ledger::record(conn, keys, act.account, Gone::Somebody(who), act.now).await?;
    receipts::insert(conn, keys, act, who, tally).await
}

/// Deletes everything about somebody in an account.
async fn erase(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    who: &Identifier,
) -> QueryResult<Tally> {
    locks::hold_arrivals(conn, account).await?;
    let wanted = who.keys(keys, account);
    holds::guard::refuse_held_end_user(conn, account, &wanted).await?;
    let theirs = restrictions::about(conn, account, &wanted).await?;
    locks::records(conn, account, &wanted, &theirs).await?;
    restrictions::erase(conn, account, who, &theirs).await?;
    let mut answered: Vec<Uuid> = theirs.iter().map(|id| id.0).collect();
    // Pages of hits are about the whole account.
    answered.push(account.0);
    idempotency::forget(conn, &answered).await?;
    let tally = go_through(conn, keys, account, who, true).await?;
    traces::erase(conn, account, who).await?;
    Ok(tally)
}

/// Tells those who answer for the account, and the audit log. The last thing in the transaction.
///
/// # Errors
/// What the database says.
pub(super) async fn announce(
    conn: &mut AsyncPgConnection,
    app: &App,
    act: &Act,
    receipt: &Receipt,
) -> QueryResult<()> {
    mail::announce(conn, app, act, receipt).await?;
    act.note(conn, "end_user.deleted", receipt.kind()).await
}

/// Goes through every record with the keys, batch by batch, and counts; changes it only if it is told to.
async fn go_through(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    who: &Identifier,
    change: bool,
) -> QueryResult<Tally> {
    let wanted = who.keys(keys, account);
    let mut tally = Tally::default();
    let ids = queries::with_keys(conn, Table::Claims, account, &wanted, i64::MAX).await?;
    for batch in ids.chunks(BATCH) {
        let claims = queries::claims(conn, account, batch).await?;
        let (gone, edited) = sort_claims(claims, who);
        tally.claims += count(&gone);
        tally.parties += count(&edited);
        if change {
            change_claims(conn, keys, account, &gone, &edited).await?;
        }
    }
    let ids = queries::with_keys(conn, Table::Communications, account, &wanted, i64::MAX).await?;
    for batch in ids.chunks(BATCH) {
        let all = queries::communications(conn, account, batch).await?;
        let (gone, edited) = sort_communications(all, who);
        tally.communications += count(&gone);
        tally.parties += count(&edited);
        tally.bodies += queries::count_bodies(conn, &gone).await?;
        if change {
            change_communications(conn, keys, account, &gone, &edited).await?;
        }
    }
    Ok(tally)
}

fn count<T>(all: &[T]) -> i64 {
    i64::try_from(all.len()).unwrap_or(i64::MAX)
}

/// Claims that go, and claims of others as they will stand.
fn sort_claims(claims: Vec<Claim>, who: &Identifier) -> (Vec<Uuid>, Vec<Claim>) {
    let (mut gone, mut edited) = (Vec::new(), Vec::new());
    for claim in claims {
        match without(claim.clone(), who) {
            None => gone.push(claim.id.0),
            Some(rest) if rest != claim => edited.push(rest),
            Some(_) => {}
        }
    }
    (gone, edited)
}

/// A claim without somebody; nothing if nothing of it is left to keep.
fn without(mut claim: Claim, who: &Identifier) -> Option<Claim> {
    if claim.vin.as_deref().is_some_and(|vin| who.is(IdentifierKind::Vin, vin)) {
        return None;
    }
    let (theirs, others): (Vec<Party>, Vec<Party>) =
        claim.parties.into_iter().partition(|party| party.is(who.kind, &who.value));
    if !theirs.is_empty() && others.is_empty() {
        return None;
    }
    claim.parties = others;
    let theirs: Vec<&Party> = theirs.iter().collect();
    let is_clear = |text: &String| !who.stands_in(text) && !names(text, &theirs);
    claim.friendly_name = claim.friendly_name.filter(is_clear);
    claim.notes = claim.notes.filter(is_clear);
    Some(claim)
}

/// Communications that go, and those that only lose their friendly name.
fn sort_communications(all: Vec<Communication>, who: &Identifier) -> (Vec<Uuid>, Vec<Communication>) {
    let (mut gone, mut edited) = (Vec::new(), Vec::new());
    for mut one in all {
        if one.is_with(who) {
            gone.push(one.id.0);
        } else if one.friendly_name.as_deref().is_some_and(|name| who.stands_in(name)) {
            one.friendly_name = None;
            edited.push(one);
        }
    }
    (gone, edited)
}

async fn change_claims(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    gone: &[Uuid],
    edited: &[Claim],
) -> QueryResult<()> {
    let row = |claim: &Claim| {
        json!({
            "id": claim.id.0,
            "parties": claim.parties,
            "friendly_name": claim.friendly_name,
            "notes": claim.notes,
            "person_keys": claim.person_keys(keys, account),
        })
    };
    let rows: Vec<Value> = edited.iter().map(row).collect();
    let touched: Vec<Uuid> = gone.iter().copied().chain(edited.iter().map(|claim| claim.id.0)).collect();
    queries::delete_claims(conn, gone).await?;
    diesel::sql_query(
        "UPDATE claims c SET parties = n.parties, friendly_name = n.friendly_name, notes = n.notes, \
         person_keys = n.person_keys, restriction_id = restriction_for($1, n.person_keys), version = version + 1 \
         FROM jsonb_to_recordset($2) AS n (id uuid, parties jsonb, friendly_name text, notes text, person_keys bigint[]) \
         WHERE c.id = n.id",
    )
    .bind::<SqlUuid, _>(account)
    .bind::<Jsonb, _>(Value::Array(rows))
    .execute(conn)
    .await?;
    idempotency::forget(conn, &touched).await
}

async fn change_communications(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    gone: &[Uuid],
    edited: &[Communication],
) -> QueryResult<()> {
    let row = |one: &Communication| json!({ "id": one.id.0, "person_keys": one.person_keys(keys, account) });
    let rows: Vec<Value> = edited.iter().map(row).collect();
    let touched: Vec<Uuid> = gone.iter().copied().chain(edited.iter().map(|one| one.id.0)).collect();
    queries::delete_communications(conn, gone).await?;
    diesel::sql_query(
        "UPDATE communications c SET friendly_name = NULL, person_keys = n.person_keys, \
         restriction_id = restriction_for($1, n.person_keys), version = version + 1 \
         FROM jsonb_to_recordset($2) AS n (id uuid, person_keys bigint[]) WHERE c.id = n.id",
    )
    .bind::<SqlUuid, _>(account)
    .bind::<Jsonb, _>(Value::Array(rows))
    .execute(conn)
    .await?;
    idempotency::forget(conn, &touched).await
}
