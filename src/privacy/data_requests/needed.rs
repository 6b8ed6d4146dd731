//! What the service cannot do without (S95). Whoever asks to have something of it deleted is told, before they confirm,
//! which service ends with it; what they decide then is theirs.

/// Something that is needed, and for what.
struct Needed {
    /// Where it is kept, as on the data map, with which a test compares it.
    #[cfg_attr(not(test), expect(dead_code))]
    place: &'static str,
    /// What it is, for whoever it is about, as a sentence begins.
    what: &'static str,
    /// What ends without it.
    ends: &'static str,
    /// How people call it, in small letters; whole words.
    called: &'static [&'static str],
}

const NEEDED: &[Needed] = &[
    Needed {
        place: "people.email",
        what: "Your e-mail address",
        ends: "signing in and every message about your account",
        called: &["e-mail", "email", "e-mail address", "mail address"],
    },
    Needed {
        place: "people.name",
        what: "Your name",
        ends: "your account, its members and its invoices, which name you",
        called: &["my name", "full name", "first name", "last name", "surname"],
    },
    Needed {
        place: "people.phone",
        what: "Your telephone number",
        ends: "codes and warnings by text message, with which we make sure that it is you",
        called: &["phone", "phones", "telephone", "mobile", "mobile number", "cell phone"],
    },
    Needed {
        place: "people.password_hash",
        what: "Your password",
        ends: "signing in with it, and for all that asks for it again",
        called: &["password", "passwords"],
    },
    Needed {
        place: "accounts.name",
        what: "Your account",
        ends: "the service as a whole, and for whatever programs keep in it",
        called: &["account", "accounts"],
    },
];

/// The words of a text in small letters, with a blank before and behind each.
fn words_of(text: &str) -> String {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '-')).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |all, word| all + &word.to_lowercase() + " ")
}

/// What ends when what is named in these words is deleted, in sentences.
pub fn ends_with(details: &str) -> Vec<String> {
    let words = words_of(details);
    let is_named = |one: &&Needed| one.called.iter().any(|name| words.contains(&format!(" {name} ")));
    let told = |one: &Needed| format!("{} is needed for {}. That ends without it.", one.what, one.ends);
    NEEDED.iter().filter(is_named).map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::data_map::{self, Source};

    #[test]
    fn what_is_needed_is_on_the_map_and_told_by_whoever_it_is_about() {
        for needed in NEEDED {
            let (_, column) = data_map::find(needed.place).expect("it is on the map");
            assert_eq!(column.source, Source::Person, "{}", needed.place);
            assert!(needed.called.iter().all(|name| *name == name.to_lowercase()), "{}", needed.place);
        }
    }

    #[test]
    fn only_what_is_named_in_whole_words_is_told_to_end_something() {
        let places = |details: &str| {
            let told = ends_with(details);
            let of = |one: &&Needed| told.iter().any(|sentence| sentence.contains(one.what));
            NEEDED.iter().filter(of).map(|one| one.place).collect::<Vec<_>>()
        };
        assert_eq!(places("My E-Mail, please."), ["people.email"]);
        assert_eq!(places("mobile/telephone numbers"), ["people.phone"]);
        assert_eq!(places("my name\nand my passwords"), ["people.name", "people.password_hash"]);
        assert_eq!(places("(Account)"), ["accounts.name"]);
        for other in ["", "The message of 3 May", "emails", "phonetic", "a friendly name", "accountant"] {
            assert_eq!(places(other), [""; 0], "{other}");
        }
    }
}
