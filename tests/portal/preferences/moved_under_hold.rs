//! A change of address to a mailbox whose contact a hold keeps (S72): the person notices nothing, and nothing is deleted.

use chrono::Duration;
use diesel_async::RunQueryDsl as _;
use portal::preferences::campaigns::sending;
use portal::preferences::mail_reports::{self, Kind, Report, Taken};
use portal::preferences::opt_outs::{self, OptOut};
use portal::preferences::topics::Topic;
use portal::retention::sweep;

use super::campaigns::{ADDRESS, begun, desk};
use super::unsubscribe::one_click;
use crate::support::{Subscriber, TestApp, TestPerson, count, lock_waits, run};

const OLD: &str = "ada@example.com";
const NEW: &str = "ada@new.example.com";

/// Somebody who signs in, and their contact.
async fn ada(app: &TestApp) -> (TestPerson<'_>, Subscriber<'_>) {
    let person = app.customer(OLD).await;
    let contact = app.subscriber(OLD, &[Topic::Events, Topic::Surveys]).await;
    run(app, &format!("UPDATE contacts SET person_id = '{}' WHERE id = '{}'", person.id.0, contact.id.0))
        .await;
    (person, contact)
}

fn hold(scope: &str, columns: &str, values: &str) -> String {
    format!(
        "INSERT INTO holds (id, scope, {columns}, matter, reason, requested_by, requested_at, lapses_at, review_on) \
         VALUES (gen_random_uuid(), '{scope}', {values}, 'litigation', 'Lawsuit 12 of 2026.', gen_random_uuid(), now(), now() + interval '90 days', '2999-01-01')"
    )
}

/// What a contact is and has decided.
async fn whole(app: &TestApp, contact: &Subscriber<'_>) -> String {
    let row = format!(
        "(SELECT concat_ws(' ', c.email, c.email_key, c.confirmed_at, c.stopped_at, (SELECT string_agg(d.id::text, ',' ORDER BY d.seq) \
            FROM preference_decisions d WHERE d.contact_id = c.id)) FROM contacts c WHERE c.id = '{}')",
        contact.id.0
    );
    let row = diesel::dsl::sql::<diesel::sql_types::Text>(&row);
    diesel::select(row).get_result(&mut app.conn().await).await.unwrap()
}

