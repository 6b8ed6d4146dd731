//! Mail about suspensions, to the owner and to every member: what, why, whether a person decided, since when and until
//! when, what still works, and how to object until when (S128).

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::queries::{self, Suspension};
use crate::accounts::guard::Account;
use crate::accounts::readers::everybody;
use crate::platform::app::App;
use crate::platform::mail::{self as outbox, wrapped_lines};
use crate::platform::web::pages::moment;

crate::mail! {
    /// Tells somebody that a suspension began.
    pub struct SuspensionNotice {
        /// Who reads it.
        pub recipient_name: String,
        /// What happened, in a line.
        pub headline: String,
        /// What the level means.
        pub about: String,
        /// SID of the account.
        pub account: String,
        /// SID of the suspension.
        pub number: String,
        /// The reason, by the list.
        pub reason: String,
        /// The facts.
        pub words: String,
        /// Who decided: a rule by itself, or a person.
        pub decided: String,
        /// Since when.
        pub since: String,
        /// Until when.
        pub until: String,
        /// What still works.
        pub works: Vec<&'static str>,
        /// What does not.
        pub stopped: Vec<&'static str>,
        /// Until when it can be appealed.
        pub appeal_until: String,
        /// The statement.
        pub url: String,
        /// Where the owner appeals.
        pub appeal_url: String,
    }
    name: "suspension_notice", text: "mail/suspension_notice.txt", html: "mail/suspension_notice.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl SuspensionNotice {
    /// A text in lines of a mail.
    pub fn lines(&self, text: &str) -> String {
        wrapped_lines(text)
    }

    /// How to object, in lines of a mail.
    pub fn appeal_lines(&self) -> String {
        self.lines(&self.appeal())
    }

    /// How to object, in a sentence.
    pub fn appeal(&self) -> String {
        format!(
            "If you think that this is wrong, the owner of the account can appeal until {}. Somebody decides who had no part in this, with reasons. It costs nothing.",
            self.appeal_until
        )
    }
}

crate::mail! {
    /// Tells somebody that a suspension is over.
    pub struct SuspensionEnded {
        /// Who reads it.
        pub recipient_name: String,
        /// What happened, in a line.
        pub headline: String,
        /// What that means.
        pub sentence: String,
        /// Why, in the words of whoever lifted it.
        pub words: Option<String>,
        /// SID of the account.
        pub account: String,
        /// SID of the suspension.
        pub number: String,
        /// When.
        pub at: String,
        /// The statement.
        pub url: String,
    }
    name: "suspension_ended", text: "mail/suspension_ended.txt", html: "mail/suspension_ended.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl SuspensionEnded {
    /// A text in lines of a mail.
    pub fn lines(&self, text: &str) -> String {
        wrapped_lines(text)
    }
}

/// Who decided, for people.
pub fn decided(suspension: &Suspension) -> &'static str {
    match (suspension.automated, suspension.rule.is_some()) {
        (true, _) => "A rule of ours, by itself and without a person",
        (false, true) => "A person of our staff, after a rule of ours raised an alert",
        (false, false) => "A person of our staff",
    }
}

/// Until when, for people.
pub fn until(suspension: &Suspension) -> String {
    suspension.expires_at.as_ref().map_or_else(|| "we lift it".into(), moment)
}

fn notice(app: &App, account: &Account, suspension: &Suspension, recipient_name: String) -> SuspensionNotice {
    let level = suspension.level();
    SuspensionNotice {
        recipient_name,
        headline: level.headline(&account.name),
        about: level.about().into(),
        account: account.id.to_string(),
        number: suspension.id.to_string(),
        reason: suspension.reason().label().into(),
        words: suspension.words.clone(),
        decided: decided(suspension).into(),
        since: moment(&suspension.began_at),
        until: until(suspension),
        works: level.works(),
        stopped: level.stopped(),
        appeal_until: moment(&suspension.appeal_until),
        url: app.url(&suspension.path("")),
        appeal_url: app.url(&suspension.path("/appeal")),
    }
}

/// A suspension began: one mail to each, with a row that says so.
pub(super) async fn began(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    suspension: &Suspension,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    for (person, name, email) in everybody(conn, account.id, account.owner).await? {
        let mail = notice(app, account, suspension, name);
        let message = outbox::enqueue(conn, &app.keys, now, Some(person.0), &email, &mail).await?;
        queries::note_notice(conn, suspension.id, person, message, now).await?;
    }
    Ok(())
}

/// A suspension is over: it has expired, or somebody lifted it with these words.
pub(crate) async fn ended(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    suspension: &Suspension,
    words: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let settled = queries::settled_appeal(conn, suspension.id).await?;
    let settled = if settled { " With it the open appeal is settled." } else { "" };
    let how = if words.is_some() { "was lifted" } else { "has expired" };
    for (person, recipient_name, email) in everybody(conn, account.id, account.owner).await? {
        let mail = SuspensionEnded {
            recipient_name,
            headline: format!("A suspension of {} {how}", account.name),
            sentence: format!(
                "“{}” no longer applies. Credentials, records and queued messages are as they were.{settled}",
                suspension.level().label()
            ),
            words: words.map(str::to_owned),
            account: account.id.to_string(),
            number: suspension.id.to_string(),
            at: moment(&suspension.ended_at.unwrap_or(now)),
            url: app.url(&suspension.path("")),
        };
        outbox::enqueue(conn, &app.keys, now, Some(person.0), &email, &mail).await?;
    }
    Ok(())
}
