//! The states of a request and the steps between them. The database is the guard: it refuses a step that the rules do
//! not allow, and each refusal has a name, which becomes a [`Refusal`] here.

mod refusals;
mod steps;

pub use refusals::{Refusal, refusal};
pub use steps::{Act, By, Ground, Step, take};

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It came in.
    Received,
    /// Whoever asks is showing who they are.
    Verifying,
    /// It is being worked on.
    Open,
    /// It is being worked on, and takes longer.
    Extended,
    /// It was done.
    Fulfilled,
    /// It was done but for what was withheld.
    PartlyFulfilled,
    /// It was not done, for a reason.
    Denied,
    /// Whoever asked took it back.
    Withdrawn,
    /// Whoever asked did not go on with it.
    Expired,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Received,
        Self::Verifying,
        Self::Open,
        Self::Extended,
        Self::Fulfilled,
        Self::PartlyFulfilled,
        Self::Denied,
        Self::Withdrawn,
        Self::Expired,
    ];

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Received => ("received", "Received", "info"),
            Self::Verifying => ("verifying", "Being verified", "warning"),
            Self::Open => ("open", "In progress", "info"),
            Self::Extended => ("extended", "In progress, extended", "warning"),
            Self::Fulfilled => ("fulfilled", "Done", "success"),
            Self::PartlyFulfilled => ("partly_fulfilled", "Done in part", "success"),
            Self::Denied => ("denied", "Not done", "danger"),
            Self::Withdrawn => ("withdrawn", "Withdrawn", ""),
            Self::Expired => ("expired", "Ended unanswered", ""),
        }
    }

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    /// Reads a state as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// What it is called on a page.
    pub fn label(self) -> &'static str {
        self.words().1
    }

    /// The kind of badge that it is shown with.
    pub fn badge(self) -> &'static str {
        self.words().2
    }

    /// Whether the request is under way.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Received | Self::Verifying | Self::Open | Self::Extended)
    }
}
