//! What works in each level of a suspension: one table, which the guards, the pages and the reference of the API read.
//!
//! It is about what an account does. What we send to its people is no act of theirs and is not stopped in any level: mail
//! about their account is owed to them, and a mailing that they asked for ends when they say so, also in the middle of it.

use serde::Deserialize;

use crate::routes::{Guard, Route};

/// How far an account is restricted. What a level takes, a higher one takes too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Told what is wrong. Everything works.
    Warned,
    /// Nothing is sent.
    SendingPaused,
    /// Programs read and change nothing.
    ApiReadOnly,
    /// Programs are refused.
    Suspended,
}

/// Something that can be done in an account, or around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Sign in, settings, security.
    SignIn,
    /// Read what was decided and why.
    ReadStatement,
    /// Object to it.
    Appeal,
    /// Order and fetch a copy of everything.
    Copy,
    /// Ask about data, delete, close.
    PrivacyRequests,
    /// Read invoices, see and decide what is stored and what it costs.
    Billing,
    /// Revoke, replace or remove a credential.
    RevokeCredentials,
    /// Serve the people in the content on the pages.
    ServeEndUsers,
    /// Members, names, history and everything else on the pages.
    Manage,
    /// Make an API key or an auth token.
    MakeCredentials,
    /// A program reads.
    Read,
    /// A program stores, changes or deletes.
    Write,
    /// A message goes out.
    Send,
}

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Self; 4] = [Self::Warned, Self::SendingPaused, Self::ApiReadOnly, Self::Suspended];

    /// The table.
    pub fn allows(self, act: Act) -> bool {
        match act {
            Act::Send => self < Self::SendingPaused,
            Act::Write => self < Self::ApiReadOnly,
            Act::Read | Act::MakeCredentials => self < Self::Suspended,
            // The lifeboat: whoever is stopped still learns why, objects, and takes with them what is theirs.
            Act::SignIn
            | Act::ReadStatement
            | Act::Appeal
            | Act::Copy
            | Act::PrivacyRequests
            | Act::Billing
            | Act::RevokeCredentials
            | Act::ServeEndUsers
            | Act::Manage => true,
        }
    }

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warned => "warned",
            Self::SendingPaused => "sending_paused",
            Self::ApiReadOnly => "api_read_only",
            Self::Suspended => "suspended",
        }
    }

    /// Reads a level as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// What it is called on a page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Warned => "Warning",
            Self::SendingPaused => "Sending paused",
            Self::ApiReadOnly => "API read-only",
            Self::Suspended => "Suspended",
        }
    }

    /// The kind of badge and notice that it is shown with.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Warned | Self::SendingPaused => "warning",
            Self::ApiReadOnly | Self::Suspended => "danger",
        }
    }

    /// What it means, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::Warned => "Everything works as before. If it goes on, we may stop more.",
            Self::SendingPaused => {
                "No message goes out. New ones are refused, and queued ones stay queued. Everything else works."
            }
            Self::ApiReadOnly => "Programs can read, and can store, change, delete and send nothing.",
            Self::Suspended => "Programs are refused, and no credentials can be made.",
        }
    }

    /// What happened, as the headline of a mail or a banner. `account` is what the account is called.
    pub fn headline(self, account: &str) -> String {
        match self {
            Self::Warned => format!("A warning about {account}"),
            Self::SendingPaused => format!("Sending from {account} is paused"),
            Self::ApiReadOnly => format!("Programs can only read in {account}"),
            Self::Suspended => format!("{account} is suspended"),
        }
    }

    /// Why a program is refused, in a sentence.
    pub fn refusal(self) -> &'static str {
        match self {
            Self::Warned => "A warning stands against the account.",
            Self::SendingPaused => "Sending is paused for this account.",
            Self::ApiReadOnly => "Programs can only read in this account for now.",
            Self::Suspended => "The account is suspended.",
        }
    }

    /// What still works, in words.
    pub fn works(self) -> Vec<&'static str> {
        Act::ALL.into_iter().filter(|act| self.allows(*act)).map(Act::label).collect()
    }

    /// What does not, in words.
    pub fn stopped(self) -> Vec<&'static str> {
        Act::ALL.into_iter().filter(|act| !self.allows(*act)).map(Act::label).collect()
    }
}

