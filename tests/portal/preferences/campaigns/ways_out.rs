//! The links of a campaign: what a mail program sends holds for the very next message, and what only looks changes
//! nothing.

use std::process::Command;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;
use portal::preferences::campaigns;
use portal::preferences::decisions::{self, Choice};

use super::{ADDRESS, begun, decide, desk, reader, state};
use crate::support::smtp::SmtpServer;
use crate::support::{Letter, TestApp, run};

/// The address of one click, as a mail program reads it out of the head.
fn one_click(letter: &Letter) -> String {
    let header = |wanted: &str| {
        letter.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap()
    };
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let address = header("List-Unsubscribe");
    address.trim_matches(['<', '>']).strip_prefix("https://portal.test").unwrap().to_owned()
}

/// Sends it with curl, which has no cookies, and answers the status.
fn curl(app: &TestApp, path: &str, form: [&str; 2]) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"])
        .args(form)
        .arg(format!("http://{}{path}", app.address))
        .output()
        .expect("curl is installed");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_in_either_encoding_stops_the_very_next_message() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    for name in ["ada", "bob", "eve"] {
        reader(&app, &format!("{name}@example.com")).await;
    }
    begun(&app, &desk).await;
    app.run_jobs().await;
    let (ada, bob, eve) = (
        app.mail_to("ada@example.com").await,
        app.mail_to("bob@example.com").await,
        app.mail_to("eve@example.com").await,
    );
    let next = begun(&app, &desk).await;
    let clicked = "List-Unsubscribe=One-Click";
    for _ in 0..2 {
        assert_eq!(curl(&app, &one_click(&ada), ["--data", clicked]), "200");
        assert_eq!(curl(&app, &one_click(&eve), ["--form", clicked]), "200");
    }
    app.run_jobs().await;
    let sent = app.mailbox().await;
    assert_eq!(sent.iter().map(|letter| letter.to.as_str()).collect::<Vec<_>>(), [bob.to.as_str()]);
    let counts = campaigns::counts(&app, next).await.unwrap();
    assert_eq!((counts.sent, counts.suppressed, state(&app, next).await.as_str()), (1, 2, "finished"));
    let page = app.browser().post(&one_click(&bob), &[("from", "page")]).await;
    assert!(
        page.words().contains("The last one that was sent: “What is new in November”"),
        "{}",
        page.words()
    );
}

#[tokio::test]
async fn a_scanner_that_opens_every_link_of_the_mail_changes_nothing() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    let ada = reader(&app, "ada@example.com").await;
    let id = begun(&app, &desk).await;
    app.run_jobs().await;
    let letter = app.mail_to("ada@example.com").await;
    let before = decisions::history(&mut *app.conn().await, ada, 10).await.unwrap().len();
    let all = format!("{}\n{}\n{}", letter.text, letter.html, one_click(&letter));
    let links: Vec<&str> = all
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>'))
        .filter_map(|word| {
            word.strip_prefix("https://portal.test").or(word.strip_prefix("/unsubscribe/").map(|_| word))
        })
        .collect();
    assert!(links.len() >= 5, "both links in both parts, and one in the head: {links:?}");
    let browser = app.browser();
    for link in links {
        for method in ["GET", "HEAD"] {
            let answer = browser.answer(browser.request(method.parse().unwrap(), link)).await;
            assert_eq!(answer.status, 200, "{method} {link}");
        }
    }
    assert_eq!(decisions::history(&mut *app.conn().await, ada, 10).await.unwrap().len(), before);
    let counts = campaigns::counts(&app, id).await.unwrap();
    assert_eq!((counts.sent, counts.unsubscribed), (1, 0));
    begun(&app, &desk).await;
    app.run_jobs().await;
    app.mail_to("ada@example.com").await;
}

#[tokio::test]
async fn whoever_unsubscribes_is_answered_when_no_worker_has_a_message_of_theirs_in_its_hands() {
    let app = TestApp::with(ADDRESS).await;
    let desk = desk(&app).await;
    let (ada, eve) = (reader(&app, "ada@example.com").await, reader(&app, "eve@example.com").await);
    let id = begun(&app, &desk).await;
    run(&app, "UPDATE campaign_recipients SET state = 'sending', worker = 7, began_at = now()").await;
    let suppressed = async || campaigns::counts(&app, id).await.unwrap().suppressed;
    // On a machine that is busy it may be given back when nobody waits for it any more: then once more.
    for _ in 0..20 {
        let given_back = async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            let back = "UPDATE campaign_recipients SET state = 'queued', worker = NULL WHERE contact_id = ";
            run(&app, &format!("{back} '{}'", ada.0)).await;
        };
        let asked = Instant::now();
        let decided = async {
            decide(&app, ada, Choice::Unsubscribed).await;
            asked.elapsed()
        };
        let (took, ()) = tokio::join!(decided, given_back);
        assert!(took >= Duration::from_millis(60), "the worker had it until then");
        if suppressed().await > 0 {
            break;
        }
        run(&app, "UPDATE campaign_recipients SET state = 'sending', worker = 7 WHERE state = 'queued'")
            .await;
    }
    assert_eq!(suppressed().await, 1, "what is given back is cancelled too");
    let asked = Instant::now();
    decide(&app, eve, Choice::Unsubscribed).await;
    assert!(asked.elapsed() >= Duration::from_millis(240), "nothing begins later than a worker may");
    assert!(asked.elapsed() < Duration::from_secs(30), "but a worker that died holds up nobody");
    app.run_jobs().await;
    assert!(app.mailbox().await.is_empty());
}

#[tokio::test]
async fn under_any_other_mail_to_a_contact_stands_a_link_to_all_choices() {
    let server = SmtpServer::start();
    let app = TestApp::with(&server.settings()).await;
    let (ada, eve) = (app.customer("ada@example.com").await, app.customer("eve@example.com").await);
    app.subscriber(&ada.email, &[]).await;
    for person in [&ada, &eve] {
        app.browser().post("/password-reset", &[("email", &person.email)]).await;
        app.mail_to(&person.email).await;
    }
    app.run_jobs().await;
    let arrived = [server.next(), server.next()];
    let to = |email: &str| arrived.iter().find(|one| one.to[0] == email).unwrap();
    let mail = MessageParser::new().parse(&to("ada@example.com").data).unwrap();
    let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
    let link = text.split("https://portal.test").find(|rest| rest.starts_with("/preferences/")).unwrap();
    let link = link.split_whitespace().next().unwrap();
    assert!(html.contains(&format!("https://portal.test{link}")), "{html}");
    let page = app.browser().get(link).await;
    assert!(page.status == 200 && page.words().contains("a…@example.com"), "{}", page.words());
    assert!(mail.header_raw("List-Unsubscribe").is_none(), "it is no advertising");
    assert!(!to("eve@example.com").data.contains("/preferences/"), "no contact, no choices");
}
