//! What has no place in a free text: numbers of payment cards and secrets of ours (S13, S34). Both are refused before
//! they are stored, with a word on why.

use crate::accounts::secrets::Secret;

/// What must not be in a text, if it is.
pub fn found_in(text: &str) -> Option<&'static str> {
    if has_card_number(text) {
        return Some(
            "There seems to be the number of a payment card in it. Leave it out: we do not keep them.",
        );
    }
    if text.contains("lx_") && !Secret::find_all(text).is_empty() {
        return Some(
            "There is an auth token or the secret of an API key in it. Leave it out, and replace it.",
        );
    }
    None
}

/// Whether 13 to 19 digits stand in the text, together or in groups, whose last is the check digit of a card.
fn has_card_number(text: &str) -> bool {
    let mut groups: Vec<&str> = Vec::new();
    let mut gap = 0;
    for piece in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = piece.trim_end_matches(|c: char| !c.is_ascii_digit());
        if digits.is_empty() {
            gap += 1;
        } else {
            // A second sign between groups, or one that nobody puts into a number, begins a new one.
            if gap > 0 {
                groups.clear();
            }
            groups.push(digits);
            if ends_with_card(&groups) {
                return true;
            }
            gap = usize::from(!piece.ends_with([' ', '-', '.']));
        }
    }
    false
}

fn ends_with_card(groups: &[&str]) -> bool {
    let mut number = String::new();
    for group in groups.iter().rev() {
        number.insert_str(0, group);
        if number.len() > 19 {
            return false;
        }
        if number.len() >= 13 && is_card(number.as_bytes()) {
            return true;
        }
    }
    false
}

/// The check of Luhn. A row of one and the same digit is no card.
fn is_card(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != digits[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::secrets::Kind;
    use crate::platform::crypto::Keys;

    #[test]
    fn a_card_is_found_however_it_is_grouped() {
        for text in [
            "4111111111111111",
            "paid with 4111 1111 1111 1111, thanks",
            "378282246310005.",
            "555 0100 4111-1111-1111-1111",
            "6304000000000000",
            "x4222222222222y",
        ] {
            assert!(found_in(text).is_some(), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_card() {
        for text in [
            "4111111111111112",
            "claim 4711 of 2026-11-24, +1 202 555 0100",
            "0000 0000 0000 0000",
            "41111111111111111111111",
            "4111, 1111, 1111, 1111",
            "",
        ] {
            assert_eq!(found_in(text), None, "{text}");
        }
    }

    #[test]
    fn a_secret_of_ours_is_found() {
        let secret = Secret::generate(&Keys::derive(&[7; 32]), Kind::ApiKey);
        assert!(found_in(&format!("see {}", secret.expose())).is_some());
        assert_eq!(found_in("lx_k is how they begin"), None);
    }
}
