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
//! - [`fulfilment`]: what the portal does by itself; [`limits`]: what we then must not do with somebody's data
//! - [`messages`]: what both sides write; [`mail`]: what is mailed
//! - [`web`]: the pages of whoever asks and is signed in
//! - [`staff`]: the desk; [`tending`]: what happens by the passing of time
//! - [`public`], [`verification`], [`links`]: those of somebody without an account

pub mod deadlines;
pub mod fulfilment;
pub mod kinds;
pub mod limits;
pub mod links;
pub mod mail;
pub mod messages;
pub mod public;
pub mod queries;
pub mod reasons;
pub mod staff;
pub mod states;
pub mod tending;
pub mod verification;
pub mod web;

use chrono::{DateTime, Utc};
use diesel::{Queryable, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use uuid::Uuid;

use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::db::schema::data_requests;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId, RequestId};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::day;
use crate::platform::web::rate_limit::{self, Quota};
use crate::privacy::receipts::of_request;
use deadlines::{Deadlines, GRACE, Progress, Regimes};
use kinds::{Channel, Kind};
use states::{Act, By, Refusal, State, Step, refusal};

/// Requests of one person; each is confirmed by mail.
const ASKED: Quota = Quota::per_minutes("data_request", 30, 60);

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

/// Keeps a request with its first step, inside the caller's transaction.
///
/// # Errors
/// What the database says; [`refusal`] tells whether the same is under way already.
pub async fn receive(
    conn: &mut AsyncPgConnection,
    new: &NewRequest<'_>,
    by: By,
    now: DateTime<Utc>,
) -> diesel::QueryResult<RequestId> {
    let id = RequestId::new(now);
    queries::insert(conn, id, new, Deadlines::of(new.received_at, new.regimes)).await?;
    states::take(conn, id, &Step::new(Act::Received, by), now).await?;
    Ok(id)
}

/// What somebody who is signed in asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What.
    pub kind: Kind,
    /// What exactly.
    pub details: Option<String>,
    /// The laws that hold.
    pub regimes: Regimes,
}

/// Keeps a request of somebody who is signed in, confirms its receipt, and does at once what the portal does by itself.
///
/// # Errors
/// Inside: that the same is under way already. Outside: `SignInNeeded` when the session died meanwhile,
/// `TooManyRequests` beyond thirty an hour.
pub async fn ask(app: &App, who: &SignedIn, wish: &Wish) -> Result<Result<RequestId, Refusal>, AppError> {
    rate_limit::take(app, ASKED, &who.person.to_string()).await?;
    let now = app.clock.now();
    let by = By::Requester(Some(who.person));
    let mut conn = app.db.get().await?;
    let asked = conn
        .transaction(async |conn| {
            people::lock_as(conn, who).await?;
            let new = NewRequest {
                kind: wish.kind,
                channel: Channel::Portal,
                person: Some(who.person),
                email: None,
                name: None,
                agent: None,
                details: wish.details.as_deref(),
                regimes: wish.regimes,
                received_at: now,
            };
            let id = receive(conn, &new, by, now).await?;
            states::take(conn, id, &Step::new(Act::Verified, by).how("signed_in"), now).await?;
            acknowledge(conn, app, id, now).await?;
            fulfil_by_machine(conn, app, id, now).await?;
            log(conn, who.actor(), id, Act::Received, &who.caller.circumstances(), now).await?;
            Ok::<_, diesel::result::Error>(id)
        })
        .await;
    refused(asked)
}

/// Does what the portal does by itself for a request, if anything, and mails the answer; inside the transaction.
///
/// # Errors
/// What the database says.
pub async fn fulfil_by_machine(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: RequestId,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    let request = queries::find(conn, id).await?;
    if let Some(words) = fulfilment::by_machine(conn, app, &request, now).await? {
        states::take(conn, id, &Step::new(Act::Fulfilled, By::System).words(&words), now).await?;
        of_request::answered(conn, app, id, now).await?;
        mail::answer(conn, app, id, now).await?;
    }
    Ok(())
}

/// Confirms receipt by mail, inside the transaction (11 CCR 7021(a)).
///
/// # Errors
/// What the database says.
pub async fn acknowledge(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: RequestId,
    now: DateTime<Utc>,
) -> diesel::QueryResult<()> {
    states::take(conn, id, &Step::new(Act::Acknowledged, By::System), now).await?;
    let request = queries::find(conn, id).await?;
    mail::acknowledge(conn, app, &request, now).await
}

/// What came of something that a rule may stand against.
pub(crate) fn refused<T>(outcome: diesel::QueryResult<T>) -> Result<Result<T, Refusal>, AppError> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(error) => match refusal(&error) {
            Some(refusal) => Ok(Err(refusal)),
            None => Err(error.into()),
        },
    }
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
    let (subject_kind, subject, action) = ("data_request", Some(id.0), act.in_audit_log());
    audit::append(conn, now, Event { actor, subject_kind, subject, action, note: None, from }).await
}

/// Who acts on their own request, and from where: signed in, or by the link that was mailed to them.
#[derive(Clone, Debug)]
pub struct Requester {
    /// Their id, if they are signed in.
    pub person: Option<PersonId>,
    /// For the audit log.
    pub actor: Actor,
    /// Where it came from.
    pub from: Circumstances,
}

impl Requester {
    /// Somebody who is signed in.
    pub fn signed_in(who: &SignedIn) -> Self {
        Self { person: Some(who.person), actor: who.actor(), from: who.caller.circumstances() }
    }
}

/// Takes a request back; a deletion that was confirmed is undone by it (S91).
///
/// # Errors
/// Inside: that it is over.
pub async fn withdraw(
    app: &App,
    who: &Requester,
    request: &DataRequest,
) -> Result<Result<(), Refusal>, AppError> {
    let (now, id) = (app.clock.now(), request.id);
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            states::take(conn, id, &Step::new(Act::Withdrawn, By::Requester(who.person)), now).await?;
            let request = queries::find(conn, id).await?;
            let sentence = if request.confirmed_at.is_some() {
                "You undid the deletion. Nothing was deleted, and your account stays as it is."
            } else {
                "You took your request back, so we do nothing more about it. You can ask again at any time."
            };
            mail::tell(conn, app, &request, "Your request is withdrawn", sentence, now).await?;
            log(conn, who.actor, id, Act::Withdrawn, &who.from, now).await?;
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    refused(done)
}

/// Confirms a deletion (11 CCR 7020(d)). What was named goes to the desk; everything about a person waits out its grace.
///
/// # Errors
/// Inside: that it is no deletion, was confirmed before, or is over.
pub async fn confirm(
    app: &App,
    who: &Requester,
    request: &DataRequest,
) -> Result<Result<(), Refusal>, AppError> {
    let (now, id) = (app.clock.now(), request.id);
    let until = if request.kind() == Kind::Deletion { now + GRACE } else { now };
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            let step = Step { until: Some(until), ..Step::new(Act::Confirmed, By::Requester(who.person)) };
            states::take(conn, id, &step, now).await?;
            let request = queries::find(conn, id).await?;
            let sentence = match request.kind() {
                Kind::Deletion => format!(
                    "You confirmed that everything about you is to be deleted. It begins on {}. Until then you can undo it with one click on the page of the request. If it was not you, undo it at once and change your password.",
                    day(&until)
                ),
                _ => "You confirmed the deletion. Our privacy team looks at it, deletes what may go, and tells you what went and what stays.".into(),
            };
            mail::tell(conn, app, &request, "Your deletion is confirmed", &sentence, now).await?;
            log(conn, who.actor, id, Act::Confirmed, &who.from, now).await?;
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    refused(done)
}
