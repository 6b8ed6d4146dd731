//! No count below ten is shown, and none can be told from the others.
//!
//! A cell below ten is hidden, and with it every sum that it is in: the sum less what is shown would be what is hidden. A
//! quarter stands by itself and is never hidden further by a later one, which whoever kept an older page would see through:
//! the sum of a year is shown only where every quarter of it is.

/// The smallest count that is shown.
pub const LEAST: i64 = 10;

/// A cell of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// As it was counted.
    Shown(i64),
    /// Fewer than [`LEAST`].
    Few,
    /// A sum that is not shown, so that a part of it cannot be told from it.
    Hidden,
}

impl Cell {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Shown(count) => count.to_string(),
            Self::Few => "fewer than 10".into(),
            Self::Hidden => "not shown".into(),
        }
    }

    fn of(count: i64) -> Self {
        if count < LEAST { Self::Few } else { Self::Shown(count) }
    }

    fn is_shown(self) -> bool {
        matches!(self, Self::Shown(_))
    }
}

/// The cells of parts and of their sum, which is last. The sum is shown only where every part is: else it would tell what
/// the parts that are not shown are together.
pub fn row(parts: &[i64]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = parts.iter().map(|count| Cell::of(*count)).collect();
    let total = sum(&cells, parts.iter().sum());
    cells.push(total);
    cells
}

/// The sum of cells, where all of them are shown.
fn sum(cells: &[Cell], sum: i64) -> Cell {
    if cells.iter().all(|cell| cell.is_shown()) { Cell::of(sum) } else { Cell::Hidden }
}

/// The sum of a year over cells of its quarters: shown only where all of them are, so that it tells nothing about one.
pub fn year(quarters: &[(Cell, i64)]) -> Cell {
    let cells: Vec<Cell> = quarters.iter().map(|(cell, _)| *cell).collect();
    sum(&cells, quarters.iter().map(|(_, count)| count).sum())
}

/// The sums of a year: each part over its quarters, and last all parts together, which is shown only where every part is.
pub fn year_row(columns: &[Vec<(Cell, i64)>]) -> Vec<Cell> {
    let Some((all, parts)) = columns.split_last() else { return Vec::new() };
    let mut cells: Vec<Cell> = parts.iter().map(|quarters| year(quarters)).collect();
    let whole = cells.iter().all(|cell| cell.is_shown());
    cells.push(if whole { year(all) } else { Cell::Hidden });
    cells
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::Cell::{Few, Hidden, Shown};
    use super::*;

    #[test]
    fn what_is_large_is_shown_and_what_is_small_is_few() {
        assert_eq!(row(&[10, 12, 30]), [Shown(10), Shown(12), Shown(30), Shown(52)]);
        assert_eq!(row(&[3, 40, 12]), [Few, Shown(40), Shown(12), Hidden]);
        assert_eq!(row(&[9, 9]), [Few, Few, Hidden]);
        assert_eq!(row(&[0, 0, 0]), [Few, Few, Few, Hidden]);
    }

    #[test]
    fn a_year_hides_its_sum_and_never_a_quarter() {
        let quarters =
            |counts: &[i64]| counts.iter().map(|count| (Cell::of(*count), *count)).collect::<Vec<_>>();
        assert_eq!(year(&quarters(&[20, 30, 3, 40])), Hidden);
        assert_eq!(year(&quarters(&[20, 30, 10, 40])), Shown(100));
        assert_eq!(year(&quarters(&[1, 2, 3])), Hidden);
    }

    /// Whatever is counted: of every row that a reader sees, each cell that is not shown can be several numbers.
    #[test]
    fn no_row_tells_a_number_that_it_does_not_show() {
        // Beyond the least, one number is like another.
        let counts = 0..12;
        let mut behind: BTreeMap<String, Vec<[i64; 4]>> = BTreeMap::new();
        for (first, second) in counts.clone().flat_map(|n| counts.clone().map(move |m| (n, m))) {
            for third in counts.clone() {
                let parts = [first, second, third];
                let seen: Vec<String> = row(&parts).into_iter().map(Cell::words).collect();
                let with_sum = [first, second, third, first + second + third];
                behind.entry(seen.join(" | ")).or_default().push(with_sum);
            }
        }
        for (seen, tables) in &behind {
            for (place, words) in seen.split(" | ").enumerate() {
                let possible: BTreeSet<i64> = tables.iter().map(|table| table[place]).collect();
                if words.parse::<i64>().is_ok() {
                    assert_eq!(possible.len(), 1, "{seen}");
                } else {
                    assert!(possible.len() > 1, "{seen}: cell {place} can be nothing but {possible:?}");
                }
                if words == "fewer than 10" {
                    assert_eq!(possible, (0..LEAST).collect(), "{seen}");
                }
            }
        }
        assert!(behind.len() > 8, "{}", behind.len());
    }

    /// The same for a year of two quarters and two parts, with every sum that stands in it.
    #[test]
    fn no_year_tells_a_number_that_it_does_not_show() {
        let counts = [0, 1, 4, 8, 9, 10, 11];
        let pairs: Vec<[i64; 2]> = counts.iter().flat_map(|n| counts.map(|m| [*n, m])).collect();
        let mut behind: BTreeMap<String, Vec<Vec<i64>>> = BTreeMap::new();
        for first in &pairs {
            for second in &pairs {
                let with_sum = |parts: &[i64; 2]| [parts[0], parts[1], parts[0] + parts[1]];
                let (one, two) = (with_sum(first), with_sum(second));
                let (above, below) = (row(first), row(second));
                let column = |place: usize| vec![(above[place], one[place]), (below[place], two[place])];
                let sums = year_row(&[column(0), column(1), column(2)]);
                let seen: Vec<String> =
                    [above.clone(), below.clone(), sums].concat().into_iter().map(Cell::words).collect();
                let of_year: Vec<i64> = one.iter().zip(two).map(|(n, m)| n + m).collect();
                let table = [one.to_vec(), two.to_vec(), of_year].concat();
                behind.entry(seen.join(" | ")).or_default().push(table);
            }
        }
        for (seen, tables) in &behind {
            for (place, words) in seen.split(" | ").enumerate() {
                let possible: BTreeSet<i64> = tables.iter().map(|table| table[place]).collect();
                assert_eq!(possible.len() == 1, words.parse::<i64>().is_ok(), "{seen}: {place} {possible:?}");
            }
        }
    }
}
