//! Imports while they are on their way: slow ones, what is left where one breaks off, and claims that are switched off meanwhile.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::json;

use super::claims::{a_claim, count};
use super::imports::{NDJSON, claims, import, large, mixed, ndjson};
use super::storage::decide;
use crate::support::process::{Folder, server};
use crate::support::{Page, Program, TestApp, eventually};

/// A request that is sent by hand, and breaks off when it is told to.
struct HalfSent(TcpStream);

impl HalfSent {
    fn begin(at: &str, program: &Program, mode: &str, key: &str) -> Self {
        let mut stream = TcpStream::connect(at).expect("the server listens");
        let request = program.request(Method::POST, &format!("/claims/import?mode={mode}")).build().unwrap();
        let credential = request.headers()["authorization"].to_str().unwrap();
        write!(
            stream,
            "POST {}?mode={mode} HTTP/1.1\r\nHost: portal.test\r\nAuthorization: {credential}\r\nContent-Type: {NDJSON}\r\n\
             Idempotency-Key: {key}\r\nTransfer-Encoding: chunked\r\n\r\n",
            request.url().path()
        )
        .unwrap();
        Self(stream)
    }

    fn send(&mut self, text: &str) {
        write!(self.0, "{:x}\r\n{text}\r\n", text.len()).unwrap();
    }

    /// What the server answers before the file is at its end.
    fn cut_off(mut self) -> String {
        let (mut answer, mut piece) = (String::new(), [0; 1024]);
        while !answer.contains('}') {
            let read = self.0.read(&mut piece).unwrap();
            assert!(read > 0, "the answer broke off: {answer}");
            answer += &String::from_utf8_lossy(&piece[..read]);
        }
        answer
    }

    fn end(mut self) -> String {
        write!(self.0, "0\r\n\r\n").unwrap();
        let mut answer = [0; 12];
        self.0.read_exact(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// Sends the whole file until the import that broke off has let go of the account.
async fn once_let_go(program: &Program, query: &str, key: &str, file: &str) -> Page {
    eventually("the account to be free", async || {
        let page = import(program, query, NDJSON, key, file).await;
        (page.status != 409).then_some(page)
    })
    .await
}

#[tokio::test]
async fn where_a_connection_breaks_off_best_effort_goes_on() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let file = large(0..250);
    let mut request = HalfSent::begin(&app.address.to_string(), &program, "best_effort", "key");
    request.send(&file[..file.len() / 10 * 9]);
    let done = "SELECT coalesce(max(lines_done), 0) FROM imports";
    let before =
        eventually("two batches", async || Some(count(&app, done).await).filter(|done| *done > 200)).await;
    assert_eq!(
        import(&program, "?mode=best_effort", NDJSON, "other", &file).await.status,
        409,
        "one at a time"
    );
    drop(request);
    let other = eventually("the account to be free", async || {
        let page = import(&program, "?mode=best_effort", NDJSON, "key", &large(1..250)).await;
        (!page.text().contains("under way")).then_some(page)
    })
    .await;
    assert_eq!(other.status, 409, "another file does not go on: {}", other.text());
    assert!((before..250).contains(&claims(&app).await));
    let page = import(&program, "?mode=best_effort", NDJSON, "key", &file).await;
    let summary = page.json();
    assert_eq!(
        (page.status, &summary["imported"], &summary["refused"]),
        (200, &json!(250), &json!(0)),
        "{}",
        page.text()
    );
    assert_eq!((claims(&app).await, count(&app, "SELECT count(*) FROM imports").await), (250, 1));
}

#[tokio::test]
async fn where_a_connection_breaks_off_all_or_nothing_leaves_nothing() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let file = large(0..150);
    let mut request = HalfSent::begin(&app.address.to_string(), &program, "all_or_nothing", "key");
    request.send(&file[..file.len() / 10 * 9]);
    storing(&app).await;
    drop(request);
    let page = once_let_go(&program, "", "other", "").await;
    assert_eq!((page.status, claims(&app).await), (200, 0));
    assert_eq!(import(&program, "", NDJSON, "key", &file).await.json()["imported"], 150);
}

/// Waits until an import has stored a batch that nobody sees yet.
async fn storing(app: &TestApp) {
    let stored = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                  AND state = 'idle in transaction' AND query LIKE 'INSERT INTO claims%'";
    eventually("a batch in a transaction", async || (count(app, stored).await > 0).then_some(())).await;
}

#[tokio::test]
async fn a_server_that_is_killed_leaves_nothing_or_a_rest_that_can_be_resumed() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let (folder, file) = (Folder::new("killed_import"), large(0..150));
    for mode in ["all_or_nothing", "best_effort"] {
        let (process, address) = server(&app, &folder);
        let mut request = HalfSent::begin(&address, &program, mode, mode);
        request.send(&file[..file.len() / 10 * 9]);
        match mode {
            "all_or_nothing" => storing(&app).await,
            _ => eventually("a batch", async || (claims(&app).await > 0).then_some(())).await,
        }
        process.signal(Signal::SIGKILL);
        process.end();
        if mode == "all_or_nothing" {
            let page = once_let_go(&program, "", "", "").await;
            assert_eq!((page.status, claims(&app).await), (200, 0));
            continue;
        }
        let page = once_let_go(&program, "?mode=best_effort", mode, &file).await;
        let summary = page.json();
        assert_eq!((page.status, &summary["imported"], &summary["refused"]), (200, &json!(150), &json!(0)));
        assert_eq!(claims(&app).await, 150);
    }
}

