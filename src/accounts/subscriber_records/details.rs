//! What a subscriber record says: sealed for its column and its row on the way into the database, so that nothing that is copied
//! from one record into another opens there, and opened for whoever may see it.

use chrono::NaiveDate;

use crate::platform::crypto::{Keys, Unsealable};
use crate::platform::ids::SubscriberRecordId;
use crate::platform::web::pages::date;
use crate::retention::subscriber_laws::Law;

const NAME: &str = "subscriber_records.sealed_name";
const ADDRESS: &str = "subscriber_records.sealed_address";
const BIRTH: &str = "subscriber_records.sealed_birth";
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

/// When a person was born, and where, if the law asks for that too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Birth {
    /// The day.
    pub on: NaiveDate,
    /// The place.
    pub place: Option<String>,
}

impl Birth {
    /// For people.
    pub fn words(&self) -> String {
        match &self.place {
            Some(place) => format!("{} in {place}", date(self.on)),
            None => date(self.on),
        }
    }

    /// As it is sealed: the day, and behind a blank the place.
    fn stored(&self) -> String {
        match &self.place {
            Some(place) => format!("{} {place}", self.on),
            None => self.on.to_string(),
        }
    }

    /// Reads it as it is sealed.
    fn parse(text: &str) -> Option<Self> {
        let (on, place) = text.split_once(' ').map_or((text, None), |(on, place)| (on, Some(place)));
        Some(Self { on: on.parse().ok()?, place: place.map(str::to_owned) })
    }
}

/// The columns of a record that are sealed.
pub(super) struct Sealed {
    pub name: Vec<u8>,
    pub address: Vec<u8>,
    pub birth: Option<Vec<u8>>,
    pub number: Option<Vec<u8>>,
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
    /// Of a person, where the law asks for it.
    pub birth: Option<Birth>,
    /// By what they are identified, with its number; where the law asks for it.
    pub identification: Option<(Document, String)>,
}

impl Details {
    /// The columns that are sealed, for this row alone.
    pub(super) fn sealed(&self, keys: &Keys, row: SubscriberRecordId) -> Sealed {
        let seal = |column: &str, text: &str| keys.seal(&Keys::place_in_row(column, row.0), text.as_bytes());
        Sealed {
            name: seal(NAME, &self.name),
            address: seal(ADDRESS, &self.address),
            birth: self.birth.as_ref().map(|birth| seal(BIRTH, &birth.stored())),
            number: self.identification.as_ref().map(|(_, number)| seal(IDENTIFICATION, number)),
        }
    }
}

fn opened(keys: &Keys, column: &str, row: SubscriberRecordId, sealed: &[u8]) -> Result<String, Unsealable> {
    let plain = keys.open(&Keys::place_in_row(column, row.0), sealed)?;
    String::from_utf8(plain).map_err(|_| Unsealable)
}

/// Opens the name in a row.
///
/// # Errors
/// [`Unsealable`] for another key, what was sealed for another row, or damage.
pub(super) fn open_name(keys: &Keys, row: SubscriberRecordId, sealed: &[u8]) -> Result<String, Unsealable> {
    opened(keys, NAME, row, sealed)
}

/// Opens the address in a row.
///
/// # Errors
/// As [`open_name`].
pub(super) fn open_address(
    keys: &Keys,
    row: SubscriberRecordId,
    sealed: &[u8],
) -> Result<String, Unsealable> {
    opened(keys, ADDRESS, row, sealed)
}

/// Opens a birth in a row.
///
/// # Errors
/// As [`open_name`].
pub(super) fn open_birth(keys: &Keys, row: SubscriberRecordId, sealed: &[u8]) -> Result<Birth, Unsealable> {
    Birth::parse(&opened(keys, BIRTH, row, sealed)?).ok_or(Unsealable)
}

/// Opens the number of a document in a row.
///
/// # Errors
/// As [`open_name`].
pub(super) fn open_identification(
    keys: &Keys,
    row: SubscriberRecordId,
    sealed: &[u8],
) -> Result<String, Unsealable> {
    opened(keys, IDENTIFICATION, row, sealed)
}

/// The number of a document with all but its last two characters hidden; of a short one nothing is left.
pub fn masked(number: &str) -> String {
    let shown = if number.chars().count() >= 6 { 2 } else { 0 };
    let hidden = number.chars().count() - shown;
    "•".repeat(hidden) + &number.chars().skip(hidden).collect::<String>()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::retention::subscriber_laws;

    #[test]
    fn a_number_keeps_enough_to_tell_two_apart_and_no_more() {
        assert_eq!(masked("C01X00T47"), "•••••••47");
        assert_eq!(masked("12345"), "•••••");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn a_birth_is_read_as_it_was_sealed() {
        let on = NaiveDate::from_ymd_opt(1980, 2, 3).unwrap();
        for (place, words) in
            [(None, "3 February 1980"), (Some("La Chaux de Fonds"), "3 February 1980 in La Chaux de Fonds")]
        {
            let birth = Birth { on, place: place.map(str::to_owned) };
            assert_eq!(Birth::parse(&birth.stored()), Some(birth.clone()));
            assert_eq!(birth.words(), words);
        }
        assert_eq!(Birth::parse("X1234567"), None);
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_column_and_row_alone() {
        let keys = Keys::derive(&[7; 32]);
        let details = Details {
            law: subscriber_laws::of("CH").unwrap(),
            subject: Subject::EndUser,
            name: "Martha Keel".into(),
            address: "Gasse 1\n8001 Zürich".into(),
            birth: Some(Birth { on: NaiveDate::from_ymd_opt(1980, 2, 3).unwrap(), place: None }),
            identification: Some((Document::Passport, "X1234567".into())),
        };
        let (row, other) = (SubscriberRecordId(Uuid::from_u128(1)), SubscriberRecordId(Uuid::from_u128(2)));
        let Sealed { name, address, birth, number } = details.sealed(&keys, row);
        let (birth, number) = (birth.unwrap(), number.unwrap());
        assert_eq!(open_name(&keys, row, &name).unwrap(), details.name);
        assert_eq!(open_address(&keys, row, &address).unwrap(), details.address);
        assert_eq!(open_identification(&keys, row, &number).unwrap(), "X1234567");
        assert_eq!(Some(open_birth(&keys, row, &birth).unwrap()), details.birth);
        assert!(open_birth(&keys, other, &birth).is_err());
        assert!(open_name(&keys, row, &address).is_err() && open_address(&keys, row, &number).is_err());
        assert!(
            open_name(&keys, other, &name).is_err() && open_identification(&keys, other, &number).is_err()
        );
        assert!(!name.windows(6).any(|part| part == b"Martha"));
    }
}
