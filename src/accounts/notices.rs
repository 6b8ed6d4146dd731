//! What members of an account are told by mail: who came, who went, and what changed hands.

use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

use super::guard::Account;
use super::handovers::What;
use super::permissions::AccountRole;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::ids::PersonId;
use crate::platform::mail::{self as outbox, wrapped};
use crate::platform::web::pages::moment;

/// One thing that happened, for one reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// To the owner: somebody accepted an invitation.
    Joined(String, AccountRole),
    /// To whoever accepted one.
    YouJoined(AccountRole),
    /// To the owner: a member left.
    Left(String),
    /// To a member who left.
    YouLeft,
    /// To the owner: a member was removed.
    Removed(String),
    /// To the member.
    YouWereRemoved,
    /// To the owner: a member has another role.
    RoleChanged(String, AccountRole),
    /// To the member.
    YourRoleChanged(AccountRole),
    /// To whoever offered: it was declined.
    Declined(What, String),
    /// To whom it was offered: it was withdrawn.
    Withdrawn(What),
    /// To the owner who was: somebody took it.
    OwnershipTaken(String),
    /// To the owner who is.
    YouOwnIt,
    /// To the owner and to who was it before: there is a new point of contact.
    ContactTaken(String),
    /// To the new point of contact.
    YouAreContact,
}

impl Notice {
    /// A headline and a sentence. `account` is what the account is called.
    pub fn words(&self, account: &str) -> (String, String) {
        match self {
            Self::Joined(who, role) => (
                format!("{who} joined {account}"),
                format!("They accepted your invitation to the role {}: {}.", role.label(), role.about()),
            ),
            Self::YouJoined(role) => (
                format!("You are a member of {account}"),
                format!("You accepted an invitation to the role {}: {}.", role.label(), role.about()),
            ),
            Self::Left(who) => {
                (format!("{who} left {account}"), "They can no longer open the account.".into())
            }
            Self::YouLeft => (
                format!("You left {account}"),
                "You can no longer open the account. Only a new invitation leads back.".into(),
            ),
            Self::Removed(who) => {
                (format!("{who} was removed from {account}"), "They can no longer open the account.".into())
            }
            Self::YouWereRemoved => (
                format!("You were removed from {account}"),
                "The owner of the account removed you. You can no longer open it.".into(),
            ),
            Self::RoleChanged(who, role) => (
                format!("{who} has another role in {account}"),
                format!("The role is now {}: {}.", role.label(), role.about()),
            ),
            Self::YourRoleChanged(role) => (
                format!("You have another role in {account}"),
                format!("The role is now {}: {}.", role.label(), role.about()),
            ),
            Self::Declined(what, who) => (
                format!("{who} declined the {} of {account}", what.noun()),
                "Everything stays as it is. You can offer it to somebody else.".into(),
            ),
            Self::Withdrawn(what) => (
                format!("The {} of {account} is no longer offered to you", what.noun()),
                "The offer was withdrawn. Everything stays as it is.".into(),
            ),
            Self::OwnershipTaken(who) => (
                format!("{who} now owns {account}"),
                "They accepted your offer. You are a member of the account now, with the role Developer."
                    .into(),
            ),
            Self::YouOwnIt => (
                format!("You now own {account}"),
                "You accepted the offer. From now on you may do everything in the account and answer for it."
                    .into(),
            ),
            Self::ContactTaken(who) => (
                format!("{who} is now the point of contact of {account}"),
                "Questions about the business behind the account go to them from now on.".into(),
            ),
            Self::YouAreContact => (
                format!("You are now the point of contact of {account}"),
                "Questions about the business behind the account come to you from now on.".into(),
            ),
        }
    }

    /// Whether whoever reads it can still open the account.
    fn reader_is_in(&self) -> bool {
        !matches!(self, Self::YouLeft | Self::YouWereRemoved)
    }
}

crate::mail! {
    /// Tells somebody what changed in an account.
    pub struct AccountNotice {
        /// Who reads it.
        pub recipient_name: String,
        /// What happened, in a line.
        pub headline: String,
        /// What happened, in a sentence.
        pub sentence: String,
        /// SID of the account.
        pub account: String,
        /// When, with its zone.
        pub at: String,
        /// Where to look.
        pub url: String,
    }
    name: "account_notice", text: "mail/account_notice.txt", html: "mail/account_notice.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl AccountNotice {
    /// Headline and sentence, for the text part.
    fn words(&self) -> String {
        format!("{}\n\n{}", wrapped(&format!("{}.", self.headline)), wrapped(&self.sentence))
    }
}

/// Mails a notice, inside the caller's transaction. Whoever is not there any more is not told.
///
/// # Errors
/// What the database says.
pub async fn tell(
    conn: &mut AsyncPgConnection,
    app: &App,
    account: &Account,
    reader: PersonId,
    notice: &Notice,
) -> QueryResult<()> {
    let Some(person) = people::find(conn, reader).await.optional()? else { return Ok(()) };
    let now = app.clock.now();
    let (headline, sentence) = notice.words(&account.name);
    let url = app.url(&if notice.reader_is_in() { account.path("/members") } else { "/accounts".into() });
    let mail = AccountNotice {
        recipient_name: person.name,
        headline,
        sentence,
        account: account.id.to_string(),
        at: moment(&now),
        url,
    };
    outbox::enqueue(conn, &app.keys, now, Some(reader.0), &person.email, &mail).await?;
    Ok(())
}
