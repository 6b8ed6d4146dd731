//! Figures about people that leave the desk they were made for (S80, S106): what is fewer than ten is not told by itself,
//! because a small number with a country, a site or a kind beside it may be one person. Such cells are put together, and
//! where even that makes fewer than ten, no number is told.

/// The least that is told by itself.
pub const LEAST: i64 = 10;
/// What is put together is called so.
pub const REST: &str = "fewer than 10 each";

/// Whether a cell is told by itself. That there was nothing is told, too: it is about nobody.
pub fn is_told(count: i64) -> bool {
    count == 0 || count >= LEAST
}

/// A number as a file or a page tells it.
pub fn told(count: i64) -> String {
    if is_told(count) { count.to_string() } else { "<10".into() }
}

/// Rows that are told by themselves, then the others put together, if there are any.
pub fn merged<T>(rows: Vec<T>, count: impl Fn(&T) -> i64, put_together: impl FnOnce(Vec<T>) -> T) -> Vec<T> {
    let (mut told, small): (Vec<T>, Vec<T>) = rows.into_iter().partition(|row| is_told(count(row)));
    if !small.is_empty() {
        told.push(put_together(small));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_cells_are_put_together_and_a_small_sum_is_no_number() {
        let sum = |rows: Vec<(&str, i64)>| (REST, rows.iter().map(|(_, count)| count).sum());
        let rows = vec![("de", 40), ("fr", 9), ("li", 1), ("no", 0), ("us", 10)];
        let told_rows = merged(rows, |(_, count)| *count, sum);
        assert_eq!(told_rows, [("de", 40), ("no", 0), ("us", 10), (REST, 10)]);
        assert_eq!(merged(vec![("de", 12)], |(_, count)| *count, sum), [("de", 12)]);
        assert_eq!(
            (told(9), told(10), told(0), told(1)),
            ("<10".into(), "10".into(), "0".into(), "<10".into())
        );
    }
}
