//! The page of the request log: what was asked in 30 days, filtered, paged and drawn (S58, S63).

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, NaiveTime, Utc};
use diesel_async::RunQueryDsl as _;
use nix::sys::signal::Signal;
use portal::api::scopes::Scope;
use portal::platform::ids::AccountId;

use crate::support::process::{Folder, Running, beside, connect, free_address, portal};
use crate::support::{Browser, Page, Program, TestApp, count, eventually, run};

async fn owner(app: &TestApp) -> (AccountId, Browser, Program) {
    let ada = app.customer("ada@example.com").await;
    (ada.account().await, app.sign_in_as(&ada).await, app.program(&ada).await)
}

async fn log(browser: &Browser, account: AccountId, query: &str) -> Page {
    browser.get(&format!("/accounts/{account}/requests{query}")).await
}

/// So many requests at this moment and the same in the count of its day; ids sort by time as those of the server do.
async fn noted(app: &TestApp, account: AccountId, at: DateTime<Utc>, status: i32, requests: i32) {
    let id = "lpad(to_hex((extract(epoch FROM $1::timestamptz) * 1000)::bigint), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0')";
    let id = id.replace("$1", &format!("'{}'", at.to_rfc3339()));
    let (account, at) = (account.0, at.to_rfc3339());
    run(
        app,
        &format!(
            "INSERT INTO api_requests (id, account_id, at, method, route, status, duration_micros) \
             SELECT ({id})::uuid, '{account}', '{at}', 'GET', '/v1/accounts/{{account}}/claims', {status}, 1500 FROM generate_series(1, {requests}) n"
        ),
    )
    .await;
    let errors = if status >= 400 { requests } else { 0 };
    run(
        app,
        &format!(
            "INSERT INTO api_request_days AS d (account_id, day, requests, errors) \
             VALUES ('{account}', date_trunc('day', '{at}'::timestamptz, 'UTC'), {requests}, {errors}) \
             ON CONFLICT (account_id, day) DO UPDATE SET requests = d.requests + excluded.requests, errors = d.errors + excluded.errors"
        ),
    )
    .await;
}

#[tokio::test]
async fn an_empty_log_says_so_and_how_long_it_is_kept() {
    let app = TestApp::start().await;
    let (account, browser, _) = owner(&app).await;
    let page = log(&browser, account, "").await;
    for words in
        ["No requests yet", "0 requests", "kept here for 30 days", "of the last second can be missing"]
    {
        assert!(page.words().contains(words), "{words}: {}", page.words());
    }
    assert_eq!(page.all("figure.chart, details tbody tr").len(), 0, "nothing is drawn of nothing");
}

#[tokio::test]
async fn the_last_request_is_there_at_once_with_all_that_is_known_of_it() {
    let app = TestApp::start().await;
    let (account, browser, program) = owner(&app).await;
    assert_eq!(program.get("/storage").await.status, 200);
    let page = log(&browser, account, "").await;
    let row = page.all("section[aria-label=Requests] tbody tr").join(" ");
    for words in ["UTC", "GET /v1/accounts/{account}/storage", "200", "Primary token", "203.0.113.", " ms"] {
        assert!(row.contains(words), "{words}: {row}");
    }
}

#[tokio::test]
async fn the_drawing_and_its_table_count_what_the_rows_count() {
    let app = TestApp::start().await;
    let (account, browser, program) = owner(&app).await;
    let now = app.clock.now();
    noted(&app, account, now - Duration::days(3), 200, 7).await;
    noted(&app, account, now - Duration::days(3) + Duration::milliseconds(1), 503, 2).await;
    noted(&app, account, now - Duration::days(29), 404, 1).await;
    program.get("/storage").await;
    program.get("/nowhere").await;
    let page = log(&browser, account, "").await;
    let rows = count(&app, "api_requests").await;
    let errors = count(&app, "api_requests WHERE status >= 400").await;
    assert!(page.words().contains(&format!("{rows} requests, of which {errors} were")), "{}", page.words());
    let table: Vec<String> =
        page.all("details tbody tr").into_iter().filter(|row| !row.ends_with(" 0 0")).collect();
    let day = |ago: i64| (now - Duration::days(ago)).format("%-d %B").to_string();
    assert_eq!(table[0], format!("{} 1 1", day(29)));
    assert_eq!(table[1], format!("{} 9 2", day(3)));
    assert!(table[2].starts_with(&day(0)), "{table:?}");
    assert_eq!(page.all("figure rect.chart-count title").len(), 3);
}

