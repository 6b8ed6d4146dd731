//! How a communication went, and in which order that can be.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a communication went so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waits to be sent.
    Queued,
    /// On its way.
    Sent,
    /// Arrived.
    Delivered,
    /// Came back.
    Bounced,
    /// Its recipient complained about it.
    Complained,
    /// Could not be sent.
    Failed,
}

/// What to make of news about a communication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It got further.
    Further,
    /// What was known, or happened before what is known: noted, and the present status stays.
    Late,
    /// It contradicts the present status.
    Contradiction,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Sent, Self::Delivered, Self::Bounced, Self::Complained, Self::Failed];

    /// As it is stored and named in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Failed => "failed",
        }
    }

    /// Reads a status as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether this comes before the other. Steps can be left out: carriers do not report each of them.
    fn precedes(self, later: Self) -> bool {
        use Status::{Complained, Delivered, Queued, Sent};
        match self {
            Queued => later != Queued,
            Sent => !matches!(later, Queued | Sent),
            Delivered => later == Complained,
            _ => false,
        }
    }

    /// What to make of the news that a communication with this status is, or was, in another.
    pub fn news(self, reported: Self) -> News {
        if self.precedes(reported) {
            News::Further
        } else if self == reported || reported.precedes(self) {
            News::Late
        } else {
            News::Contradiction
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Status::{Bounced, Complained, Delivered, Failed, Queued, Sent};
    use super::*;

    #[test]
    fn a_communication_only_gets_further() {
        for (present, reported) in [
            (Queued, Sent),
            (Sent, Delivered),
            (Sent, Bounced),
            (Sent, Failed),
            (Delivered, Complained),
            (Queued, Delivered),
        ] {
            assert_eq!(present.news(reported), News::Further, "{present:?} {reported:?}");
            assert_eq!(reported.news(present), News::Late, "{reported:?} {present:?}");
        }
    }

    #[test]
    fn what_excludes_each_other_is_a_contradiction_and_what_is_known_is_none() {
        for (present, reported) in [
            (Delivered, Bounced),
            (Bounced, Delivered),
            (Failed, Delivered),
            (Bounced, Complained),
            (Complained, Failed),
        ] {
            assert_eq!(present.news(reported), News::Contradiction, "{present:?} {reported:?}");
        }
        assert!(Status::ALL.iter().all(|status| status.news(*status) == News::Late));
    }
}
