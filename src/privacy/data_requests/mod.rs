//! Requests about personal data (S82–S97): to know, get, take along, correct, delete or restrict it.
//!
//! Whoever asks is signed in, or shows who they are by a code to their mailbox and two further things that we know of
//! them. Receipt is confirmed at once, with the day by which there is an answer. What needs no judgment is done by the
//! portal itself; the rest waits at the desk of the privacy team, who claim a request, decide it and say why. A
//! deletion is asked for twice and can be undone for seven days. Asking costs nothing, and neither does the answer.
//!
//! Every step is a row that stays: who, when, why. The state of a request follows from its steps, and the database
//! refuses a step that the rules do not allow.
//!
//! - [`kinds`], [`states`], [`deadlines`], [`reasons`]: what there is
//! - `asking`: how a request comes in; `requester`: what whoever asked does with it
//! - [`fulfilment`]: what the portal does by itself; [`limits`]: what we then must not do with somebody's data;
//!   [`needed`]: what the service cannot do without
//! - [`messages`]: what both sides write; [`mail`]: what is mailed
//! - [`web`]: the pages of whoever asks and is signed in
//! - [`staff`]: the desk; [`tending`]: what happens by the passing of time
//! - [`public`], [`verification`], [`links`]: those of somebody without an account

mod asking;
pub mod deadlines;
pub mod fulfilment;
pub mod kinds;
pub mod limits;
pub mod links;
pub mod mail;
pub mod messages;
pub mod needed;
pub mod public;
pub mod queries;
pub mod reasons;
mod requester;
pub mod staff;
pub mod states;
pub mod tending;
pub mod verification;
pub mod web;

pub use asking::{Wish, acknowledge, ask, fulfil_by_machine, receive};
pub use requester::{Requester, confirm, withdraw};

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::db::schema::data_requests;
use crate::platform::error::{self, AppError};
use crate::platform::ids::{AccountId, PersonId, RequestId};
use deadlines::{Progress, Regimes};
use kinds::{Channel, Kind};
use states::{Act, Refusal, State, refusal};

/// A request as it stands.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = data_requests, check_for_backend(diesel::pg::Pg))]
pub struct DataRequest {
    /// SID.
    pub id: RequestId,
    /// What is asked for, as it is stored.
    #[diesel(column_name = kind)]
    pub kind_name: String,
    /// What was asked for at first.
    pub asked_kind: String,
    /// On which way it came, as it is stored.
    pub channel: String,
    /// Where it stands, as it is stored.
    #[diesel(column_name = state)]
    pub state_name: String,
    /// Counts its steps.
    pub version: i32,
    /// Who asks, if they have an account.
    #[diesel(column_name = person_id)]
    pub person: Option<PersonId>,
    /// Address of somebody who did not ask from an account.
    pub email: Option<String>,
    /// Their name, if told.
    pub name: Option<String>,
    /// Who asks in their name.
    pub agent: Option<String>,
    /// The customer whose end user asks.
    #[diesel(column_name = account_id)]
    pub account: Option<AccountId>,
    /// What exactly is asked for, in their words.
    pub details: Option<String>,
    /// Whether California's law holds.
    pub ccpa: bool,
    /// Whether Europe's law holds.
    pub gdpr: bool,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When receipt was confirmed.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When the answer is due.
    pub due_at: DateTime<Utc>,
    /// Where one extension may move that.
    pub longest_due_at: DateTime<Utc>,
    /// When it was shown who asks.
    pub verified_at: Option<DateTime<Utc>>,
    /// How, as it is stored.
    pub verified_how: Option<String>,
    /// When a deletion was asked for once more.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Until when it can be undone.
    pub grace_until: Option<DateTime<Utc>>,
    /// Since when somebody else may be asking.
    pub fraud_suspected_at: Option<DateTime<Utc>>,
    /// When our customer was told of it.
    pub customer_informed_at: Option<DateTime<Utc>>,
    /// When it was noted that the law forbids to tell them.
    pub informing_barred_at: Option<DateTime<Utc>>,
    /// When they agreed that we answer.
    pub customer_agreed_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// The last share of the time, in percent, at which staff were reminded.
    pub reminded: i32,
}

impl DataRequest {
    /// What is asked for.
    pub fn kind(&self) -> Kind {
        Kind::parse(&self.kind_name).unwrap_or(Kind::Categories)
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        State::parse(&self.state_name).unwrap_or(State::Received)
    }

    /// The laws it is answered under.
    pub fn regimes(&self) -> Regimes {
        Regimes { ccpa: self.ccpa, gdpr: self.gdpr }
    }

    /// How much of its time is over; of one that ended, when it ended.
    pub fn progress(&self, now: DateTime<Utc>) -> Progress {
        Progress::of(self.received_at, self.due_at, self.closed_at.unwrap_or(now))
    }

    /// Whether it is a deletion that was not asked for once more yet.
    pub fn waits_for_confirmation(&self) -> bool {
        self.kind().is_deletion()
            && self.confirmed_at.is_none()
            && matches!(self.state(), State::Open | State::Extended)
    }

    /// Whether whoever asks can write to us about it: not once it ended before anybody showed that it is theirs. Until then
    /// it waits for that; afterwards its link is in no hands that are known.
    pub fn takes_letters(&self) -> bool {
        self.closed_at.is_none() || self.verified_at.is_some()
    }

    /// Whether it is a deletion that can be undone now.
    pub fn is_in_grace(&self, now: DateTime<Utc>) -> bool {
        self.state().is_open() && self.grace_until.is_some_and(|until| until > now)
    }
}

/// A request to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewRequest<'a> {
    /// What is asked for.
    pub kind: Kind,
    /// On which way it came.
    pub channel: Channel,
    /// Who asks, if they have an account.
    pub person: Option<PersonId>,
    /// Their address, if they have none or did not use it.
    pub email: Option<&'a str>,
    /// Their name, if told.
    pub name: Option<&'a str>,
    /// Who asks in their name.
    pub agent: Option<&'a str>,
    /// What exactly.
    pub details: Option<&'a str>,
    /// The laws that hold.
    pub regimes: Regimes,
    /// When it came in.
    pub received_at: DateTime<Utc>,
}

/// What came of something that a rule may stand against.
pub(crate) fn refused<T>(outcome: diesel::QueryResult<T>) -> Result<Result<T, Refusal>, AppError> {
    error::refused(outcome, refusal)
}

/// Writes a step into the audit log; last in its transaction.
pub(crate) async fn log(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    id: RequestId,
    act: Act,
    from: &Circumstances,
    now: DateTime<Utc>,
) -> diesel::QueryResult<Uuid> {
    audit::append(conn, now, Event::new(actor, "data_request", id.0, act.in_audit_log(), from)).await
}
