//! No database connection to be had: every one is in use, or the database takes none.

use std::time::Duration;

use diesel::sql_types::Integer;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use portal::platform::web::rate_limit::{self, Quota};
use tokio_postgres::NoTls;

use crate::support::{PASSWORD, Page, TestApp, eventually, run, signature};

/// A password for which somebody changes theirs.
const NEW: &str = "seven quiet harbours north";
const SECRET: &str = "a secret of a hook that is long enough";

/// A portal with two connections, for which nobody waits long.
const NARROW: [(&str, &str); 3] =
    [("PORTAL_DATABASE_POOL", "2"), ("PORTAL_DATABASE_WAIT_SECONDS", "1"), ("PORTAL_HOOK_SECRET", SECRET)];

fn assert_later(answer: &Page, media_type: &str, words: &str) {
    let told = (answer.status, answer.header("retry-after"), answer.header("content-type"));
    assert_eq!(told, (503, "10", media_type), "{}: {}", answer.path, answer.text());
    assert!(answer.text().contains(words), "{}: {}", answer.path, answer.text());
    assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.path);
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{}", answer.path);
    assert!(answer.header("x-request-id").len() >= 32, "{}", answer.path);
}

fn assert_page(page: &Page, why: &str) {
    assert_later(page, "text/html; charset=utf-8", why);
    assert_eq!(page.heading(), "We cannot answer just now", "{}", page.path);
    assert!(page.words().contains(page.header("x-request-id")), "{}", page.path);
}

fn assert_problem(answer: &Page) {
    assert_later(answer, "application/problem+json", "Try again in 10 seconds.");
    assert_eq!(answer.json()["type"], "/docs/api#problem-unavailable");
}

