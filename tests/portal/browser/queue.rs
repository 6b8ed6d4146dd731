//! A queue by keyboard, in Chromium: j and k move, c claims, and elsewhere on the page the keys do nothing.

use portal::staff::permissions::Role;

use crate::staff::desk::asked;
use crate::support::{Chromium, TestApp};

/// Presses a key where the focus is; the words of what has the focus afterwards.
async fn press(chromium: &Chromium, key: &str) -> String {
    let press = format!(
        "(() => {{ document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true, cancelable: true }})); \
         return document.activeElement.closest('li')?.querySelector('time')?.dateTime ?? document.activeElement.tagName; }})()"
    );
    chromium.evaluate(&press).await
}

#[tokio::test]
async fn keys_go_from_line_to_line_and_claim_and_do_nothing_elsewhere() {
    let app = TestApp::development().await;
    let ada = app.customer("ada@example.com").await;
    for _ in 0..3 {
        app.travel(chrono::Duration::hours(1)).await;
        asked(&app.sign_in_as(&ada).await, &app, "Number 7 is wrong.").await;
    }
    let visitor = app.sign_in_as(&app.staff(Role::Privacy).await).await;
    let lines = visitor.get("/staff/requests").await;
    let claimed = lines.attr("[data-queue] li:nth-child(2) [data-queue-title]", "href").unwrap();
    let chromium = app.chromium("queue").await;
    chromium.become_visitor(&visitor).await;
    chromium.open("/staff/requests").await;
    chromium.arrives_at("/staff/requests").await;
    assert_eq!(press(&chromium, "j").await, "BODY", "outside the queue nothing happens");
    chromium.evaluate::<bool>("(() => { document.getElementById('queue').focus(); return true; })()").await;
    let first = press(&chromium, "j").await;
    let second = press(&chromium, "j").await;
    assert!(first < second, "{first} {second}");
    assert_eq!(press(&chromium, "k").await, first);
    assert_eq!(press(&chromium, "k").await, first, "there is none before the first");
    press(&chromium, "j").await;
    press(&chromium, "c").await;
    chromium.finds_at(&claimed, ".notice-stack").await;
    assert!(chromium.words(".notice-stack").await.contains("The request is yours for half an hour"));
    assert!(chromium.complaints().is_empty());
}
