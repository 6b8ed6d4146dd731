//! No count below ten is shown, and none can be told from the others.
//!
//! A cell below ten is hidden. In a row whose sum is shown, the sum less what else is shown is what is hidden, so at least
//! two cells are hidden, and together they are ten or more; else the smallest that is left is hidden too. A quarter stands
//! by itself and is never hidden further by a later one, which whoever kept an older page would see through: the sum of a
//! year is shown only where every quarter of it is.

/// The smallest count that is shown.
pub const LEAST: i64 = 10;

/// A cell of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// As it was counted.
    Shown(i64),
    /// Fewer than [`LEAST`].
    Few,
    /// Not shown, so that another cell cannot be told from it.
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

/// Whether what is hidden among cells whose sum is shown could be told: it is one cell, it is together below ten, or it
/// can be nothing but nine in each.
fn betrays(cells: &[Cell], counts: &[i64]) -> bool {
    let hidden: Vec<(Cell, i64)> =
        cells.iter().copied().zip(counts.iter().copied()).filter(|(cell, _)| !cell.is_shown()).collect();
    let sum: i64 = hidden.iter().map(|(_, count)| count).sum();
    let all_few = hidden.iter().all(|(cell, _)| *cell == Cell::Few);
    let most = (LEAST - 1) * i64::try_from(hidden.len()).unwrap_or(0);
    match hidden.len() {
        0 => false,
        1 => true,
        _ => sum < LEAST || (all_few && sum == most),
    }
}

/// The cells of parts and of their sum, which is last: as they may be shown together.
pub fn row(parts: &[i64]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = parts.iter().map(|count| Cell::of(*count)).collect();
    let sum: i64 = parts.iter().sum();
    let mut total = Cell::of(sum);
    while total.is_shown() && betrays(&cells, parts) {
        let smallest =
            (0..cells.len()).filter(|place| cells[*place].is_shown()).min_by_key(|place| parts[*place]);
        match smallest {
            Some(place) => cells[place] = Cell::Hidden,
            None => total = Cell::Hidden,
        }
    }
    cells.push(total);
    cells
}

/// The sum of a year over cells of its quarters: shown only where all of them are, so that it tells nothing about one.
pub fn year(quarters: &[(Cell, i64)]) -> Cell {
    match Cell::of(quarters.iter().map(|(_, count)| count).sum()) {
        Cell::Shown(_) if quarters.iter().any(|(cell, _)| !cell.is_shown()) => Cell::Hidden,
        cell => cell,
    }
}

/// The sums of a year: each part over its quarters, and all parts together. In this row, too, no sum may betray another.
pub fn year_row(columns: &[Vec<(Cell, i64)>]) -> Vec<Cell> {
    let Some((all, parts)) = columns.split_last() else { return Vec::new() };
    let mut cells: Vec<Cell> = parts.iter().map(|quarters| year(quarters)).collect();
    let counts: Vec<i64> =
        parts.iter().map(|quarters| quarters.iter().map(|(_, count)| count).sum()).collect();
    let mut total = year(all);
    while total.is_shown() && betrays(&cells, &counts) {
        let smallest =
            (0..cells.len()).filter(|place| cells[*place].is_shown()).min_by_key(|place| counts[*place]);
        match smallest {
            Some(place) => cells[place] = Cell::Hidden,
            None => total = Cell::Hidden,
        }
    }
    cells.push(total);
    cells
}

#[cfg(test)]
mod tests {
    use super::Cell::{Few, Hidden, Shown};
    use super::*;

    #[test]
    fn what_is_large_is_shown_and_what_is_small_is_few() {
        assert_eq!(row(&[10, 12, 30]), [Shown(10), Shown(12), Shown(30), Shown(52)]);
        assert_eq!(row(&[1, 2]), [Few, Few, Few]);
        assert_eq!(row(&[0, 0, 0]), [Few, Few, Few, Few]);
    }

    #[test]
    fn a_single_small_cell_takes_the_smallest_other_with_it() {
        assert_eq!(row(&[3, 40, 12]), [Few, Shown(40), Hidden, Shown(55)]);
        assert_eq!(row(&[9, 40]), [Few, Hidden, Shown(49)]);
    }

    #[test]
    fn two_small_cells_that_are_small_together_take_a_third_with_them() {
        assert_eq!(row(&[3, 4, 40, 20]), [Few, Few, Shown(40), Hidden, Shown(67)]);
        assert_eq!(row(&[6, 7, 40, 20]), [Few, Few, Shown(40), Shown(20), Shown(73)]);
        assert_eq!(row(&[9, 9, 40]), [Few, Few, Hidden, Shown(58)], "nine each is all that 18 can be");
    }

    #[test]
    fn the_sum_goes_where_nothing_else_is_left() {
        assert_eq!(row(&[9, 9]), [Few, Few, Hidden]);
        assert_eq!(row(&[9]), [Few, Few]);
    }

    #[test]
    fn a_year_hides_its_sum_and_never_a_quarter() {
        let quarters =
            |counts: &[i64]| counts.iter().map(|count| (Cell::of(*count), *count)).collect::<Vec<_>>();
        assert_eq!(year(&quarters(&[20, 30, 3, 40])), Hidden);
        assert_eq!(year(&quarters(&[20, 30, 10, 40])), Shown(100));
        assert_eq!(year(&quarters(&[20, 7, 8, 40])), Hidden);
        assert_eq!(year(&quarters(&[1, 2, 3])), Few);
    }

    /// Whatever is counted, what a reader can compute from a row is never a number below ten.
    #[test]
    fn no_row_tells_a_small_number() {
        for first in 0..25 {
            for second in 0..25 {
                for third in [0, 1, 5, 9, 10, 11, 40] {
                    let counts = [first, second, third];
                    let cells = row(&counts);
                    let (total, cells) = cells.split_last().unwrap();
                    assert!(cells.iter().zip(counts).all(|(cell, count)| match cell {
                        Shown(shown) => *shown == count && count >= LEAST,
                        Few => count < LEAST,
                        Hidden => count >= LEAST,
                    }));
                    let Shown(sum) = total else { continue };
                    let shown: i64 = cells
                        .iter()
                        .filter_map(|cell| if let Shown(n) = cell { Some(n) } else { None })
                        .sum();
                    let hidden = cells.iter().filter(|cell| !cell.is_shown()).count();
                    assert!(hidden != 1, "{counts:?}");
                    assert!(hidden == 0 || sum - shown >= LEAST, "{counts:?}");
                }
            }
        }
    }
}
