//! Somebody who gets mailings and need not have an account.

use diesel::sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use portal::platform::ids::{CampaignId, ContactId};
use portal::preferences::contacts::{self, NewContact};
use portal::preferences::decisions::{self, By, Choice, Decision, Row, Via};
use portal::preferences::links::Link;
use portal::preferences::moves;
use portal::preferences::suppressions;
use portal::preferences::topics::Topic;

use super::TestApp;

#[derive(diesel::QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    may: bool,
}

/// A contact with a confirmed address.
pub struct Subscriber<'a> {
    app: &'a TestApp,
    /// SID.
    pub id: ContactId,
    /// Address.
    pub email: String,
}

impl TestApp {
    /// A contact that subscribed to these topics.
    pub async fn subscriber(&self, email: &str, topics: &[Topic]) -> Subscriber<'_> {
        let mut conn = self.conn().await;
        let now = self.clock.now();
        let new = NewContact { email, source: "newsletter", confirmed: true, ..NewContact::default() };
        let id = contacts::find_or_create(&mut conn, &self.keys, &new, now).await.expect("a contact");
        drop(conn);
        let subscriber = Subscriber { app: self, id, email: email.to_owned() };
        for topic in topics {
            subscriber.decide(*topic, Choice::Subscribed).await;
        }
        subscriber
    }

    /// Whether a contact may be mailed about a topic now: what queueing asks for many, asked for one.
    pub async fn may_mail(&self, contact: ContactId, topic: Topic) -> bool {
        let query = "SELECT EXISTS (SELECT FROM mailable_contacts($1, $2) WHERE contact_id = $3) AS may";
        let answer: Answer = diesel::sql_query(query)
            .bind::<Text, _>(topic.as_str())
            .bind::<Timestamptz, _>(self.clock.now())
            .bind::<SqlUuid, _>(contact)
            .get_result(&mut *self.conn().await)
            .await
            .expect("an answer");
        answer.may
    }

    /// Whether mailings are kept from an address.
    pub async fn is_suppressed(&self, email: &str) -> bool {
        !suppressions::of(&mut *self.conn().await, &self.keys, email).await.expect("rows").is_empty()
    }
}

impl Subscriber<'_> {
    /// The token under a mailing to them.
    pub fn token(&self, topic: Option<Topic>) -> String {
        Link::new(&self.app.keys, self.id, &self.email, topic, None).token(&self.app.keys)
    }

    /// The token under a mailing of this campaign to them.
    pub fn token_from(&self, topic: Topic, campaign: CampaignId) -> String {
        let keys = &self.app.keys;
        Link::new(keys, self.id, &self.email, Some(topic), Some(campaign.0)).token(keys)
    }

    /// Becomes a customer, and then changes to another address.
    pub async fn move_to(&self, email: &str) {
        let person = self.app.customer(&self.email).await.id;
        let mut conn = self.app.conn().await;
        let (keys, now) = (&self.app.keys, self.app.clock.now());
        let own =
            NewContact { email: &self.email, person: Some(person), source: "x", ..NewContact::default() };
        contacts::find_or_create(&mut conn, keys, &own, now).await.expect("a contact");
        moves::move_address(&mut conn, keys, person, email, now).await.expect("a move");
    }

    /// Says no to a topic, whatever holds.
    pub async fn refuse(&self, topic: Topic) {
        self.decide(topic, Choice::Unsubscribed).await;
    }

    async fn decide(&self, topic: Topic, choice: Choice) {
        let decision = Decision {
            contact: self.id,
            topic: Some(topic),
            channel: topic.channel(),
            choice,
            by: By::Person(None),
            via: Via::Form,
            wording: "Yes",
            country: None,
            campaign: None,
        };
        let now = self.app.clock.now();
        decisions::record(&mut *self.app.conn().await, &decision, now).await.expect("a decision");
    }

    /// Whether they may be mailed about a topic now.
    pub async fn may_get(&self, topic: Topic) -> bool {
        self.app.may_mail(self.id, topic).await
    }

    /// Their decisions, latest first.
    pub async fn decisions(&self) -> Vec<Row> {
        decisions::history(&mut *self.app.conn().await, self.id, 1000).await.expect("rows")
    }
}
