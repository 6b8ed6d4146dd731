//! Keyset paging: a page begins after the id of the last row of the page before, however far in.

use serde::Deserialize;
use uuid::Uuid;

/// Rows on a page.
pub const PAGE_SIZE: usize = 25;

/// `?before=` or `?after=` of a list that is sorted newest first.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Keyset {
    /// Only rows older than this id.
    pub before: Option<Uuid>,
    /// Only rows newer than this id, for the way back.
    pub after: Option<Uuid>,
}

/// The links under a list.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// Address of the newer page, if there is one.
    pub newer: Option<String>,
    /// Address of the older page, if there is one.
    pub older: Option<String>,
}

impl Keyset {
    /// How many rows to ask for: one more than a page, which tells whether there is a next one.
    pub const LIMIT: i64 = PAGE_SIZE as i64 + 1;

    /// Cuts rows down to a page, newest first, and makes the links. Rows come newest first, or with
    /// `after` oldest first, up to [`Keyset::LIMIT`] of them. `path` has no query, `extra` is added to
    /// each link (`&q=…` or empty).
    pub fn page<T>(
        &self,
        mut rows: Vec<T>,
        id: impl Fn(&T) -> Uuid,
        path: &str,
        extra: &str,
    ) -> (Vec<T>, Pager) {
        let more = rows.len() > PAGE_SIZE;
        rows.truncate(PAGE_SIZE);
        if self.after.is_some() {
            rows.reverse();
        }
        let link = |which: &str, row: Option<&T>| row.map(|row| format!("{path}?{which}={}{extra}", id(row)));
        let (has_newer, has_older) =
            if self.after.is_some() { (more, true) } else { (self.before.is_some(), more) };
        let newer = has_newer.then(|| link("after", rows.first())).flatten();
        let older = has_older.then(|| link("before", rows.last())).flatten();
        (rows, Pager { newer, older })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(range: std::ops::Range<u128>) -> Vec<Uuid> {
        range.map(Uuid::from_u128).collect()
    }

    #[test]
    fn a_full_first_page_links_to_the_older_one_only() {
        let newest_first: Vec<Uuid> = ids(0..26).into_iter().rev().collect();
        let (rows, pager) = Keyset::default().page(newest_first, |id| *id, "/list", "");
        assert_eq!(rows.len(), PAGE_SIZE);
        assert_eq!((pager.newer, pager.older), (None, Some(format!("/list?before={}", Uuid::from_u128(1)))));
    }

    #[test]
    fn going_back_shows_rows_newest_first_again() {
        let keyset = Keyset { after: Some(Uuid::from_u128(9)), before: None };
        let (rows, pager) = keyset.page(ids(10..12), |id| *id, "/list", "&q=x");
        assert_eq!(rows, [Uuid::from_u128(11), Uuid::from_u128(10)]);
        assert_eq!(pager.newer, None);
        assert_eq!(pager.older, Some(format!("/list?before={}&q=x", Uuid::from_u128(10))));
    }
}
