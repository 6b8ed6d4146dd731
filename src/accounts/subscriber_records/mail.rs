//! The mail about a subscriber record: what our staff decided, to the owner of the account. What the record says does not
//! stand in it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Record;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::db::schema::accounts;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::mail::{self as outbox, wrapped_lines};
use crate::platform::web::pages::moment;
use crate::retention::subscriber_laws;

crate::mail! {
    /// Tells the owner of an account what was decided about a subscriber record.
    pub struct SubscriberRecordDecided {
        /// Who reads it.
        pub recipient_name: String,
        /// What was decided, in a line.
        pub headline: String,
        /// What that means.
        pub sentence: String,
        /// Why it was refused; empty where it was accepted.
        pub words: String,
        /// SID of the record.
        pub number: String,
        /// SID of the account.
        pub account: String,
        /// When, with its zone.
        pub at: String,
        /// The page of the record.
        pub url: String,
    }
    name: "subscriber_record_decided", text: "mail/subscriber_record_decided.txt", html: "mail/subscriber_record_decided.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl SubscriberRecordDecided {
    /// A text in lines of a mail.
    pub fn lines(&self, text: &str) -> String {
        wrapped_lines(text)
    }

    /// What was decided, in a headline and a sentence. `account` is what the account is called, `country` that of the record.
    pub fn say(account: &str, country: &str, is_accepted: bool) -> (String, String) {
        if is_accepted {
            (
                format!("A subscriber record of {account} is accepted"),
                format!("It is what the law of {country} asks for. There is nothing for you to do."),
            )
        } else {
            (
                format!("A subscriber record of {account} is refused"),
                format!(
                    "It is not yet what the law of {country} asks for. Correct it on its page, or withdraw it. It goes by itself after {} days.",
                    subscriber_laws::REFUSED_STAYS
                ),
            )
        }
    }
}

/// A record was decided.
pub(super) async fn decided(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: AccountId,
    record: &Record,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (owner, name): (PersonId, String) =
        accounts::table.find(account).select((accounts::owner_id, accounts::name)).first(conn).await?;
    let owner = people::find(conn, owner).await?;
    let (headline, sentence) = SubscriberRecordDecided::say(&name, record.law().name, record.was_accepted());
    let mail = SubscriberRecordDecided {
        recipient_name: owner.name,
        headline,
        sentence,
        words: record.refused_because.clone().unwrap_or_default(),
        number: record.id.to_string(),
        account: account.to_string(),
        at: moment(&now),
        url: app.url(&format!("/accounts/{account}/subscriber-records/{}", record.id)),
    };
    outbox::enqueue(conn, &app.keys, now, Some(owner.id.0), &owner.email, &mail).await.map(drop)
}
