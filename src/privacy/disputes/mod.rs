//! Disputes about data protection (S131, S132): somebody thinks that we broke a promise of the privacy policy, and we
//! look at it together before anybody else has to.
//!
//! Whoever is signed in raises one on a page; anybody else on the public form, where the link that is mailed shows that
//! the mailbox is theirs; what comes by mail or letter is logged by staff. Each gets a number, a page and a day by which
//! there is an answer. The privacy team claims it at the desk, both sides write to each other, and it ends resolved, or
//! unresolved with reasons. Then the mail says where it can go from there: section 18 of the terms, and the association
//! that arbitrates.
//!
//! Every step is a row that stays; the state follows from the steps, and the database refuses what the rules do not allow.
//! What nobody confirmed is nobody's: its files are handed out to nobody, and go when it lapses.
//!
//! - [`states`]: states, steps and refusals; [`queries`]: rows
//! - [`messages`]: what both sides write; [`files`]: what they send along; [`form`], [`letter`]: the forms of both
//! - [`mail`], [`links`]: what is mailed, and the link for whoever has no account
//! - [`web`], [`public`]: the pages of whoever raised it; [`view`]: what both show
//! - [`staff`]: the desk; [`tending`]: what happens by the passing of time

pub mod files;
pub mod form;
pub mod letter;
pub mod links;
pub mod mail;
pub mod messages;
pub mod public;
pub mod queries;
pub mod staff;
pub mod states;
pub mod tending;
pub mod view;
pub mod web;

use chrono::{DateTime, Duration, Utc};
use diesel::{QueryResult, Queryable, Selectable};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use self::states::{Act, By, Refusal, State, Step, refusal};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::db::schema::disputes;
use crate::platform::error::{self, AppError};
use crate::platform::files::NewFile;
use crate::platform::files::letter::Letter;
use crate::platform::ids::{DisputeId, PersonId};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::rate_limit::{self, Quota};

/// By when there is an answer, counted from the day on which it came.
pub const ANSWER: Duration = Duration::days(30);
/// How long somebody may take to show that a mailbox is theirs.
pub const PROOF: Duration = Duration::days(14);
/// Where letters go (S131).
pub const POSTAL_ADDRESS: &str = "LossExpress, 2323 Ross Avenue, Suite 1700, Dallas, TX 75201";
/// The section of the terms that says how a dispute goes on (S132), as a path of the portal.
pub const ARBITRATION_TERMS: &str = "/terms#section-18";
/// The association that conducts it.
pub const ASSOCIATION: &str = "https://www.adr.org";
/// Longest subject in characters.
pub const LONGEST_SUBJECT: usize = 200;

/// Disputes of one person; each is confirmed by mail.
const RAISED: Quota = Quota::per_minutes("dispute", 10, 60);

/// A dispute as it stands.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = disputes, check_for_backend(diesel::pg::Pg))]
pub struct Dispute {
    /// SID.
    pub id: DisputeId,
    /// On which way it came, as it is stored.
    pub channel: String,
    /// Where it stands, as it is stored.
    #[diesel(column_name = state)]
    pub state_name: String,
    /// Counts its steps.
    pub version: i32,
    /// Who raised it, if they have an account.
    #[diesel(column_name = person_id)]
    pub person: Option<PersonId>,
    /// Address of somebody who did not raise it from an account.
    pub email: Option<String>,
    /// Their name, if told.
    pub name: Option<String>,
    /// Where a letter reaches them.
    pub postal_address: Option<String>,
    /// What it is about; nothing once they are erased.
    pub subject: Option<String>,
    /// What they say.
    pub words: Option<String>,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When the answer is due.
    pub due_at: DateTime<Utc>,
    /// When it ended.
    pub closed_at: Option<DateTime<Utc>>,
    /// The last share of the time, in percent, at which staff were reminded.
    pub reminded: i32,
}

impl Dispute {
    /// Where it stands.
    pub fn state(&self) -> State {
        State::parse(&self.state_name).unwrap_or(State::Open)
    }

    /// On which way it came, in words.
    pub fn channel_words(&self) -> &'static str {
        match self.channel.as_str() {
            "portal" => "in the portal",
            "form" => "by the public form",
            "email" => "by mail",
            _ => "by letter",
        }
    }
}

/// A dispute to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewDispute<'a> {
    /// `portal`, `form`, `email` or `post`.
    pub channel: &'static str,
    /// Who raises it, if they have an account.
    pub person: Option<PersonId>,
    /// Their address, if they have none or did not use it.
    pub email: Option<&'a str>,
    /// Their name, if told.
    pub name: Option<&'a str>,
    /// Where a letter reaches them.
    pub postal_address: Option<&'a str>,
    /// What it is about.
    pub subject: &'a str,
    /// What they say.
    pub words: &'a str,
    /// What they send along; it is in the storage.
    pub files: &'a [NewFile],
    /// When it came in.
    pub received_at: DateTime<Utc>,
}

