//! A request as whoever asked sees it, signed in or by the link that was mailed to them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::accounts::invoices::queries::{self as invoices, Whose};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::files::File;
use crate::platform::files::web::{Attached, LetterView};
use crate::platform::web::pages::{date, day, moment};
use crate::privacy::data_requests::kinds::{Channel, Kind};
use crate::privacy::data_requests::messages::{self, Message};
use crate::privacy::data_requests::queries::{self, Taken, Withheld};
use crate::privacy::data_requests::states::State;
use crate::privacy::data_requests::{DataRequest, deadlines};
use crate::privacy::receipts::of_request;

/// A step, as the timeline shows it.
pub struct Line {
    /// `""`, `info`, `success`, `warning` or `danger`.
    pub kind: &'static str,
    /// What happened.
    pub title: String,
    /// When, for programs.
    pub iso: String,
    /// When.
    pub when: String,
    /// More about it.
    pub detail: String,
}

/// Something that was not done.
pub struct NotDone {
    /// What.
    pub item: String,
    /// Why.
    pub words: String,
    /// The law behind it.
    pub ground: String,
    /// When somebody looks again.
    pub again: String,
}

/// Everything that the page shows.
pub struct Shown {
    /// What is asked for.
    pub title: &'static str,
    /// SID.
    pub number: String,
    /// Where its forms go.
    pub path: String,
    /// Kind and words of the badge.
    pub badge: (&'static str, &'static str),
    /// How far it is; empty once it ended.
    pub progress: String,
    /// The kind of its badge.
    pub progress_kind: &'static str,
    /// Share of the time that is over, 0 to 100.
    pub percent: i64,
    /// Names and values.
    pub facts: Vec<(&'static str, String)>,
    /// What happened, latest first.
    pub lines: Vec<Line>,
    /// What was withheld or denied.
    pub not_done: Vec<NotDone>,
    /// The answer, if there is one.
    pub answer: String,
    /// Messages, oldest first.
    pub letters: Vec<LetterView>,
    /// Whether it is under way.
    pub open: bool,
    /// Whether whoever asks can write.
    pub takes_letters: bool,
    /// Whether a deletion waits to be confirmed.
    pub confirmable: bool,
    /// Until when a confirmed deletion can be undone, if it can.
    pub undo_until: Option<String>,
    /// The accounts that they are the point of contact of (S96), for a deletion.
    pub contact_of: Vec<String>,
    /// Invoices to accounts of theirs that are neither paid nor taken back, for a deletion.
    pub open_invoices: Vec<String>,
    /// Where its receipt is, once it has one.
    pub receipt: Option<String>,
    /// Whether the answer is the report by category, which is a page of whoever is signed in.
    pub has_report: bool,
}

impl Shown {
    /// Reads what belongs to a request; `path` is where its forms go.
    ///
    /// # Errors
    /// What the database says.
    pub async fn load(app: &App, request: &DataRequest, path: &str) -> Result<Self, AppError> {
        let now = app.clock.now();
        let mut conn = app.db.get().await?;
        let steps = queries::steps(&mut conn, request.id).await?;
        let withheld = queries::withheld(&mut conn, request.id).await?;
        let letters = messages::of(&mut conn, request.id).await?;
        let mut files = messages::files_of(&mut conn, request.id).await?;
        let (contact_of, open_invoices) = match (request.kind(), request.person) {
            (Kind::Deletion, Some(person)) if request.state().is_open() => (
                queries::contact_of(&mut conn, person).await?,
                invoices::open(&mut conn, Whose::Person(person)).await?,
            ),
            _ => Default::default(),
        };
        let receipt = of_request::find(&mut conn, request.id).await?.map(|(id, _)| {
            // Whoever came by a link is not signed in.
            let by_link = path.starts_with("/privacy/requests/links/");
            if by_link { format!("{path}/receipt") } else { format!("/privacy/receipts/{id}") }
        });
        let (state, progress) = (request.state(), request.progress(now));
        let last = steps.iter().find(|step| step.act == request.state_name);
        let denied = last.filter(|step| step.act == "denied");
        let answer = last.filter(|step| matches!(step.act.as_str(), "fulfilled" | "partly_fulfilled"));
        Ok(Self {
            title: request.kind().label(),
            number: request.id.to_string(),
            path: path.to_owned(),
            badge: (state.badge(), state.label()),
            progress: if state.is_open() { progress.words() } else { String::new() },
            progress_kind: progress.badge(),
            percent: progress.percent.clamp(0, 100),
            facts: facts(request),
            not_done: denied
                .and_then(denial)
                .into_iter()
                .chain(withheld.into_iter().map(kept_back))
                .collect(),
            answer: answer.and_then(|step| step.words.clone()).unwrap_or_default(),
            lines: steps.iter().filter_map(line).collect(),
            letters: letters.into_iter().map(|message| letter(message, &mut files, path)).collect(),
            open: state.is_open(),
            takes_letters: request.takes_letters(),
            confirmable: request.waits_for_confirmation(),
            undo_until: request.grace_until.filter(|_| request.is_in_grace(now)).as_ref().map(moment),
            contact_of,
            open_invoices: open_invoices.iter().map(|invoice| invoice.told()).collect(),
            receipt,
            has_report: request.kind() == Kind::Categories
                && state == State::Fulfilled
                && request.channel == Channel::Portal.as_str(),
        })
    }
}

impl Shown {
    /// What stands in place of messages where there are none.
    pub fn nothing_written(&self) -> &'static str {
        if self.takes_letters {
            "You and our privacy team can write to each other here. Nobody else reads it."
        } else {
            "Nobody has written."
        }
    }
}