#[tokio::test]
async fn filters_stand_in_the_address_and_hold_over_pages() {
    let app = TestApp::start().await;
    let (account, browser, program) = owner(&app).await;
    let now = app.clock.now();
    noted(&app, account, now - Duration::days(2), 500, 30).await;
    noted(&app, account, now - Duration::days(1), 200, 3).await;
    program.get("/storage").await;
    let failed = log(&browser, account, "").await;
    let rows = |page: &Page| page.all("section[aria-label=Requests] tbody tr").len();
    assert_eq!(rows(&failed), 25);
    let failed = log(&browser, account, "?status=5xx").await;
    assert_eq!((rows(&failed), failed.attr("option[selected]", "value").as_deref()), (25, Some("5xx")));
    let older = browser.get(&failed.link("Older")).await;
    assert_eq!(rows(&older), 5, "the rest of them and nothing else");
    assert_eq!(rows(&browser.get(&older.link("Newer")).await), 25);
    let on = (now - Duration::days(1)).date_naive();
    assert_eq!(rows(&log(&browser, account, &format!("?from={on}&to={on}")).await), 3);
    assert_eq!(rows(&log(&browser, account, "?credential=none&status=2xx").await), 3);
    let token = failed.all("select[name=credential] option");
    assert!(token.iter().any(|option| option.starts_with("Primary token (AT…")), "{token:?}");
    let none = log(&browser, account, "?method=DELETE").await;
    assert!(none.words().contains("No such request"), "{}", none.words());
}

#[tokio::test]
async fn one_credential_s_requests_can_be_looked_at_also_after_it_was_revoked() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (account, browser) = (ada.account().await, app.sign_in_as(&ada).await);
    let (key, token) = (app.program_with(&ada, &[Scope::ReadStorage]).await, app.program(&ada).await);
    for program in [&key, &token, &key] {
        program.get("/storage").await;
    }
    browser.post(&format!("/accounts/{account}/credentials/keys/{}/revocation", key.user), &[]).await;
    app.mailbox().await;
    let page = log(&browser, account, &format!("?credential={}", key.user)).await;
    let rows = page.all("section[aria-label=Requests] tbody tr");
    assert!(rows.len() == 2 && rows.iter().all(|row| row.contains("Test key")), "{rows:?}");
    assert_eq!(page.attr("select[name=credential] option[selected]", "value"), Some(key.user));
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_said_and_stays_typed() {
    let app = TestApp::start().await;
    let (account, browser, _) = owner(&app).await;
    let page = log(&browser, account, "?from=2026-11-24&to=2026-11-23&credential=SK1").await;
    assert_eq!((page.status, page.errors().len()), (422, 2));
    assert_eq!((page.value("from"), page.value("to")), ("2026-11-24".into(), "2026-11-23".into()));
    assert_eq!(log(&browser, account, "?before=nonsense").await.status, 400);
}

#[tokio::test]
async fn after_thirty_days_a_request_is_gone_and_a_minute_before_it_is_not() {
    let app = TestApp::start().await;
    let (account, browser, program) = owner(&app).await;
    program.get("/storage").await;
    log(&browser, account, "").await;
    let at: DateTime<Utc> = diesel::dsl::sql::<diesel::sql_types::Timestamptz>("SELECT at FROM api_requests")
        .get_result(&mut app.conn().await)
        .await
        .expect("a request");
    app.travel(at + Duration::days(30) - Duration::seconds(60) - app.clock.now()).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "api_requests").await, 1);
    app.travel(Duration::seconds(60)).await;
    app.run_timetable().await;
    assert_eq!(count(&app, "api_requests").await, 0);
    let midnight = at.date_naive().and_time(NaiveTime::MIN).and_utc() + Duration::days(30);
    assert!(app.clock.now() >= midnight, "the count of the day went with its first second");
    assert_eq!(count(&app, "api_request_days").await, 0);
    app.mailbox().await;
}

