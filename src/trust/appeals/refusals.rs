//! What stands against an appeal, a message or a decision. The database is the guard: each of its refusals has a name, which
//! becomes a [`Refusal`] here.

use crate::platform::error::{self, AppError};

/// What stands against something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The suspension was lifted, or has expired and so cannot be shortened.
    Over,
    /// The six months are over.
    TooLate,
    /// One is open.
    Open,
    /// Both were decided.
    Final,
    /// It is closed.
    Closed,
    /// Something happened since the page was made.
    Stale,
    /// Whoever tries has not claimed it.
    Unclaimed,
    /// Whoever tries has a part in it.
    Party,
    /// Whoever tries decided the first.
    SecondBySame,
    /// The new end does not lie between now and the present end.
    NotShorter,
    /// There is no more room for files.
    Files,
}

impl Refusal {
    /// For whoever tried.
    pub fn words(self) -> &'static str {
        match self {
            Self::Over => {
                "This suspension is over: what was lifted needs no appeal, and what has expired can be upheld or lifted, not shortened."
            }
            Self::TooLate => "The six months in which this can be appealed are over.",
            Self::Open => "An appeal is open already. You can add to it by a message.",
            Self::Final => "Both appeals were decided, and the second decision is final.",
            Self::Closed => "This appeal is closed.",
            Self::Stale => "Something happened since you opened this page. Read it again before you decide.",
            Self::Unclaimed => "Claim the appeal first: your claim has run out, or somebody else has it.",
            Self::Party => {
                "You have a part in this suspension, or in the account, so somebody else decides about it."
            }
            Self::SecondBySame => "You decided the first appeal, so somebody else decides the second.",
            Self::NotShorter => "The new end has to lie ahead, and before the present end.",
            Self::Files => {
                "An appeal has room for 100 MB of files, with those of one that you took back before, and up to five come at a time. Send fewer or smaller ones."
            }
        }
    }

    /// What the database refused with; nothing for another error.
    pub(crate) fn of(error: &diesel::result::Error) -> Option<Self> {
        Some(match error::rule_of(error)? {
            "suspensions_ended" => Self::Over,
            "suspensions_stale" => Self::Stale,
            "suspensions_shorter" => Self::NotShorter,
            "appeals_late" => Self::TooLate,
            "appeals_one_open" => Self::Open,
            "appeals_final" | "appeals_one_a_round" => Self::Final,
            "appeals_decided" => Self::Closed,
            "appeals_claim" => Self::Unclaimed,
            "appeals_party" => Self::Party,
            "appeals_second" => Self::SecondBySame,
            "appeals_files" => Self::Files,
            _ => return None,
        })
    }
}

/// An outcome, or what the database refused with.
pub(crate) fn refused<T>(outcome: diesel::QueryResult<T>) -> Result<Result<T, Refusal>, AppError> {
    error::refused(outcome, Refusal::of)
}
