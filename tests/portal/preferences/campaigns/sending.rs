//! From the desk to a mail server that is not ours.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use diesel_async::RunQueryDsl as _;
use mail_parser::MessageParser;
use portal::preferences::campaigns::{self, APPROVAL_ABOVE, Counts, Desk, Turn, sending};
use portal::preferences::decisions::Choice;
use portal::preferences::links::Link;
use portal::preferences::topics::Topic;

use super::{ADDRESS, begun, decide, desk, draft, other, reader, readers, state};
use crate::support::smtp::SmtpServer;
use crate::support::{TestApp, count, eventually};

/// Long enough for a test.
const SLICE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn everybody_who_wants_it_gets_it_once_and_nobody_else() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let desk = desk(&app).await;
    let (ada, eve) = (reader(&app, "ada@example.com").await, reader(&app, "eve@example.com").await);
    reader(&app, "unknown@example.com").await;
    decide(&app, eve, Choice::Unsubscribed).await;
    let id = begun(&app, &desk).await;
    app.run_jobs().await;
    let arrived = server.next();
    assert_eq!(arrived.to, ["ada@example.com"]);
    let mail = MessageParser::new().parse(&arrived.data).unwrap();
    assert!(
        mail.body_text(0).unwrap().contains("Hello reader,")
            && mail.body_html(0).unwrap().contains("<em>well</em>")
    );
    let header = |name: &str| mail.header_raw(name).unwrap().trim().to_owned();
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let one_click = header("List-Unsubscribe");
    let token = one_click.strip_prefix("<https://portal.test/unsubscribe/").unwrap().trim_end_matches('>');
    let link = Link::parse(&app.keys, token).unwrap();
    assert_eq!((link.contact, link.topic, link.campaign), (ada, Some(Topic::Newsletter), Some(id.0)));
    assert!(arrived.data.contains("1 Example Street"));
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.total, counts.sent, counts.refused, counts.waiting), (2, 1, 1, 0));
    assert_eq!(state(&app, id).await, "finished");
}

#[tokio::test]
async fn whoever_unsubscribes_after_queueing_gets_nothing_even_past_the_cancelled_row() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    let eve = reader(&app, "eve@example.com").await;
    let bob = reader(&app, "bob@example.com").await;
    let id = begun(&app, &desk).await;
    decide(&app, eve, Choice::Unsubscribed).await;
    // Not by a decision, so that only the look at sending finds it.
    run(&app, "UPDATE contact_topics SET subscribed = false WHERE contact_id = $1", bob.0).await;
    app.run_jobs().await;
    assert!(app.mailbox().await.is_empty());
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.suppressed, counts.sent), (2, 0));
    assert_eq!(state(&app, id).await, "finished");
}

#[tokio::test]
async fn a_long_queue_is_not_read_from_its_beginning_for_each_few_messages() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    let many = 600;
    readers(&app, many).await;
    // Another one stands behind it.
    let (id, other) = (begun(&app, &desk).await, begun(&app, &desk).await);
    while sending::send(&app, id, SLICE).await.unwrap() {}
    // The database tells of what a connection read when that closes.
    let read = "(SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'campaign_recipients_order') t \
                WHERE idx_tup_read >= ";
    let told = async || (count(&app, &format!("{read}{many}")).await > 0).then_some(());
    eventually("the count of what was read", told).await;
    assert_eq!(count(&app, &format!("{read}{}", 10 * many)).await, 0, "it was read over and over");
    assert_eq!(campaigns::counts(&app, other).await.unwrap().waiting, i64::from(many));
    app.run_jobs().await;
    app.mailbox().await;
}

/// Rows of a mailing of long ago.
const OLD: i64 = 5_000;

#[tokio::test]
async fn nor_is_any_index_where_the_database_counted_last_when_there_was_nobody() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    readers(&app, 100).await;
    count_for_nothing(&app, &desk).await;
    let id = begun(&app, &desk).await;
    while sending::send(&app, id, SLICE).await.unwrap() {}
    assert_eq!(app.mailbox().await.len(), 100);
    let read =
        "(SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes WHERE relname = 'campaign_recipients')";
    let read = eventually("the count of what was read", async || {
        let read: i64 = diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(read))
            .get_result(&mut app.conn().await)
            .await
            .unwrap();
        // Each was taken and settled.
        (read >= 200).then_some(read)
    })
    .await;
    assert!(read < OLD, "{read} were read: the others too, over and over");
}

