//! The steps that end the life of a token, and how the page says it that asks before.

use super::{Slot, Token};

/// A step that ends the life of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Promotion,
    Removal,
    Replacement,
}

impl Step {
    /// The token that the step is about.
    pub(super) fn subject(self) -> Slot {
        match self {
            Self::Promotion | Self::Removal => Slot::Secondary,
            Self::Replacement => Slot::Primary,
        }
    }

    /// The token that dies.
    pub(super) fn dies(self) -> Slot {
        match self {
            Self::Removal => Slot::Secondary,
            Self::Promotion | Self::Replacement => Slot::Primary,
        }
    }

    /// Whether it is possible with these tokens.
    pub(super) fn fits(self, tokens: &[Token]) -> bool {
        let has = |slot| tokens.iter().any(|token| token.slot == slot);
        match self {
            Self::Promotion | Self::Removal => has(Slot::Secondary),
            Self::Replacement => has(Slot::Primary) && !has(Slot::Secondary),
        }
    }

    /// Where its page is, in the account.
    pub(super) fn address(self) -> &'static str {
        match self {
            Self::Promotion => "/credentials/auth-token/secondary/promotion",
            Self::Removal => "/credentials/auth-token/secondary/removal",
            Self::Replacement => "/credentials/auth-token/replacement",
        }
    }

    /// Title of the page, its question, and what its button says.
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Promotion => {
                ("Change over", "Make the secondary token the primary one?", "Make it the primary one")
            }
            Self::Removal => ("Remove a token", "Remove the secondary token?", "Remove the token"),
            Self::Replacement => ("Replace the token", "Replace the auth token?", "Replace the token"),
        }
    }

    /// What works on after it.
    pub(super) fn stays(self) -> Vec<String> {
        let keys = "All API keys".to_owned();
        match self {
            Self::Promotion => vec!["The secondary token: it works on, as the primary one".into(), keys],
            Self::Removal => vec!["The primary token".into(), keys],
            Self::Replacement => vec![keys],
        }
    }

    /// What cannot be undone; `going` where the account gets no new tokens.
    pub(super) fn until(self, going: bool) -> &'static str {
        match self {
            Self::Removal | Self::Replacement if going => "This cannot be undone.",
            Self::Promotion => "This cannot be undone. Do it when every program uses the secondary token.",
            Self::Removal => "This cannot be undone. You can make another secondary token at any time.",
            Self::Replacement => {
                "This cannot be undone: programs are locked out until they have the new token. If you still have \
                 this one, make a secondary token instead and change over without a pause."
            }
        }
    }
}
