//! Mailings to many: sent once to whoever wants them, and to nobody else.

mod audience;
mod desk;
mod groups;
mod killing;
mod limits;
mod order;
mod postmark;
mod refused;
mod reports;
mod samples;
mod sending;
mod signatures;
mod sns;
mod stopped;
mod suspended;
mod ways_out;

use diesel_async::RunQueryDsl as _;
use portal::platform::audit::Circumstances;
use portal::platform::ids::{CampaignId, ContactId, PersonId};
use portal::preferences::campaigns::{self, Audience, Desk, Draft};
use portal::preferences::contacts::{self, NewContact};
use portal::preferences::decisions::{self, By, Choice, Decision, Via};
use portal::preferences::topics::{Channel, Topic};
use portal::staff::permissions::Role;

use crate::support::TestApp;

/// Production knows no postal address by itself, and sends no mailing without one.
pub const ADDRESS: &[(&str, &str)] = &[("PORTAL_MAIL_POSTAL_ADDRESS", "1 Example Street")];

/// A member of staff at the desk of campaigns.
pub async fn desk(app: &TestApp) -> Desk {
    Desk { person: app.staff(Role::Marketing).await.id, from: Circumstances::default() }
}

pub fn decision(contact: ContactId, choice: Choice) -> Decision<'static> {
    let topic = Some(Topic::Newsletter);
    let (by, via) = (By::Person(None), Via::Page);
    Decision {
        contact,
        topic,
        channel: Channel::Email,
        choice,
        by,
        via,
        wording: "W",
        country: None,
        campaign: None,
    }
}

pub async fn decide(app: &TestApp, contact: ContactId, choice: Choice) {
    decisions::record(&mut *app.conn().await, &decision(contact, choice), app.clock.now()).await.unwrap();
}

/// Somebody who wants the newsletter.
pub async fn reader(app: &TestApp, email: &str) -> ContactId {
    let new = NewContact { email, source: "newsletter", confirmed: true, ..NewContact::default() };
    let id =
        contacts::find_or_create(&mut *app.conn().await, &app.keys, &new, app.clock.now()).await.unwrap();
    decide(app, id, Choice::Subscribed).await;
    id
}

/// So many readers at once, `reader1@example.com` and on.
pub async fn readers(app: &TestApp, count: i32) {
    for statement in [
        "INSERT INTO contacts (id, email, email_key, email_digest, source, created_at, confirmed_at, last_decided_at) \
         SELECT gen_random_uuid(), format('reader%s@example.com', n), format('reader%s@example.com', n), \
           sha256(n::text::bytea), 'import', now(), now(), now() FROM generate_series(1, $1) n",
        "INSERT INTO contact_topics SELECT id, 'newsletter', 'email', true, gen_random_uuid(), now() FROM contacts \
         WHERE email LIKE 'reader%' AND $1 > 0 ON CONFLICT DO NOTHING",
    ] {
        diesel::sql_query(statement)
            .bind::<diesel::sql_types::Integer, _>(count)
            .execute(&mut app.conn().await)
            .await
            .unwrap();
    }
}

pub fn draft() -> Draft {
    Draft {
        name: "November".into(),
        topic: Topic::Newsletter,
        subject: "What is new in November".into(),
        body: "Hello {name},\n\nall is *well*.".into(),
        audience: Audience::default(),
    }
}

/// A campaign that is due and whose rows are made.
pub async fn begun(app: &TestApp, desk: &Desk) -> CampaignId {
    let id = campaigns::create(app, desk, &draft()).await.unwrap();
    campaigns::schedule(app, desk, id, app.clock.now()).await.unwrap();
    campaigns::begin(app, id).await.unwrap();
    id
}

pub async fn state(app: &TestApp, id: CampaignId) -> String {
    campaigns::find(app, id).await.unwrap().state
}

pub fn other(desk: &Desk) -> Desk {
    Desk {
        person: PersonId(uuid::Uuid::from_u128(desk.person.0.as_u128() + 1)),
        from: Circumstances::default(),
    }
}
