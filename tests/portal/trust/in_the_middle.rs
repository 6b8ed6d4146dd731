//! A suspension that begins while programs send: what was taken before stays as it was, and the rest is refused whole.

use futures_util::future::join_all;
use portal::trust::suspensions::Level;
use reqwest::Method;
use serde_json::json;

use super::suspend;
use super::suspensions::{lift, refused, report};
use crate::support::{Page, Program, TestApp, count, eventually};

/// Programs that send at once, and how many messages each has.
const LANES: usize = 2;
const EACH: usize = 150;

/// Sends a message under a key of its own: sent again, it is the same message.
async fn send(program: &Program, number: usize) -> Page {
    let message =
        json!({ "channel": "email", "direction": "outbound", "to": format!("reader{number}@example.net") });
    let request = program.request(Method::POST, "/communications");
    program.send(request.header("idempotency-key", format!("message {number}")).json(&message)).await
}

/// Sends one message after the other, whatever is answered, and answers the numbers with what was.
async fn lane(program: &Program, first: usize) -> Vec<(usize, Page)> {
    let mut answers = Vec::new();
    for number in (first..LANES * EACH).step_by(LANES) {
        answers.push((number, send(program, number).await));
    }
    answers
}

async fn counted(app: &TestApp) -> (i64, i64, i64) {
    (
        count(app, "communications").await,
        count(app, "communications WHERE status = 'queued'").await,
        count(app, "communication_statuses").await,
    )
}

#[tokio::test]
async fn of_messages_that_a_suspension_cuts_the_first_stay_queued_and_the_rest_are_refused_whole() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (program, account) = (app.program(&ada).await, ada.account().await);
    let suspending = async {
        eventually("some messages", async || (count(&app, "communications").await >= 20).then_some(())).await;
        let id = suspend(&app, account, Level::SendingPaused).await;
        (id, counted(&app).await)
    };
    let lanes = join_all((0..LANES).map(|first| lane(&program, first)));
    let (lanes, (id, then)) = tokio::join!(lanes, suspending);
    for lane in &lanes {
        assert!(lane.iter().all(|(_, page)| page.status == 201 || refused(page)), "taken or refused");
        assert!(lane.is_sorted_by_key(|(_, page)| page.status), "nothing is taken after the first refusal");
    }
    let (taken, after): (Vec<_>, Vec<_>) =
        lanes.into_iter().flatten().partition(|(_, page)| page.status == 201);
    assert!(!taken.is_empty() && !after.is_empty(), "{} and {}", taken.len(), after.len());
    for (_, page) in &after {
        assert_eq!(page.header("content-type"), "application/problem+json");
        assert_eq!(page.json()["instance"], format!("/accounts/{account}/suspensions/{id}"));
    }
    let all = i64::try_from(taken.len()).unwrap();
    assert_eq!((then, counted(&app).await), ((all, all, all), (all, all, all)), "none half, and none later");

    let (first, page) = &taken[0];
    assert_eq!(send(&program, *first).await.json()["sid"], page.json()["sid"], "the answer that was kept");
    assert!(refused(&report(&program, page, "sent").await), "what is queued stays queued");
    let (last, _) = &after[0];
    assert!(refused(&send(&program, *last).await));
    assert_eq!(counted(&app).await, (all, all, all));

    lift(&app, id).await.expect("it is in force");
    assert_eq!(report(&program, page, "sent").await.status, 201);
    assert_eq!(send(&program, *last).await.status, 201, "its key was not used up by the refusal");
    assert_eq!(counted(&app).await, (all + 1, all, all + 2));
    app.mailbox().await;
}
