//! What the map says, for people. The pages that are made from it read these words and have none of their own.

use super::{Category, Class, Column, Erasure, Export, Owner, Recipient, Source, Table};
use crate::retention::rules::{Period, Rule};

impl Class {
    /// As it stands in an address.
    pub fn id(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Usage => "usage",
            Self::Content => "content",
            Self::Operations => "operations",
        }
    }

    /// In which role we keep it (S8).
    pub fn role(self) -> &'static str {
        match self {
            Self::Account | Self::Usage | Self::Operations => {
                "We decide about it and answer for it (controller, or business)."
            }
            Self::Content => {
                "Our customer decides about it; we keep it on their instruction (processor, or service provider)."
            }
        }
    }
}

/// Letter of the statute, label, and what it is.
type CategoryWords = (&'static str, &'static str, &'static str);

impl Category {
    /// Every category of personal information that is collected, in the order of the statute.
    pub const PERSONAL: [Self; 7] = [
        Self::Identifiers,
        Self::CustomerRecords,
        Self::Commercial,
        Self::Activity,
        Self::Geolocation,
        Self::Professional,
        Self::Sensitive,
    ];

    /// Categories of the statute that are not collected at all: letter and label.
    pub const NOT_COLLECTED: [(&'static str, &'static str); 5] = [
        ("C", "Characteristics of protected classes, such as race, religion or health"),
        ("E", "Biometric information: a passkey leaves fingerprint and face on your device"),
        ("H", "Sound, pictures and the like"),
        ("J", "Education"),
        ("K", "Inferences about somebody's character or preferences"),
    ];

    fn words(self) -> CategoryWords {
        match self {
            Self::Identifiers => (
                "A",
                "Identifiers",
                "Names, e-mail and network addresses, numbers and names of accounts, and keys that stand for somebody.",
            ),
            Self::CustomerRecords => (
                "B",
                "Customer records",
                "Telephone numbers, billing and service addresses and the ends of account numbers.",
            ),
            Self::Commercial => (
                "D",
                "Commercial information",
                "What somebody uses of our services, and what they want to know.",
            ),
            Self::Activity => (
                "F",
                "Internet and network activity",
                "What was done when: sign-ins, browsers, requests, messages, choices.",
            ),
            Self::Geolocation => {
                ("G", "Geolocation", "The country of a network address, never anything finer.")
            }
            Self::Professional => {
                ("I", "Professional information", "Company, and role there, where somebody tells.")
            }
            Self::Sensitive => (
                "L",
                "Sensitive personal information",
                "What lets somebody into an account, numbers of identity documents, and what is kept sealed. It is used for that alone.",
            ),
            Self::NotPersonal => {
                ("", "Not personal by itself", "Numbers and dates that say nothing of anybody alone.")
            }
        }
    }

    /// As it is stored and stands in forms.
    pub fn id(self) -> &'static str {
        match self {
            Self::Identifiers => "identifiers",
            Self::CustomerRecords => "customer_records",
            Self::Commercial => "commercial",
            Self::Activity => "activity",
            Self::Geolocation => "geolocation",
            Self::Professional => "professional",
            Self::Sensitive => "sensitive",
            Self::NotPersonal => "not_personal",
        }
    }

    /// Reads one that is personal as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::PERSONAL.into_iter().find(|category| category.id() == text)
    }

    /// The letter that the statute has for it (Cal. Civ. Code 1798.140(v)(1)); empty for none.
    pub fn letter(self) -> &'static str {
        self.words().0
    }

    /// What it is called.
    pub fn label(self) -> &'static str {
        self.words().1
    }

    /// What it is.
    pub fn about(self) -> &'static str {
        self.words().2
    }
}

impl Source {
    /// Where a value comes from (S10).
    pub fn label(self) -> &'static str {
        match self {
            Self::Person => "typed or chosen by the person",
            Self::Browser => "sent along by a browser, a program or the network",
            Self::Derived => "found out from the network address",
            Self::Staff => "entered by our staff",
            Self::Portal => "made by the portal",
            Self::Program => "sent by a customer's program",
            Self::Processor => "told by our payment processor",
        }
    }
}

impl Recipient {
    /// With whom a value is shared.
    pub fn label(self) -> &'static str {
        match self {
            Self::MailCarrier => "whoever carries our mail",
            Self::PhoneCarrier => "whoever carries our text messages and calls",
            Self::TaxAuthority => "tax authorities and auditors, where a law gives them the right to look",
            Self::LocalCarrier => "the local carrier that connects a number",
            Self::Authority => "government authorities, where a local law lets them ask who uses a number",
            Self::Partner => "a partner that you said yes to, for marketing of its own",
        }
    }
}

