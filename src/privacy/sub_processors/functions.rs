//! What others do for us with data about people. Whether the portal has a function at all its settings say, and which categories
//! of data reach whoever does it, the data map.

use crate::platform::config::{Config, MailTransport, SmsTransport, StoragePlace};
use crate::privacy::data_map::{self, Category, Column, Recipient, Source};

/// A part of the portal that others may do for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// The machines that programs and database run on.
    Hosting,
    /// A bucket for files and backups.
    Storage,
    /// Mail on its way out.
    Mail,
    /// Text messages and calls.
    Telephony,
    /// Payments and invoices.
    Billing,
}

impl Function {
    /// Every function, in the order of the pages.
    pub const ALL: [Self; 5] = [Self::Hosting, Self::Storage, Self::Mail, Self::Telephony, Self::Billing];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hosting => "hosting",
            Self::Storage => "storage",
            Self::Mail => "mail",
            Self::Telephony => "telephony",
            Self::Billing => "billing",
        }
    }

    /// Reads one as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::Hosting => "Machines and networks",
            Self::Storage => "Storage of files",
            Self::Mail => "Mail",
            Self::Telephony => "Text messages and calls",
            Self::Billing => "Payments and invoices",
        }
    }

    /// What it is for, in a sentence.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Hosting => "Our programs and our database run there.",
            Self::Storage => {
                "Files, copies and backups lie there. We encrypt files and backups before they leave us."
            }
            Self::Mail => "Takes our mail and brings it to the mailbox that it is for.",
            Self::Telephony => "Takes codes and warnings and brings them to the telephone that they are for.",
            Self::Billing => "Takes how customers pay, writes their invoices, and tells us what is on them.",
        }
    }

    /// Whether there is a portal without it.
    pub fn is_optional(self) -> bool {
        self != Self::Hosting
    }

    /// Whether the portal of these settings has it.
    pub fn is_on(self, config: &Config) -> bool {
        match self {
            Self::Hosting => true,
            Self::Storage => matches!(config.storage, StoragePlace::Bucket { .. }),
            Self::Mail => matches!(config.mail, MailTransport::Smtp(_)),
            Self::Telephony => matches!(config.sms, SmsTransport::Twilio { .. }),
            Self::Billing => !config.billing_hook.is_empty(),
        }
    }

    fn reaches(self, column: &Column) -> bool {
        match self {
            Self::Hosting | Self::Storage => true,
            Self::Mail => column.shared.contains(&Recipient::MailCarrier),
            Self::Telephony => column.shared.contains(&Recipient::PhoneCarrier),
            Self::Billing => column.source == Source::Processor,
        }
    }

    /// The categories of personal information that reach whoever does it.
    pub fn categories(self) -> Vec<&'static str> {
        let has = |category: &Category| {
            let mut columns = data_map::tables().flat_map(|table| table.columns);
            columns.any(|column| column.category == *category && self.reaches(column))
        };
        Category::PERSONAL.into_iter().filter(has).map(Category::label).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::data_map::Terms;

    #[test]
    fn whoever_acts_for_us_by_the_map_does_it_in_a_function_and_each_gets_something() {
        let narrow = [Function::Mail, Function::Telephony, Function::Billing];
        for column in data_map::tables().flat_map(|table| table.columns) {
            let acts = column.shared.iter().any(|one| one.terms() == Terms::ActsForUs);
            assert!(!acts || narrow.iter().any(|one| one.reaches(column)), "{}", column.name);
        }
        for function in Function::ALL {
            assert!(!function.categories().is_empty(), "{function:?}");
            assert_eq!(Function::parse(function.as_str()), Some(function));
            assert!(function.purpose().ends_with('.') && !function.label().ends_with('.'));
        }
    }
}
