//! What providers and servers report about mail of ours.

use std::io::Write as _;
use std::process::Stdio;

use diesel_async::RunQueryDsl as _;
use portal::preferences::campaigns::{self, sending};
use portal::preferences::mail_reports;
use portal::preferences::topics::Topic;

use super::samples::POSTFIX;
use super::{ADDRESS, begun, desk, reader};
use crate::support::process::{Folder, beside, portal};
use crate::support::{TestApp, count, run, signature};

/// The key of the generic hook in these tests.
pub const SECRET: &str = "a secret of a hook that is long enough";

/// Posts a report to the generic hook, signed with this key, and answers the status.
pub async fn post(app: &TestApp, secret: &str, body: &str, at: i64) -> u16 {
    app.call_hook("/hooks/mail/generic", signature(secret, body, at), body).await.status
}

/// The Message-ID of the only message of a campaign.
pub async fn message_id(app: &TestApp) -> String {
    let recipient = diesel::dsl::sql::<diesel::sql_types::Uuid>("SELECT id FROM campaign_recipients");
    sending::message_id(recipient.get_result(&mut app.conn().await).await.unwrap())
}

#[tokio::test]
async fn a_signed_hard_bounce_suppresses_and_a_forged_or_old_one_changes_nothing() {
    let app = TestApp::with(&[("PORTAL_HOOK_SECRET", SECRET)]).await;
    reader(&app, "ada@example.com").await;
    let body = r#"{"id":"1","event":"hard_bounce","email":"ada@example.com","detail":"550 5.1.1"}"#;
    let now = app.clock.now().timestamp();
    assert_eq!(post(&app, "another key that is also long enough", body, now).await, 400);
    assert_eq!(post(&app, SECRET, body, now - 400).await, 400);
    assert!(!app.is_suppressed("ada@example.com").await);
    assert_eq!(post(&app, SECRET, body, now).await, 204);
    assert_eq!(post(&app, SECRET, body, now).await, 204);
    assert!(app.is_suppressed("ada@example.com").await);
}

#[tokio::test]
async fn a_key_of_the_generic_hook_is_believed_while_it_is_listed_and_not_after() {
    const NEXT: &str = "the next secret of the generic hook";
    let both = format!("{SECRET},{NEXT}");
    let body = r#"{"id":"1","event":"hard_bounce","email":"ada@example.com","detail":"550 5.1.1"}"#;
    for (listed, of_old, of_next) in [(both.as_str(), 204, 204), (NEXT, 400, 204)] {
        let app = TestApp::with(&[("PORTAL_HOOK_SECRET", listed)]).await;
        let now = app.clock.now().timestamp();
        assert_eq!(post(&app, SECRET, body, now).await, of_old, "{listed}");
        assert_eq!(post(&app, NEXT, body, now).await, of_next, "{listed}");
    }
}

#[tokio::test]
async fn a_report_counts_for_a_message_that_a_server_took_from_a_worker_that_died() {
    for (event, cancelled) in [("complaint", false), ("hard_bounce", true)] {
        let app = TestApp::with(&[("PORTAL_HOOK_SECRET", SECRET), ADDRESS[0]]).await;
        let desk = desk(&app).await;
        reader(&app, "ada@example.com").await;
        let id = begun(&app, &desk).await;
        let cites = message_id(&app).await;
        let report = |name: &str| format!(r#"{{"id":"{name}","event":"{event}","message_id":"<{cites}>"}}"#);
        let now = app.clock.now().timestamp();
        assert_eq!(post(&app, SECRET, &report("early"), now).await, 204);
        assert!(!app.is_suppressed("ada@example.com").await, "nothing had begun that it could be about");
        run(&app, "UPDATE campaign_recipients SET state = 'sending', worker = 7, began_at = now()").await;
        if cancelled {
            run(
                &app,
                "UPDATE campaign_recipients SET state = 'cancelled', worker = NULL, settled_at = now()",
            )
            .await;
        } else {
            // Finds that the worker lives no longer.
            campaigns::advance(app.clone()).await.unwrap();
            assert_eq!(campaigns::counts(&app, id).await.unwrap().waiting, 1, "it waits again");
        }
        assert_eq!(post(&app, SECRET, &report("late"), now).await, 204);
        assert!(app.is_suppressed("ada@example.com").await, "{event}");
        app.run_jobs().await;
        assert!(app.mailbox().await.is_empty(), "and it is not sent again");
        let counts = campaigns::counts(&app, id).await.unwrap();
        assert_eq!((counts.complained, counts.bounced), if cancelled { (0, 1) } else { (1, 0) });
        assert_eq!((counts.unknown, counts.cancelled), if cancelled { (0, 1) } else { (1, 0) });
    }
}

#[tokio::test]
async fn a_report_by_mail_counts_only_if_it_cites_a_mail_of_ours() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    reader(&app, "ada@example.com").await;
    let id = begun(&app, &desk).await;
    app.run_jobs().await;
    app.mail_to("ada@example.com").await;
    let forged = bounce("nothing@campaign.lossexpress.com");
    assert!(mail_reports::from_mail(&app, forged.as_bytes()).await.unwrap().contains("no mail of ours"));
    assert!(!app.is_suppressed("ada@example.com").await);
    let real = bounce(&message_id(&app).await);
    assert_eq!(mail_reports::from_mail(&app, real.as_bytes()).await.unwrap(), "The report is noted.");
    assert!(mail_reports::from_mail(&app, real.as_bytes()).await.unwrap().contains("before"));
    assert!(app.is_suppressed("ada@example.com").await);
    assert_eq!(campaigns::counts(&app, id).await.unwrap().bounced, 1);
}

