//! What may be asked for, and on which way.

use super::fulfilment;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// To know the categories of data that we hold (S89).
    Categories,
    /// A copy of the data itself (S90).
    Access,
    /// The same, for another program to read (S87).
    Portability,
    /// To correct what they cannot correct by themselves (S11).
    Correction,
    /// To delete everything about the person (S91).
    Deletion,
    /// To delete what they name (S70).
    ItemDeletion,
    /// To use the data for nothing but keeping it (S87).
    Restriction,
    /// To end that.
    RestrictionLifting,
    /// To take back every consent (S87).
    ConsentWithdrawal,
    /// Not to be looked up elsewhere (S68).
    Objection,
    /// About data that a customer of ours keeps with us (S20, S88, S161).
    EndUser,
}

/// Name as it is stored, label, and what it is about.
type Words = (&'static str, &'static str, &'static str);

impl Kind {
    /// Every kind, in the order in which they are offered.
    pub const ALL: [Self; 11] = [
        Self::Categories,
        Self::Access,
        Self::Portability,
        Self::Correction,
        Self::ItemDeletion,
        Self::Deletion,
        Self::Restriction,
        Self::RestrictionLifting,
        Self::ConsentWithdrawal,
        Self::Objection,
        Self::EndUser,
    ];

    /// What somebody without an account may ask for: nothing that only an account has.
    pub const WITHOUT_ACCOUNT: [Self; 7] = [
        Self::Categories,
        Self::Access,
        Self::Portability,
        Self::Correction,
        Self::ItemDeletion,
        Self::Deletion,
        Self::EndUser,
    ];

    fn words(self) -> Words {
        match self {
            Self::Categories => (
                "categories",
                "Know which kinds of data we hold",
                "The categories, where they come from, why we keep them and with whom we share them.",
            ),
            Self::Access => {
                ("access", "Get a copy of your data", "Everything that we hold about you and may give out.")
            }
            Self::Portability => (
                "portability",
                "Take your data elsewhere",
                "Your data as JSON and CSV, which other programs can read.",
            ),
            Self::Correction => {
                ("correction", "Have something corrected", "For what you cannot change in your settings.")
            }
            Self::Deletion => (
                "deletion",
                "Have everything about you deleted",
                "Your account goes too. You confirm it once more, and can undo it for seven days.",
            ),
            Self::ItemDeletion => (
                "item_deletion",
                "Have something specific deleted",
                "You name it, and we delete it unless a law makes us keep it. You confirm it once more.",
            ),
            Self::Restriction => (
                "restriction",
                "Restrict how we use your data",
                "From then on we keep your data and do nothing else with it: no mailings, no calls, no training of staff.",
            ),
            Self::RestrictionLifting => (
                "restriction_lifting",
                "End a restriction",
                "We may use your data again as you chose in your settings.",
            ),
            Self::ConsentWithdrawal => (
                "consent_withdrawal",
                "Withdraw your consent",
                "Everything that you allowed us and that we may do only because of that ends: all mailings and calls.",
            ),
            Self::Objection => (
                "objection",
                "Object to being looked up",
                "We no longer add to your data what we find in public sources.",
            ),
            Self::EndUser => (
                "end_user",
                "A company keeps your data with us",
                "An insurer or lender, for example. It answers for your data, and we pass your request on to it.",
            ),
        }
    }

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    /// Reads a kind as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What it is called on a page.
    pub fn label(self) -> &'static str {
        self.words().1
    }

    /// A sentence for whoever chooses.
    pub fn about(self) -> &'static str {
        self.words().2
    }

    /// Whether it discloses, corrects or deletes, so that who asks has just shown who they are (11 CCR 7061).
    pub fn is_sensitive(self) -> bool {
        matches!(
            self,
            Self::Access | Self::Portability | Self::Correction | Self::Deletion | Self::ItemDeletion
        )
    }

    /// Whether it is asked for twice.
    pub fn is_deletion(self) -> bool {
        matches!(self, Self::Deletion | Self::ItemDeletion)
    }

    /// Whether it makes no sense without words of whoever asks.
    pub fn needs_details(self) -> bool {
        matches!(self, Self::Correction | Self::ItemDeletion | Self::EndUser)
    }

    /// Whether a mailbox alone shows enough of who asks, because nothing specific is disclosed.
    pub fn needs_mailbox_only(self) -> bool {
        matches!(self, Self::Categories | Self::EndUser)
    }

    /// How soon it is done, for whoever chooses.
    pub fn soon(self) -> &'static str {
        match self {
            Self::Access | Self::Portability => "Done within minutes.",
            kind if fulfilment::is_by_machine(kind) => "Done at once.",
            _ => "",
        }
    }
}

/// On which way a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Signed in.
    Portal,
    /// The public form.
    Form,
    /// By mail or letter, logged by staff (S2, S97).
    Email,
    /// By somebody in the person's name.
    Agent,
}

impl Channel {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Form => "form",
            Self::Email => "email",
            Self::Agent => "agent",
        }
    }

    /// For people; of a channel as it is stored.
    pub fn label(stored: &str) -> &'static str {
        match stored {
            "portal" => "signed in",
            "form" => "by the public form",
            "email" => "by mail, logged by staff",
            "agent" => "by an authorised agent",
            _ => "on another way",
        }
    }
}