/// Switches claims on or off.
pub(super) async fn store_claims(program: &Program, stored: bool) -> u16 {
    decide(program, "claims", json!({ "stored": stored, "days": 365 })).await.status
}

#[tokio::test]
async fn where_claims_are_switched_off_none_is_imported() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    assert_eq!(store_claims(&program, false).await, 200);
    for query in ["", "?mode=best_effort"] {
        let page = import(&program, query, NDJSON, "key", &mixed()).await;
        assert_eq!((page.status, page.header("content-type")), (409, "application/problem+json"));
        assert!(page.text().contains("stores no claims"), "{}", page.text());
    }
    assert_eq!((claims(&app).await, count(&app, "SELECT count(*) FROM imports").await), (0, 0));
    assert_eq!(store_claims(&program, true).await, 200);
    let page = once_let_go(&program, "?mode=best_effort", "key", &mixed()).await;
    assert_eq!((page.status, claims(&app).await), (200, 2), "the key is free: {}", page.text());
    app.mailbox().await;
}

#[tokio::test]
async fn an_import_of_everything_or_nothing_ends_before_claims_are_switched_off() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let file = large(0..150);
    let (begun, rest) = file.split_at(file.len() / 10 * 9);
    let mut request = HalfSent::begin(&app.address.to_string(), &program, "all_or_nothing", "key");
    request.send(begun);
    storing(&app).await;
    let decider = program.clone();
    let decision = tokio::spawn(async move { store_claims(&decider, false).await });
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    eventually("the decision to wait", async || (count(&app, waits).await > 0).then_some(())).await;
    request.send(rest);
    assert_eq!(request.end(), "HTTP/1.1 200");
    assert_eq!((decision.await.unwrap(), claims(&app).await), (200, 150));
    assert_eq!(once_let_go(&program, "", "key", &file).await.status, 200, "how it ended is told again");
    assert_eq!(import(&program, "", NDJSON, "other", &ndjson(&[a_claim(900)])).await.status, 409);
    app.mailbox().await;
}

#[tokio::test]
async fn with_best_effort_nothing_is_stored_from_the_moment_that_claims_are_switched_off() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let file = large(0..250);
    let (begun, rest) = file.split_at(file.len() / 10 * 9);
    let mut request = HalfSent::begin(&app.address.to_string(), &program, "best_effort", "key");
    request.send(begun);
    let done = "SELECT coalesce(max(lines_done), 0) FROM imports";
    eventually("two batches", async || Some(count(&app, done).await).filter(|done| *done > 200)).await;
    assert_eq!(store_claims(&program, false).await, 200, "it waits for a batch at most");
    let before = claims(&app).await;
    request.send(rest);
    assert_eq!(request.end(), "HTTP/1.1 409");
    assert_eq!(claims(&app).await, before);
    let refused = once_let_go_of_turn(&program, "key", &file).await;
    assert!(refused.text().contains("stores no claims"), "{}", refused.text());
    assert_eq!(store_claims(&program, true).await, 200);
    let page = once_let_go(&program, "?mode=best_effort", "key", &file).await;
    assert_eq!((page.status, claims(&app).await), (200, 250), "it goes on: {}", page.text());
    app.mailbox().await;
}

/// As [`once_let_go`], where the answer is another 409.
async fn once_let_go_of_turn(program: &Program, key: &str, file: &str) -> Page {
    eventually("the account to be free", async || {
        let page = import(program, "?mode=best_effort", NDJSON, key, file).await;
        (!page.text().contains("under way")).then_some(page)
    })
    .await
}

#[tokio::test]
async fn an_import_that_arrives_slowly_is_waited_for() {
    let app = TestApp::start().await;
    let program = app.program(&app.customer("ada@example.com").await).await;
    let mut request = HalfSent::begin(&app.address.to_string(), &program, "all_or_nothing", "key");
    let file = ndjson(&[a_claim(1), a_claim(2)]);
    for piece in file.as_bytes().chunks(500) {
        request.send(std::str::from_utf8(piece).unwrap());
        assert_eq!(program.get("/claims").await.json()["data"], json!([]));
    }
    assert_eq!(request.end(), "HTTP/1.1 200");
    assert_eq!(claims(&app).await, 2);
}

#[tokio::test]
async fn a_file_that_takes_too_long_leaves_nothing_where_it_is_all_or_nothing() {
    let app = TestApp::with(&[("PORTAL_IMPORT_PATIENCE_SECONDS", "3")]).await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    let (whole, pieces) = (app.program(&ada).await, app.program(&bob).await);
    let (address, file) = (app.address.to_string(), large(0..130));
    // More than a batch, so that a transaction is open.
    let (first, rest) = file.split_at(file.len() / 10 * 9);
    let mut patient = HalfSent::begin(&address, &pieces, "best_effort", "key");
    patient.send(first);
    let mut slow = HalfSent::begin(&address, &whole, "all_or_nothing", "key");
    slow.send(first);
    let answer = slow.cut_off();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("application/problem+json"), "{answer}");
    assert!(answer.contains("longer than 3 s, and nothing of it was stored"), "{answer}");
    let of_ada = format!("WHERE account_id = '{}'", whole.account.0);
    for table in ["claims", "imports"] {
        assert_eq!(count(&app, &format!("SELECT count(*) FROM {table} {of_ada}")).await, 0, "{table}");
    }
    // What has no transaction of its own over all of it is waited for as ever.
    patient.send(rest);
    assert_eq!(patient.end(), "HTTP/1.1 200");
    let again = once_let_go_of_turn(&whole, "key", &ndjson(&[a_claim(1)])).await;
    assert_eq!(again.status, 200, "the account and the key are free: {}", again.text());
}
