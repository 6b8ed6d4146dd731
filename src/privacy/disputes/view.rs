//! A dispute as whoever raised it sees it, signed in or by the link that was mailed to them.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::messages::{self, Message};
use super::queries::{self, Taken};
use super::states::State;
use super::{ARBITRATION_TERMS, ASSOCIATION, Dispute, POSTAL_ADDRESS, files};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::web::{Attached, LetterView};
use crate::platform::web::pages::{day, moment};

/// A step, as the timeline shows it.
pub struct Line {
    /// `""`, `info`, `success`, `warning` or `danger`.
    pub kind: &'static str,
    /// What happened.
    pub title: &'static str,
    /// When, for programs.
    pub iso: String,
    /// When.
    pub when: String,
    /// More about it.
    pub detail: String,
}

/// Everything that the page shows.
pub struct Shown {
    /// What it is about.
    pub title: String,
    /// Where its forms go.
    pub path: String,
    /// Kind and words of the badge.
    pub badge: (&'static str, &'static str),
    /// Names and values.
    pub facts: Vec<(&'static str, String)>,
    /// What was sent along with it.
    pub files: Vec<Attached>,
    /// The reasons at its end; empty before.
    pub answer: String,
    /// What happened, latest first.
    pub lines: Vec<Line>,
    /// Messages, oldest first.
    pub letters: Vec<LetterView>,
    /// Whether it is under way.
    pub open: bool,
    /// Whether it can be written to.
    pub writable: bool,
    /// Whether it ended without an agreement (S132).
    pub unresolved: bool,
    /// The section of the terms about arbitration.
    pub terms: &'static str,
    /// The association that conducts it.
    pub association: &'static str,
    /// Where letters go.
    pub postal_address: &'static str,
}

impl Shown {
    /// Reads what belongs to a dispute; `path` is where its forms go.
    ///
    /// # Errors
    /// What the database says.
    pub async fn load(app: &App, dispute: &Dispute, path: &str) -> Result<Self, AppError> {
        let mut conn = app.db.get().await?;
        let steps = queries::steps(&mut conn, dispute.id).await?;
        let (files, letters) = written(&mut conn, dispute, path).await?;
        let state = dispute.state();
        let last = steps.iter().find(|step| matches!(step.act.as_str(), "resolved" | "unresolved"));
        Ok(Self {
            title: dispute.subject.clone().unwrap_or_else(|| "Your dispute".into()),
            path: path.to_owned(),
            badge: (state.badge(), state.label()),
            facts: facts(dispute),
            files,
            answer: last.and_then(|step| step.words.clone()).unwrap_or_default(),
            lines: steps.iter().filter_map(line).collect(),
            letters,
            open: state.is_open(),
            writable: state.is_proven(),
            unresolved: state == State::Unresolved,
            terms: ARBITRATION_TERMS,
            association: ASSOCIATION,
            postal_address: POSTAL_ADDRESS,
        })
    }
}

fn facts(dispute: &Dispute) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Number", dispute.id.to_string()),
        ("Received", format!("{}, {}", moment(&dispute.received_at), dispute.channel_words())),
    ];
    facts.push(match &dispute.closed_at {
        Some(at) => ("Ended", moment(at)),
        None => ("Answer due", day(&dispute.due_at)),
    });
    facts.extend(dispute.words.as_ref().map(|words| ("In your words", words.clone())));
    facts
}

/// What was sent along with a dispute, and its messages with theirs, which can be fetched below this path.
pub(super) async fn written(
    conn: &mut AsyncPgConnection,
    dispute: &Dispute,
    path: &str,
) -> QueryResult<(Vec<Attached>, Vec<LetterView>)> {
    let mut files = files::of(conn, dispute.id).await?;
    let messages = messages::of(conn, dispute.id).await?;
    let own = files::shown(dispute, &mut files, None, path);
    let letter = |message: Message| {
        let theirs = files::shown(dispute, &mut files, Some(message.id), path);
        let by = if message.author_kind == "filer" { ("You", true) } else { ("Privacy team", false) };
        LetterView::of(by, message.sent_at, message.body, theirs)
    };
    Ok((own, messages.into_iter().map(letter).collect()))
}

/// A step for whoever raised it; nothing for one that is for staff alone.
fn line(step: &Taken) -> Option<Line> {
    let (kind, title) = match step.act.as_str() {
        "received" => ("", "It came in"),
        "proven" => ("success", "You confirmed that the mailbox is yours"),
        "resolved" => ("success", "Resolved"),
        "unresolved" => ("danger", "Not resolved"),
        "withdrawn" => ("", "You withdrew it"),
        "lapsed" => ("", "Ended, because nobody confirmed it"),
        _ => return None,
    };
    let by = match step.actor_kind.as_str() {
        "filer" => "By you.",
        "staff" => "By our privacy team.",
        _ => "By the portal.",
    };
    Some(Line { kind, title, iso: step.at.to_rfc3339(), when: moment(&step.at), detail: by.into() })
}
