//! Kinds of recipients, grounds, states and ways in which an objection ends: as they are stored, and for people.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $one:ident $stored:literal $label:literal;)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $name { $($(#[$of])* $one,)* }

            impl $name {
                /// Each of them.
                pub const ALL: &[Self] = &[$(Self::$one),*];

                /// As it is stored.
                pub fn as_str(self) -> &'static str {
                    match self { $(Self::$one => $stored,)* }
                }

                /// Reads it as it is stored.
                pub fn parse(text: &str) -> Option<Self> {
                    Self::ALL.iter().copied().find(|one| one.as_str() == text)
                }

                /// For people.
                pub fn label(self) -> &'static str {
                    match self { $(Self::$one => $label,)* }
                }
            }
        )*
    };
}

kinds! {
    /// Who gets something.
    RecipientKind {
        /// An authority, or somebody else who has it by one of the grounds.
        Legal "legal" "A government, a court, the police or another on a legal ground";
        /// On the way of a message or a call (S114).
        Operator "operator" "A telephone company on the way of a message or a call";
        /// For what the notice says (S123).
        Group "group" "A company of our group";
        /// Acts for us (S115).
        Provider "provider" "A company that works for us under contract";
        /// Takes over the business or a part of it (S124).
        Transfer "transfer" "Whoever takes over our business or a part of it";
        /// Gets what leads to nobody (S125).
        Deidentified "deidentified" "Anybody, of data that leads to nobody";
    }
    /// Why something is disclosed on a legal ground (S120). There is no other.
    Ground {
        /// (i)
        Law "law" "A law, a regulation, legal process or a government request compels it";
        /// (ii)
        Agreements "agreements" "To enforce our agreements and policies";
        /// (iii)
        Security "security" "To protect the security or integrity of our services";
        /// (iv)
        Protection "protection" "To protect us, other customers or the public from harm or illegal acts";
        /// (v)
        Emergency "emergency" "An emergency: to prevent a death or a serious injury";
    }
    /// What came of an objection (S122).
    Outcome {
        /// Nothing is asked for any more.
        Upheld "upheld" "It was right: the demand is dropped";
        /// Less is asked for.
        Narrowed "narrowed" "The demand was narrowed";
        /// The demand stands.
        Overruled "overruled" "The demand stands as it is";
    }
    /// Where a disclosure stands.
    State {
        /// Nobody decided yet.
        Received "received" "Waits for a decision";
        /// We think that it was not issued properly.
        Objected "objected" "We object";
        /// The objection was answered, and somebody decides.
        Answered "answered" "Objection answered";
        /// It may be handed over.
        Approved "approved" "To be handed over";
        /// It was handed over.
        Disclosed "disclosed" "Handed over";
        /// We gave nothing.
        Refused "refused" "Refused";
        /// It is not asked for any more.
        Withdrawn "withdrawn" "Withdrawn";
    }
}

impl RecipientKind {
    /// On which terms somebody gets something, for people.
    pub fn terms(self) -> &'static str {
        match self {
            Self::Legal => {
                "on one of the five grounds below; we tell whoever it is about, unless a law forbids that for a time"
            }
            Self::Operator => "as far as it takes to connect and deliver; they follow their own rules",
            Self::Group => "for what our privacy notice says, as we ourselves",
            Self::Provider => "under contract, to do that for us and nothing else",
            Self::Transfer => {
                "after everybody who owns an account was told; the only case that might be a sale in the meaning of the law"
            }
            Self::Deidentified => "only what leads to nobody, with how that was made sure",
        }
    }
}

impl State {
    /// The kind of its badge.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Received | Self::Objected | Self::Answered => "warning",
            Self::Approved => "info",
            Self::Disclosed => "success",
            Self::Refused | Self::Withdrawn => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_five_grounds_and_a_sale_is_no_kind_of_recipient() {
        assert_eq!(Ground::ALL.len(), 5);
        assert_eq!(Ground::parse("consent"), None);
        assert_eq!(RecipientKind::parse("sale"), None);
        assert!(State::ALL.iter().all(|state| State::parse(state.as_str()) == Some(*state)));
    }
}
