//! Many who unsubscribe at the same moment, as when a mailing has just arrived.

use std::collections::HashSet;

use diesel_async::RunQueryDsl as _;
use futures_util::future::{join, join_all};
use portal::preferences::topics::Topic;

use super::one_click_shown;
use crate::preferences::campaigns::{ADDRESS, begun, desk};
use crate::support::{Page, Subscriber, TestApp, count, lock_waits, run};

const TOPIC: Topic = Topic::Newsletter;

/// Has everybody click while somebody else is waited for whose contact is held, and answers their pages.
async fn click_at_once(app: &TestApp, tokens: &[String]) -> Vec<Page> {
    let first = app.subscriber("first@example.com", &[TOPIC]).await;
    let mut holder = app.conn().await;
    let hold = format!("SELECT FROM contacts WHERE id = '{}' FOR UPDATE", first.id.0);
    for statement in ["BEGIN", &hold] {
        diesel::sql_query(statement).execute(&mut holder).await.unwrap();
    }
    let token = first.token(Some(TOPIC));
    let others = async {
        lock_waits(app, "the first to wait", 1).await;
        let pages = join_all(tokens.iter().map(|token| one_click_shown(app, token))).await;
        assert!(first.may_get(TOPIC).await, "nobody waits for the first");
        diesel::sql_query("COMMIT").execute(&mut holder).await.unwrap();
        pages
    };
    let (page, pages) = join(one_click_shown(app, &token), others).await;
    assert_eq!((page.status, first.may_get(TOPIC).await), (200, false));
    pages
}

async fn subscribers(app: &TestApp, many: usize) -> Vec<Subscriber<'_>> {
    let mut all = Vec::with_capacity(many);
    for number in 0..many {
        all.push(app.subscriber(&format!("{}{number}@example.com", "abcdefghij".repeat(2)), &[TOPIC]).await);
    }
    all
}

fn tokens<'a>(of: impl IntoIterator<Item = &'a Subscriber<'a>>) -> Vec<String> {
    of.into_iter().map(|one| one.token(Some(TOPIC))).collect()
}

#[tokio::test]
async fn many_go_in_few_transactions_and_each_reads_of_themselves() {
    let app = TestApp::start().await;
    let all = subscribers(&app, 24).await;
    let pages = click_at_once(&app, &tokens(&all)).await;
    for (one, page) in all.iter().zip(&pages) {
        assert_eq!((page.status, page.heading().as_str()), (200, "You are unsubscribed"));
        assert!(!one.may_get(TOPIC).await);
        let row = &one.decisions().await[0];
        assert_eq!((row.via.as_str(), row.wording.as_str()), ("one_click", "Unsubscribe from Newsletter"));
        assert!(page.text().contains(&row.id.to_string()), "the page can undo this decision");
    }
    assert_eq!(count(&app, "preference_decisions WHERE choice = 'unsubscribed'").await, 25);
    let transactions =
        "(SELECT DISTINCT xmin::text FROM preference_decisions WHERE choice = 'unsubscribed') t";
    let transactions = count(&app, transactions).await;
    assert!(transactions < 20, "each went alone: {transactions}");
}

#[tokio::test]
async fn among_many_whoever_is_special_gets_what_they_would_get_alone() {
    let app = TestApp::start().await;
    let all = subscribers(&app, 8).await;
    let [moved, gone, refused] = [&all[0], &all[1], &all[2]];
    moved.move_to("new@example.com").await;
    run(&app, &format!("DELETE FROM contacts WHERE id = '{}'", gone.id.0)).await;
    refused.refuse(TOPIC).await;
    // The last one clicks three times.
    let mut clicks = tokens(&all);
    clicks.extend(tokens([&all[7], &all[7]]));
    let pages = click_at_once(&app, &clicks).await;
    assert!(pages.iter().all(|page| page.status == 200));
    assert!(!moved.may_get(TOPIC).await && !pages[0].words().contains("n…@example.com"));
    assert!(!pages[1].words().contains("@example.com"), "{}", pages[1].words());
    assert_eq!(refused.decisions().await.len(), 2, "what holds is not decided again");
    for one in &all[3..] {
        assert!(!one.may_get(TOPIC).await);
    }
    let undos: HashSet<_> = pages[7..].iter().map(|page| page.heading()).collect();
    assert_eq!(undos.len(), 1, "each click is answered in the same way: {undos:?}");
}

#[tokio::test]
async fn what_waits_in_the_queue_is_cancelled_for_each_of_many_and_counted_at_the_campaign_they_came_from() {
    let app = TestApp::with(ADDRESS).await;
    let all = subscribers(&app, 6).await;
    let desk = desk(&app).await;
    let (one, sent) = (begun(&app, &desk).await, begun(&app, &desk).await);
    run(&app, &format!("UPDATE campaign_recipients SET state = 'sent', worker = NULL, began_at = now(), settled_at = now() WHERE campaign_id = '{}'", sent.0)).await;
    let waits = |number: usize| number < 3;
    for ada in all.iter().skip(3) {
        run(
            &app,
            &format!(
                "DELETE FROM campaign_recipients WHERE campaign_id = '{}' AND contact_id = '{}'",
                one.0, ada.id.0
            ),
        )
        .await;
    }
    let clicks: Vec<String> = all.iter().map(|ada| ada.token_from(TOPIC, sent)).collect();
    click_at_once(&app, &clicks).await;
    let of =
        |state: &str| format!("campaign_recipients WHERE campaign_id = '{}' AND state = '{state}'", one.0);
    assert_eq!((count(&app, &of("queued")).await, count(&app, &of("suppressed")).await), (0, 3));
    for (number, ada) in all.iter().enumerate() {
        assert_eq!(ada.decisions().await[0].cancelled_messages, i64::from(waits(number)));
    }
    let counted =
        format!("campaign_recipients WHERE campaign_id = '{}' AND unsubscribed_at IS NOT NULL", sent.0);
    assert_eq!(count(&app, &counted).await, 6);
}
