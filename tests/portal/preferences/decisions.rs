//! Decisions, and the present state that follows from them.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use diesel_async::{AsyncConnection as _, RunQueryDsl as _};
use portal::platform::ids::ContactId;
use portal::preferences::contacts::{self, NewContact};
use portal::preferences::decisions::{self, By, Choice, Decision, Row, Via};
use portal::preferences::moves;
use portal::preferences::suppressions::{self, Reason};
use portal::preferences::topics::{Channel, Topic};

use crate::support::TestApp;

async fn contact(app: &TestApp, email: &str) -> ContactId {
    let new = NewContact { email, source: "newsletter", confirmed: true, ..NewContact::default() };
    contacts::find_or_create(&mut *app.conn().await, &app.keys, &new, app.clock.now()).await.unwrap()
}

fn decision(contact: ContactId, topic: Option<Topic>, choice: Choice) -> Decision<'static> {
    let channel = topic.map_or(Channel::Email, Topic::channel);
    let (by, via) = (By::Person(None), Via::Page);
    Decision { contact, topic, channel, choice, by, via, wording: "Words", country: None, campaign: None }
}

async fn decide(app: &TestApp, contact: ContactId, topic: Option<Topic>, choice: Choice) {
    let decision = decision(contact, topic, choice);
    decisions::record(&mut *app.conn().await, &decision, app.clock.now()).await.unwrap();
}

/// What holds of a contact.
#[derive(Debug, Default, PartialEq)]
struct State {
    topics: BTreeMap<String, bool>,
    paused_until: Option<DateTime<Utc>>,
    monthly_limit: Option<i32>,
    stopped_at: Option<DateTime<Utc>>,
}

async fn stored(app: &TestApp, id: ContactId) -> State {
    let mut conn = app.conn().await;
    let contact = contacts::find(&mut conn, id).await.unwrap().unwrap();
    let topics = decisions::present(&mut conn, id).await.unwrap();
    State {
        topics: topics.into_iter().map(|(topic, yes)| (topic.as_str().to_owned(), yes)).collect(),
        paused_until: contact.paused_until,
        monthly_limit: contact.monthly_limit,
        stopped_at: contact.stopped_at,
    }
}

/// What follows from the rows, told apart from the trigger in Rust.
fn replayed(rows: &[Row]) -> State {
    let mut state = State::default();
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| row.seq);
    for row in rows {
        let own = row.actor == "person";
        match (row.choice.as_str(), row.topic.clone()) {
            ("subscribed", topic) => {
                if own && row.channel == "email" && topic.is_some() {
                    state.stopped_at = None;
                }
                if own && topic.is_none() {
                    state.paused_until = None;
                }
                if let Some(topic) = topic {
                    state.topics.insert(topic, true);
                }
            }
            ("unsubscribed", Some(topic)) => drop(state.topics.insert(topic, false)),
            ("unsubscribed", None) => {
                if row.channel == "email" {
                    state.stopped_at = Some(row.decided_at);
                }
                let calls = row.channel == "phone";
                let of_channel = |topic: &&mut String| (topic.as_str() == "onboarding_calls") == calls;
                let mut names: Vec<String> = state.topics.keys().cloned().collect();
                for topic in names.iter_mut().filter(of_channel) {
                    state.topics.insert(topic.clone(), false);
                }
            }
            ("paused", _) => state.paused_until = row.paused_until,
            ("limited", _) => state.monthly_limit = row.monthly_limit,
            other => panic!("{other:?}"),
        }
    }
    state
}

async fn assert_follows(app: &TestApp, id: ContactId) {
    let rows = decisions::history(&mut *app.conn().await, id, 10_000).await.unwrap();
    assert_eq!(stored(app, id).await, replayed(&rows));
}

#[tokio::test]
async fn the_present_state_follows_from_the_rows_whatever_was_decided() {
    let app = TestApp::start().await;
    let id = contact(&app, "ada@example.com").await;
    let mut random = 42_u64;
    for _ in 0..120 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = random >> 33;
        let topic = Topic::ALL.get(usize::try_from(draw % 8).unwrap()).copied();
        let choice = match (draw / 8 % 8, topic) {
            (0..3, _) => Choice::Subscribed,
            (3..6, _) | (_, Some(_)) => Choice::Unsubscribed,
            (6, _) => Choice::PausedUntil(app.clock.now() + Duration::days(30)),
            _ => Choice::Limited((!draw.is_multiple_of(3)).then_some(2)),
        };
        let by = if draw.is_multiple_of(5) { By::System } else { By::Person(None) };
        let decision = Decision { by, ..decision(id, topic, choice) };
        decisions::record(&mut *app.conn().await, &decision, app.clock.now()).await.unwrap();
        assert_follows(&app, id).await;
        app.travel(Duration::minutes(1)).await;
    }
}

