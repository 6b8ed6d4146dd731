//! Friendly names are words that a customer chooses for their own things, and people write addresses and telephone
//! numbers into them (S99). This is the one place that recognises those. A form that takes such a name asks before
//! anything is stored; the search for a person finds what was kept all the same.

mod finding;
mod suggestion;

pub use finding::find;

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
    Some(Concern { message, suggestion: suggestion::without(name, &certain).and_then(tidy) })
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
