//! Mail about appeals. That one came in and that there is a message goes to the owner; what was decided, with its reasons,
//! goes to everybody in the account.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::queries::Appeal;
use super::{ARBITRATION, PRIVACY_MAIL};
use crate::accounts::guard::Account;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::mail::{self as outbox, wrapped};
use crate::platform::web::pages::moment;
use crate::trust::suspensions::{self, Suspension};

/// A text in lines of a mail.
fn in_lines(text: &str) -> String {
    text.split('\n').map(wrapped).collect::<Vec<_>>().join("\n")
}

crate::mail! {
    /// Tells the owner what happened to their appeal: it came in, or somebody wrote.
    pub struct AppealNews {
        /// Who reads it.
        pub recipient_name: String,
        /// What happened, in a line.
        pub headline: String,
        /// What comes next, and by when.
        pub sentence: String,
        /// SID of the appeal.
        pub number: String,
        /// SID of the account.
        pub account: String,
        /// The page of the appeal.
        pub url: String,
    }
    name: "appeal_news", text: "mail/appeal_news.txt", html: "mail/appeal_news.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl AppealNews {
    /// The sentence, in lines of a mail.
    pub fn lines(&self) -> String {
        in_lines(&self.sentence)
    }
}

crate::mail! {
    /// Tells somebody what was decided about an appeal.
    pub struct AppealDecided {
        /// Who reads it.
        pub recipient_name: String,
        /// What came of it, in a line.
        pub headline: String,
        /// What that means.
        pub sentence: String,
        /// Why.
        pub words: String,
        /// What can be done now, a sentence each.
        pub routes: Vec<String>,
        /// SID of the appeal.
        pub number: String,
        /// SID of the account.
        pub account: String,
        /// When.
        pub at: String,
        /// The page of the appeal.
        pub url: String,
    }
    name: "appeal_decided", text: "mail/appeal_decided.txt", html: "mail/appeal_decided.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl AppealDecided {
    /// A text in lines of a mail.
    pub fn lines(&self, text: &str) -> String {
        in_lines(text)
    }
}

async fn tell_owner(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    appeal: &Appeal,
    (headline, sentence): (String, String),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let owner = people::find(conn, account.owner).await?;
    let mail = AppealNews {
        recipient_name: owner.name,
        headline,
        sentence,
        number: appeal.id.to_string(),
        account: account.id.to_string(),
        url: app.url(&appeal.path()),
    };
    outbox::enqueue(conn, &app.keys, now, Some(account.owner.0), &owner.email, &mail).await.map(drop)
}

/// An appeal came in.
pub(super) async fn received(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    appeal: &Appeal,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let sentence = format!(
        "Somebody who had no part in the decision reads it and answers by {}. Until then the suspension stays as it is. You can add to your appeal, or withdraw it, on its page.",
        moment(&appeal.due_at)
    );
    tell_owner(conn, app, account, appeal, ("We have your appeal".into(), sentence), now).await
}

/// Our staff wrote.
pub(super) async fn written(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    appeal: &Appeal,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let sentence = "Whoever works on your appeal wrote to you. For your safety the message stands on the page of the appeal and not in this mail.".to_owned();
    tell_owner(conn, app, account, appeal, ("There is a message about your appeal".into(), sentence), now)
        .await
}

/// What can be done after a decision, a sentence each.
pub fn routes(appeal: &Appeal, suspension: &Suspension, postal_address: Option<&str>) -> Vec<String> {
    match (appeal.outcome.as_deref(), appeal.round) {
        (Some("lifted"), _) => Vec::new(),
        (_, 1) if appeal.decided_at.is_none_or(|at| suspension.can_be_appealed(at)) => vec![format!(
            "If you do not agree, the owner can appeal a second time until {}. It goes to another person, and that decision is final.",
            moment(&suspension.appeal_until)
        )],
        _ => {
            let post = postal_address.map(|address| format!(", or by post to {address}")).unwrap_or_default();
            vec![
                match appeal.round {
                    1 => "The time to appeal again is over.".into(),
                    _ => "This was the second appeal: our decision is final.".into(),
                },
                format!("You can still raise it with our privacy team at {PRIVACY_MAIL}{post}."),
                ARBITRATION.into(),
            ]
        }
    }
}

/// What came of an appeal, in a headline and a sentence.
fn words(appeal: &Appeal, suspension: &Suspension, account: &str) -> (String, String) {
    let over = suspension.expires_at.filter(|end| appeal.decided_at.is_some_and(|at| *end <= at));
    match (appeal.outcome.as_deref(), over) {
        (Some("lifted"), Some(end)) => (
            format!("Your appeal is granted: the suspension of {account} should not have been"),
            format!("It had expired on {}, and stands as lifted from now on.", moment(&end)),
        ),
        (Some("upheld"), Some(end)) => (
            format!("Your appeal is not granted: the suspension of {account} was right"),
            format!("It had expired on {}, and nothing changes by this.", moment(&end)),
        ),
        (Some("lifted"), None) => (
            format!("Your appeal is granted: the suspension of {account} is lifted"),
            "It no longer applies. Credentials, records and queued messages are as they were.".into(),
        ),
        (Some("shortened"), _) => (
            format!("Your appeal is granted in part: the suspension of {account} ends earlier"),
            format!("It ends on {}.", suspension.expires_at.as_ref().map(moment).unwrap_or_default()),
        ),
        _ => (
            format!("Your appeal is not granted: the suspension of {account} stands"),
            format!(
                "It stays in force {}.",
                match &suspension.expires_at {
                    Some(at) => format!("until {}", moment(at)),
                    None => "until we lift it".into(),
                }
            ),
        ),
    }
}

/// An appeal was decided: to everybody in the account, with the reasons.
pub(super) async fn decided(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    (appeal, suspension): (&Appeal, &Suspension),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (headline, sentence) = words(appeal, suspension, &account.name);
    let address = app.config.campaigns.postal_address.as_deref();
    for (person, recipient_name, email) in suspensions::readers(conn, account.id, account.owner).await? {
        let mail = AppealDecided {
            recipient_name,
            headline: headline.clone(),
            sentence: sentence.clone(),
            words: appeal.decision_words.clone().unwrap_or_default(),
            routes: routes(appeal, suspension, address),
            number: appeal.id.to_string(),
            account: account.id.to_string(),
            at: moment(&now),
            url: app.url(&appeal.path()),
        };
        outbox::enqueue(conn, &app.keys, now, Some(person.0), &email, &mail).await?;
    }
    Ok(())
}
