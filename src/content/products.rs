//! The products that keep content, and for how long each keeps it unless its owner instructs otherwise (S107, S108).
//! Longer than is included costs extra, which is said before it is kept (S109).

use utoipa::ToSchema;

/// Something that is kept, with a period of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Product {
    /// Claims.
    Claims,
    /// Communications: who, when, how it went.
    Communications,
    /// What communications say.
    CommunicationBodies,
}

impl Product {
    /// Every product.
    pub const ALL: [Self; 3] = [Self::Claims, Self::Communications, Self::CommunicationBodies];

    /// As it is stored and named in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claims => "claims",
            Self::Communications => "communications",
            Self::CommunicationBodies => "communication_bodies",
        }
    }

    /// Reads a product as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|product| product.as_str() == text)
    }

    /// What it is called on a page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Claims => "Claims",
            Self::Communications => "Communications",
            Self::CommunicationBodies => "Bodies of communications",
        }
    }

    /// From when the days count.
    pub fn counts_from(self) -> &'static str {
        match self {
            Self::Claims => "the last change of the claim",
            Self::Communications | Self::CommunicationBodies => "the day the communication was stored",
        }
    }

    /// Whether it is kept without a choice of the owner; bodies are not (S103).
    pub fn stored_by_default(self) -> bool {
        !matches!(self, Self::CommunicationBodies)
    }

    /// Days that are included, and for which it is kept without a choice of the owner.
    pub fn included_days(self) -> i32 {
        match self {
            Self::Claims => 365,
            Self::Communications => 90,
            Self::CommunicationBodies => 30,
        }
    }

    /// Longest period in days.
    pub const LONGEST_DAYS: i32 = 3650;

    /// Price of keeping it longer than is included, in US cents per 1,000 records and month.
    pub fn extended_price_cents(self) -> i32 {
        match self {
            Self::Claims => 40,
            Self::Communications => 10,
            Self::CommunicationBodies => 25,
        }
    }
}
