//! The rules that the database keeps, and what is said where one stands against a step.

use crate::platform::error::rule_of;

/// A rule that stands against a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody else acted meanwhile.
    Stale,
    /// The request is not in a state for it.
    Transition,
    /// Nobody showed who asks.
    Unverified,
    /// Somebody else may be asking.
    Fraud,
    /// The deletion was not asked for once more.
    Unconfirmed,
    /// The deletion can still be undone.
    Grace,
    /// Somebody else works on it, or nobody.
    Claim,
    /// It is late, or was extended before.
    Due,
    /// Our customer does not know of it, or has not agreed.
    Customer,
    /// They are the point of contact of an account.
    Contact,
    /// What is withheld is not named, or something is.
    Withheld,
    /// A deletion of the person is done wholly or not at all.
    Whole,
    /// Something stands against a deletion: others depend on them, or it is on hold.
    Obstacle,
    /// There were enough tries.
    Tries,
    /// The same was asked for and is under way.
    Twice,
    /// There is no more room for files.
    Files,
}

const REFUSALS: &[(&str, Refusal)] = &[
    ("data_requests_stale", Refusal::Stale),
    ("data_requests_transition", Refusal::Transition),
    ("data_requests_unverified", Refusal::Unverified),
    ("data_requests_verification", Refusal::Unverified),
    ("data_requests_fraud", Refusal::Fraud),
    ("data_requests_unconfirmed", Refusal::Unconfirmed),
    ("data_requests_grace", Refusal::Grace),
    ("data_requests_claim", Refusal::Claim),
    ("data_requests_due", Refusal::Due),
    ("data_requests_customer", Refusal::Customer),
    ("data_requests_contact", Refusal::Contact),
    ("data_requests_withheld", Refusal::Withheld),
    ("data_request_withheld_kept", Refusal::Transition),
    ("data_requests_whole", Refusal::Whole),
    ("data_requests_obstacle", Refusal::Obstacle),
    ("data_requests_tries", Refusal::Tries),
    ("data_requests_one_open", Refusal::Twice),
    ("data_requests_files", Refusal::Files),
];

impl Refusal {
    /// What is wrong, for whoever acts.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stale => {
                "Somebody acted on this request while you looked at it. This is how it stands now; try again if it still makes sense."
            }
            Self::Transition => "The request has moved on, so this is no longer possible.",
            Self::Unverified => {
                "Nobody has shown yet who asks, and before that nothing is given, corrected or deleted."
            }
            Self::Fraud => "Somebody else may be asking. Clear the suspicion before anything is done.",
            Self::Unconfirmed => "A deletion is asked for twice, and the second time is missing.",
            Self::Grace => {
                "The deletion can be undone for seven days after it was confirmed. It is done after that."
            }
            Self::Claim => {
                "Only whoever has claimed the request decides it. Your claim ended, or you have none."
            }
            Self::Due => "A request can be extended once, before it is due.",
            Self::Customer => {
                "This is about data of a customer of ours: they are told first, and we answer only if they agree."
            }
            Self::Contact => {
                "They are the point of contact of an account. The role is handed over before they are deleted."
            }
            Self::Withheld => {
                "Name what is withheld if the request is done in part, and nothing if it is done wholly."
            }
            Self::Whole => {
                "A deletion of the person is done wholly or not at all. What the law keeps stays by itself, and the receipt names it; a hold stops the whole until it ends. Some items only are a request of another kind."
            }
            Self::Obstacle => {
                "Something stands against the deletion; the page of the request says what. Deny it for that reason, or wait."
            }
            Self::Tries => "There were enough tries.",
            Self::Twice => "You asked for this before, and we are working on it.",
            Self::Files => {
                "A request has room for 100 MB of files, and all of yours together for 500 MB. These are too many: send fewer, or say in words what they show."
            }
        }
    }
}

/// The rule that stands against what was tried, if the database refused it because of one.
pub fn refusal(error: &diesel::result::Error) -> Option<Refusal> {
    let name = rule_of(error)?;
    REFUSALS.iter().find(|(rule, _)| *rule == name).map(|(_, refusal)| *refusal)
}
