//! A name without what was seen in it.

use super::Found;

/// The text without these, tidied up; nothing if no word would be left.
pub(super) fn without(text: &str, found: &[Found]) -> Option<String> {
    let signs = text.chars().enumerate();
    let left: String = signs
        .map(|(at, sign)| if found.iter().any(|one| one.place.contains(&at)) { '\0' } else { sign })
        .collect();
    let mut left: String =
        left.split('\0').map(str::trim_end).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    for empty in ["()", "( )", "[]", "[ ]", "<>", "< >", "{}", "{ }"] {
        left = left.replace(empty, " ");
    }
    let mut left: Vec<&str> = left.split_whitespace().collect();
    while left.last().is_some_and(|word| leads_nowhere(word)) {
        left.pop();
    }
    while left.first().is_some_and(|word| !word.chars().any(char::is_alphanumeric)) {
        left.remove(0);
    }
    let left = left.join(" ");
    let left = left.trim_matches(|sign: char| sign.is_whitespace() || ",;:-–/|<([{".contains(sign));
    left.chars().any(char::is_alphanumeric).then(|| left.to_owned())
}

/// A word at the end that announced what was taken out.
fn leads_nowhere(word: &str) -> bool {
    let word = word.to_lowercase();
    let word = word.trim_matches(|sign: char| !sign.is_alphanumeric());
    ["", "tel", "telephone", "phone", "call", "mobile", "mail", "mailto", "email", "e-mail", "contact"]
        .contains(&word)
}