impl Act {
    /// Everything, in the order of the pages.
    pub const ALL: [Self; 13] = [
        Self::SignIn,
        Self::ReadStatement,
        Self::Appeal,
        Self::Copy,
        Self::PrivacyRequests,
        Self::Billing,
        Self::RevokeCredentials,
        Self::ServeEndUsers,
        Self::Manage,
        Self::MakeCredentials,
        Self::Read,
        Self::Write,
        Self::Send,
    ];

    /// What it is, for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::SignIn => "Signing in, and your own settings",
            Self::ReadStatement => "Reading what was decided and why",
            Self::Appeal => "Appealing",
            Self::Copy => "Ordering and fetching a copy of everything",
            Self::PrivacyRequests => "Requests about data, and closing the account",
            Self::Billing => "Invoices, storage and what it costs",
            Self::RevokeCredentials => "Revoking and replacing credentials",
            Self::ServeEndUsers => "Serving the people in your content, on the pages",
            Self::Manage => "Members, requests of programs, and history",
            Self::MakeCredentials => "Making new credentials",
            Self::Read => "Programs that read",
            Self::Write => "Programs that store, change or delete",
            Self::Send => "Sending messages",
        }
    }

    /// What a route of the site map is for. Sending is not told by the route alone: it is refused where a message is stored.
    pub fn of(route: &Route) -> Self {
        let (path, reads) = (route.path, route.method == "GET");
        match route.guard {
            Guard::Api(scope) if scope.writes() => return Self::Write,
            Guard::Api(_) | Guard::AnyProgram => return Self::Read,
            _ => {}
        }
        let Some(page) = path.strip_prefix("/accounts/{account}") else {
            return match path {
                _ if path.starts_with("/privacy/exports") => Self::Copy,
                _ if path.starts_with("/privacy") => Self::PrivacyRequests,
                _ => Self::SignIn,
            };
        };
        match page {
            _ if page.contains("/appeal") => Self::Appeal,
            _ if page.starts_with("/suspensions") => Self::ReadStatement,
            _ if page.starts_with("/closure") => Self::PrivacyRequests,
            _ if page.starts_with("/invoices") || page.starts_with("/storage") => Self::Billing,
            _ if page.starts_with("/end-users") => Self::ServeEndUsers,
            "/credentials/keys/new" => Self::MakeCredentials,
            "/credentials/auth-token" | "/credentials/auth-token/secondary" if !reads => {
                Self::MakeCredentials
            }
            _ if page.starts_with("/credentials/") => Self::RevokeCredentials,
            _ => Self::Manage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_level_takes_a_higher_one_takes_too() {
        for act in Act::ALL {
            let allowed: Vec<bool> = Level::ALL.iter().map(|level| level.allows(act)).collect();
            assert!(allowed.is_sorted_by(|lower, higher| lower >= higher), "{act:?}: {allowed:?}");
        }
        assert!(Level::ALL.is_sorted());
        assert!(Level::ALL.iter().all(|level| Level::parse(level.as_str()) == Some(*level)));
    }

    #[test]
    fn the_lifeboat_is_open_in_every_level() {
        for act in [
            Act::SignIn,
            Act::ReadStatement,
            Act::Appeal,
            Act::Copy,
            Act::PrivacyRequests,
            Act::Billing,
            Act::RevokeCredentials,
        ] {
            assert!(Level::ALL.iter().all(|level| level.allows(act)), "{act:?}");
        }
        assert_eq!(Level::Suspended.stopped().len(), 4);
        assert!(Level::Warned.stopped().is_empty());
    }
}
