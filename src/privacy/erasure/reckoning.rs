//! What an erasure did, for the mail and the receipt: how much of which class went, what stays, why and until when.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::queries::Erasure;
use super::{Of, engine};
use crate::platform::db::schema::accounts;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::pages::day;
use crate::privacy::data_map::{self, Class, Table};
use crate::privacy::receipts::document::{Count, Stays};
use crate::privacy::receipts::{Kind, Receipt};
use crate::retention::rules::Rule;

/// What becomes of the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Deleted,
    Anonymised,
    Kept,
}

fn fate(erasure: &Erasure, table: &Table) -> Fate {
    if erasure.cause == "closure" && engine::OUTLIVE_CLOSURE.contains(&table.rule) {
        return Fate::Kept;
    }
    match table.erasure {
        data_map::Erasure::DeleteRow | data_map::Erasure::Cascade => Fate::Deleted,
        data_map::Erasure::Anonymise(_) => Fate::Anonymised,
        data_map::Erasure::Keep(_) => Fate::Kept,
    }
}

fn found(erasure: &Erasure) -> impl Iterator<Item = (&'static Table, i64)> {
    let counts = erasure.found.as_object().into_iter().flatten();
    counts.filter_map(|(name, rows)| Some((data_map::table(name)?, rows.as_i64()?)))
}

/// Rows of each class, by what became of them; classes without any are left out.
fn counts(erasure: &Erasure) -> Vec<Count> {
    let of_class = |class: Class| {
        let mut count = Count::none(class);
        for (table, rows) in found(erasure).filter(|(table, _)| table.class() == class) {
            match fate(erasure, table) {
                Fate::Deleted => count.deleted += rows,
                Fate::Anonymised => count.anonymised += rows,
                Fate::Kept => count.kept += rows,
            }
        }
        (count != Count::none(class)).then_some(count)
    };
    Class::ALL.into_iter().filter_map(of_class).collect()
}

/// What stays, why, and until when.
pub(super) fn stays(erasure: &Erasure, now: DateTime<Utc>) -> Vec<Stays> {
    let kept = found(erasure).filter_map(|(table, _)| {
        let why = match (fate(erasure, table), table.erasure) {
            (Fate::Deleted, _) => return None,
            (Fate::Anonymised, _) => "it was made anonymous: nothing in it leads to you".to_owned(),
            (Fate::Kept, data_map::Erasure::Keep(why)) => format!("it {why}"),
            (Fate::Kept, _) => "our policy keeps it for some time after the closure of an account".to_owned(),
        };
        Some(Stays { what: table.about.trim_end_matches('.').into(), why, until: table.rule.goes_at(now) })
    });
    let backups = Stays {
        what: "Copies in backups".into(),
        why: "they are used for recovery after a loss alone, and written over within 30 days".into(),
        until: Some(now + chrono::Duration::days(30)),
    };
    kept.chain([backups]).collect()
}

/// What stays, as a sentence.
pub(super) fn words(stays: &Stays) -> String {
    let until = stays.until.as_ref().map(|until| format!(", until {}", day(until))).unwrap_or_default();
    format!("{}: {}{until}.", stays.what, stays.why)
}

/// How many rows of each class went, in words.
pub(super) fn gone(erasure: &Erasure) -> Vec<String> {
    let line = |count: Count| {
        let rows = count.deleted;
        (rows > 0).then(|| format!("{}: {rows} {}", count.class, if rows == 1 { "row" } else { "rows" }))
    };
    counts(erasure).into_iter().filter_map(line).collect()
}

/// The receipt of what was done (S91).
pub(super) fn receipt(erasure: &Erasure, of: Of, now: DateTime<Utc>) -> Receipt {
    let mut rules: Vec<&'static Rule> = Vec::new();
    for (table, _) in found(erasure).filter(|(table, _)| fate(erasure, table) != Fate::Deleted) {
        if !rules.contains(&table.rule) {
            rules.push(table.rule);
        }
    }
    let (kind, person, account) = match of {
        Of::Person(id) => (Kind::PersonErased, Some(id), None),
        Of::Account(id) | Of::Content(id) => (Kind::AccountErased, None, Some(id)),
    };
    Receipt {
        person,
        account,
        counts: counts(erasure),
        rules,
        stays: stays(erasure, now),
        ..Receipt::new(kind)
    }
}

/// Whose account it is.
pub(super) async fn owner(conn: &mut AsyncPgConnection, id: AccountId) -> QueryResult<Option<PersonId>> {
    accounts::table.find(id).select(accounts::owner_id).first(conn).await.optional()
}
