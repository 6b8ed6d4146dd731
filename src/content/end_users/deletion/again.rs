//! Deleting somebody again in a restored backup, where nothing says any more who they were: they are found by the keys that
//! every record about them has, and their address, number, name or VIN stands in those records.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::{BATCH, erase};
use crate::content::end_users::queries::{self, Table};
use crate::content::end_users::record::{Claim, Communication};
use crate::content::end_users::{Identifier, restrictions, words};
use crate::content::person_keys::{self, IdentifierKind, in_text};
use crate::platform::crypto::Keys;
use crate::platform::ids::AccountId;

/// Deletes whoever has these keys, inside the caller's transaction, without a receipt. Answers whether there was anything.
///
/// # Errors
/// What the database says.
pub(in crate::content) async fn delete_again(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    kind: IdentifierKind,
    wanted: &[i64],
) -> QueryResult<bool> {
    let values = values(conn, keys, account, kind, wanted).await?;
    let Some(who) = recognise(keys, account, kind, wanted, &values) else { return Ok(false) };
    erase(conn, keys, account, &who).await?;
    Ok(true)
}

/// Every value of this kind in the records with these keys, and in restrictions about exactly them.
async fn values(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    kind: IdentifierKind,
    wanted: &[i64],
) -> QueryResult<Vec<String>> {
    let mut values = restrictions::identifiers(conn, keys, account, wanted).await?;
    let ids = queries::with_keys(conn, Table::Claims, account, wanted, i64::MAX).await?;
    for batch in ids.chunks(BATCH) {
        let claims = queries::claims(conn, account, batch).await?;
        values.extend(claims.iter().flat_map(|claim| in_claim(claim, kind)));
    }
    let ids = queries::with_keys(conn, Table::Communications, account, wanted, i64::MAX).await?;
    for batch in ids.chunks(BATCH) {
        let all = queries::communications(conn, account, batch).await?;
        values.extend(all.iter().flat_map(|one| in_communication(one, kind)));
    }
    Ok(values)
}

fn in_claim(claim: &Claim, kind: IdentifierKind) -> Vec<String> {
    let texts = || claim.friendly_name.iter().chain(&claim.notes);
    match kind {
        IdentifierKind::Email => {
            let own = claim.parties.iter().flat_map(|party| party.emails.clone());
            own.chain(texts().flat_map(|text| found_in(text, kind))).collect()
        }
        IdentifierKind::Phone => {
            let own = claim.parties.iter().flat_map(|party| party.phones.clone());
            own.chain(texts().flat_map(|text| found_in(text, kind))).collect()
        }
        IdentifierKind::Name => {
            claim.parties.iter().map(|party| party.name.clone()).chain(claim.friendly_name.clone()).collect()
        }
        IdentifierKind::Vin => claim.vin.clone().into_iter().collect(),
    }
}

fn in_communication(one: &Communication, kind: IdentifierKind) -> Vec<String> {
    match kind {
        IdentifierKind::Email | IdentifierKind::Phone => {
            let named = one.friendly_name.iter().flat_map(|text| found_in(text, kind));
            one.sender.clone().into_iter().chain(one.recipient.clone()).chain(named).collect()
        }
        IdentifierKind::Name => one.friendly_name.clone().into_iter().collect(),
        IdentifierKind::Vin => Vec::new(),
    }
}

fn found_in(text: &str, kind: IdentifierKind) -> Vec<String> {
    in_text(text).into_iter().filter(|(found, _)| *found == kind).map(|(_, value)| value).collect()
}

/// Who it was: the value that has exactly these keys; of a name, the words that have them.
fn recognise(
    keys: &Keys,
    account: AccountId,
    kind: IdentifierKind,
    wanted: &[i64],
    values: &[String],
) -> Option<Identifier> {
    let keys_of = |value: &str| person_keys::wanted(keys, account, kind, value);
    let whole = values.iter().find(|value| keys_of(value) == wanted).cloned();
    let of_words = || {
        let all = values.iter().flat_map(|value| words(value).into_iter().chain(spaced(value)));
        let mut theirs: Vec<String> =
            all.filter(|word| keys_of(word).iter().all(|key| wanted.contains(key))).collect();
        theirs.sort_unstable();
        theirs.dedup();
        Some(theirs.join(" ")).filter(|name| keys_of(name) == wanted)
    };
    let value = if kind == IdentifierKind::Name { whole.or_else(of_words) } else { whole };
    Identifier::parse(kind, &value?).ok()
}

/// The words of a name as its keys have them, with the signs that are in them.
fn spaced(value: &str) -> Vec<String> {
    value.split_whitespace().map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_recognised_by_keys_alone() {
        let (keys, account) = (Keys::derive(&[7; 32]), AccountId(uuid::Uuid::nil()));
        let held = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        for (kind, looked_for, values, found) in [
            (
                IdentifierKind::Email,
                " ADA@example.com",
                held(&["bob@example.com", "ada@Example.com"]),
                Some("ada@Example.com"),
            ),
            (IdentifierKind::Phone, "+1 202 555 0100", held(&["+12025550100"]), Some("+12025550100")),
            (
                IdentifierKind::Name,
                "Lovelace Ada",
                held(&["Ada King Lovelace", "Bob O'Hara"]),
                Some("ada lovelace"),
            ),
            (IdentifierKind::Name, "O'Hara", held(&["Bob O'Hara"]), Some("o'hara")),
            (
                IdentifierKind::Vin,
                "1hgcm82633a004352",
                held(&["1HGCM82633A004352"]),
                Some("1HGCM82633A004352"),
            ),
            (IdentifierKind::Email, "ada@example.com", held(&["bob@example.com"]), None),
        ] {
            let wanted = person_keys::wanted(&keys, account, kind, looked_for);
            let who = recognise(&keys, account, kind, &wanted, &values);
            assert_eq!(who.map(|who| who.value).as_deref(), found, "{looked_for}");
        }
    }
}
