//! What is not kept in a text of any kind, because nobody should have it there: numbers of payment cards, and the
//! secrets of our own credentials. Whoever sends one is told which field it was in; what it was is not repeated.

use std::ops::Range;

use crate::accounts::secrets::Secret;

/// Fewest and most digits of a card number.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Why a text is refused, in a sentence; nothing if it may be kept.
pub fn why(text: &str) -> Option<&'static str> {
    if holds_card_number(text) {
        return Some("There is a number of a payment card in it. Leave it out: we do not keep card numbers.");
    }
    if !Secret::find_all(text).is_empty() {
        return Some("There is the secret of a credential in it. Leave it out, and replace the credential.");
    }
    None
}

/// The text without card numbers and secrets of ours, and whether there was one (S34). What a person typed to us is
/// kept all the same, because it was not meant for that.
pub fn redact(text: &str) -> (String, bool) {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut found = false;
    while let Some(span) = card_number(rest) {
        kept.push_str(&rest[..span.start]);
        kept.push_str("[card number removed]");
        rest = &rest[span.end..];
        found = true;
    }
    kept.push_str(rest);
    for secret in Secret::find_all(&kept) {
        kept = kept.replace(secret.expose(), "[secret removed]");
        found = true;
    }
    (kept, found)
}

/// Whether there is the number of a payment card.
fn holds_card_number(text: &str) -> bool {
    card_number(text).is_some()
}

/// Where 13 to 19 digits stand in a row that satisfy the check digit of card numbers (ISO/IEC 7812), together or in
/// groups with a space or a hyphen between them.
fn card_number(text: &str) -> Option<Range<usize>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut at = 0;
    for piece in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits: Vec<u8> = piece.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        let (start, ends_row) =
            (at, !piece.ends_with(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '-')));
        at += piece.len();
        if digits.is_empty() {
            groups.clear();
            continue;
        }
        let end = start + digits.len();
        groups.push(Group { start, digits });
        if let Some(start) = beginning_of_card_number(&groups) {
            return Some(start..end);
        }
        if ends_row {
            groups.clear();
        }
    }
    None
}

/// Digits that stand together, and where in the text.
struct Group {
    start: usize,
    digits: Vec<u8>,
}

/// Where the card number begins that the last of these groups, alone or with some before it, are.
fn beginning_of_card_number(groups: &[Group]) -> Option<usize> {
    let mut number: Vec<u8> = Vec::new();
    for group in groups.iter().rev() {
        number.splice(0..0, group.digits.iter().copied());
        if number.len() > *CARD_DIGITS.end() {
            return None;
        }
        if CARD_DIGITS.contains(&number.len()) && number[0] != 0 && satisfies_luhn(&number) {
            return Some(group.start);
        }
    }
    None
}

fn satisfies_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit) * if place % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_noticed_however_they_are_written() {
        for text in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "card 4111-1111-1111-1111, valid 12/27",
            "4111 1111 1111 1111 2027",
            "10 4111111111111111",
            "378282246310005",
            "4222222222222",
        ] {
            assert!(holds_card_number(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "4111111111111112",
            "+1 202 555 0100",
            "2026-11-24 14:03:07",
            "0000000000000000",
            "claim 4711",
            "4111.1111.1111.1111",
            "41111111111111114111111111111111",
            "",
        ] {
            assert!(!holds_card_number(text), "{text}");
        }
    }

    #[test]
    fn a_secret_of_ours_is_noticed_in_a_text() {
        let keys = crate::platform::crypto::Keys::derive(&[7; 32]);
        let secret = Secret::generate(&keys, crate::accounts::secrets::Kind::ApiKey);
        assert!(why(&format!("key={}", secret.expose())).is_some());
        assert_eq!(why("lx_ is how they begin"), None);
    }

    #[test]
    fn card_numbers_and_secrets_are_taken_out_of_a_text_and_the_rest_stays() {
        let keys = crate::platform::crypto::Keys::derive(&[7; 32]);
        let secret = Secret::generate(&keys, crate::accounts::secrets::Kind::AuthToken);
        let text = format!("Ü 4111 1111-1111 1111, {} and 378282246310005.", secret.expose());
        let redacted = "Ü [card number removed], [secret removed] and [card number removed].";
        assert_eq!(redact(&text), (redacted.to_owned(), true));
        assert_eq!(redact("call +1 202 555 0100"), ("call +1 202 555 0100".to_owned(), false));
        assert_eq!(redact(""), (String::new(), false));
    }
}
