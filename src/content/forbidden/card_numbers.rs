//! Numbers of payment cards in a text: what begins as those of an issuer do, is as long as theirs, and has their check digit.

use std::ops::{Range, RangeInclusive};

/// Fewest and most digits of a card number.
const CARD_DIGITS: RangeInclusive<usize> = 13..=19;

/// How the numbers of an issuer begin, by their first four digits, and how many digits they have.
type Issuer = (RangeInclusive<u32>, &'static [usize]);

/// The issuers of payment cards whose numbers have 13 digits or more (ISO/IEC 7812).
const ISSUERS: &[Issuer] = &[
    (2200..=2204, &[16, 17, 18, 19]),     // Mir
    (2221..=2720, &[16]),                 // Mastercard
    (3000..=3059, &[14, 16, 17, 18, 19]), // Diners Club
    (3095..=3095, &[14, 16, 17, 18, 19]),
    (3600..=3699, &[14, 15, 16, 17, 18, 19]),
    (3800..=3999, &[14, 16, 17, 18, 19]),
    (3400..=3499, &[15]), // American Express
    (3700..=3799, &[15]),
    (3528..=3589, &[16, 17, 18, 19]), // JCB
    (4000..=4999, &[16, 19]), // Visa, of which none has 13 digits any more: a telephone in Germany has
    (5100..=5599, &[16]),     // Mastercard
    (5018..=5018, LONG),      // Maestro
    (5020..=5020, LONG),
    (5038..=5038, LONG),
    (5893..=5893, LONG),
    (6304..=6304, LONG),
    (6759..=6763, LONG),
    (5067..=5067, &[16]),             // Elo
    (5080..=5089, &[16]),             // RuPay
    (6000..=6099, &[16, 17, 18, 19]), // RuPay, Discover, Hipercard
    (6363..=6363, &[16]),             // Elo
    (6440..=6599, &[16, 17, 18, 19]), // Discover
    (6200..=6299, &[16, 17, 18, 19]), // UnionPay
    (8100..=8299, &[16, 17, 18, 19]), // UnionPay, RuPay
    (9792..=9792, &[16]),             // Troy
];
const LONG: &[usize] = &[13, 14, 15, 16, 17, 18, 19];
/// Most spaces and hyphens between two groups of digits, as in `4111 - 1111`. What stands farther apart is a table.
const WIDEST_GAP: usize = 3;
/// Fewest digits of a group with a wide gap after it. Days and telephone numbers that stand side by side have shorter ones.
const FEWEST_APART: usize = 4;
/// Most digits of a telephone number with the code of its country (E.164), but for the code itself.
const MOST_DIALLED: usize = 14;

/// Where the first number of a card in a text stands, its digits together or in groups with spaces or hyphens between them.
/// Digits with a letter at their side are part of a word: of a SID, a VIN or a reference.
pub(super) fn first(text: &str) -> Option<Range<usize>> {
    if text.chars().filter_map(digit).take(*CARD_DIGITS.start()).count() < *CARD_DIGITS.start() {
        return None;
    }
    let mut groups: Vec<Group> = Vec::new();
    let (mut at, mut before, mut gap) = (0, None, 0);
    for piece in text.split_inclusive(|c: char| digit(c).is_none()) {
        let after = piece.chars().next_back().filter(|c| digit(*c).is_none());
        let digits: Vec<u8> = piece.chars().filter_map(digit).collect();
        let (start, before) = (at, std::mem::replace(&mut before, after));
        at += piece.len();
        let apart = gap > 1;
        gap = if digits.is_empty() { gap + 1 } else { 1 };
        if digits.is_empty() {
            if gap > WIDEST_GAP || !after.is_some_and(is_gap) {
                groups.clear();
            }
            continue;
        }
        let end = at - after.map_or(0, char::len_utf8);
        groups.push(Group { start, before, apart, digits });
        if !after.is_some_and(is_letter)
            && let Some(start) = beginning(&groups)
        {
            return Some(start..end);
        }
        if !after.is_none_or(is_gap) {
            groups.clear();
        }
    }
    None
}

/// A digit, also of those that are as wide as the letters of Chinese and Japanese, as keyboards for these write them.
fn digit(c: char) -> Option<u8> {
    let zero = if c.is_ascii() { '0' } else { '\u{ff10}' };
    let digit = u32::from(c).checked_sub(u32::from(zero)).filter(|digit| *digit < 10)?;
    u8::try_from(digit).ok()
}

/// Whether this stands between the digits of a number, also in a page that it was copied from.
fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '-' | '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{2212}' | '\u{3000}' | '\u{ff0d}')
        || ('\u{2009}'..='\u{2014}').contains(&c)
}