#[tokio::test]
async fn the_log_of_one_account_shows_nothing_of_another_and_not_every_role_reads_it() {
    let app = TestApp::start().await;
    let (account, _, program) = owner(&app).await;
    program.get("/storage").await;
    let eve = app.customer("eve@example.com").await;
    let browser = app.sign_in_as(&eve).await;
    let theirs = log(&browser, eve.account().await, "").await;
    assert!(theirs.words().contains("No requests yet"));
    assert_eq!(log(&browser, account, "").await.status, 404);
    for (role, status) in [("developer", 200), ("billing", 404)] {
        run(
            &app,
            &format!(
                "INSERT INTO account_members (account_id, person_id, role, joined_at) VALUES ('{}', '{}', '{role}', now()) \
                 ON CONFLICT (account_id, person_id) DO UPDATE SET role = excluded.role",
                account.0, eve.id.0
            ),
        )
        .await;
        assert_eq!(log(&browser, account, "").await.status, status, "{role}");
    }
}

#[tokio::test]
async fn what_a_page_waits_for_is_only_what_was_asked_before_it() {
    let app = TestApp::start().await;
    let (account, browser, program) = owner(&app).await;
    let storm = async {
        for _ in 0..100 {
            program.get("/storage").await;
        }
    };
    let (page, ()) = tokio::join!(log(&browser, account, ""), storm);
    assert_eq!(page.status, 200);
    let rows = eventually("the rest", async || {
        log(&browser, account, "").await;
        Some(count(&app, "api_requests").await).filter(|rows| *rows == 100)
    });
    assert_eq!(rows.await, 100);
}

/// Another server of the same portal, as a process of its own.
struct Other {
    process: Running,
    address: String,
}

impl Other {
    fn start(app: &TestApp, folder: &Folder) -> Self {
        let address = free_address();
        let settings = [&beside(app)[..], &[("PORTAL_WEB_WORKERS", "1")]].concat();
        let process = Running::start(portal(&folder.0, &["serve", "--bind", &address], &settings));
        process.says("The portal is at");
        Self { process, address }
    }

    /// The status line of the answer to a signed request.
    fn ask(&self, program: &Program) -> String {
        let mut stream = connect(&self.address);
        let signed = STANDARD.encode(format!("{}:{}", program.user, program.secret));
        let (path, host) = (program.path("/storage"), &self.address);
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {signed}\r\n");
        stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn a_server_that_is_stopped_writes_what_waits_before_it_ends() {
    let (app, folder) = (TestApp::start().await, Folder::new("stopped-log"));
    let (_, _, program) = owner(&app).await;
    let other = Other::start(&app, &folder);
    for _ in 0..20 {
        assert_eq!(other.ask(&program), "HTTP/1.1 200 OK");
    }
    other.process.signal(Signal::SIGTERM);
    assert!(other.process.end().success());
    assert_eq!(count(&app, "api_requests").await, 20);
}

#[tokio::test]
async fn a_server_that_is_killed_loses_only_what_it_had_no_time_to_write() {
    let (app, folder) = (TestApp::start().await, Folder::new("killed-log"));
    let (_, _, program) = owner(&app).await;
    let other = Other::start(&app, &folder);
    for _ in 0..5 {
        assert_eq!(other.ask(&program), "HTTP/1.1 200 OK");
    }
    let written = async || (count(&app, "api_requests").await == 5).then_some(());
    eventually("what was asked to be written by itself", written).await;
    assert_eq!(other.ask(&program), "HTTP/1.1 200 OK");
    other.process.signal(Signal::SIGKILL);
    other.process.end();
    let (rows, days) =
        (count(&app, "api_requests").await, count(&app, "api_request_days WHERE requests >= 5").await);
    assert!((5..=6).contains(&rows) && days == 1, "{rows} rows");
}
