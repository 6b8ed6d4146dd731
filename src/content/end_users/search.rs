//! Finding somebody: by the keys of the records, each hit compared with the record itself, newest first.
//!
//! An index over keys knows no order, and a list in order knows no keys. So the look goes two ways. Up to [`MANY`] records
//! that have the keys are taken from the index and put in order here: that is everybody but a very common name. For
//! those the list is walked from its newest record on, where a common word is soon met; the walk ends after
//! [`STEPS`] records, and a page that is not full by then says where to go on. Either way a page has a
//! bound, whatever stands in the account.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::Identifier;
use super::queries::{self, Table, Walk};
use super::record::{Record, Why};
use crate::platform::crypto::Keys;
use crate::platform::ids::AccountId;
use crate::platform::web::pagination::Window;

/// From so many records on a word is common.
const MANY: i64 = 1_000;
/// Records that one walk looks at.
const STEPS: i64 = 10_000;

/// How many records of one kind have the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// This many.
    pub records: i64,
    /// Or more.
    pub or_more: bool,
}

/// How many records have the keys. For a name of several words that may be more than are about the person: the words may
/// stand in different people of one claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Claims.
    pub claims: Count,
    /// Communications.
    pub communications: Count,
}

/// A record about somebody.
#[derive(Clone, Debug)]
pub struct Hit {
    pub(super) record: Record,
    /// Where in it they stand.
    pub why: Vec<Why>,
}

/// A page of hits.
#[derive(Clone, Debug)]
pub struct Page {
    /// In the order of the window.
    pub hits: Vec<Hit>,
    /// From where to go on; nothing at the end.
    pub next: Option<Uuid>,
    /// How many there are in all.
    pub counts: Counts,
}

/// What one table has to say to a window.
struct Candidates {
    count: Count,
    /// In the order of the window.
    ids: Vec<Uuid>,
    /// Beyond this record nobody looked.
    stopped: Option<Uuid>,
}

/// Finds somebody in an account.
///
/// # Errors
/// What the database says.
pub async fn search(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    account: AccountId,
    who: &Identifier,
    window: Window,
) -> QueryResult<Page> {
    let wanted = who.keys(keys, account);
    let claims = candidates(conn, Table::Claims, account, &wanted, window).await?;
    let communications = candidates(conn, Table::Communications, account, &wanted, window).await?;
    let counts = Counts { claims: claims.count, communications: communications.count };
    let (ids, next) = merge([claims, communications], window);
    let hits = load(conn, account, who, &ids).await?;
    Ok(Page { hits, next, counts })
}

async fn candidates(
    conn: &mut AsyncPgConnection,
    table: Table,
    account: AccountId,
    wanted: &[i64],
    window: Window,
) -> QueryResult<Candidates> {
    let mut ids = queries::with_keys(conn, table, account, wanted, MANY + 1).await?;
    let records = i64::try_from(ids.len()).unwrap_or(MANY);
    if records <= MANY {
        ids.retain(|id| window.before.is_none_or(|before| *id < before));
        ids.retain(|id| window.after.is_none_or(|after| *id > after));
        sort(&mut ids, window);
        return Ok(Candidates { count: Count { records, or_more: false }, ids, stopped: None });
    }
    let newer = window.after.is_some();
    let walk = Walk { from: window.after.or(window.before), newer, steps: STEPS, limit: window.limit + 1 };
    let (ids, stopped) = queries::walk(conn, table, account, wanted, walk).await?;
    Ok(Candidates { count: Count { records: MANY, or_more: true }, ids, stopped })
}

fn sort(ids: &mut [Uuid], window: Window) {
    ids.sort_unstable();
    if window.after.is_none() {
        ids.reverse();
    }
}

/// Puts the tables together: ids in the order of the window, none from beyond a place where one of them stopped.
fn merge(tables: [Candidates; 2], window: Window) -> (Vec<Uuid>, Option<Uuid>) {
    let newer = window.after.is_some();
    let stops = tables.iter().filter_map(|table| table.stopped);
    let stopped = if newer { stops.min() } else { stops.max() };
    let mut ids: Vec<Uuid> = tables.into_iter().flat_map(|table| table.ids).collect();
    ids.retain(|id| stopped.is_none_or(|stopped| if newer { *id <= stopped } else { *id >= stopped }));
    sort(&mut ids, window);
    let limit = usize::try_from(window.limit).unwrap_or(0);
    if ids.len() > limit {
        ids.truncate(limit);
        return (ids.clone(), ids.last().copied());
    }
    (ids, stopped)
}

/// The records of these ids that are about somebody, in the order of the ids.
pub(super) async fn load(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    who: &Identifier,
    ids: &[Uuid],
) -> QueryResult<Vec<Hit>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let claims = queries::claims(conn, account, ids).await?;
    let communications = queries::communications(conn, account, ids).await?;
    let claims = claims.into_iter().map(|claim| Record::Claim(Box::new(claim)));
    let communications = communications.into_iter().map(|one| Record::Communication(Box::new(one)));
    let hit = |record: Record| Hit { why: record.matches(who), record };
    let mut hits: Vec<Hit> =
        claims.chain(communications).map(hit).filter(|hit| !hit.why.is_empty()).collect();
    hits.sort_by_key(|hit| ids.iter().position(|id| *id == hit.record.id()));
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(ids: &[u128], stopped: Option<u128>) -> Candidates {
        let count = Count { records: 0, or_more: false };
        let ids = ids.iter().copied().map(Uuid::from_u128).collect();
        Candidates { count, ids, stopped: stopped.map(Uuid::from_u128) }
    }

    fn merged(tables: [Candidates; 2], after: Option<u128>, limit: i64) -> (Vec<u128>, Option<u128>) {
        let window = Window { before: None, after: after.map(Uuid::from_u128), limit };
        let (ids, next) = merge(tables, window);
        (ids.iter().map(Uuid::as_u128).collect(), next.map(|id| id.as_u128()))
    }

    #[test]
    fn two_tables_make_one_list_in_order() {
        let tables = || [candidates(&[9, 5, 1], None), candidates(&[7, 3], None)];
        assert_eq!(merged(tables(), None, 2), (vec![9, 7], Some(7)));
        assert_eq!(merged(tables(), None, 5), (vec![9, 7, 5, 3, 1], None));
        let tables = [candidates(&[5, 9], None), candidates(&[7], None)];
        assert_eq!(merged(tables, Some(4), 2), (vec![5, 7], Some(7)));
    }

    #[test]
    fn nothing_is_shown_from_beyond_where_a_walk_stopped() {
        let tables = [candidates(&[9], Some(6)), candidates(&[8, 5, 3], None)];
        assert_eq!(merged(tables, None, 5), (vec![9, 8], Some(6)));
        let tables = [candidates(&[], Some(6)), candidates(&[], Some(4))];
        assert_eq!(merged(tables, None, 5), (vec![], Some(6)));
    }
}
