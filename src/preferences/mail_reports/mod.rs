//! What became of mail after a server took it: it came back, its reader reported it as unwanted, or unsubscribed with the
//! provider; and of mail that a server refused at once because the mailbox is gone, be it a mailing or any other (the needed
//! mail still goes there, S86). Providers tell by hooks that prove who they are; mail servers tell by mail, piped to `portal mail report`.
//! A hard bounce or a complaint keeps every later mailing away from the mailbox; whoever unsubscribed has decided so
//! (S85), and may decide anew. Told twice, a report counts once.

pub mod hooks;
mod parsing;
mod postmark;
mod queries;
mod sns;

pub use parsing::{parse, says_mailbox_is_gone};

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::decisions::{self, Decision, Via};
use super::suppressions::{self, Reason};
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::error::AppError;
use crate::platform::ids::ContactId;

/// What stands in the decision of somebody who unsubscribed with the provider.
const UNSUBSCRIBED: &str = "Unsubscribed from all with the service that carries our mail.";

/// What is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The mailbox refuses for good.
    HardBounce,
    /// It could not take mail for now.
    SoftBounce,
    /// Its owner reported a mail as unwanted.
    Complaint,
    /// Its owner unsubscribed from all with the provider, then if it says so.
    Unsubscribed(Option<DateTime<Utc>>),
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::HardBounce => "hard_bounce",
            Self::SoftBounce => "soft_bounce",
            Self::Complaint => "complaint",
            Self::Unsubscribed(_) => "unsubscribed",
        }
    }

    fn suppresses(self) -> Option<Reason> {
        match self {
            Self::HardBounce => Some(Reason::HardBounce),
            Self::Complaint => Some(Reason::Complaint),
            Self::SoftBounce | Self::Unsubscribed(_) => None,
        }
    }
}

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// `generic`, `ses`, `postmark` or `mailbox`.
    pub provider: &'static str,
    /// The provider's own name for it.
    pub external_id: String,
    /// What is reported.
    pub kind: Kind,
    /// Of which mail of ours, without angle brackets.
    pub message_id: Option<String>,
    /// About which mailbox. Believed only of a provider that proves who it is.
    pub email: Option<String>,
    /// What the server said.
    pub detail: String,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is noted.
    New,
    /// It was told before.
    Again,
    /// It is about no mail and no mailbox that we know of.
    Unknown,
}

/// Takes a report. One that came by mail counts only if it cites a mail of ours: anybody can write one.
///
/// # Errors
/// What the database says.
pub async fn take(app: &App, report: &Report) -> Result<Taken, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        let Some(target) = queries::find(conn, report).await? else { return Ok(Taken::Unknown) };
        // The contact first and then its messages, as a decision does that is made at the same moment.
        queries::lock(conn, &target).await?;
        if !queries::insert(conn, report, &target, now).await? {
            return Ok(Taken::Again);
        }
        if let Kind::Unsubscribed(at) = report.kind {
            unsubscribe(conn, &target, at.unwrap_or(now), now).await?;
        } else if let Some(recipient) = target.recipient {
            queries::mark(conn, recipient, report.kind, now).await?;
        }
        if let Some(reason) = report.kind.suppresses().filter(|_| !target.moved) {
            let words = Some(target.words(report));
            suppressions::suppress(conn, &app.keys, &target.email, reason, words, now).await?;
        }
        metrics::counter!("portal_mail_reports_total", "kind" => report.kind.as_str()).increment(1);
        Ok(Taken::New)
    })
    .await
}

/// Takes what a server said as it refused a mail for good, inside the caller's transaction. Where it said that the mailbox is
/// gone, that keeps mailings away as a hard bounce does, whether or not the address is a contact; told again, it counts once.
/// What waits for the mailbox is looked at before it begins, so nothing else is locked here. The address need not be
/// anybody's we know, so it is taken out of the words.
///
/// # Errors
/// What the database says.
pub async fn refused_at_once(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    email: &str,
    said: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if says_mailbox_is_gone(said) {
        let words = Some(without_addresses(said));
        suppressions::note(conn, &keys.email_digest(email), Reason::HardBounce, words.as_deref(), now)
            .await?;
    }
    Ok(())
}

fn without_addresses(said: &str) -> String {
    let words = said.split_whitespace().map(|word| if word.contains('@') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Stops all mailings to a contact, and counts it at the campaign whose mail it was. Who gets none already is left alone,
/// so that what they had can still be brought back; and so is who asked for mailings after they unsubscribed `at` the
/// provider, which may tell of it late.
async fn unsubscribe(
    conn: &mut AsyncPgConnection,
    target: &queries::Target,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let Some(contact) = target.contact.map(ContactId) else { return Ok(()) };
    if !queries::lock_for_stop(conn, contact, at).await? {
        return Ok(());
    }
    let stop = Decision::stop(contact, Via::Link, UNSUBSCRIBED);
    decisions::record(conn, &Decision { campaign: target.campaign, ..stop }, now).await.map(drop)
}

/// Takes a mail from the command line and says in a sentence what became of it. A mail that is no report is left alone,
/// so that the server does not send it back.
///
/// # Errors
/// What the database says.
pub async fn from_mail(app: &App, mail: &[u8]) -> anyhow::Result<&'static str> {
    let Some(report) = parse(mail) else { return Ok("This mail is no report; nothing was changed.") };
    Ok(match take(app, &report).await? {
        Taken::New => "The report is noted.",
        Taken::Again => "This report was noted before.",
        Taken::Unknown => "The report is about no mail of ours; nothing was changed.",
    })
}

#[cfg(test)]
mod tests {
    use super::without_addresses;

    #[test]
    fn what_a_server_says_is_kept_without_the_address() {
        let said = "permanent error (550): 5.1.1 <ada@example.com>:  Recipient address rejected";
        assert_eq!(without_addresses(said), "permanent error (550): 5.1.1 … Recipient address rejected");
    }
}
