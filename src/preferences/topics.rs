//! The topics, in the words that people read.

/// What somebody may hear from us about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// What is new in the products.
    ProductNews,
    /// The newsletter.
    Newsletter,
    /// Events.
    Events,
    /// Offers.
    Offers,
    /// Surveys.
    Surveys,
    /// A call to help a new customer begin (S41).
    OnboardingCalls,
}

/// How somebody hears from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// By e-mail.
    Email,
    /// By telephone.
    Phone,
}

impl Channel {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

impl Topic {
    /// Every topic, in the order of the pages.
    pub const ALL: [Self; 6] = [
        Self::ProductNews,
        Self::Newsletter,
        Self::Events,
        Self::Offers,
        Self::Surveys,
        Self::OnboardingCalls,
    ];

    /// Those that a mailing can be about.
    pub const BY_MAIL: [Self; 5] =
        [Self::ProductNews, Self::Newsletter, Self::Events, Self::Offers, Self::Surveys];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProductNews => "product_news",
            Self::Newsletter => "newsletter",
            Self::Events => "events",
            Self::Offers => "offers",
            Self::Surveys => "surveys",
            Self::OnboardingCalls => "onboarding_calls",
        }
    }

    /// Reads a topic as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text)
    }

    /// Its name, for a label or within a sentence that it begins.
    pub fn label(self) -> &'static str {
        match self {
            Self::ProductNews => "Product news",
            Self::Newsletter => "Newsletter",
            Self::Events => "Events",
            Self::Offers => "Offers",
            Self::Surveys => "Surveys",
            Self::OnboardingCalls => "A call to help you begin",
        }
    }

    /// What it is about and how often.
    pub fn about(self) -> &'static str {
        match self {
            Self::ProductNews => "What is new or changes in the products. About once a month.",
            Self::Newsletter => "Articles about claims and how others work with them. Once a month.",
            Self::Events => "Invitations to webinars and meetings, in time to plan for them.",
            Self::Offers => "Prices and services that you might like. A few times a year.",
            Self::Surveys => "Questions about how we do. Twice a year at most.",
            Self::OnboardingCalls => "One of us calls in your first weeks to help you set things up.",
        }
    }

    /// The one channel that it has.
    pub fn channel(self) -> Channel {
        if self == Self::OnboardingCalls { Channel::Phone } else { Channel::Email }
    }

    /// The words beside the box that is ticked for it, as they are recorded with a decision.
    pub fn wording(self) -> String {
        format!("{}: {}", self.label(), self.about())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_reads_back_and_has_words() {
        for topic in Topic::ALL {
            assert_eq!(Topic::parse(topic.as_str()), Some(topic));
            assert!(topic.about().ends_with('.'));
        }
        assert_eq!(Topic::parse("spam"), None);
        assert!(Topic::BY_MAIL.iter().all(|topic| topic.channel() == Channel::Email));
    }
}
