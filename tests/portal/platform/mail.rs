//! Mail over SMTP, to a server that is not ours: what arrives, and what happens when it does not.

use chrono::Duration;
use diesel_async::AsyncConnection as _;
use mail_parser::MessageParser;
use nix::sys::signal::Signal;
use portal::platform::ids::MessageId;
use portal::platform::messages::{self, Attempt, Body, Class, Kind, MAX_ATTEMPTS, Outgoing};

use crate::support::process::{self, Folder, Running};
use crate::support::smtp::SmtpServer;
use crate::support::{TestApp, eventually};

/// Puts a mail into the outbox.
async fn write_to(app: &TestApp, to: &str) -> MessageId {
    let body = Body {
        text: "Grüße.\n.\nA line with a dot alone must not end it.".into(),
        html: "<p>Grüße</p>".into(),
        headers: vec![("Auto-Submitted".into(), "auto-generated".into())],
    };
    let subject = "Für Sie: a subject of some length, with letters that are not ASCII – and a dash".into();
    let mail = Outgoing {
        kind: Kind::Mail,
        name: "test",
        class: Class::Transactional,
        person: None,
        to,
        subject,
        body,
    };
    let now = app.clock.now();
    let mut conn = app.conn().await;
    let id =
        conn.transaction(async |conn| messages::enqueue(conn, &app.keys, now, mail).await).await.unwrap();
    app.mail_to(to).await;
    id
}

async fn attempts(app: &TestApp, id: MessageId) -> Vec<Attempt> {
    let mut conn = app.conn().await;
    messages::attempts(&mut conn, id.0).await.unwrap()
}

async fn outcomes(app: &TestApp, id: MessageId) -> Vec<String> {
    attempts(app, id)
        .await
        .into_iter()
        .map(|attempt| attempt.outcome.unwrap_or_else(|| "running".into()))
        .collect()
}

/// When it was sent, and whether it was given up.
async fn fate(app: &TestApp, id: MessageId) -> (bool, bool) {
    let mut conn = app.conn().await;
    let message = messages::find(&mut conn, id.0).await.unwrap().unwrap();
    (message.sent_at.is_some(), message.failed_at.is_some())
}

#[tokio::test]
async fn a_mail_arrives_with_both_parts_and_its_headers() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings()).await;
    let id = write_to(&app, "ada@example.com").await;
    app.run_jobs().await;
    let delivered = server.next();
    assert_eq!(
        (delivered.from.as_str(), &delivered.to[..]),
        ("no-reply@lossexpress.com", &["ada@example.com".to_owned()][..])
    );
    let mail = MessageParser::default().parse(&delivered.data).unwrap();
    assert!(
        mail.subject().unwrap().starts_with("Für Sie") && mail.subject().unwrap().ends_with("– and a dash")
    );
    assert!(
        mail.body_text(0).unwrap().contains("Grüße.\r\n.\r\nA line with a dot alone")
            || mail.body_text(0).unwrap().contains("Grüße.\n.\nA line")
    );
    assert_eq!(mail.body_html(0).unwrap().trim(), "<p>Grüße</p>");
    assert_eq!(mail.message_id().unwrap(), format!("{}@portal.lossexpress.com", id.0.simple()));
    assert!(mail.date().is_some() && delivered.data.contains("Auto-Submitted: auto-generated"));
    assert!(!delivered.data.contains("List-Unsubscribe"));
    assert_eq!((outcomes(&app, id).await, fate(&app, id).await), (vec!["sent".to_owned()], (true, false)));
}

#[tokio::test]
async fn a_mail_goes_out_once_however_often_its_job_runs() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings()).await;
    let id = write_to(&app, "ada@example.com").await;
    for _ in 0..2 {
        messages::deliver(&app, id).await.unwrap();
    }
    app.run_jobs().await;
    assert_eq!(outcomes(&app, id).await, ["sent"]);
}

#[tokio::test]
async fn an_address_that_is_refused_for_good_is_given_up_at_once_and_staff_see_it() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings()).await;
    let id = write_to(&app, "unknown@example.com").await;
    app.run_jobs().await;
    assert_eq!(
        (outcomes(&app, id).await, fate(&app, id).await),
        (vec!["permanent_failure".to_owned()], (false, true))
    );
    let dead = app.dead_jobs().await;
    assert!(
        dead.len() == 1 && dead[0].last_error.as_deref().unwrap().contains("no such mailbox"),
        "{dead:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_later_and_not_at_once() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings()).await;
    let id = write_to(&app, "busy@example.com").await;
    app.run_jobs().await;
    app.run_jobs().await;
    assert_eq!(
        (outcomes(&app, id).await, fate(&app, id).await),
        (vec!["temporary_failure".to_owned()], (false, false))
    );
    assert!(attempts(&app, id).await[0].detail.as_deref().unwrap().contains("451"));
    app.travel(Duration::seconds(10)).await;
    app.run_jobs().await;
    assert_eq!(outcomes(&app, id).await.len(), 2);
}

