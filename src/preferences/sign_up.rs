//! What the two boxes of sign-up mean once its address is confirmed and there is a person.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::contacts::{self, NewContact};
use super::decisions::{self, By, Choice, Decision, Via};
use super::topics::Topic;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::people;
use crate::platform::ids::PersonId;

/// The words of the box about mailings.
pub const MAILINGS: &str = "Send me news about products, services and events. I can stop this at any time.";
/// The words of the box about calls.
pub const NO_CALL: &str = "Please do not call me to help me get started";
/// The topics that the box about mailings names.
const TOPICS: [Topic; 3] = [Topic::ProductNews, Topic::Offers, Topic::Events];

/// Gives a new person the contact of their address and writes what they ticked as decisions (S41, S42), inside the
/// transaction that makes them. A box that was left empty decides nothing.
///
/// # Errors
/// What the database says.
pub async fn take_over(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    person: PersonId,
    country: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    type Told = (String, String, Option<String>, bool, bool);
    let (email, name, company, no_call, mailings): Told = people::table
        .find(person)
        .select((
            people::email,
            people::name,
            people::company,
            people::onboarding_call_refused_at.is_not_null(),
            people::marketing_consented_at.is_not_null(),
        ))
        .first(conn)
        .await?;
    let new = NewContact {
        email: &email,
        name: Some(&name),
        company: company.as_deref(),
        person: Some(person),
        country,
        source: "sign_up",
        confirmed: true,
    };
    let contact = contacts::find_or_create(conn, keys, &new, now).await?;
    // The link of the sign-up was mailed there and followed.
    contacts::mailbox_works(conn, keys, &email, now).await?;
    let mailings = TOPICS.into_iter().filter(|_| mailings).map(|topic| (topic, Choice::Subscribed, MAILINGS));
    let calls = no_call.then_some((Topic::OnboardingCalls, Choice::Unsubscribed, NO_CALL));
    for (topic, choice, wording) in mailings.chain(calls) {
        let (by, via) = (By::Person(Some(person)), Via::SignUp);
        let (channel, topic, campaign) = (topic.channel(), Some(topic), None);
        let decision = Decision { contact, topic, channel, choice, by, via, wording, country, campaign };
        decisions::record(conn, &decision, now).await?;
    }
    Ok(())
}
