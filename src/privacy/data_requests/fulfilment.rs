//! What the portal does by itself: everything that needs no judgment and that it has the means for. The rest waits for
//! a person at the desk.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use super::DataRequest;
use super::kinds::Kind;
use super::limits::{self, Limit};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::ids::{ContactId, PersonId};
use crate::preferences::contacts::{self, NewContact};
use crate::preferences::decisions::{self, By, Choice, Decision, Via};
use crate::preferences::topics::Topic;

/// Whether the portal does what this kind of request asks for by itself.
pub fn is_by_machine(kind: Kind) -> bool {
    matches!(kind, Kind::Restriction | Kind::RestrictionLifting | Kind::ConsentWithdrawal | Kind::Objection)
}

/// Does what a request asks for, inside the caller's transaction, and answers the words for whoever asked; nothing
/// where a person has to do it.
///
/// # Errors
/// What the database says.
pub async fn by_machine(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &DataRequest,
    now: DateTime<Utc>,
) -> QueryResult<Option<String>> {
    let Some(person) = request.person else { return Ok(None) };
    let words = match request.kind() {
        Kind::Restriction => {
            limits::begin(conn, person, Limit::Restriction, request.id, now).await?;
            cancel_queued(conn, person).await?;
            "From now on we keep your data and do nothing else with it: no mailings, no calls, no training of staff. Your account works as before. You can end this at any time."
        }
        Kind::RestrictionLifting => {
            if limits::lift(conn, person, Limit::Restriction, now).await? {
                "The restriction has ended. What you chose in your settings holds again."
            } else {
                "There was no restriction any more, so nothing had to change."
            }
        }
        Kind::ConsentWithdrawal => {
            withdraw_consent(conn, app, person, now).await?;
            "We took back everything that you had allowed us: no mailings and no calls from now on. You can choose anew in your settings. Whether page statistics count a visit is chosen in each browser, on the page about cookies."
        }
        Kind::Objection => {
            limits::begin(conn, person, Limit::Enrichment, request.id, now).await?;
            "We no longer look you up in public sources or at others, and add nothing to your data that you did not tell us."
        }
        _ => return Ok(None),
    };
    Ok(Some(words.to_owned()))
}

/// Mailings that wait to be sent are not sent.
async fn cancel_queued(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<()> {
    diesel::sql_query("SELECT suppress_queued_messages(id, NULL) FROM contacts WHERE person_id = $1")
        .bind::<SqlUuid, _>(person)
        .execute(conn)
        .await?;
    Ok(())
}

async fn withdraw_consent(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let contact = contact_of(conn, app, person, now).await?;
    for topic in [None, Some(Topic::OnboardingCalls)] {
        let decision = Decision {
            contact,
            topic,
            channel: topic.map_or(crate::preferences::topics::Channel::Email, Topic::channel),
            choice: Choice::Unsubscribed,
            by: By::Person(Some(person)),
            via: Via::Page,
            wording: Kind::ConsentWithdrawal.about(),
            country: None,
            campaign: None,
        };
        decisions::record(conn, &decision, now).await?;
    }
    Ok(())
}

/// Who has no contact yet gets one, because a call may be refused before anything was chosen.
async fn contact_of(
    conn: &mut AsyncPgConnection,
    app: &App,
    person: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<ContactId> {
    if let Some(contact) = contacts::find_of(conn, person).await? {
        return Ok(contact.id);
    }
    let person = people::find(conn, person).await?;
    let new = NewContact {
        email: &person.email,
        name: Some(&person.name),
        company: person.company.as_deref(),
        person: Some(person.id),
        country: None,
        source: "settings",
        confirmed: true,
    };
    contacts::find_or_create(conn, &app.keys, &new, now).await
}
