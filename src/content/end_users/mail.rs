//! Mail to those who answer for an account, and to our own privacy team.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::deletion::receipts::{ARRIVES_WITHIN, Receipt};
use super::{Act, kind_words};
use crate::accounts::readers;
use crate::platform::app::App;
use crate::platform::db::schema::accounts;
use crate::platform::mail as outbox;
use crate::platform::web::pages::{day, moment, span};

crate::mail! {
    /// Tells the owner and the privacy members that somebody was deleted; never who.
    pub struct EndUserDeleted {
        /// Who reads it.
        pub recipient_name: String,
        /// What the account is called.
        pub account: String,
        /// By what the person was known, in words.
        pub kind: String,
        /// When, with its zone.
        pub at: String,
        /// Claims that went.
        pub claims: i64,
        /// Communications that went.
        pub communications: i64,
        /// Bodies that went with them.
        pub bodies: i64,
        /// Records of others that the person was taken out of.
        pub parties: i64,
        /// The day by which it has arrived everywhere.
        pub until: String,
        /// The receipt.
        pub url: String,
    }
    name: "end_user_deleted", text: "mail/end_user_deleted.txt", html: "mail/end_user_deleted.html", class: Transactional,
    subject: |mail| format!("Records of a person were deleted in {}", mail.account)
}

crate::mail! {
    /// Tells the privacy team where deletions have not arrived in time (S110).
    pub struct DeletionsOverdue {
        /// Who reads it.
        pub recipient_name: String,
        /// A line for each place that a deletion has not reached, the earliest first.
        pub lines: Vec<String>,
        /// How many more there are than lines.
        pub more: usize,
        /// Where the deletions stand in the audit log.
        pub url: String,
    }
    name: "deletions_overdue", text: "mail/deletions_overdue.txt", html: "mail/deletions_overdue.html", class: Transactional,
    subject: |_mail| format!("Deletions have not arrived everywhere in {}", span(ARRIVES_WITHIN))
}

/// Mails the receipt, inside the caller's transaction.
pub(super) async fn announce(
    conn: &mut AsyncPgConnection,
    app: &App,
    act: &Act,
    receipt: &Receipt,
) -> QueryResult<()> {
    let account: String = accounts::table.find(act.account).select(accounts::name).first(conn).await?;
    for (person, name, email) in readers::answerable(conn, act.account).await? {
        let mail = EndUserDeleted {
            recipient_name: name,
            account: account.clone(),
            kind: kind_words(receipt.kind()).to_owned(),
            at: moment(&act.now),
            claims: receipt.claims,
            communications: receipt.communications,
            bodies: receipt.bodies,
            parties: receipt.parties,
            until: day(&(act.now + ARRIVES_WITHIN)),
            url: app.url(&format!("/accounts/{}/end-users/deletions/{}", act.account, receipt.id)),
        };
        outbox::enqueue(conn, &app.keys, act.now, Some(person.0), &email, &mail).await?;
    }
    Ok(())
}
