//! Keyset paging: a page begins after the key of the last row of the page before, however far in. Keys are
//! ids, which are sorted by time, or numbers.

use std::fmt::Display;

use serde::Deserialize;
use uuid::Uuid;

/// Rows on a page.
pub const PAGE_SIZE: usize = 25;

/// `?before=` or `?after=` of a list that is sorted newest first.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Keyset<K = Uuid> {
    /// Only rows older than this key.
    pub before: Option<K>,
    /// Only rows newer than this key, for the way back.
    pub after: Option<K>,
}

/// A way through a list: what is older than a key, newest first, or what is newer, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Window<K = Uuid> {
    /// Only older rows.
    pub before: Option<K>,
    /// Only newer rows, oldest first.
    pub after: Option<K>,
    /// At most so many.
    pub limit: i64,
}

impl<K: Copy> Window<K> {
    /// The newest rows, newest first.
    pub fn newest(limit: i64) -> Self {
        Self { before: None, after: None, limit }
    }

    /// For SQL that is written out: a key below every row, one above every row, and `ASC` or `DESC`.
    pub fn bounds(self, lowest: K, highest: K) -> (K, K, &'static str) {
        let order = if self.after.is_some() { "ASC" } else { "DESC" };
        (self.after.unwrap_or(lowest), self.before.unwrap_or(highest), order)
    }

    /// For SQL of a list whose earliest row comes first: how rows compare with the key that the window begins at, `ASC` or
    /// `DESC`, and that key.
    pub fn earliest_first(self) -> (&'static str, &'static str, Option<K>) {
        match (self.before, self.after) {
            (_, Some(after)) => ("<", "DESC", Some(after)),
            (before, None) => (">", "ASC", before),
        }
    }
}

/// Cuts a diesel query down to a [`Window`] over a column and boxes it.
macro_rules! windowed {
    ($query:expr, $column:expr, $window:expr) => {{
        let query = $query.limit($window.limit).into_boxed();
        match ($window.before, $window.after) {
            (_, Some(after)) => query.filter($column.gt(after)).order($column.asc()),
            (Some(before), None) => query.filter($column.lt(before)).order($column.desc()),
            (None, None) => query.order($column.desc()),
        }
    }};
}
pub(crate) use windowed;

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
}

impl<K: Copy + Display> Keyset<K> {
    /// What to ask for.
    pub fn window(&self) -> Window<K> {
        Window { before: self.before, after: self.after, limit: Keyset::LIMIT }
    }

    /// Cuts rows down to a page, newest first, and makes the links. Rows come newest first, or with
    /// `after` oldest first, as [`Keyset::window`] asks for them. `path` has no query, `extra` is added to
    /// each link (`&q=…` or empty).
    pub fn page<T>(
        &self,
        mut rows: Vec<T>,
        key: impl Fn(&T) -> K,
        path: &str,
        extra: &str,
    ) -> (Vec<T>, Pager) {
        let more = rows.len() > PAGE_SIZE;
        rows.truncate(PAGE_SIZE);
        if self.after.is_some() {
            rows.reverse();
        }
        let link =
            |which: &str, row: Option<&T>| row.map(|row| format!("{path}?{which}={}{extra}", key(row)));
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
        let (rows, pager) = Keyset::<Uuid>::default().page(newest_first, |id| *id, "/list", "");
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