#[tokio::test]
async fn a_campaign_goes_out_also_where_nobody_can_count_whom_it_is_for() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    readers(&app, 100).await;
    count_for_nothing(&app, &desk).await;
    let mut upkeep = app.conn().await;
    for statement in ["BEGIN", "LOCK TABLE campaign_recipients IN SHARE UPDATE EXCLUSIVE MODE"] {
        diesel::sql_query(statement).execute(&mut upkeep).await.unwrap();
    }
    let id = begun(&app, &desk).await;
    while sending::send(&app, id, SLICE).await.unwrap() {}
    diesel::sql_query("ROLLBACK").execute(&mut upkeep).await.unwrap();
    assert_eq!(state(&app, id).await, "finished");
    assert_eq!(app.mailbox().await.len(), 100);
}

/// Makes many rows, and has the database believe that there are none: as it does where a table was tidied up that was empty.
async fn count_for_nothing(app: &TestApp, desk: &Desk) {
    let old = campaigns::create(app, desk, &draft()).await.unwrap();
    let rows = format!(
        "INSERT INTO campaign_recipients (campaign_id, state, settled_at) \
         SELECT $1, 'suppressed', now() FROM generate_series(1, {OLD})"
    );
    run(app, &rows, old.0).await;
    let counted = "UPDATE pg_class SET reltuples = 0, relpages = 50 WHERE $1 IS NOT NULL AND (oid = 'campaign_recipients'::regclass \
         OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'campaign_recipients'::regclass))";
    run(app, counted, old.0).await;
}

#[tokio::test]
async fn two_workers_send_each_message_once() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings_of_campaigns()).await;
    let desk = desk(&app).await;
    readers(&app, 300).await;
    let id = begun(&app, &desk).await;
    let twin = app.twin();
    let (one, two) = tokio::join!(sending::send(&app, id, SLICE), sending::send(&twin, id, SLICE));
    assert!(one.is_ok() && two.is_ok());
    let to: BTreeSet<String> = (0..300).map(|_| server.next().to.remove(0)).collect();
    assert_eq!(to.len(), 300);
    assert_eq!(campaigns::counts(&app, id).await.unwrap().sent, 300);
}

#[tokio::test]
async fn what_a_dead_worker_had_begun_is_sent_again_and_counted() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    readers(&app, 3).await;
    let id = begun(&app, &desk).await;
    run(
        &app,
        "UPDATE campaign_recipients SET state = 'sending', worker = 7, began_at = now() \
               WHERE campaign_id = $1 AND id = (SELECT min(id::text)::uuid FROM campaign_recipients)",
        id.0,
    )
    .await;
    app.run_jobs().await;
    assert_eq!(app.mailbox().await.len(), 3);
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.sent, counts.doubtful), (3, 1));
}

#[tokio::test]
async fn a_paused_campaign_sends_nothing_until_it_is_resumed_and_a_cancelled_one_never() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    readers(&app, 2).await;
    let id = begun(&app, &desk).await;
    campaigns::turn(&app, &desk, id, Turn::Pause).await.unwrap();
    app.run_jobs().await;
    assert!(app.mailbox().await.is_empty());
    campaigns::turn(&app, &desk, id, Turn::Resume).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.mailbox().await.len(), 2);
    assert!(campaigns::turn(&app, &desk, id, Turn::Cancel).await.is_err());
    let second = begun(&app, &desk).await;
    campaigns::turn(&app, &desk, second, Turn::Cancel).await.unwrap();
    app.run_jobs().await;
    let counts = campaigns::counts(&app, second).await.unwrap();
    assert_eq!((counts.cancelled, counts.sent), (2, 0));
}

