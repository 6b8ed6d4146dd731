//! The states of a dispute and the steps between them. The database is the guard: each of its refusals has a name, which
//! becomes a [`Refusal`] here.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::db::schema::dispute_steps;
use crate::platform::error::rule_of;
use crate::platform::files::Uploader;
use crate::platform::ids::{DisputeId, PersonId, new_uuid};

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Somebody typed an address and has not shown yet that the mailbox is theirs.
    Unproven,
    /// It is looked at.
    Open,
    /// We agree on what comes of it.
    Resolved,
    /// We do not.
    Unresolved,
    /// Whoever raised it took it back.
    Withdrawn,
    /// Nobody showed that the mailbox is theirs, or whoever has it said that it was not them.
    Lapsed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Unproven, Self::Open, Self::Resolved, Self::Unresolved, Self::Withdrawn, Self::Lapsed];

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Unproven => ("unproven", "Waits for you to open the link", "warning"),
            Self::Open => ("open", "Being looked at", "info"),
            Self::Resolved => ("resolved", "Resolved", "success"),
            Self::Unresolved => ("unresolved", "Not resolved", "danger"),
            Self::Withdrawn => ("withdrawn", "Withdrawn", ""),
            Self::Lapsed => ("lapsed", "Ended: not confirmed", ""),
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

    /// Whether it is under way.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Unproven | Self::Open)
    }

    /// Whether somebody stands behind it: what nobody confirmed is nobody's.
    pub fn is_proven(self) -> bool {
        !matches!(self, Self::Unproven | Self::Lapsed)
    }
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The dispute came in.
    Received,
    /// The mailbox is theirs.
    Proven,
    /// Something to remember, for staff.
    Noted,
    /// We agree on what comes of it.
    Resolved,
    /// We do not.
    Unresolved,
    /// It was taken back; before the mailbox was shown to be theirs, it lapses.
    Withdrawn,
    /// Nobody showed that the mailbox is theirs.
    Lapsed,
}

impl Act {
    /// As it is stored, and how the audit log names it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Received => ("received", "dispute.received"),
            Self::Proven => ("proven", "dispute.proven"),
            Self::Noted => ("noted", "dispute.noted"),
            Self::Resolved => ("resolved", "dispute.resolved"),
            Self::Unresolved => ("unresolved", "dispute.unresolved"),
            Self::Withdrawn => ("withdrawn", "dispute.withdrawn"),
            Self::Lapsed => ("lapsed", "dispute.lapsed"),
        }
    }

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    /// How the audit log names it.
    pub fn in_audit_log(self) -> &'static str {
        self.words().1
    }
}

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever raised it; with their id where they have an account.
    Filer(Option<PersonId>),
    /// A member of staff.
    Staff(PersonId),
    /// The portal itself.
    System,
}

impl By {
    /// As it is stored: kind and id.
    pub fn parts(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Filer(person) => ("filer", person.map(|person| person.0)),
            Self::Staff(person) => ("staff", Some(person.0)),
            Self::System => ("system", None),
        }
    }

    /// As whoever sends files along.
    pub fn uploader(self) -> Uploader {
        match self {
            Self::Filer(person) => Uploader::Customer(person),
            Self::Staff(person) => Uploader::Staff(person),
            Self::System => Uploader::System,
        }
    }
}

/// A step to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What.
    pub act: Act,
    /// Who.
    pub by: By,
    /// The version that whoever acts has looked at; nothing for a program.
    pub seen: Option<i32>,
    /// For staff alone.
    pub note: Option<&'a str>,
    /// For whoever raised it.
    pub words: Option<&'a str>,
}

impl Step<'_> {
    /// A step without anything besides.
    pub fn new(act: Act, by: By) -> Self {
        Self { act, by, seen: None, note: None, words: None }
    }
}

/// Takes a step inside the caller's transaction. The row of the dispute stays locked until its end.
///
/// # Errors
/// What the database says; [`refusal`] tells whether a rule stands against it.
pub async fn take(
    conn: &mut AsyncPgConnection,
    dispute: DisputeId,
    step: &Step<'_>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (actor_kind, actor_id) = step.by.parts();
    diesel::insert_into(dispute_steps::table)
        .values((
            dispute_steps::id.eq(new_uuid(now)),
            dispute_steps::dispute_id.eq(dispute),
            dispute_steps::act.eq(step.act.as_str()),
            dispute_steps::actor_kind.eq(actor_kind),
            dispute_steps::actor_id.eq(actor_id),
            dispute_steps::at.eq(now),
            dispute_steps::note.eq(step.note),
            dispute_steps::words.eq(step.words),
            dispute_steps::seen_version.eq(step.seen),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A rule that stands against a step, or against what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody else acted meanwhile.
    Stale,
    /// The dispute is not in a state for it.
    Transition,
    /// Somebody else works on it, or nobody.
    Claim,
    /// Nobody confirmed the mailbox.
    Unproven,
    /// There is no more room for files with this dispute.
    Files,
    /// There is no more room for files with all disputes of whoever raised it.
    Room,
    /// There is no more room for files with what nobody confirmed yet.
    UnprovenRoom,
}

const REFUSALS: &[(&str, Refusal)] = &[
    ("disputes_stale", Refusal::Stale),
    ("disputes_transition", Refusal::Transition),
    ("disputes_claim", Refusal::Claim),
    ("disputes_files", Refusal::Files),
    ("disputes_room", Refusal::Room),
    ("disputes_unproven_room", Refusal::UnprovenRoom),
];

impl Refusal {
    /// What is wrong, for whoever acts.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stale => {
                "Somebody acted on this dispute while you looked at it. This is how it stands now; try again if it still makes sense."
            }
            Self::Transition => "The dispute has moved on, so this is no longer possible.",
            Self::Claim => {
                "Only whoever has claimed the dispute decides it. Your claim ended, or you have none."
            }
            Self::Unproven => "The mailbox is not confirmed, so nobody is written to there yet.",
            Self::Files => {
                "A dispute has room for 100 MB of files, and up to five come at a time. Send fewer or smaller ones."
            }
            Self::Room => {
                "There are 500 MB of files with your disputes, and there is no room for more. Go on without files, and say where we can find them."
            }
            Self::UnprovenRoom => {
                "Files cannot be taken before you confirm your dispute just now. Send it without them, open the link that we mail you, and add them there."
            }
        }
    }

    /// Whether it is about the files alone.
    pub fn is_of_files(self) -> bool {
        matches!(self, Self::Files | Self::Room | Self::UnprovenRoom)
    }
}

/// The rule that stands against what was tried, if the database refused it because of one.
pub fn refusal(error: &diesel::result::Error) -> Option<Refusal> {
    let name = rule_of(error)?;
    REFUSALS.iter().find(|(rule, _)| *rule == name).map(|(_, refusal)| *refusal)
}
