//! Mail about disputes. None of it repeats what somebody wrote, but for the reasons at the end.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::states::State;
use super::{ARBITRATION_TERMS, ASSOCIATION, Dispute, links};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::mail::{self as outbox, Mail, wrapped, wrapped_lines};
use crate::platform::web::pages::{day, moment};

crate::mail! {
    /// Asks whoever typed an address to show that the mailbox is theirs.
    pub struct DisputeProof {
        /// Who reads it.
        pub recipient_name: String,
        /// SID.
        pub number: String,
        /// Until when.
        pub until: String,
        /// The page of the dispute.
        pub url: String,
    }
    name: "dispute_proof", text: "mail/dispute_proof.txt", html: "mail/dispute_proof.html", class: Transactional,
    subject: |_mail| "Please confirm your dispute".into()
}

crate::mail! {
    /// Confirms that a dispute came in.
    pub struct DisputeReceived {
        /// Who reads it.
        pub recipient_name: String,
        /// SID.
        pub number: String,
        /// When it came in.
        pub received: String,
        /// By when there is an answer.
        pub due: String,
        /// The page of the dispute.
        pub url: String,
    }
    name: "dispute_received", text: "mail/dispute_received.txt", html: "mail/dispute_received.html", class: Transactional,
    subject: |_mail| "We have your dispute about data protection".into()
}

crate::mail! {
    /// Tells whoever raised it that something happened.
    pub struct DisputeNews {
        /// Who reads it.
        pub recipient_name: String,
        /// What happened.
        pub headline: String,
        /// More about it.
        pub sentence: String,
        /// SID.
        pub number: String,
        /// The page of the dispute.
        pub url: String,
    }
    name: "dispute_news", text: "mail/dispute_news.txt", html: "mail/dispute_news.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl DisputeNews {
    /// The sentence, in lines of a mail.
    pub fn lines(&self) -> String {
        wrapped(&self.sentence)
    }
}

crate::mail! {
    /// Tells whoever raised it how it ended; where that is unresolved, where it can go from there (S132).
    pub struct DisputeClosed {
        /// Who reads it.
        pub recipient_name: String,
        /// Whether we agree.
        pub resolved: bool,
        /// The reasons.
        pub words: String,
        /// SID.
        pub number: String,
        /// The page of the dispute.
        pub url: String,
        /// The section of the terms about arbitration.
        pub terms_url: String,
        /// The association that conducts it.
        pub association_url: String,
    }
    name: "dispute_closed", text: "mail/dispute_closed.txt", html: "mail/dispute_closed.html", class: Transactional,
    subject: |mail| if mail.resolved { "Your dispute is resolved".into() } else { "We could not resolve your dispute".into() }
}

impl DisputeClosed {
    /// The reasons, in lines of a mail.
    pub fn lines(&self) -> String {
        wrapped_lines(&self.words)
    }
}

crate::mail! {
    /// Tells the privacy team what has come to a further share of its time.
    pub struct DisputesWaiting {
        /// Who reads it.
        pub recipient_name: String,
        /// Whether something is overdue.
        pub late: bool,
        /// A line for each dispute.
        pub lines: Vec<String>,
        /// The queue.
        pub url: String,
    }
    name: "disputes_waiting", text: "mail/disputes_waiting.txt", html: "mail/disputes_waiting.html", class: Transactional,
    subject: |mail| if mail.late { "Disputes are overdue".into() } else { "Disputes wait for an answer".into() }
}

/// Who gets the mail about a dispute: id, name and address. Nobody where only a letter reaches them, or once they are
/// erased.
async fn addressee(
    conn: &mut AsyncPgConnection,
    dispute: &Dispute,
) -> QueryResult<Option<(Option<Uuid>, String, String)>> {
    if let Some(email) = &dispute.email {
        let name = dispute.name.clone().unwrap_or_else(|| "there".into());
        return Ok(Some((None, name, email.clone())));
    }
    let Some(person) = dispute.person else { return Ok(None) };
    let person = people::find(conn, person).await?;
    Ok(Some((Some(person.id.0), person.name, person.email)))
}

/// Sends the mail that is made of the reader's name.
async fn send<M: Mail>(
    conn: &mut AsyncPgConnection,
    app: &App,
    dispute: &Dispute,
    now: DateTime<Utc>,
    make: impl FnOnce(String) -> M,
) -> QueryResult<()> {
    if let Some((person, name, email)) = addressee(conn, dispute).await? {
        outbox::enqueue(conn, &app.keys, now, person, &email, &make(name)).await?;
    }
    Ok(())
}

/// Asks for the proof of a mailbox.
///
/// # Errors
/// What the database says.
pub(super) async fn ask_for_proof(
    conn: &mut AsyncPgConnection,
    app: &App,
    dispute: &Dispute,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let make = |recipient_name| DisputeProof {
        recipient_name,
        number: dispute.id.to_string(),
        until: moment(&(dispute.received_at + super::PROOF)),
        url: links::url(app, dispute),
    };
    send(conn, app, dispute, now, make).await
}

/// Confirms receipt.
///
/// # Errors
/// What the database says.
pub(super) async fn received(
    conn: &mut AsyncPgConnection,
    app: &App,
    dispute: &Dispute,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let make = |recipient_name| DisputeReceived {
        recipient_name,
        number: dispute.id.to_string(),
        received: moment(&dispute.received_at),
        due: day(&dispute.due_at),
        url: links::url(app, dispute),
    };
    send(conn, app, dispute, now, make).await
}

async fn news(
    conn: &mut AsyncPgConnection,
    app: &App,
    dispute: &Dispute,
    (headline, sentence): (&str, &str),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let make = |recipient_name| DisputeNews {
        recipient_name,
        headline: headline.to_owned(),
        sentence: sentence.to_owned(),
        number: dispute.id.to_string(),
        url: links::url(app, dispute),
    };
    send(conn, app, dispute, now, make).await
}

/// Announces a message of staff.
///
/// # Errors
/// What the database says.
pub(super) async fn wrote(
    conn: &mut AsyncPgConnection,
    app: &App,
    dispute: &Dispute,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let sentence = "Our privacy team wrote to you about your dispute. For your safety the message stands on its page and not in this mail.";
    news(conn, app, dispute, ("There is a message for you", sentence), now).await
}

/// Says that it was taken back.
///
/// # Errors
/// What the database says.
pub(super) async fn withdrawn(
    conn: &mut AsyncPgConnection,
    app: &App,
    dispute: &Dispute,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let sentence =
        "You took your dispute back, so we do nothing more about it. You can raise it again at any time.";
    news(conn, app, dispute, ("Your dispute is withdrawn", sentence), now).await
}

/// Says how it ended, with the reasons; and where it can go from there if that is unresolved.
///
/// # Errors
/// What the database says.
pub(super) async fn closed(
    conn: &mut AsyncPgConnection,
    app: &App,
    dispute: &Dispute,
    words: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let make = |recipient_name| DisputeClosed {
        recipient_name,
        resolved: dispute.state() == State::Resolved,
        words: words.to_owned(),
        number: dispute.id.to_string(),
        url: links::url(app, dispute),
        terms_url: app.url(ARBITRATION_TERMS),
        association_url: ASSOCIATION.to_owned(),
    };
    send(conn, app, dispute, now, make).await
}