/// What the program prints that is piped a mail, and whether it ended well.
fn piped(app: &TestApp, folder: &Folder, mail: &str) -> (bool, String) {
    let mut command = portal(&folder.0, &["mail", "report"], &beside(app));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program");
    // Closed at the end of the statement, which ends the mail.
    child.stdin.take().expect("a pipe").write_all(mail.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn what_a_mail_server_pipes_to_the_program_suppresses_the_mailbox() {
    let (app, folder) = (TestApp::with(ADDRESS).await, Folder::new("piped-report"));
    let desk = desk(&app).await;
    reader(&app, "ada@example.com").await;
    let id = begun(&app, &desk).await;
    app.run_jobs().await;
    app.mail_to("ada@example.com").await;
    let mail = POSTFIX.replace("MESSAGE@campaign.lossexpress.com", &message_id(&app).await);
    for (mail, said) in
        [("Subject: Hello\n\nHello.\n", "This mail is no report"), (&mail, "The report is noted.")]
    {
        let (well, answer) = piped(&app, &folder, mail);
        assert!(well && answer.contains(said), "{answer}");
    }
    assert_eq!(campaigns::counts(&app, id).await.unwrap().bounced, 1);
    assert!(app.is_suppressed("ada@example.com").await);
    assert!(piped(&app, &folder, &mail).1.contains("before"), "told twice, it counts once");
    assert_eq!(campaigns::counts(&app, id).await.unwrap().bounced, 1);
}

#[tokio::test]
async fn a_report_about_a_mail_is_about_the_mailbox_that_it_went_to_whatever_it_names() {
    let app = TestApp::with(&[("PORTAL_HOOK_SECRET", SECRET), ADDRESS[0]]).await;
    let desk = desk(&app).await;
    reader(&app, "ada@example.com").await;
    begun(&app, &desk).await;
    app.run_jobs().await;
    app.mail_to("ada@example.com").await;
    reader(&app, "eve@example.com").await;
    let cites = message_id(&app).await;
    // As of a server to which the mailbox forwards, or of one that lies.
    let report =
        format!(r#"{{"id":"1","event":"hard_bounce","message_id":"<{cites}>","email":"eve@example.com"}}"#);
    assert_eq!(post(&app, SECRET, &report, app.clock.now().timestamp()).await, 204);
    assert!(app.is_suppressed("ada@example.com").await && !app.is_suppressed("eve@example.com").await);
}

#[tokio::test]
async fn a_report_about_a_mailbox_that_a_contact_left_is_none_about_its_new_one() {
    for by_mail in [true, false] {
        let app = TestApp::with(&[("PORTAL_HOOK_SECRET", SECRET), ADDRESS[0]]).await;
        let desk = desk(&app).await;
        let ada = app.subscriber("ada@example.com", &[Topic::Newsletter]).await;
        let id = begun(&app, &desk).await;
        app.run_jobs().await;
        app.mail_to("ada@example.com").await;
        ada.move_to("new@example.com").await;
        let cites = message_id(&app).await;
        if by_mail {
            let taken = mail_reports::from_mail(&app, bounce(&cites).as_bytes()).await.unwrap();
            assert_eq!(taken, "The report is noted.");
        } else {
            let report = format!(r#"{{"id":"1","event":"complaint","message_id":"<{cites}>"}}"#);
            assert_eq!(post(&app, SECRET, &report, app.clock.now().timestamp()).await, 204);
        }
        assert!(!app.is_suppressed("new@example.com").await, "by mail: {by_mail}");
        assert!(ada.may_get(Topic::Newsletter).await, "nor is anything stopped");
        let counts = campaigns::counts(&app, id).await.unwrap();
        assert_eq!(counts.bounced + counts.complained, 1, "it counts for the campaign");
        app.mailbox().await;
    }
}

#[tokio::test]
async fn words_of_a_server_about_nobody_that_we_know_are_not_kept() {
    let app = TestApp::with(&[("PORTAL_HOOK_SECRET", SECRET)]).await;
    let body = r#"{"id":"1","event":"hard_bounce","email":"gone@example.com","detail":"550 <gone@example.com> unknown"}"#;
    assert_eq!(post(&app, SECRET, body, app.clock.now().timestamp()).await, 204);
    assert!(app.is_suppressed("gone@example.com").await);
    for table in ["mail_reports", "mail_suppressions"] {
        assert_eq!(count(&app, table).await, 1, "{table}");
        assert_eq!(count(&app, &format!("{table} t WHERE t::text LIKE '%gone@%'")).await, 0, "{table}");
    }
}

fn bounce(message_id: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nMessage-ID: <{message_id}.b@mx.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; ada@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\nMessage-ID: <{message_id}>\r\n\r\nHello\r\n\r\n--b--\r\n"
    )
}