/// Whether a word of a SID, a VIN or a reference may have it. Languages without spaces set theirs right beside a number.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
}

/// Digits that stand together, where in the text, and what stands right before them.
struct Group {
    start: usize,
    before: Option<char>,
    /// The gap between it and the group before is wide.
    apart: bool,
    digits: Vec<u8>,
}

impl Group {
    /// Whether a telephone number with the code of its country begins here.
    fn is_dialled(&self) -> bool {
        matches!(self.before, Some('+' | '\u{ff0b}')) || self.digits.starts_with(&[0, 0])
    }
}

/// Where the card number begins that the last of these groups, alone or with some before it, are.
fn beginning(groups: &[Group]) -> Option<usize> {
    let dialled = groups.first().is_some_and(Group::is_dialled);
    let mut number: Vec<u8> = Vec::new();
    let (mut apart, mut long) = (false, true);
    for (place, group) in groups.iter().enumerate().rev() {
        long &= number.is_empty() || group.digits.len() >= FEWEST_APART;
        number.splice(0..0, group.digits.iter().copied());
        if number.len() > *CARD_DIGITS.end() {
            return None;
        }
        let of_telephone = dialled && (place == 0 || number.len() <= MOST_DIALLED);
        let of_word = group.before.is_some_and(is_letter);
        let of_one = long || !apart;
        if of_one && !of_telephone && !of_word && is_of_an_issuer(&number) && satisfies_luhn(&number) {
            return Some(group.start);
        }
        apart |= group.apart;
    }
    None
}

fn is_of_an_issuer(number: &[u8]) -> bool {
    let Some(first) = number.first_chunk::<4>() else { return false };
    let begins = first.iter().fold(0, |begins, digit| begins * 10 + u32::from(*digit));
    ISSUERS.iter().any(|(range, lengths)| range.contains(&begins) && lengths.contains(&number.len()))
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
            "4222222222222222224",
            "4111\u{a0}1111\u{a0}1111\u{a0}1111",
            "4111\u{2011}1111\u{2011}1111\u{2011}1111",
            "Karte: 5555 5555 5555 4444.",
            "2223003122003222 6011111111111117",
            "30569309025904",
            "番号4111111111111111です",
            "番号は４１１１１１１１１１１１１１１１です",
            "４１１１－１１１１－１１１１－１１１１",
            "4111  1111  1111  1111",
            "4111 - 1111 - 1111 - 1111",
            "3566002020360505",
            "6200000000000005",
            "call +1 202 555 0100 4111 1111 1111 1111",
            "0049 4111 1111 1111 1111",
        ] {
            assert!(first(text).is_some(), "{text}");
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
            "4111    1111    1111    1111",
            "4111 / 1111 / 1111 / 1111",
            "41111111111111114111111111111111",
            "",
            // With their check digit: from a day to another, as both sides of the Atlantic write them, and two telephones.
            "30-11-2026 – 09-12-2026",
            "01-30-2026 - 02-04-2026",
            "415-555-2608 - 415-555-2609",
            // With their check digit: telephones with 13 and 15 digits, an IMEI, a SIM card, milliseconds, an article.
            "+4111111111119",
            "4111111111119",
            "4222222222222",
            "+41 11 111 11 11 19",
            "0041 11 111 11 11 19",
            "+411111111111116",
            "356938035643809",
            "8949222074451242066",
            "1764514800002",
            "9999999999999995",
            // Part of a word: a claim, the SID of an account, a VIN, as hexadecimal digits.
            "CLM4111111111111111",
            "4111111111111111A",
            "AC4111111111111111abcdefabcdefabcd",
            "WBA4111111111119",
            "a4111111111111111b",
        ] {
            assert!(first(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_telephones_and_other_numbers_have_in_common_with_cards_is_the_check_digit() {
        for number in
            ["4111111111119", "411111111111116", "356938035643809", "1764514800002", "9999999999999995"]
        {
            let digits: Vec<u8> = number.bytes().map(|digit| digit - b'0').collect();
            assert!(satisfies_luhn(&digits), "{number} shows nothing");
        }
    }
}
