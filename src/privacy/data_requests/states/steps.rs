//! The steps of a request: what is done, who does it, and the row that it leaves.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::db::schema::data_request_steps;
use crate::platform::ids::{PersonId, RequestId, new_uuid};
use crate::privacy::data_requests::reasons::Reason;

/// What a step does, by its name as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The request came in.
    Received,
    /// A code was mailed.
    VerificationStarted,
    /// Whoever asks is who they say.
    Verified,
    /// A question for specifics that could not be verified is looked at as one for categories (11 CCR 7024(a)).
    Recast,
    /// A deletion was asked for once more.
    Confirmed,
    /// It takes longer.
    Extended,
    /// It was done.
    Fulfilled,
    /// It was done in part.
    PartlyFulfilled,
    /// It was not done.
    Denied,
    /// It was taken back.
    Withdrawn,
    /// Nobody went on with it.
    Expired,
    /// Receipt was confirmed.
    Acknowledged,
    /// Somebody else may be asking.
    FraudSuspected,
    /// They are not.
    FraudCleared,
    /// Our customer knows of it (S161).
    CustomerInformed,
    /// The law forbids to tell our customer.
    InformingBarred,
    /// Our customer agrees that we answer (S162).
    CustomerAgreed,
    /// Something to remember.
    Noted,
    /// What was withheld was looked at again (S94).
    LookedAgain,
}

impl Act {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::VerificationStarted => "verification_started",
            Self::Verified => "verified",
            Self::Recast => "recast",
            Self::Confirmed => "confirmed",
            Self::Extended => "extended",
            Self::Fulfilled => "fulfilled",
            Self::PartlyFulfilled => "partly_fulfilled",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Acknowledged => "acknowledged",
            Self::FraudSuspected => "fraud_suspected",
            Self::FraudCleared => "fraud_cleared",
            Self::CustomerInformed => "customer_informed",
            Self::InformingBarred => "informing_barred",
            Self::CustomerAgreed => "customer_agreed",
            Self::Noted => "noted",
            Self::LookedAgain => "looked_again",
        }
    }

    /// How the audit log names it.
    pub fn in_audit_log(self) -> &'static str {
        match self {
            Self::Received => "data_request.received",
            Self::VerificationStarted => "data_request.verification_started",
            Self::Verified => "data_request.verified",
            Self::Recast => "data_request.recast",
            Self::Confirmed => "data_request.confirmed",
            Self::Extended => "data_request.extended",
            Self::Fulfilled => "data_request.fulfilled",
            Self::PartlyFulfilled => "data_request.partly_fulfilled",
            Self::Denied => "data_request.denied",
            Self::Withdrawn => "data_request.withdrawn",
            Self::Expired => "data_request.expired",
            Self::Acknowledged => "data_request.acknowledged",
            Self::FraudSuspected => "data_request.fraud_suspected",
            Self::FraudCleared => "data_request.fraud_cleared",
            Self::CustomerInformed => "data_request.customer_informed",
            Self::InformingBarred => "data_request.informing_barred",
            Self::CustomerAgreed => "data_request.customer_agreed",
            Self::Noted => "data_request.noted",
            Self::LookedAgain => "data_request.looked_again",
        }
    }
}

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever asks; with their id where they have an account.
    Requester(Option<PersonId>),
    /// A member of staff.
    Staff(PersonId),
    /// The portal itself.
    System,
}

impl By {
    /// As it is stored: kind and id.
    pub fn parts(self) -> (&'static str, Option<uuid::Uuid>) {
        match self {
            Self::Requester(person) => ("requester", person.map(|person| person.0)),
            Self::Staff(person) => ("staff", Some(person.0)),
            Self::System => ("system", None),
        }
    }
}

/// Why something is not done: always whole (S94).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Reason and legal ground.
    pub reason: &'static Reason,
    /// For whoever asked.
    pub words: String,
    /// When somebody looks again.
    pub again_on: NaiveDate,
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
    /// With `Verified`: how.
    pub how: Option<&'static str>,
    /// With `Confirmed`: until when it can be undone.
    pub until: Option<DateTime<Utc>>,
    /// For staff alone.
    pub note: Option<&'a str>,
    /// For whoever asked.
    pub words: Option<&'a str>,
    /// With `Denied`.
    pub ground: Option<&'a Ground>,
}

impl<'a> Step<'a> {
    /// A step without anything besides.
    pub fn new(act: Act, by: By) -> Self {
        Self { act, by, seen: None, how: None, until: None, note: None, words: None, ground: None }
    }

    /// With the version that was looked at.
    pub fn seen(self, version: i32) -> Self {
        Self { seen: Some(version), ..self }
    }

    /// With a note for staff.
    pub fn note(self, note: &'a str) -> Self {
        Self { note: Some(note), ..self }
    }

    /// With words for whoever asked.
    pub fn words(self, words: &'a str) -> Self {
        Self { words: Some(words), ..self }
    }

    /// With the way in which it was verified.
    pub fn how(self, how: &'static str) -> Self {
        Self { how: Some(how), ..self }
    }
}

/// Takes a step inside the caller's transaction. The row of the request stays locked until its end.
///
/// # Errors
/// What the database says; [`super::refusal`] tells whether a rule stands against it.
pub async fn take(
    conn: &mut AsyncPgConnection,
    request: RequestId,
    step: &Step<'_>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (actor_kind, actor_id) = step.by.parts();
    let words = step.ground.map(|ground| ground.words.as_str()).or(step.words);
    diesel::insert_into(data_request_steps::table)
        .values((
            data_request_steps::id.eq(new_uuid(now)),
            data_request_steps::request_id.eq(request),
            data_request_steps::act.eq(step.act.as_str()),
            data_request_steps::actor_kind.eq(actor_kind),
            data_request_steps::actor_id.eq(actor_id),
            data_request_steps::at.eq(now),
            data_request_steps::how.eq(step.how),
            data_request_steps::until.eq(step.until),
            data_request_steps::note.eq(step.note),
            data_request_steps::words.eq(words),
            data_request_steps::reason_code.eq(step.ground.map(|ground| ground.reason.code)),
            data_request_steps::legal_ground.eq(step.ground.map(|ground| ground.reason.ground)),
            data_request_steps::look_again_on.eq(step.ground.map(|ground| ground.again_on)),
            data_request_steps::seen_version.eq(step.seen),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