#[tokio::test]
async fn above_a_thousand_a_second_person_approves_and_the_hour_is_kept() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    readers(&app, i32::try_from(APPROVAL_ABOVE).unwrap()).await;
    let later = app.clock.now() + TimeDelta::hours(2);
    let small = campaigns::create(&app, &desk, &draft()).await.unwrap();
    assert!(!campaigns::schedule(&app, &desk, small, later).await.unwrap());
    campaigns::turn(&app, &desk, small, Turn::Cancel).await.unwrap();
    reader(&app, "one.more@example.com").await;
    let large = campaigns::create(&app, &desk, &draft()).await.unwrap();
    assert!(campaigns::schedule(&app, &desk, large, later).await.unwrap());
    let seen = campaigns::find(&app, large).await.unwrap().stamp();
    assert!(!campaigns::approve(&app, &desk, large, &seen).await.unwrap(), "its writer");
    assert!(campaigns::approve(&app, &other(&desk), large, &seen).await.unwrap());
    campaigns::advance(app.clone()).await.unwrap();
    assert_eq!(state(&app, large).await, "scheduled");
    app.travel(TimeDelta::hours(2)).await;
    campaigns::advance(app.clone()).await.unwrap();
    assert_eq!(state(&app, large).await, "sending");
    assert_eq!(campaigns::counts(&app, large).await.unwrap().total, APPROVAL_ABOVE + 1);
    campaigns::turn(&app, &desk, large, Turn::Cancel).await.unwrap();
}

#[tokio::test]
async fn an_audience_that_grew_above_the_limit_waits_for_approval() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    let id = campaigns::create(&app, &desk, &draft()).await.unwrap();
    assert!(!campaigns::schedule(&app, &desk, id, app.clock.now()).await.unwrap());
    readers(&app, i32::try_from(APPROVAL_ABOVE).unwrap() + 1).await;
    campaigns::advance(app.clone()).await.unwrap();
    assert_eq!(state(&app, id).await, "waiting");
    assert_eq!(campaigns::counts(&app, id).await.unwrap(), Counts::default());
}

#[tokio::test]
async fn where_the_postal_address_is_gone_meanwhile_nothing_is_sent() {
    let app = TestApp::start().await;
    let desk = desk(&app).await;
    reader(&app, "ada@example.com").await;
    let id = begun(&app, &desk).await;
    let refused = sending::send(&app, id, Duration::from_secs(1)).await.unwrap_err();
    assert!(refused.to_string().contains("PORTAL_MAIL_POSTAL_ADDRESS is missing"));
    assert_eq!(campaigns::counts(&app, id).await.unwrap().waiting, 1);
    assert!(app.mailbox().await.is_empty());
    campaigns::turn(&app, &desk, id, campaigns::Turn::Cancel).await.unwrap();
    app.run_jobs().await;
}

#[tokio::test]
async fn a_rate_for_each_domain_is_kept() {
    let app = TestApp::with(&[("PORTAL_CAMPAIGN_DOMAIN_PER_SECOND", "10"), ADDRESS[0]]).await;
    let desk = desk(&app).await;
    readers(&app, 100).await;
    let id = begun(&app, &desk).await;
    sending::send(&app, id, Duration::from_secs(2)).await.unwrap();
    let sent = app.mailbox().await.len();
    assert!((1..=25).contains(&sent), "{sent} in two seconds");
    campaigns::turn(&app, &desk, id, Turn::Cancel).await.unwrap();
}

#[tokio::test]
async fn a_rate_for_all_domains_together_is_kept() {
    let app = TestApp::with(&[("PORTAL_CAMPAIGN_PER_SECOND", "10"), ADDRESS[0]]).await;
    let desk = desk(&app).await;
    readers(&app, 100).await;
    // Ten domains: what each gets is far below the rate.
    let spread = "UPDATE contacts SET (email, email_key) = (replace(email, 'example.com', domain), replace(email_key, 'example.com', domain)) \
         FROM (SELECT id AS contact, format('d%s.example', row_number() OVER () % 10) AS domain FROM contacts) spread WHERE id = contact AND $1 IS NOT NULL";
    run(&app, spread, uuid::Uuid::nil()).await;
    let id = begun(&app, &desk).await;
    sending::send(&app, id, Duration::from_secs(2)).await.unwrap();
    let sent = app.mailbox().await.len();
    assert!((1..=25).contains(&sent), "{sent} in two seconds");
    campaigns::turn(&app, &desk, id, Turn::Cancel).await.unwrap();
}

async fn run(app: &TestApp, statement: &str, id: uuid::Uuid) {
    diesel::sql_query(statement)
        .bind::<diesel::sql_types::Uuid, _>(id)
        .execute(&mut app.conn().await)
        .await
        .unwrap_or_else(|error| panic!("{error}: {statement}"));
}
