//! Every form that anybody may send keeps robots out without asking people what they are, each for itself.

use chrono::Duration;
use portal::staff::permissions::Role;

use crate::support::TestApp;

type Fields = Vec<(&'static str, &'static str)>;

/// The path of each public form, and what it needs.
async fn forms(app: &TestApp) -> Vec<(String, Fields)> {
    let marketing = app.desk_of(Role::Marketing).await;
    let words = ("words", "It came on Monday, and I had stopped it on Friday.");
    vec![
        ("/newsletter".into(), vec![("email", "one@example.com")]),
        (app.an_event(&marketing, 5).await, vec![("email", "two@example.com"), ("name", "Two")]),
        (app.a_paper(&marketing).await, vec![("email", "three@example.com")]),
        (app.a_survey(&marketing).await, vec![("answer1", "Well.")]),
        (
            "/contact-sales".into(),
            vec![("email", "five@example.com"), ("message", "What does it cost?"), ("answer_by", "email")],
        ),
        (
            "/privacy/requests/new".into(),
            vec![
                ("kind", "access"),
                ("email", "six@example.com"),
                ("details", "Everything."),
                ("home", "us"),
            ],
        ),
        (
            "/privacy/disputes/new".into(),
            vec![("email", "seven@example.com"), ("subject", "A newsletter that I had stopped"), words],
        ),
    ]
}

#[tokio::test]
async fn no_public_form_is_sent_at_once_nor_with_the_trap_filled_nor_by_the_time_of_another() {
    let app = TestApp::start().await;
    let forms = forms(&app).await;
    for (number, (path, fields)) in forms.iter().enumerate() {
        let browser = app.browser();
        let page = browser.get(path).await;
        let fast = page.submit(fields).await;
        assert!(
            fast.status == 422 && fast.words().contains("faster than people type"),
            "{path}: {}",
            fast.words()
        );
        app.travel(Duration::seconds(5)).await;
        let (other, _) = &forms[(number + 1) % forms.len()];
        let of_another = browser.get(other).await.value("stamp");
        app.travel(Duration::seconds(5)).await;
        for (gives_away, value) in [("website", "https://spam.example"), ("stamp", of_another.as_str())] {
            let sent = page.submit(&[&fields[..], &[(gives_away, value)]].concat()).await;
            assert_eq!(sent.status, 422, "{path} {gives_away}: {}", sent.words());
        }
        assert!(app.mailbox().await.is_empty(), "{path}: no robot causes a mail");
        let sent = page.submit(fields).await;
        assert_eq!(sent.status, 303, "{path}: people can go on: {}", sent.words());
        app.mailbox().await;
    }
}
