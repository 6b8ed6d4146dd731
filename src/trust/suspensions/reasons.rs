//! Why an account is suspended: a short list, so that decisions of one kind can be compared.

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Messages that nobody asked for.
    Spam,
    /// People or the service are harmed.
    Abuse,
    /// Somebody is deceived.
    Fraud,
    /// Somebody else seems to use the account.
    Security,
    /// A law or an authority says so.
    Legal,
    /// Something else that the terms forbid.
    Terms,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 6] =
        [Self::Spam, Self::Abuse, Self::Fraud, Self::Security, Self::Legal, Self::Terms];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Abuse => "abuse",
            Self::Fraud => "fraud",
            Self::Security => "security",
            Self::Legal => "legal",
            Self::Terms => "terms",
        }
    }

    /// Reads a reason as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::Spam => "Unwanted messages",
            Self::Abuse => "Abuse of people or of the service",
            Self::Fraud => "Fraud or deception",
            Self::Security => "The account seems to be in other hands",
            Self::Legal => "A duty by law",
            Self::Terms => "Another breach of our terms",
        }
    }

    /// What it stands on, for the statement.
    pub fn ground(self) -> &'static str {
        match self {
            Self::Spam | Self::Abuse | Self::Fraud => {
                "Our policy allows us to suspend accounts that send spam, abuse the service or deceive, by signals of their activity."
            }
            Self::Security => {
                "Our policy allows us to stop an account in order to protect it and the people in it."
            }
            Self::Legal => "A law or an order of an authority that we have to follow.",
            Self::Terms => "Our terms of service.",
        }
    }
}