#[tokio::test]
async fn decisions_of_two_tabs_take_effect_in_the_order_of_their_rows() {
    let app = TestApp::start().await;
    let id = contact(&app, "ada@example.com").await;
    for _ in 0..10 {
        let both = [Choice::Subscribed, Choice::Unsubscribed]
            .map(|choice| decide(&app, id, Some(Topic::Events), choice));
        futures_util::future::join_all(both).await;
        assert_follows(&app, id).await;
    }
}

#[tokio::test]
async fn only_who_said_yes_with_a_confirmed_address_may_be_mailed() {
    let app = TestApp::start().await;
    let id = contact(&app, "ada@example.com").await;
    assert!(!app.may_mail(id, Topic::Events).await, "nothing was decided");
    decide(&app, id, Some(Topic::Events), Choice::Subscribed).await;
    assert!(app.may_mail(id, Topic::Events).await && !app.may_mail(id, Topic::Offers).await);
    diesel::sql_query("UPDATE contacts SET confirmed_at = NULL")
        .execute(&mut app.conn().await)
        .await
        .unwrap();
    assert!(!app.may_mail(id, Topic::Events).await, "nobody confirmed the address");
}

#[tokio::test]
async fn a_pause_holds_to_its_end_and_not_longer() {
    let app = TestApp::start().await;
    let id = contact(&app, "ada@example.com").await;
    decide(&app, id, Some(Topic::Events), Choice::Subscribed).await;
    decide(&app, id, None, Choice::PausedUntil(app.clock.now() + Duration::days(30))).await;
    assert!(!app.may_mail(id, Topic::Events).await);
    app.travel(Duration::days(30) - Duration::seconds(60)).await;
    assert!(!app.may_mail(id, Topic::Events).await);
    app.travel(Duration::seconds(60)).await;
    assert!(app.may_mail(id, Topic::Events).await);
}

#[tokio::test]
async fn what_somebody_stopped_no_list_of_ours_brings_back() {
    let app = TestApp::start().await;
    let id = contact(&app, "ada@example.com").await;
    decide(&app, id, Some(Topic::Events), Choice::Subscribed).await;
    decide(&app, id, None, Choice::Unsubscribed).await;
    let imported = Decision {
        by: By::System,
        via: Via::Import,
        ..decision(id, Some(Topic::Events), Choice::Subscribed)
    };
    decisions::record(&mut *app.conn().await, &imported, app.clock.now()).await.unwrap();
    assert!(!app.may_mail(id, Topic::Events).await);
    decide(&app, id, Some(Topic::Events), Choice::Subscribed).await;
    assert!(app.may_mail(id, Topic::Events).await, "their own yes counts");
}

#[tokio::test]
async fn ending_a_pause_takes_back_no_stop_and_no_complaint() {
    let app = TestApp::start().await;
    let id = contact(&app, "ada@example.com").await;
    let mut conn = app.conn().await;
    let now = app.clock.now();
    decide(&app, id, None, Choice::PausedUntil(now + Duration::days(30))).await;
    suppressions::suppress(&mut conn, &app.keys, "ada@example.com", Reason::Complaint, None, now)
        .await
        .unwrap();
    decide(&app, id, None, Choice::Subscribed).await;
    let state = stored(&app, id).await;
    assert!(state.paused_until.is_none() && state.stopped_at.is_some(), "{state:?}");
    assert!(app.is_suppressed("ada@example.com").await);
    decide(&app, id, Some(Topic::Events), Choice::Subscribed).await;
    assert!(app.may_mail(id, Topic::Events).await, "a yes to a topic does");
}

#[tokio::test]
async fn a_mailbox_that_refuses_or_complains_gets_no_more() {
    let app = TestApp::start().await;
    let mut conn = app.conn().await;
    for reason in Reason::ALL {
        let email = format!("{}@example.com", reason.as_str());
        let id = contact(&app, &email).await;
        decide(&app, id, Some(Topic::Events), Choice::Subscribed).await;
        let upper = email.to_uppercase();
        for first in [true, false] {
            let done =
                suppressions::suppress(&mut conn, &app.keys, &upper, reason, Some("550"), app.clock.now());
            assert_eq!(done.await.unwrap(), first, "{email}");
        }
        assert!(!app.may_mail(id, Topic::Events).await, "{email}");
        assert!(app.is_suppressed(&email).await);
        assert_follows(&app, id).await;
        let stopped = stored(&app, id).await.stopped_at.is_some();
        assert_eq!(stopped, reason == Reason::Complaint, "{email}");
    }
}

