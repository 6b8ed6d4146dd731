//! What changes about a credential, in the words of the audit log and of mail.

use super::LeakResponse;
use crate::accounts::auth_token::Slot;

/// A change to a credential, as the audit log and the mail tell it. Names and SIDs, never a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An auth token was made where there was none.
    TokenCreated,
    /// A secret was shown for the first and only time.
    TokenShown(Slot),
    /// A secondary token was made.
    SecondaryCreated,
    /// The secondary token became the primary one.
    SecondaryPromoted,
    /// The secondary token was removed.
    SecondaryRemoved,
    /// The primary token was replaced at once.
    TokenReplaced,
    /// This key was made, with these scopes.
    KeyCreated(String, String),
    /// This key was revoked.
    KeyRevoked(String),
    /// What becomes of leaked secrets was decided.
    LeakResponse(LeakResponse),
}

impl Change {
    /// The action in the audit log.
    pub fn action(&self) -> &'static str {
        match self {
            Self::TokenCreated => "account.auth_token.created",
            Self::TokenShown(_) => "account.auth_token.shown",
            Self::SecondaryCreated => "account.auth_token.secondary_created",
            Self::SecondaryPromoted => "account.auth_token.promoted",
            Self::SecondaryRemoved => "account.auth_token.secondary_removed",
            Self::TokenReplaced => "account.auth_token.replaced",
            Self::KeyCreated(..) => "account.api_key.created",
            Self::KeyRevoked(_) => "account.api_key.revoked",
            Self::LeakResponse(_) => "account.leak_response.changed",
        }
    }

    /// What the audit log notes besides.
    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::TokenShown(slot) => Some(slot.as_str().into()),
            Self::KeyCreated(key, scopes) => Some(format!("{key}: {scopes}")),
            Self::KeyRevoked(key) => Some(key.clone()),
            Self::LeakResponse(response) => Some(response.as_str().into()),
            _ => None,
        }
    }

    /// A headline and a sentence for the mail; nothing for what needs none.
    pub(super) fn words(&self) -> Option<(&'static str, String)> {
        Some(match self {
            Self::TokenShown(_) | Self::LeakResponse(_) => return None,
            Self::TokenCreated => ("An auth token was made", "It may do everything in the account.".into()),
            Self::SecondaryCreated => {
                ("A secondary auth token was made", "Both tokens work until one of them is removed.".into())
            }
            Self::SecondaryPromoted => (
                "The secondary auth token took over",
                "The token that was primary before no longer works.".into(),
            ),
            Self::SecondaryRemoved => ("The secondary auth token was removed", "It no longer works.".into()),
            Self::TokenReplaced => {
                ("The auth token was replaced", "The token that was there before no longer works.".into())
            }
            Self::KeyCreated(key, scopes) => ("An API key was made", format!("{key} may use {scopes}.")),
            Self::KeyRevoked(key) => ("An API key was revoked", format!("{key} no longer works.")),
        })
    }
}
