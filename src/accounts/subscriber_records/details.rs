//! What a subscriber record says: sealed for its column on the way into the database, and opened for whoever may see it.

use crate::platform::crypto::{Keys, Unsealable};
use crate::retention::subscriber_laws::Law;

const NAME: &str = "subscriber_records.sealed_name";
const ADDRESS: &str = "subscriber_records.sealed_address";
const IDENTIFICATION: &str = "subscriber_records.sealed_identification";

/// Who uses the number (S49).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Our customer.
    Customer,
    /// Somebody whom our customer lets use it.
    EndUser,
}

impl Subject {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::EndUser => "end_user",
        }
    }

    /// Reads it as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Customer, Self::EndUser].into_iter().find(|subject| subject.as_str() == text)
    }

    /// For whoever fills in the form.
    pub fn label(self) -> &'static str {
        match self {
            Self::Customer => "You, or your company",
            Self::EndUser => "An end user of yours",
        }
    }
}

/// By what somebody is identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// A passport.
    Passport,
    /// An identity card.
    IdentityCard,
    /// A residence permit.
    ResidencePermit,
    /// The number of a company in a public register.
    CompanyRegister,
}

impl Document {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::Passport, Self::IdentityCard, Self::ResidencePermit, Self::CompanyRegister];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passport => "passport",
            Self::IdentityCard => "identity_card",
            Self::ResidencePermit => "residence_permit",
            Self::CompanyRegister => "company_register",
        }
    }

    /// Reads it as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|document| document.as_str() == text)
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Passport => "Passport",
            Self::IdentityCard => "Identity card",
            Self::ResidencePermit => "Residence permit",
            Self::CompanyRegister => "Entry in a register of companies",
        }
    }
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Which law asks for it.
    pub law: &'static Law,
    /// Who uses the number.
    pub subject: Subject,
    /// Person or company.
    pub name: String,
    /// Where the number is used, in lines.
    pub address: String,
    /// By what they are identified, with its number; where the law asks for it.
    pub identification: Option<(Document, String)>,
}

impl Details {
    /// The columns that are sealed: name, address and number of the document.
    pub(super) fn sealed(&self, keys: &Keys) -> (Vec<u8>, Vec<u8>, Option<Vec<u8>>) {
        let number = self.identification.as_ref();
        (
            keys.seal(NAME, self.name.as_bytes()),
            keys.seal(ADDRESS, self.address.as_bytes()),
            number.map(|(_, number)| keys.seal(IDENTIFICATION, number.as_bytes())),
        )
    }
}

fn opened(keys: &Keys, place: &str, sealed: &[u8]) -> Result<String, Unsealable> {
    let plain = keys.open(place, sealed)?;
    String::from_utf8(plain).map_err(|_| Unsealable)
}

/// Opens a name.
///
/// # Errors
/// [`Unsealable`] for another key, or damage.
pub(super) fn open_name(keys: &Keys, sealed: &[u8]) -> Result<String, Unsealable> {
    opened(keys, NAME, sealed)
}

/// Opens an address.
///
/// # Errors
/// As [`open_name`].
pub(super) fn open_address(keys: &Keys, sealed: &[u8]) -> Result<String, Unsealable> {
    opened(keys, ADDRESS, sealed)
}

/// Opens the number of a document.
///
/// # Errors
/// As [`open_name`].
pub(super) fn open_identification(keys: &Keys, sealed: &[u8]) -> Result<String, Unsealable> {
    opened(keys, IDENTIFICATION, sealed)
}

/// The number of a document with all but its last two characters hidden; of a short one nothing is left.
pub fn masked(number: &str) -> String {
    let shown = if number.chars().count() >= 6 { 2 } else { 0 };
    let hidden = number.chars().count() - shown;
    "•".repeat(hidden) + &number.chars().skip(hidden).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention::subscriber_laws;

    #[test]
    fn a_number_keeps_enough_to_tell_two_apart_and_no_more() {
        assert_eq!(masked("C01X00T47"), "•••••••47");
        assert_eq!(masked("12345"), "•••••");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_column_alone() {
        let keys = Keys::derive(&[7; 32]);
        let details = Details {
            law: subscriber_laws::of("CH").unwrap(),
            subject: Subject::EndUser,
            name: "Martha Keel".into(),
            address: "Gasse 1\n8001 Zürich".into(),
            identification: Some((Document::Passport, "X1234567".into())),
        };
        let (name, address, number) = details.sealed(&keys);
        let number = number.unwrap();
        assert_eq!(open_name(&keys, &name).unwrap(), details.name);
        assert_eq!(open_address(&keys, &address).unwrap(), details.address);
        assert_eq!(open_identification(&keys, &number).unwrap(), "X1234567");
        assert!(open_name(&keys, &address).is_err() && open_address(&keys, &number).is_err());
        assert!(!name.windows(6).any(|part| part == b"Martha"));
    }
}