#[tokio::test]
async fn a_mail_that_nobody_takes_for_days_is_given_up_after_the_last_try() {
    let app = TestApp::with(&[
        ("PORTAL_SMTP_HOST", "127.0.0.1"),
        ("PORTAL_SMTP_PORT", "1"),
        ("PORTAL_SMTP_TLS", "none"),
    ])
    .await;
    let id = write_to(&app, "ada@example.com").await;
    for _ in 0..MAX_ATTEMPTS + 2 {
        app.run_jobs().await;
        app.travel(Duration::days(3)).await;
    }
    assert_eq!(outcomes(&app, id).await, vec!["temporary_failure"; usize::try_from(MAX_ATTEMPTS).unwrap()]);
    assert_eq!((fate(&app, id).await, app.dead_jobs().await.len()), ((false, true), 1));
}

#[tokio::test]
async fn a_mail_that_staff_try_again_gets_a_whole_round_of_tries() {
    let app = TestApp::with(&[
        ("PORTAL_SMTP_HOST", "127.0.0.1"),
        ("PORTAL_SMTP_PORT", "1"),
        ("PORTAL_SMTP_TLS", "none"),
    ])
    .await;
    let id = write_to(&app, "ada@example.com").await;
    let most = usize::try_from(MAX_ATTEMPTS).unwrap();
    for _ in 0..MAX_ATTEMPTS {
        app.run_jobs().await;
        app.travel(Duration::hours(7)).await;
    }
    assert_eq!((fate(&app, id).await, outcomes(&app, id).await.len()), ((false, true), most));
    let dead = app.dead_jobs().await;
    let mut conn = app.conn().await;
    assert_eq!(portal::platform::jobs::retry(&mut conn, dead[0].id, app.clock.now()).await, Ok(true));
    app.run_jobs().await;
    assert_eq!((fate(&app, id).await, outcomes(&app, id).await.len()), ((false, false), most + 1));
}

#[tokio::test]
async fn a_server_that_asks_who_we_are_is_told() {
    let server = SmtpServer::asking_for("portal", "a password with spaces");
    let credentials =
        [("PORTAL_SMTP_USERNAME", "portal"), ("PORTAL_SMTP_PASSWORD", "a password with spaces")];
    let app = TestApp::with(&[server.settings(), credentials.to_vec()].concat()).await;
    let id = write_to(&app, "ada@example.com").await;
    app.run_jobs().await;
    assert_eq!(outcomes(&app, id).await, ["sent"]);
    assert_eq!(server.next().login.as_deref(), Some("portal"));
}

#[tokio::test]
async fn a_server_without_encryption_gets_nothing_when_encryption_is_asked_for() {
    let server = SmtpServer::start();
    for tls in ["starttls", "implicit"] {
        let app = TestApp::with(&[server.settings(), vec![("PORTAL_SMTP_TLS", tls)]].concat()).await;
        let id = write_to(&app, "ada@example.com").await;
        app.run_jobs().await;
        assert_ne!(outcomes(&app, id).await, ["sent"], "{tls}");
        app.dead_jobs().await;
    }
}

/// A worker as a process of its own.
fn worker(app: &TestApp, server: &SmtpServer, folder: &Folder) -> Running {
    let mut settings = server.settings();
    settings.push(("PORTAL_MAIL_TRANSPORT", "smtp"));
    process::worker(app, folder, &settings)
}

#[tokio::test]
async fn a_mail_whose_worker_was_killed_goes_out_again_under_the_same_message_id() {
    let (app, folder) = (TestApp::start().await, Folder::new("killed-worker"));
    let (silent, healthy) = (SmtpServer::start(), SmtpServer::start());
    let id = write_to(&app, "silent@example.com").await;
    let killed = worker(&app, &silent, &folder);
    let first = silent.next();
    // The server has the mail, and the worker does not know it yet.
    assert_eq!(outcomes(&app, id).await, ["running"]);
    killed.signal(Signal::SIGKILL);
    killed.end();
    let to_another_server = diesel::sql_query("UPDATE messages SET recipient = 'ada@example.com'");
    diesel_async::RunQueryDsl::execute(to_another_server, &mut app.conn().await).await.unwrap();
    let _successor = worker(&app, &healthy, &folder);
    eventually("the mail to be sent", async || fate(&app, id).await.0.then_some(())).await;
    let second = healthy.next();
    let message_id =
        |data: &str| MessageParser::default().parse(data).unwrap().message_id().unwrap().to_owned();
    assert_eq!(message_id(&first.data), message_id(&second.data));
    assert_eq!(outcomes(&app, id).await, ["interrupted", "sent"]);
}
