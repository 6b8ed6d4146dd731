//! Recognises addresses and telephone numbers in a text, in the many ways in which people write them.

use std::ops::Range;

use super::{Found, Kind};

/// Every address and number in a text, in the order in which they stand there.
pub fn find(text: &str) -> Vec<Found> {
    let text: Vec<char> = text.chars().map(folded).collect();
    let mut found = addresses(&text);
    for other in spelled_out(&text).into_iter().chain(numbers(&text)) {
        if !found.iter().any(|one| one.place.start < other.place.end && other.place.start < one.place.end) {
            found.push(other);
        }
    }
    found.sort_by_key(|one| one.place.start);
    found
}

/// The broad signs of East Asian writing as the usual ones; one for one, so that places stay the same.
fn folded(sign: char) -> char {
    match sign {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(sign) - 0xfee0).unwrap_or(sign),
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{2010}'..='\u{2014}' | '\u{2212}' => '-',
        other => other,
    }
}

/// The words between separators, as places in the text.
fn words(text: &[char], separates: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = 0;
    for end in 0..=text.len() {
        if end == text.len() || separates(text[end]) {
            if start < end {
                words.push(start..end);
            }
            start = end + 1;
        }
    }
    words
}

fn written(text: &[char], place: &Range<usize>) -> String {
    text[place.clone()].iter().collect()
}

fn addresses(text: &[char]) -> Vec<Found> {
    let ends = |sign: char| ".!?-'‘’".contains(sign);
    let mut found = Vec::new();
    for mut place in words(text, |sign| sign.is_whitespace() || ",;:|<>()[]{}\"“”".contains(sign)) {
        while place.start < place.end && ends(text[place.start]) {
            place.start += 1;
        }
        while place.start < place.end && ends(text[place.end - 1]) {
            place.end -= 1;
        }
        let value = written(text, &place);
        if value.contains('@') && value.len() <= 254 {
            let certain =
                value.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && is_domain(domain));
            found.push(Found { kind: Kind::Email, value, certain, place });
        }
    }
    found
}

/// At least two labels, the last of two letters or more.
fn is_domain(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let label =
        |label: &&str| !label.is_empty() && label.chars().all(|sign| sign.is_alphanumeric() || sign == '-');
    let last = labels.last().copied().unwrap_or_default();
    labels.len() > 1
        && labels.iter().all(label)
        && last.chars().count() > 1
        && (last.chars().all(char::is_alphabetic) || last.starts_with("xn--"))
}

/// `ada (at) example.com` and `ada at example dot com`. A plain `at` before a plain domain is a place, no address.
fn spelled_out(text: &[char]) -> Vec<Found> {
    let places = words(text, |sign| sign.is_whitespace() || ",;:<>()[]{}\"".contains(sign));
    let word = |index: usize| places.get(index).map(|place| written(text, place)).unwrap_or_default();
    let is = |index: usize, what: &str| word(index).eq_ignore_ascii_case(what);
    let bracketed = |index: usize| {
        let place = &places[index];
        place.start > 0
            && "([{<".contains(text[place.start - 1])
            && text.get(place.end).is_some_and(|sign| ")]}>".contains(*sign))
    };
    let mut found = Vec::new();
    for at in (1..places.len()).filter(|at| is(*at, "at")) {
        let (mut first, mut local) = (at - 1, word(at - 1));
        while first > 1 && is(first - 1, "dot") {
            first -= 2;
            local = format!("{}.{local}", word(first));
        }
        let (mut last, mut domain) = (at + 1, word(at + 1));
        while is(last + 1, "dot") && last + 2 < places.len() {
            last += 2;
            domain = format!("{domain}.{}", word(last));
        }
        let domain = domain.trim_end_matches(['.', '!', '?']);
        let spelled = last > at + 1 || bracketed(at);
        let is_local = local.chars().all(|sign| sign.is_alphanumeric() || "._+-".contains(sign));
        if spelled && is_local && is_domain(domain) {
            let place = places[first].start..places[last].end;
            found.push(Found { kind: Kind::Email, value: format!("{local}@{domain}"), certain: true, place });
        }
    }
    found
}

/// Runs of 7 to 15 digits with the signs that people put between them: what could be a telephone number. Two in a
/// row are told apart at the spaces.
fn numbers(text: &[char]) -> Vec<Found> {
    let runs = words(text, |sign| !(sign.is_ascii_digit() || " -./()+".contains(sign)));
    let digits =
        |place: &Range<usize>| text[place.clone()].iter().filter(|sign| sign.is_ascii_digit()).count();
    let apart = |run: Range<usize>| {
        if digits(&run) <= 15 {
            return vec![run];
        }
        let parts = words(&text[run.clone()], |sign| sign == ' ').into_iter();
        parts.map(|part| part.start + run.start..part.end + run.start).collect()
    };
    let parts = runs.into_iter().flat_map(apart).map(|part| trimmed(text, part));
    parts.filter(|part| (7..=15).contains(&digits(part))).map(|place| number(text, place)).collect()
}

/// From the first digit, or the sign before it, to the last digit.
fn trimmed(text: &[char], mut place: Range<usize>) -> Range<usize> {
    while place.start < place.end && !(text[place.start].is_ascii_digit() || "+(".contains(text[place.start]))
    {
        place.start += 1;
    }
    while place.start < place.end && !text[place.end - 1].is_ascii_digit() {
        place.end -= 1;
    }
    place
}

fn number(text: &[char], place: Range<usize>) -> Found {
    let of_a_word = |sign: Option<&char>| sign.is_some_and(|sign| sign.is_alphabetic() || *sign == '_');
    let before = place.start.checked_sub(1).and_then(|before| text.get(before));
    let alone = !of_a_word(before) && !of_a_word(text.get(place.end));
    let value = written(text, &place);
    Found { kind: Kind::Phone, certain: alone && is_dialled(&value), value, place }
}

/// Whether a run of digits is written as a telephone number is, and not as a date, a span of years, an amount or a
/// running number.
fn is_dialled(value: &str) -> bool {
    if value.starts_with('+') || value.starts_with("(+") {
        return true;
    }
    let groups: Vec<&str> =
        value.split(|sign: char| !sign.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let is_year = |group: &&str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let (first, rest) = groups.split_first().expect("a run has digits");
    let is_date = groups.iter().any(is_year) && groups.iter().all(|group| is_year(group) || group.len() < 3);
    let in_thousands = rest.iter().all(|group| group.len() == 3)
        && (first.len() < 3 || first.len() == 3 && rest.iter().all(|group| *group == "000"));
    if rest.is_empty() { (10..=13).contains(&first.len()) } else { !is_date && !in_thousands }
}