#[tokio::test]
async fn a_decision_cannot_be_changed_or_taken_out() {
    let app = TestApp::start().await;
    let id = contact(&app, "ada@example.com").await;
    decide(&app, id, Some(Topic::Events), Choice::Subscribed).await;
    let mut conn = app.conn().await;
    for statement in [
        "UPDATE preference_decisions SET choice = 'unsubscribed'",
        "UPDATE preference_decisions SET wording = 'Other words'",
        "DELETE FROM preference_decisions",
    ] {
        let refused = diesel::sql_query(statement).execute(&mut conn).await;
        assert!(refused.unwrap_err().to_string().contains("append-only"), "{statement}");
    }
    let row = decisions::history(&mut conn, id, 1).await.unwrap().remove(0);
    assert!(decisions::tell_reason(&mut conn, id, row.id, "Too many").await.unwrap());
    assert!(!decisions::tell_reason(&mut conn, id, row.id, "Other").await.unwrap(), "it is told once");
}

#[tokio::test]
async fn one_address_is_one_contact_however_it_is_written() {
    let app = TestApp::start().await;
    let first = contact(&app, "Ada@Example.com").await;
    let both =
        futures_util::future::join_all([contact(&app, "ada@example.com"), contact(&app, "ADA@example.com ")]);
    assert!(both.await.iter().all(|id| *id == first));
    let ada = app.customer("ada@example.com").await;
    let claim =
        NewContact { email: &ada.email, person: Some(ada.id), source: "sign_up", ..NewContact::default() };
    let mut conn = app.conn().await;
    let claimed = contacts::find_or_create(&mut conn, &app.keys, &claim, app.clock.now()).await.unwrap();
    assert_eq!(claimed, first);
    let found = contacts::find_of(&mut conn, ada.id).await.unwrap().unwrap();
    assert_eq!((found.id, found.source.as_str()), (first, "newsletter"));
}

#[tokio::test]
async fn a_contact_that_was_deleted_leaves_a_digest_that_keeps_mailings_away() {
    let app = TestApp::start().await;
    let id = contact(&app, "ada@example.com").await;
    decide(&app, id, Some(Topic::Events), Choice::Subscribed).await;
    let mut conn = app.conn().await;
    let found = contacts::find(&mut conn, id).await.unwrap().unwrap();
    let now = app.clock.now();
    conn.transaction(async |conn| contacts::erase(conn, &app.keys, &found, now).await).await.unwrap();
    assert!(contacts::find(&mut conn, id).await.unwrap().is_none());
    assert!(decisions::history(&mut conn, id, 10).await.unwrap().is_empty());
    let listed = NewContact { email: "ada@example.com", source: "import", ..NewContact::default() };
    let again = contacts::find_or_create(&mut conn, &app.keys, &listed, now).await.unwrap();
    decide(&app, again, Some(Topic::Events), Choice::Subscribed).await;
    diesel::sql_query("UPDATE contacts SET confirmed_at = now()").execute(&mut conn).await.unwrap();
    assert!(!app.may_mail(again, Topic::Events).await, "a list brought it back");
    contact(&app, "ada@example.com").await;
    assert!(
        !app.may_mail(again, Topic::Events).await,
        "that somebody has the mailbox is no wish for mailings"
    );
    contacts::mailbox_works(&mut conn, &app.keys, "ada@example.com", now).await.unwrap();
    assert!(app.may_mail(again, Topic::Events).await, "its owner did, from the mailbox");
}

#[tokio::test]
async fn a_new_address_takes_the_choices_along_and_keeps_what_was_refused_there() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let new = NewContact {
        email: &ada.email,
        person: Some(ada.id),
        source: "sign_up",
        confirmed: true,
        ..NewContact::default()
    };
    let mut conn = app.conn().await;
    let own = contacts::find_or_create(&mut conn, &app.keys, &new, app.clock.now()).await.unwrap();
    for topic in [Topic::Events, Topic::Offers] {
        decide(&app, own, Some(topic), Choice::Subscribed).await;
    }
    let other = contact(&app, "new@example.com").await;
    decide(&app, other, Some(Topic::Offers), Choice::Unsubscribed).await;
    moves::move_address(&mut conn, &app.keys, ada.id, "New@example.com", app.clock.now()).await.unwrap();
    assert!(contacts::find(&mut conn, other).await.unwrap().is_none());
    let moved = contacts::find_by_email(&mut conn, "new@example.com").await.unwrap().unwrap();
    assert_eq!(moved.id, own);
    assert!(app.may_mail(own, Topic::Events).await && !app.may_mail(own, Topic::Offers).await);
    assert_follows(&app, own).await;
}
