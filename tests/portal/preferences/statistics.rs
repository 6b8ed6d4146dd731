//! Page statistics.

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::page_views;
use portal::staff::permissions::Role;
use reqwest::Method;

use crate::support::process::Folder;
use crate::support::{Browser, TestApp, eventually, write_country_database};

type Row = (String, String, String, String, i64);

/// What is counted after somebody has looked at the page of statistics, which writes what waits.
async fn counted(app: &TestApp, staff: &Browser) -> Vec<Row> {
    staff.get("/staff/statistics").await;
    page_views::table
        .select((
            page_views::page,
            page_views::referrer_host,
            page_views::country,
            page_views::purpose,
            page_views::views,
        ))
        .order((page_views::page, page_views::referrer_host))
        .load(&mut app.conn().await)
        .await
        .unwrap()
}

async fn agreed(app: &TestApp) -> Browser {
    let browser = app.browser();
    browser.post("/cookies", &[("statistics", "yes")]).await;
    browser
}

fn row(page: &str, host: &str, country: &str, purpose: &str, views: i64) -> Row {
    (page.into(), host.into(), country.into(), purpose.into(), views)
}

#[tokio::test]
async fn nobody_is_counted_who_did_not_agree() {
    let app = TestApp::start().await;
    let (silent, refused) = (app.browser(), app.browser());
    refused.post("/cookies", &[("statistics", "no")]).await;
    for browser in [&silent, &refused] {
        browser.get("/terms").await;
    }
    silent.set_cookie("__Host-choice", "statistics-maybe");
    silent.get("/terms").await;
    let signalling = agreed(&app).await;
    signalling.answer(signalling.request(Method::GET, "/terms").header("sec-gpc", "1")).await;
    assert_eq!(counted(&app, &app.desk_of(Role::Marketing).await).await, []);
}

#[tokio::test]
async fn of_who_agreed_page_host_and_country_are_counted_and_nothing_else() {
    let folder = Folder::new("statistics");
    let database = folder.0.join("countries.mmdb");
    write_country_database(&database, &[("203.0.113.0/24", "DE")]);
    let app = TestApp::with(&[("PORTAL_GEOIP_DB", database.to_str().unwrap())]).await;
    let (browser, staff) = (agreed(&app).await, app.desk_of(Role::Marketing).await);
    let from = |path: &str, referrer: &str| browser.request(Method::GET, path).header("referer", referrer);
    browser.get("/terms").await;
    browser.answer(from("/terms", "https://news.example/story?reader=ada")).await;
    browser.answer(from("/privacy", "https://portal.test/terms")).await;
    browser.answer(from("/?utm_source=paper", "https://ads.example/")).await;
    browser.get("/password-reset/a-secret-token").await;
    browser.get("/nowhere/ada@example.com").await;
    browser.get("/robots.txt").await;
    browser.answer(browser.request(Method::HEAD, "/terms")).await;
    browser.answer(browser.request(Method::GET, "/terms").header("sec-purpose", "prefetch")).await;
    let rows = counted(&app, &staff).await;
    assert_eq!(
        rows,
        [
            row("/", "ads.example", "DE", "advertisements", 1),
            row("/privacy", "portal.test", "DE", "navigation", 1),
            row("/terms", "", "DE", "popular_pages", 1),
            row("/terms", "news.example", "DE", "visitors", 1),
        ]
    );
}

#[tokio::test]
async fn equal_views_are_one_row_and_a_new_day_begins_another() {
    let app = TestApp::start().await;
    let (browser, staff) = (agreed(&app).await, app.desk_of(Role::Marketing).await);
    browser.get("/terms").await;
    assert_eq!(counted(&app, &staff).await, [row("/terms", "", "", "popular_pages", 1)]);
    browser.get("/terms").await;
    assert_eq!(counted(&app, &staff).await, [row("/terms", "", "", "popular_pages", 2)]);
    app.travel(Duration::days(1)).await;
    browser.get("/terms").await;
    let staff = app.sign_in_as(&app.customer("x@example.com").await).await;
    staff.get("/terms").await;
    let rows = eventually("the count of the second day", async || {
        let rows = counted(&app, &staff).await;
        (rows.len() == 2).then_some(rows)
    })
    .await;
    assert_eq!(rows[1].4 + rows[0].4, 3, "{rows:?}");
}

#[tokio::test]
async fn the_page_draws_thirty_days_and_lists_what_was_looked_at() {
    let app = TestApp::start().await;
    let (browser, staff) = (agreed(&app).await, app.desk_of(Role::Marketing).await);
    let empty = staff.get("/staff/statistics").await;
    assert!(empty.words().contains("Nothing was counted yet"));
    let request = browser.request(Method::GET, "/privacy");
    browser.answer(request.header("referer", "https://news.example/")).await;
    browser.answer(browser.request(Method::GET, "/terms").header("referer", "https://portal.test/")).await;
    let page = staff.get("/staff/statistics").await;
    assert!(page.words().contains("2 views, of which 1 was an arrival from elsewhere"), "{}", page.words());
    assert_eq!(page.all("figure rect title").len(), 2);
    assert!(page.words().contains("Site Views fewer than 10 each <10"), "{}", page.words());
    let told = "INSERT INTO page_views SELECT date_trunc('day', now(), 'UTC'), '/', host, country, 'visitors', views \
         FROM (VALUES ('papers.example', 'DE', 12), ('ada.example', 'LI', 4), ('bob.example', 'VA', 7)) t (host, country, views)";
    diesel::sql_query(told).execute(&mut app.conn().await).await.unwrap();
    let page = staff.get("/staff/statistics").await;
    assert!(page.words().contains("Site Views papers.example 12 fewer than 10 each 12"), "{}", page.words());
    assert!(page.words().contains("DE 12 fewer than 10 each 13"), "{}", page.words());
    assert!(!page.words().contains("ada.example") && !page.words().contains("LI 4"));
    assert!(!page.words().contains("portal.test"), "our own pages are no other site");
}

#[tokio::test]
async fn the_database_refuses_a_purpose_that_nobody_was_told_of() {
    let app = TestApp::start().await;
    let insert = "INSERT INTO page_views VALUES (date_trunc('day', now(), 'UTC'), '/', '', '', 'sale', 1)";
    let refused = diesel::sql_query(insert).execute(&mut app.conn().await).await;
    assert!(refused.unwrap_err().to_string().contains("page_views_purpose_check"));
}

#[tokio::test]
async fn invented_hosts_of_a_day_become_one_row() {
    let app = TestApp::start().await;
    let fill = "INSERT INTO page_views SELECT date_trunc('day', now(), 'UTC'), '/', n || '.example', '', 'visitors', 1 FROM generate_series(1, 1000) n";
    diesel::sql_query(fill).execute(&mut app.conn().await).await.unwrap();
    let (browser, staff) = (agreed(&app).await, app.desk_of(Role::Marketing).await);
    for host in ["1.example", "new.example", "newer.example"] {
        let request = browser.request(Method::GET, "/");
        browser.answer(request.header("referer", format!("https://{host}/"))).await;
    }
    let rows = counted(&app, &staff).await;
    let views = |host: &str| rows.iter().filter(|row| row.1 == host).map(|row| row.4).sum::<i64>();
    assert_eq!((rows.len(), views("1.example"), views("other"), views("new.example")), (1001, 2, 2, 0));
}
