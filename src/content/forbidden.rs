//! What is not kept in a text of any kind, because nobody should have it there: numbers of payment cards, and the
//! secrets of our own credentials. Whoever sends one is told which field it was in; what it was is not repeated.

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

/// Whether 13 to 19 digits stand in a row that satisfy the check digit of card numbers (ISO/IEC 7812), together or in
/// groups with a space or a hyphen between them.
fn holds_card_number(text: &str) -> bool {
    let mut groups: Vec<Vec<u8>> = Vec::new();
    for piece in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits: Vec<u8> = piece.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        let ends_row = !piece.ends_with(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '-'));
        if digits.is_empty() {
            groups.clear();
            continue;
        }
        groups.push(digits);
        if ends_with_card_number(&groups) {
            return true;
        }
        if ends_row {
            groups.clear();
        }
    }
    false
}

/// Whether the last of these groups, alone or with some before it, are a card number.
fn ends_with_card_number(groups: &[Vec<u8>]) -> bool {
    let mut number: Vec<u8> = Vec::new();
    for group in groups.iter().rev() {
        number.splice(0..0, group.iter().copied());
        if number.len() > *CARD_DIGITS.end() {
            return false;
        }
        if CARD_DIGITS.contains(&number.len()) && number[0] != 0 && satisfies_luhn(&number) {
            return true;
        }
    }
    false
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
}
