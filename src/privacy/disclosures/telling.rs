//! Telling whoever a disclosure is about (S121): once, in the moment of its approval, or on the day until which a law forbids it.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::mail::DisclosureTold;
use super::queries::{self, Reader};
use super::record::Disclosure;
use super::transfers;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::ids::{AccountId, DisclosureId, PersonId};
use crate::platform::mail as outbox;
use crate::platform::web::pages::date;

/// Whom a mail goes to, and of which account they are told, where it is about one.
pub(super) struct Told {
    person: PersonId,
    account: Option<AccountId>,
}

/// Tells whoever a disclosure is about, inside the caller's transaction, if it is approved, nothing forbids it, and they were
/// not told before. Who is gone is not told. Answers whom a mail goes to.
///
/// # Errors
/// What the database says.
pub(super) async fn tell(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: DisclosureId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Told>> {
    let Some(disclosure) = queries::lock_untold(conn, id, now.date_naive()).await? else {
        return Ok(None);
    };
    let Some(reader) = queries::reader(conn, &disclosure).await? else { return Ok(None) };
    queries::mark_told(conn, id, now).await?;
    let mail = letter(app, &disclosure, &reader);
    outbox::enqueue(conn, &app.keys, now, Some(reader.id.0), &reader.email, &mail).await?;
    Ok(Some(Told { person: reader.id, account: disclosure.account }))
}

/// Writes down that they were told, so that it stands in their activity and in that of the account: not one word of it before.
///
/// # Errors
/// What the database says.
pub(super) async fn log(
    conn: &mut AsyncPgConnection,
    id: DisclosureId,
    told: &Told,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    audit::append(conn, now, Event::by_system("disclosure", id.0, "disclosure.told")).await?;
    let person = Event::by_system("person", told.person.0, "person.disclosure.told");
    audit::append(conn, now, person).await?;
    if let Some(account) = told.account {
        audit::append(conn, now, Event::by_system("account", account.0, "account.disclosure.told")).await?;
    }
    Ok(())
}

fn letter(app: &App, disclosure: &Disclosure, reader: &Reader) -> DisclosureTold {
    let categories: Vec<&str> = disclosure.categories().into_iter().map(|one| one.label()).collect();
    let (headline, sentence) = DisclosureTold::say(disclosure.kind(), disclosure.silent_until);
    DisclosureTold {
        recipient_name: reader.name.clone(),
        headline,
        sentence,
        recipient: disclosure.recipient.clone(),
        account: disclosure.account.map(|id| id.to_string()).unwrap_or_default(),
        ground: disclosure.ground().map(|ground| ground.label().to_owned()).unwrap_or_default(),
        categories: categories.join(", "),
        received: date(disclosure.received_on),
        number: disclosure.id.to_string(),
        url: app.url("/privacy/disclosures"),
    }
}

/// Tells whoever may be told by now, and whoever is to know of a transfer. Safe to run at any time and twice. Where somebody cannot
/// be told, the others are.
///
/// # Errors
/// What the database says, of the last whom it kept from being told.
pub async fn tend(app: App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let mut outcome = Ok(());
    for id in queries::silence_over(&mut conn, now.date_naive()).await? {
        let done = conn
            .transaction(async |conn| match tell(conn, &app, id, now).await? {
                Some(told) => log(conn, id, &told, now).await,
                None => Ok(()),
            })
            .await;
        if done.is_err() {
            outcome = done;
        }
    }
    transfers::tend(&mut conn).await?;
    Ok(outcome?)
}
