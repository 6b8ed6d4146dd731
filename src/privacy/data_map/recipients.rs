//! With whom data is shared, and on which terms. There are two kinds and no third: whoever acts for us, and whoever a law
//! lets look. Nobody gets anything to use it for themselves, and nothing is sold (S23, S102, S113, S155): there is no name
//! for it here, so no column can say so.

use super::Recipient;

/// On which terms somebody gets data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// Under contract, to do that for us and nothing else.
    ActsForUs,
    /// Because a law gives them the right.
    ByLaw,
}

impl Recipient {
    /// Everybody there is.
    pub const ALL: &[Self] =
        &[Self::MailCarrier, Self::PhoneCarrier, Self::TaxAuthority, Self::LocalCarrier, Self::Authority];

    /// On which terms.
    pub fn terms(self) -> Terms {
        match self {
            Self::MailCarrier | Self::PhoneCarrier => Terms::ActsForUs,
            Self::TaxAuthority | Self::LocalCarrier | Self::Authority => Terms::ByLaw,
        }
    }
}

impl Terms {
    /// In words, behind whom it is about.
    pub fn words(self) -> &'static str {
        match self {
            Self::ActsForUs => "under contract with us, to do just that and nothing else",
            Self::ByLaw => "no more than that law asks for",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::data_map::purposes::{self, Purpose};
    use crate::privacy::data_map::{self, Class, Table};

    fn shared(table: &Table) -> impl Iterator<Item = Recipient> {
        table.columns.iter().flat_map(|column| column.shared).copied()
    }

    #[test]
    fn everybody_is_listed_who_gets_anything() {
        for table in data_map::tables() {
            assert!(shared(table).all(|one| Recipient::ALL.contains(&one)), "{}", table.name);
        }
        for one in Recipient::ALL {
            assert!(data_map::tables().any(|table| shared(table).any(|of| of == *one)), "{}", one.label());
        }
    }

    #[test]
    fn what_tells_of_visits_goes_to_nobody_and_what_mailings_need_to_their_carrier_alone() {
        let visits = data_map::table("page_views").expect("it is counted");
        assert_eq!(shared(visits).count(), 0);
        for table in data_map::tables().filter(|table| purposes::of(table).contains(&Purpose::Mailings)) {
            assert!(shared(table).all(|one| one == Recipient::MailCarrier), "{}", table.name);
        }
    }

    #[test]
    fn what_customers_keep_with_us_nobody_gets_who_does_not_act_for_us() {
        let columns = data_map::tables().flat_map(|table| table.columns);
        for column in columns.filter(|column| column.class == Class::Content) {
            assert!(column.shared.iter().all(|one| one.terms() == Terms::ActsForUs), "{}", column.name);
        }
    }
}
