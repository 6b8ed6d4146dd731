//! Text as people type it and read it.

/// In one line, with single spaces.
pub fn in_one_line(typed: &str) -> String {
    typed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a capital at its beginning.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_in_one_line_and_begins_with_a_capital() {
        assert_eq!(in_one_line(" Harbour\r\n & \u{a0}Sons "), "Harbour & Sons");
        assert_eq!(capitalised("übersee AG"), "Übersee AG");
        assert_eq!(capitalised(""), "");
    }
}