#[tokio::test]
async fn a_contact_that_is_held_stays_as_it_is_and_the_person_has_the_address_and_all_choices() {
    for by in ["contacts", "preference_decisions", "digest"] {
        let app = TestApp::start().await;
        let (person, own) = ada(&app).await;
        let browser = app.sign_in_as(&person).await;
        let other = app.subscriber(NEW, &[Topic::Events, Topic::Offers]).await;
        other.refuse(Topic::Surveys).await;
        let digest = hex::encode(app.keys.email_digest(NEW));
        let digest = format!("gen_random_uuid(), ARRAY['\\x{digest}'::bytea]");
        let placed = match by {
            "digest" => hold("person", "person_id, digests", &digest),
            table => hold("table", "table_name", &format!("'{table}'")),
        };
        run(&app, &placed).await;
        let before = whole(&app, &other).await;
        app.change_address_from(&browser, OLD, NEW).await;
        assert_eq!(whole(&app, &other).await, before, "held by {by}");
        assert_eq!(count(&app, &format!("contacts WHERE email = '{NEW}'")).await, 2);
        // As it would be without a hold: what was refused there stays so, and nobody is mailed twice.
        assert!(own.may_get(Topic::Events).await && !own.may_get(Topic::Surveys).await);
        assert!(!other.may_get(Topic::Events).await && !other.may_get(Topic::Offers).await);
        assert!(
            browser.get("/settings/preferences").await.text().contains(r#"name="events" value="on" checked"#)
        );
        // Its old links lead to whoever has the address now.
        let centre = format!("/preferences/{}", other.token(None));
        assert_eq!(app.browser().get(&centre).await.status, 410);
        assert_eq!(one_click(&app, &other.token(Some(Topic::Events))).await.status, 200);
        assert!(!own.may_get(Topic::Events).await);
        assert_eq!(whole(&app, &other).await, before, "held by {by}");
        sweep::nightly((*app).clone()).await.unwrap();
        assert_eq!(count(&app, "contacts").await, 2);
        run(&app, "UPDATE holds SET ended_at = now(), ended_because = 'Settled.'").await;
        sweep::nightly((*app).clone()).await.unwrap();
        assert_eq!(
            (count(&app, "contacts").await, count(&app, "contacts WHERE replaced_at IS NULL").await),
            (1, 1)
        );
        app.mailbox().await;
    }
}

#[tokio::test]
async fn the_address_can_go_back_and_forth_and_be_of_somebody_else_meanwhile() {
    let app = TestApp::start().await;
    let (person, own) = ada(&app).await;
    let browser = app.sign_in_as(&person).await;
    app.subscriber(NEW, &[Topic::Offers]).await;
    run(&app, &hold("table", "table_name", "'contacts'")).await;
    let undo = app.change_address_from(&browser, OLD, NEW).await;
    assert_eq!(app.browser().get(&undo).await.submit(&[]).await.status, 200);
    assert_eq!(count(&app, &format!("contacts WHERE id = '{}' AND email = '{OLD}'", own.id.0)).await, 1);
    assert!(own.may_get(Topic::Events).await);
    // The mailbox is free for a contact of its own, which is replaced and held too.
    let third = app.subscriber(NEW, &[Topic::Offers]).await;
    assert!(third.may_get(Topic::Offers).await);
    app.mailbox().await;
    app.change_address_from(&app.sign_in_as(&person).await, OLD, NEW).await;
    assert!(own.may_get(Topic::Events).await && !third.may_get(Topic::Offers).await);
    let replaced = format!("contacts WHERE email = '{NEW}' AND replaced_at IS NOT NULL");
    assert_eq!((count(&app, "contacts").await, count(&app, &replaced).await), (3, 2));
    app.mailbox().await;
}

#[tokio::test]
async fn an_undo_by_an_old_link_changes_nothing_at_the_contact_that_gave_way() {
    let app = TestApp::start().await;
    let (person, _) = ada(&app).await;
    let browser = app.sign_in_as(&person).await;
    let other = app.subscriber(NEW, &[Topic::Events]).await;
    let path = format!("/unsubscribe/{}", other.token(Some(Topic::Events)));
    app.browser().post(&path, &[("from", "page")]).await;
    let decision = other.decisions().await[0].id.to_string();
    run(&app, &hold("table", "table_name", "'contacts'")).await;
    app.change_address_from(&browser, OLD, NEW).await;
    let before = whole(&app, &other).await;
    let undone = app.browser().post(&format!("{path}/undo"), &[("decision", decision.as_str())]).await;
    assert_eq!(undone.heading(), "There was nothing to undo");
    assert_eq!(whole(&app, &other).await, before);
    app.mailbox().await;
}

#[tokio::test]
async fn whoever_unsubscribes_with_a_provider_by_a_mail_to_one_that_gave_way_gets_no_mailing() {
    let app = TestApp::with(ADDRESS).await;
    let (person, own) = ada(&app).await;
    let browser = app.sign_in_as(&person).await;
    let other = app.subscriber(NEW, &[Topic::Newsletter, Topic::Events]).await;
    begun(&app, &desk(&app).await).await;
    app.run_jobs().await;
    app.mail_to(NEW).await;
    run(&app, &hold("table", "table_name", "'contacts'")).await;
    app.change_address_from(&browser, OLD, NEW).await;
    let before = whole(&app, &other).await;
    assert!(own.may_get(Topic::Events).await);
    let id = diesel::dsl::sql::<diesel::sql_types::Uuid>("SELECT id FROM campaign_recipients");
    let id: uuid::Uuid = id.get_result(&mut app.conn().await).await.unwrap();
    let report = Report {
        provider: "postmark",
        external_id: "1".into(),
        kind: Kind::Unsubscribed(None),
        message_id: Some(sending::message_id(id)),
        email: None,
        detail: String::new(),
    };
    assert_eq!(mail_reports::take(&app, &report).await.unwrap(), Taken::New);
    assert!(!own.may_get(Topic::Events).await, "the mailbox asked for none");
    assert_eq!(whole(&app, &other).await, before);
    app.mailbox().await;
}

#[tokio::test]
async fn for_a_restored_database_the_contact_that_gave_way_does_not_speak_for_the_mailbox() {
    let app = TestApp::start().await;
    let (person, own) = ada(&app).await;
    let browser = app.sign_in_as(&person).await;
    app.subscriber(NEW, &[Topic::Events]).await.refuse(Topic::Offers).await;
    run(&app, &hold("table", "table_name", "'contacts'")).await;
    app.change_address_from(&browser, OLD, NEW).await;
    browser.post("/settings/preferences", &[("seen", "|"), ("offers", "on")]).await;
    assert!(own.may_get(Topic::Offers).await);
    for earlier in [
        "UPDATE contacts SET last_decided_at = last_decided_at - interval '2 hours' WHERE replaced_at IS NOT NULL",
        "UPDATE contact_topics SET decided_at = decided_at - interval '2 hours' \
         WHERE contact_id IN (SELECT id FROM contacts WHERE replaced_at IS NOT NULL)",
    ] {
        run(&app, earlier).await;
    }
    let now = app.clock.now();
    let conn = &mut *app.conn().await;
    let opted_out = opt_outs::since(conn, now - Duration::days(1)).await.unwrap();
    assert!(opted_out.is_empty(), "whoever has the mailbox wants it all: {opted_out:?}");
    let at = now - Duration::hours(1);
    let before = OptOut { digest: hex::encode(app.keys.email_digest(NEW)), at };
    assert_eq!(opt_outs::bring_in(conn, &[before], now).await.unwrap(), 0, "they decided since");
    app.mailbox().await;
}

#[tokio::test]
async fn a_contact_that_nothing_holds_goes_as_before() {
    let app = TestApp::start().await;
    let (person, own) = ada(&app).await;
    let browser = app.sign_in_as(&person).await;
    app.subscriber(NEW, &[Topic::Offers]).await;
    run(&app, &hold("table", "table_name", "'claims'")).await;
    app.change_address_from(&browser, OLD, NEW).await;
    assert_eq!(count(&app, "contacts").await, 1);
    assert!(own.may_get(Topic::Events).await && !own.may_get(Topic::Offers).await);
    app.mailbox().await;
}

#[tokio::test]
async fn a_hold_that_is_being_placed_at_that_moment_is_waited_for() {
    let app = TestApp::start().await;
    let (person, _) = ada(&app).await;
    let browser = app.sign_in_as(&person).await;
    app.subscriber(NEW, &[Topic::Offers]).await;
    let link = app.ask_to_move(&browser, NEW).await;
    let page = app.browser().get(&link).await;
    let mut placing = app.conn().await;
    let placed = hold("table", "table_name", "'contacts'");
    for statement in ["BEGIN", "SELECT take_hold_lock()", placed.as_str()] {
        diesel::sql_query(statement).execute(&mut placing).await.unwrap();
    }
    let (page, ()) = tokio::join!(page.submit(&[]), async {
        lock_waits(&app, "the change of address", 1).await;
        diesel::sql_query("COMMIT").execute(&mut placing).await.unwrap();
    });
    assert_eq!(page.status, 303, "{}", page.words());
    assert_eq!(count(&app, "contacts").await, 2);
    app.mailbox().await;
}