fn facts(request: &DataRequest) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Number", request.id.to_string()),
        ("Received", format!("{}, {}", moment(&request.received_at), Channel::label(&request.channel))),
        ("Under", request.regimes().words().to_owned()),
    ];
    facts.push(match request.closed_at {
        Some(at) => ("Ended", moment(&at)),
        None => ("Answer due", moment(&request.due_at)),
    });
    if request.acknowledged_at.is_none() && request.closed_at.is_none() {
        facts.push(("Receipt confirmed by", date(deadlines::acknowledge_by(request.received_at))));
    }
    if request.asked_kind != request.kind_name {
        let asked = Kind::parse(&request.asked_kind).map_or("", Kind::label);
        facts.push(("Asked for at first", asked.to_owned()));
    }
    facts.push(("Verified", verified(request)));
    if let Some(details) = &request.details {
        facts.push(("In your words", details.clone()));
    }
    facts.push(("Costs", "nothing".into()));
    facts
}

/// How it was shown who asks, in words.
pub fn verified(request: &DataRequest) -> String {
    let how = match request.verified_how.as_deref() {
        Some("signed_in") => "signed in",
        Some("mail_and_data") => "by a code to the mailbox and what we know besides",
        Some("mailbox") => "by a code to the mailbox",
        Some("staff") => "by our privacy team",
        Some("agent") => "by a signed permission for the agent",
        _ => return "not yet".into(),
    };
    format!("{how}, {}", request.verified_at.as_ref().map(day).unwrap_or_default())
}

fn denial(step: &Taken) -> Option<NotDone> {
    Some(NotDone {
        item: "Your request".into(),
        words: step.words.clone()?,
        ground: step.legal_ground.clone()?,
        again: date(step.look_again_on?),
    })
}

fn kept_back(one: Withheld) -> NotDone {
    NotDone { item: one.item, words: one.words, ground: one.legal_ground, again: date(one.look_again_on) }
}

/// A message with those of the files that came along with it.
fn letter(message: Message, files: &mut Vec<(Uuid, File)>, path: &str) -> LetterView {
    let by = match message.author_kind.as_str() {
        "requester" => ("You", true),
        "staff" => ("Privacy team", false),
        _ => ("The portal", false),
    };
    let files = Attached::taken(files, &message.id, path);
    LetterView::of(by, message.sent_at, message.body, files)
}

/// A step for whoever asked; nothing for one that is for staff alone.
fn line(step: &Taken) -> Option<Line> {
    let (kind, title) = match step.act.as_str() {
        "received" => ("", "Your request came in"),
        "acknowledged" => ("", "We confirmed it by mail"),
        "verification_started" => ("info", "We mailed a code to your address"),
        "verified" => ("success", "We know that it is you"),
        "recast" => ("warning", "Looked at as a question for categories"),
        "confirmed" => ("warning", "You confirmed the deletion"),
        "extended" => ("warning", "It takes longer than we thought"),
        "fulfilled" => ("success", "Done"),
        "partly_fulfilled" => ("success", "Done in part"),
        "denied" => ("danger", "Not done"),
        "withdrawn" => ("", "You withdrew it"),
        "expired" => ("", "Ended, because nobody went on with it"),
        "customer_informed" => ("info", "We told the company that it concerns"),
        "customer_agreed" => ("info", "The company agreed that we answer"),
        "looked_again" => ("info", "We looked at it again"),
        _ => return None,
    };
    let by = match step.actor_kind.as_str() {
        "requester" => "By you.",
        "staff" => "By our privacy team.",
        _ => "By the portal.",
    };
    let detail = match &step.words {
        Some(words) => format!("{by} {words}"),
        None => by.to_owned(),
    };
    Some(Line { kind, title: title.into(), iso: iso(&step.at), when: moment(&step.at), detail })
}

fn iso(at: &DateTime<Utc>) -> String {
    at.to_rfc3339()
}
