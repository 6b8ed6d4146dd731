//! With whom data is shared, and on which terms. There are three kinds: whoever acts for us, whoever a law lets look, and
//! partners that the person said yes to. Nobody else gets anything to use it for themselves, and nothing is sold (S23, S102,
//! S113, S155): there is no name for that here, so no column can say so. To partners goes an address with its reference, and
//! a test refuses any other column.

use super::Recipient;

/// On which terms somebody gets data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// Under contract, to do that for us and nothing else.
    ActsForUs,
    /// Because a law gives them the right.
    ByLaw,
    /// Because the person said yes to just that recipient.
    ByConsent,
}

impl Recipient {
    /// Everybody there is.
    pub const ALL: &[Self] = &[
        Self::MailCarrier,
        Self::PhoneCarrier,
        Self::TaxAuthority,
        Self::LocalCarrier,
        Self::Authority,
        Self::Partner,
    ];

    /// On which terms.
    pub fn terms(self) -> Terms {
        match self {
            Self::MailCarrier | Self::PhoneCarrier => Terms::ActsForUs,
            Self::TaxAuthority | Self::LocalCarrier | Self::Authority => Terms::ByLaw,
            Self::Partner => Terms::ByConsent,
        }
    }
}

impl Terms {
    /// In words, behind whom it is about.
    pub fn words(self) -> &'static str {
        match self {
            Self::ActsForUs => "under contract with us, to do just that and nothing else",
            Self::ByLaw => "no more than that law asks for",
            Self::ByConsent => "your address alone, and only as long as your yes to that partner stands",
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
            let carried = |one: Recipient| one == Recipient::MailCarrier || one.terms() == Terms::ByConsent;
            assert!(shared(table).all(carried), "{}", table.name);
        }
    }

    #[test]
    fn to_a_partner_goes_an_address_with_its_reference_and_nothing_else() {
        let places = data_map::tables().flat_map(|table| {
            let theirs = |one: &&Recipient| one.terms() == Terms::ByConsent;
            let shared =
                table.columns.iter().filter(move |column| column.shared.iter().any(|one| theirs(&one)));
            shared.map(move |column| format!("{}.{}", table.name, column.name))
        });
        assert_eq!(places.collect::<Vec<_>>(), ["contacts.email", "partner_share_contacts.id"]);
        for table in
            data_map::tables().filter(|table| shared(table).any(|one| one.terms() == Terms::ByConsent))
        {
            assert!(purposes::of(table).contains(&Purpose::Partners), "{}", table.name);
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