/// Keeps a dispute with its files and its first step, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn receive(
    conn: &mut AsyncPgConnection,
    new: &NewDispute<'_>,
    by: By,
    now: DateTime<Utc>,
) -> QueryResult<DisputeId> {
    let id = DisputeId::new(now);
    queries::insert(conn, id, new).await?;
    states::take(conn, id, &Step::new(Act::Received, by), now).await?;
    files::attach(conn, (id, None), by, new.files, now).await?;
    Ok(id)
}

/// As [`receive`], and mails that it is here, or what proves the mailbox.
///
/// # Errors
/// What the database says.
pub async fn raise(
    conn: &mut AsyncPgConnection,
    app: &App,
    new: &NewDispute<'_>,
    by: By,
    now: DateTime<Utc>,
) -> QueryResult<DisputeId> {
    let id = receive(conn, new, by, now).await?;
    let dispute = queries::find(conn, id).await?;
    match dispute.state() {
        State::Unproven => mail::ask_for_proof(conn, app, &dispute, now).await?,
        _ => mail::received(conn, app, &dispute, now).await?,
    }
    Ok(id)
}

/// Keeps a dispute of somebody who is signed in. Where it is refused, its files go.
///
/// # Errors
/// Inside: that there is no more room for their files. Outside: `SignInNeeded` when the session died meanwhile,
/// `TooManyRequests` beyond ten an hour.
pub async fn raise_signed_in(
    app: &App,
    who: &SignedIn,
    subject: &str,
    letter: &Letter,
) -> Result<Result<DisputeId, Refusal>, AppError> {
    letter.settle(app, try_to_raise(app, who, subject, letter).await).await
}

async fn try_to_raise(
    app: &App,
    who: &SignedIn,
    subject: &str,
    letter: &Letter,
) -> Result<Result<DisputeId, Refusal>, AppError> {
    rate_limit::take(app, RAISED, &who.person.to_string()).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let raised = conn
        .transaction(async |conn| {
            people::lock_as(conn, who).await?;
            let new = NewDispute {
                channel: "portal",
                person: Some(who.person),
                email: None,
                name: None,
                postal_address: None,
                subject,
                words: &letter.body,
                files: &letter.files,
                received_at: now,
            };
            let id = raise(conn, app, &new, By::Filer(Some(who.person)), now).await?;
            log(conn, who.actor(), id, Act::Received, &who.caller.circumstances(), now).await?;
            Ok::<_, diesel::result::Error>(id)
        })
        .await;
    refused(raised)
}

/// Who acts on their own dispute, and from where: signed in, or by the link that was mailed to them.
#[derive(Clone, Debug)]
pub struct Filer {
    /// Their id, if they are signed in.
    pub person: Option<PersonId>,
    /// For the audit log.
    pub actor: Actor,
    /// Where it came from.
    pub from: Circumstances,
}

impl Filer {
    /// Somebody who is signed in.
    pub fn signed_in(who: &SignedIn) -> Self {
        Self { person: Some(who.person), actor: who.actor(), from: who.caller.circumstances() }
    }
}

/// Takes a step of whoever raised it, and mails what belongs to it: that their mailbox is theirs, or that they take it
/// back. Of what nobody confirmed nothing more is said. `seen` is the version that they have looked at, where that matters.
///
/// # Errors
/// Inside: that it has moved on.
pub async fn act(
    app: &App,
    who: &Filer,
    dispute: &Dispute,
    act: Act,
    seen: Option<i32>,
) -> Result<Result<(), Refusal>, AppError> {
    let (now, id) = (app.clock.now(), dispute.id);
    let mut conn = app.db.get().await?;
    let done = conn
        .transaction(async |conn| {
            let step = Step { seen, ..Step::new(act, By::Filer(who.person)) };
            states::take(conn, id, &step, now).await?;
            let dispute = queries::find(conn, id).await?;
            match (act, dispute.state()) {
                (Act::Proven, _) => mail::received(conn, app, &dispute, now).await?,
                (_, State::Lapsed) => {}
                _ => mail::withdrawn(conn, app, &dispute, now).await?,
            }
            log(conn, who.actor, id, act, &who.from, now).await?;
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    refused(done)
}

/// What came of something that a rule may stand against.
pub(crate) fn refused<T>(outcome: QueryResult<T>) -> Result<Result<T, Refusal>, AppError> {
    error::refused(outcome, refusal)
}

/// Writes a step into the audit log; last in its transaction.
pub(crate) async fn log(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    id: DisputeId,
    act: Act,
    from: &Circumstances,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let event = Event::new(actor, "dispute", id.0, act.in_audit_log(), from);
    audit::append(conn, now, event).await.map(drop)
}
