//! What the people of the demo want to hear from us: each something else.

use chrono::Duration;
use diesel_async::AsyncConnection as _;

use super::cast::Part;
use crate::identity::people;
use crate::platform::app::App;
use crate::preferences::contacts::{self, NewContact};
use crate::preferences::decisions::{self, By, Choice, Decision, Via};
use crate::preferences::suppressions::{self, Reason};
use crate::preferences::topics::{Channel, Topic};

/// Gives somebody a contact with choices of their own, unless they have one.
pub(super) async fn ensure_there(app: &App, part: &Part) -> anyhow::Result<()> {
    let now = app.clock.now();
    let choices = choices(part.number, now);
    let mut conn = app.db.get().await?;
    let known = people::find_by_email(&mut conn, part.email).await?;
    let Some(person) = known.filter(|person| person.id == part.id()) else { return Ok(()) };
    if choices.is_empty() {
        return Ok(());
    }
    conn.transaction(async |conn| {
        // Another program may be at it on the same folder.
        people::lock(conn, person.id).await?;
        if contacts::find_of(conn, person.id).await?.is_some() {
            return Ok(());
        }
        let new = NewContact {
            email: part.email,
            name: Some(part.name),
            company: part.company,
            person: Some(person.id),
            country: None,
            source: "sign_up",
            confirmed: true,
        };
        let contact = contacts::find_or_create(conn, &app.keys, &new, now).await?;
        for (topic, choice) in choices {
            let wording = topic.map_or_else(|| "Chosen for the demo".into(), Topic::wording);
            let decision = Decision {
                contact,
                topic,
                channel: topic.map_or(Channel::Email, Topic::channel),
                choice,
                by: By::Person(Some(person.id)),
                via: Via::Page,
                wording: &wording,
                country: None,
                campaign: None,
            };
            decisions::record(conn, &decision, now).await?;
        }
        if part.number == 8 {
            let detail = Some("550 5.1.1 User unknown");
            suppressions::suppress(conn, &app.keys, part.email, Reason::HardBounce, detail, now).await?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

fn choices(number: u8, now: chrono::DateTime<chrono::Utc>) -> Vec<(Option<Topic>, Choice)> {
    let yes = |topic| (Some(topic), Choice::Subscribed);
    match number {
        1 => Topic::BY_MAIL.into_iter().map(yes).collect(),
        2 => vec![yes(Topic::Newsletter), (None, Choice::Limited(Some(1)))],
        3 => vec![
            yes(Topic::Events),
            yes(Topic::ProductNews),
            (None, Choice::PausedUntil(now + Duration::days(30))),
        ],
        4 => vec![yes(Topic::Offers), (None, Choice::Unsubscribed)],
        7 => vec![(Some(Topic::OnboardingCalls), Choice::Unsubscribed), yes(Topic::Newsletter)],
        8 => vec![yes(Topic::Newsletter)],
        9 => vec![yes(Topic::Surveys)],
        _ => Vec::new(),
    }
}