impl Export {
    /// Whether it is in a copy.
    pub fn label(self) -> &'static str {
        match self {
            Self::Yes => "in the copy",
            Self::Opened => "in the copy, opened",
            Self::No => "not in the copy: ours, and says nothing by itself",
            Self::HeldNeverExported => "held, never handed out",
        }
    }
}

impl Erasure {
    /// What erasing a person does to a row of theirs.
    pub fn label(self) -> String {
        match self {
            Self::DeleteRow => "deleted".into(),
            Self::Cascade => "deleted with the row it hangs on".into(),
            Self::Anonymise(columns) => format!("loses {}", columns.join(", ")),
            Self::Keep(why) => format!("stays: {why}"),
        }
    }
}

impl Owner {
    /// As it stands in an address.
    pub fn id(self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Through(..) => "through",
            Self::Listed(..) => "listed",
            Self::Address(_) => "address",
            Self::Digest(..) => "digest",
            Self::Nobody => "nobody",
        }
    }

    /// The ways, for whoever chooses one: as they stand in an address, and in words.
    pub const WAYS: [(&'static str, &'static str); 6] = [
        ("person", "A person, by id"),
        ("through", "The owner of another row"),
        ("listed", "The owner of a row that names it"),
        ("address", "Whoever has an address or number"),
        ("digest", "Whoever a digest stands for"),
        ("nobody", "Nobody"),
    ];

    /// Whose a row is.
    pub fn label(self) -> String {
        match self {
            Self::Person(column) => format!("the person in {column}"),
            Self::Through(column, parent) => format!("whoever has the row of {parent} in {column}"),
            Self::Listed(list, column) => format!("whoever has the row of {list} that names it in {column}"),
            Self::Address(column) => format!("whoever has the address or number in {column}"),
            Self::Digest(column, _) => format!("whoever the digest in {column} stands for"),
            Self::Nobody => "nobody".into(),
        }
    }
}

impl Table {
    /// The class that most of its columns are of.
    pub fn class(&self) -> Class {
        let count = |class| self.columns.iter().filter(|column| column.class == class).count();
        // A library's own table is described as a whole.
        let found = Class::ALL.into_iter().max_by_key(|class| count(*class));
        found.filter(|class| count(*class) > 0).unwrap_or(Class::Operations)
    }

    /// The categories of personal information in it, in the order of the statute.
    pub fn categories(&self) -> Vec<Category> {
        let has = |category: &Category| self.columns.iter().any(|column| column.category == *category);
        Category::PERSONAL.into_iter().filter(has).collect()
    }
}

impl Column {
    /// Why it is kept, without the numbers of promises.
    pub fn why(&self) -> String {
        without_numbers(self.purpose)
    }
}

/// A sentence without `(S37)` and `(S37, S47)`.
pub fn without_numbers(sentence: &str) -> String {
    let mut rest = sentence;
    let mut plain = String::with_capacity(sentence.len());
    while let Some(at) = rest.find(" (S") {
        let (before, from) = rest.split_at(at);
        let numbers = from.as_bytes().get(3).is_some_and(u8::is_ascii_digit);
        let end = from.find(')').filter(|_| numbers);
        plain.push_str(before);
        match end {
            Some(end) => rest = &from[end + 1..],
            None => {
                plain.push_str(&from[..3]);
                rest = &from[3..];
            }
        }
    }
    plain + rest
}

impl Rule {
    /// How long what keeps to it stays, in a phrase.
    pub fn kept(&self) -> String {
        match self.period {
            Period::WithOwner | Period::AsInstructed | Period::ForGood(_) => self.period.words(),
            _ => format!("{}, counted from {}", self.period.words(), self.from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::data_map;

    #[test]
    fn people_read_no_numbers_of_promises() {
        assert_eq!(without_numbers("How we address them (S37)."), "How we address them.");
        assert_eq!(without_numbers("Signs in (S37, S47) and more (Sic)."), "Signs in and more (Sic).");
        for column in data_map::tables().flat_map(|table| table.columns) {
            assert!(!column.why().contains("(S"), "{}", column.why());
        }
        for table in data_map::tables() {
            assert_eq!(without_numbers(table.about), table.about, "pages say it as it stands here");
        }
    }

    #[test]
    fn a_table_is_of_the_class_of_most_of_its_columns() {
        let class = |name| data_map::table(name).unwrap().class();
        assert_eq!(class("people"), Class::Account);
        assert_eq!(class("sign_ins"), Class::Usage);
        assert_eq!(class("claims"), Class::Content);
        assert_eq!(class("graphile_worker._private_jobs"), Class::Operations);
    }

    #[test]
    fn categories_have_letters_of_their_own_and_none_is_both_collected_and_not() {
        let mut letters: Vec<&str> = Category::PERSONAL.iter().map(|category| category.letter()).collect();
        letters.extend(Category::NOT_COLLECTED.iter().map(|(letter, _)| *letter));
        letters.sort_unstable();
        assert_eq!(letters, ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"]);
    }
}
