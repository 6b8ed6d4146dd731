//! Friendly names are words that a customer chooses for their own things, and people write addresses and telephone
//! numbers into them (S99). This is the one place that recognises those. A form that takes such a name asks before
//! anything is stored; the search for a person finds what was kept all the same.

use std::ops::Range;

/// What stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An e-mail address, also one that is spelled out.
    Email,
    /// A telephone number.
    Phone,
}

/// Something in a text that leads to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// As it stands in the text; an address that was spelled out as it is used.
    pub value: String,
    /// Whether it is what it looks like, beyond reasonable doubt. What is not is good enough for a search only.
    pub certain: bool,
    place: Range<usize>,
}

/// What a form says about a name with an address or a number in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// What was seen, for beside the field.
    pub message: String,
    /// The name without it; nothing where nothing would be left.
    pub suggestion: Option<String>,
}

/// What a person decided about a name, or a concern that they have to decide about first. `taken` is the
/// suggestion if they took it, `keep` is not empty if they said that the name stays as it is.
///
/// # Errors
/// The concern.
pub fn check(name: &str, taken: &str, keep: &str) -> Result<String, Concern> {
    let name = if taken.trim().is_empty() { name.trim() } else { taken.trim() };
    match concern(name) {
        Some(concern) if keep.trim().is_empty() => Err(concern),
        _ => Ok(name.to_owned()),
    }
}

/// What there is to say about a name.
pub fn concern(name: &str) -> Option<Concern> {
    let certain: Vec<Found> = find(name).into_iter().filter(|found| found.certain).collect();
    let what = |found: &Found| match found.kind {
        Kind::Email => format!("an e-mail address ({})", found.value),
        Kind::Phone => format!("a telephone number ({})", found.value),
    };
    let seen: Vec<String> = certain.iter().map(what).collect();
    if seen.is_empty() {
        return None;
    }
    let message = format!(
        "There seems to be {} in this name. Names are shown in lists, mails and reports, so it is better left out.",
        seen.join(" and ")
    );
    // What moves together can look like a number again.
    let tidy = |rest: String| match concern(&rest) {
        None => Some(rest),
        Some(concern) => concern.suggestion,
    };
    Some(Concern { message, suggestion: without(name, &certain).and_then(tidy) })
}

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

/// The text without these, tidied up; nothing if no word would be left.
fn without(text: &str, found: &[Found]) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn certain(text: &str) -> Vec<String> {
        find(text).into_iter().filter(|found| found.certain).map(|found| found.value).collect()
    }

    #[test]
    fn addresses_are_seen_however_they_are_written() {
        for (text, value) in [
            ("Claims of ada@example.com", "ada@example.com"),
            ("Claims <Ada.King+x@mail.example.co.uk>.", "Ada.King+x@mail.example.co.uk"),
            ("mailto:ada@example.com!", "ada@example.com"),
            ("ada＠example.com", "ada@example.com"),
            ("ada (at) example.com", "ada@example.com"),
            ("ada[at]example[dot]com", "ada@example.com"),
            ("ada dot king at example dot co dot uk", "ada.king@example.co.uk"),
            ("Ada AT Example DOT com", "Ada@Example.com"),
        ] {
            assert_eq!(certain(text), [value], "{text}");
        }
    }

    #[test]
    fn numbers_are_seen_however_they_are_grouped() {
        for text in [
            "+12025550100",
            "612 345 678",
            "+1 202 555 0100",
            "+49 (0)30 123456",
            "(202) 555-0100",
            "555-0100",
            "2025550100",
            "030/1234567",
            "06 12 34 56 78",
            "202.555.0100",
            "２０２-５５５-０１００",
        ] {
            let found = find(&format!("Desk {text}, Berlin"));
            assert_eq!(found.len(), 1, "{text}");
            assert!(found[0].certain && found[0].kind == Kind::Phone, "{text}");
        }
    }

    #[test]
    fn other_names_are_left_alone() {
        for text in [
            "My first account",
            "Claims 2024-2025",
            "Quarter 1 2026-11-24",
            "24.11.2026 batch",
            "1HGCM82633A004352",
            "AC019200000000700080000000000000ff",
            "Claim 4711 of 2026",
            "Lot 1234567",
            "Fleet of 1 000 000 cars worth 100.000.000",
            "Archive at lossexpress.com",
            "Team @ Berlin",
            "meet at noon",
            "v10.2.30",
            "",
        ] {
            assert_eq!(certain(text), Vec::<String>::new(), "{text}");
            assert_eq!(concern(text), None);
        }
    }

    #[test]
    fn the_suggestion_is_the_name_without_it() {
        for (text, rest) in [
            ("Claims (ada@example.com)", Some("Claims")),
            ("Claims, tel. +1 202 555 0100", Some("Claims")),
            ("ada@example.com – claims desk", Some("claims desk")),
            ("Desk 202-555-0100 Berlin", Some("Desk Berlin")),
            ("Desk: ada (at) example.com and +12025550100", Some("Desk: and")),
            ("ada@example.com", None),
            ("Call: (202) 555-0100", None),
            ("Äste ada@example.com 日本", Some("Äste 日本")),
        ] {
            assert_eq!(
                concern(text).map(|concern| concern.suggestion),
                Some(rest.map(str::to_owned)),
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_is_taken_before_the_person_decided() {
        let name = "Claims of ada@example.com";
        let concern = check(name, "", "").unwrap_err();
        assert!(concern.message.contains("an e-mail address (ada@example.com)"));
        assert_eq!(check(name, "Claims of", "").as_deref(), Ok("Claims of"));
        assert_eq!(check(name, "", "yes").as_deref(), Ok(name));
        assert!(check(name, "+12025550100", "").is_err(), "a suggestion is looked at like any name");
    }

    #[test]
    fn a_suggestion_never_raises_a_concern_itself() {
        for text in ["12@example.com 202-555-0100 555-0100", "a@b.co c@d.co", "202 ada@example.com 5550100"] {
            if let Some(rest) = concern(text).and_then(|concern| concern.suggestion) {
                assert_eq!(concern(&rest), None, "{rest}");
            }
        }
    }
}
