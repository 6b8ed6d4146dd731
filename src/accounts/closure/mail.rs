//! Mail about closures, to everybody in the account.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::{CONTENT_STAYS, DATA_STAYS, queries};
use crate::accounts::guard::Account;
use crate::accounts::readers;
use crate::platform::app::App;
use crate::platform::mail::{self as outbox, wrapped};
use crate::platform::web::pages::moment;

crate::mail! {
    /// Tells somebody how far the closure of an account is.
    pub struct AccountClosure {
        /// Who reads it.
        pub recipient_name: String,
        /// What happened, in a line.
        pub headline: String,
        /// What happens next and when, a sentence each.
        pub sentences: Vec<String>,
        /// SID of the account.
        pub account: String,
        /// Where it can be undone, or looked at.
        pub url: String,
    }
    name: "account_closure", text: "mail/account_closure.txt", html: "mail/account_closure.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl AccountClosure {
    /// The sentences, in lines of a mail.
    pub fn lines(&self) -> String {
        self.sentences.iter().map(|sentence| wrapped(sentence)).collect::<Vec<_>>().join("\n\n")
    }
}

async fn tell(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    headline: String,
    sentences: &[String],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    for (person, recipient_name, email) in readers::everybody(conn, account.id, account.owner).await? {
        let mail = AccountClosure {
            recipient_name,
            headline: headline.clone(),
            sentences: sentences.to_vec(),
            account: account.id.to_string(),
            url: app.url(&account.path("/closure")),
        };
        outbox::enqueue(conn, &app.keys, now, Some(person.0), &email, &mail).await?;
    }
    Ok(())
}

/// A closure began.
pub(super) async fn scheduled(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (content, data) = (moment(&(now + CONTENT_STAYS)), moment(&(now + DATA_STAYS)));
    let sentences = [
        "From now on the account is read-only: programs and pages show what is in it and change nothing. You can order a copy of everything, revoke secrets, remove members and leave.".to_owned(),
        format!("On {content} the claims and communications in it are deleted. Until then the owner can undo the closure with one click."),
        format!("By {data} everything else about the account is deleted, but for what the page of the closure names with its dates."),
    ];
    tell(conn, app, account, format!("{} is being closed", account.name), &sentences, now).await
}

/// Its content goes soon.
pub(super) async fn reminder(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let until = moment(&until);
    let sentences = [format!(
        "On {until} the claims and communications in the account are deleted. Order a copy before that if you need one, or undo the closure."
    )];
    let headline = format!("What is in {} goes soon", account.name);
    tell(conn, app, account, headline, &sentences, now).await
}

/// Its content is gone.
pub(super) async fn closed(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let data_until = queries::present(conn, account.id).await?.map_or(now, |closure| closure.data_until);
    // A hold, or a server that stood still, may have delayed this; what was promised is the day of the request.
    let rest = if data_until > now {
        format!("By {} everything else about the account goes too.", moment(&data_until))
    } else {
        "Everything else about the account goes next.".to_owned()
    };
    // It goes to everybody in the account, and that something is on hold is for its owner alone.
    let sentences = [
        "The thirty days are over, and the closure can no longer be undone. The claims and communications in the account are deleted now, unless we have to keep some of them for longer.".to_owned(),
        rest,
    ];
    tell(conn, app, account, format!("{} is closed", account.name), &sentences, now).await
}

/// It was undone.
pub(super) async fn undone(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let sentences =
        ["The owner undid the closure. Nothing was deleted, and everything works as before.".to_owned()];
    tell(conn, app, account, format!("{} stays", account.name), &sentences, now).await
}