/// A report of a mail provider, signed as agreed.
async fn report(app: &TestApp) -> Page {
    let (at, body) =
        (app.clock.now().timestamp(), r#"{"id":"1","event":"soft_bounce","email":"eve@example.com"}"#);
    app.call_hook("/hooks/mail/generic", signature(SECRET, body, at), body).await
}

/// The test's database takes connections or, as when its server is down for this program, ends them and takes none.
async fn open(app: &TestApp, open: bool) {
    let mut config: tokio_postgres::Config = app.database_url().parse().unwrap();
    let name = config.get_dbname().expect("a name").to_owned();
    let (client, connection) = config.dbname("postgres").connect(NoTls).await.unwrap();
    let talking = tokio::spawn(connection);
    client.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {open}")).await.unwrap();
    if !open {
        let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1";
        client.query(end, &[&name]).await.unwrap();
    }
    drop(client);
    let _ = talking.await;
}

#[tokio::test]
async fn while_every_connection_is_in_use_people_and_programs_are_told_to_come_back() {
    let app = TestApp::with(&NARROW).await;
    let ada = app.customer("ada@example.com").await;
    let (signed_in, visitor, program) = (app.sign_in_as(&ada).await, app.browser(), app.program(&ada).await);
    let credentials = [("email", ada.email.as_str()), ("password", PASSWORD)];
    let busy = [app.conn().await, app.conn().await];
    let why = "More is asked of the portal at this moment than it can do.";
    let (events, sign_in, page) = tokio::join!(
        visitor.get("/events"),
        visitor.post("/sign-in", &credentials),
        signed_in.get("/settings")
    );
    for page in [&events, &sign_in, &page] {
        assert_page(page, why);
    }
    assert!(page.words().contains("If you were signed in, you still are."), "{}", page.words());
    let answers = tokio::join!(
        program.get(""),
        signed_in.get("/v1/openapi.json"),
        report(&app),
        visitor.get("/readyz")
    );
    for answer in [&answers.0, &answers.1, &answers.2] {
        assert_problem(answer);
    }
    assert_eq!((answers.3.status, visitor.get("/healthz").await.status), (503, 200));
    drop(busy);
    assert_eq!(visitor.get("/events").await.status, 200);
    assert_eq!(signed_in.get("/settings").await.status, 200, "the session is as it was");
    assert_eq!((program.get("").await.status, report(&app).await.status), (200, 204));
}

#[tokio::test]
async fn who_cannot_be_counted_is_neither_let_through_nor_held_to_be_too_frequent() {
    let app = TestApp::with(&NARROW).await;
    let busy = [app.conn().await, app.conn().await];
    let quota = Quota::per_minutes("a_test", 1, 1);
    let refusal = rate_limit::take(&app, quota, "somebody").await.unwrap_err();
    assert_eq!(actix_web::ResponseError::status_code(&refusal).as_u16(), 503, "{refusal}");
    drop(busy);
    rate_limit::take(&app, quota, "somebody").await.unwrap();
    let refusal = rate_limit::take(&app, quota, "somebody").await.unwrap_err();
    assert_eq!(actix_web::ResponseError::status_code(&refusal).as_u16(), 429, "{refusal}");
}

#[tokio::test]
async fn whoever_changed_something_is_not_told_to_try_again_where_only_the_session_could_not_be_written() {
    let breaks_off = "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10);";
    for (happens, status, why) in [
        (breaks_off, 503, "Our database does not answer at this moment."),
        ("RAISE EXCEPTION 'not today';", 500, "Something went wrong on our side"),
    ] {
        let app = TestApp::start().await;
        let ada = app.customer("ada@example.com").await;
        let browser = app.sign_in_as(&ada).await;
        let function = format!(
            "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {happens} RETURN NEW; END $$"
        );
        run(&app, &function).await;
        run(
            &app,
            "CREATE TRIGGER sessions_break_off BEFORE UPDATE ON sessions FOR EACH ROW \
             WHEN (NEW.token_hash <> OLD.token_hash) EXECUTE FUNCTION break_off()",
        )
        .await;
        let page = browser.post("/settings/password", &[("password", NEW)]).await;
        assert_eq!(
            (page.status, page.heading().as_str()),
            (status, "We could not answer"),
            "{}",
            page.text()
        );
        assert_eq!(page.header("retry-after"), "", "nothing is to be sent again by itself");
        let words = page.words();
        assert!(words.contains(why) && words.contains("may well have been done"), "{words}");
        assert!(!words.to_lowercase().contains("try again") && !words.contains("you still are"), "{words}");
        // The pool may still hand out the connection that broke off, for the moment until it notices.
        eventually("a connection that works", async || {
            let mended = diesel::sql_query("DROP TRIGGER sessions_break_off ON sessions");
            mended.execute(&mut app.conn().await).await.ok()
        })
        .await;
        assert!(browser.get("/settings").await.location().starts_with("/sign-in"), "it was done");
        let credentials = [("email", ada.email.as_str()), ("password", NEW)];
        assert_eq!(app.browser().post("/sign-in", &credentials).await.status, 303);
        app.mailbox().await;
    }
}

#[tokio::test]
async fn while_the_database_is_down_it_is_said_and_once_it_is_back_all_goes_on() {
    let app = TestApp::with(&NARROW).await;
    let ada = app.customer("ada@example.com").await;
    let (signed_in, visitor, program) = (app.sign_in_as(&ada).await, app.browser(), app.program(&ada).await);
    open(&app, false).await;
    for _ in 0..2 {
        for page in [visitor.get("/events").await, signed_in.get("/settings").await] {
            assert_page(&page, "Our database does not answer at this moment.");
        }
        assert_problem(&program.get("").await);
    }
    open(&app, true).await;
    assert_eq!(visitor.get("/events").await.status, 200);
    assert_eq!(signed_in.get("/settings").await.status, 200);
    assert_eq!(program.get("").await.status, 200);
}

#[tokio::test]
async fn a_connection_that_was_given_up_is_lent_to_nobody_again() {
    let app = TestApp::start().await;
    let mut lent = app.db.get_on_trial().await.unwrap();
    let first = backend(&mut lent).await;
    lent.keep();
    let mut again = app.db.get_on_trial().await.unwrap();
    assert_eq!(backend(&mut again).await, first, "it answered, and goes on");
    // Given up in the middle of a statement that takes too long.
    let sleeps = diesel::sql_query("SELECT pg_sleep(60)");
    let waited = tokio::time::timeout(Duration::from_millis(100), sleeps.execute(&mut *again)).await;
    assert!(waited.is_err());
    drop(again);
    let mut fresh = app.db.get().await.unwrap();
    assert_ne!(backend(&mut fresh).await, first);
}

/// The process of the database that serves a connection.
async fn backend(conn: &mut AsyncPgConnection) -> i32 {
    diesel::select(diesel::dsl::sql::<Integer>("pg_backend_pid()")).get_result(conn).await.unwrap()
}
