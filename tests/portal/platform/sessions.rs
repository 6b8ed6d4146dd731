//! Browser sessions: how long they live, what ends them, and what is kept of them.

use actix_session::storage::SessionStore;
use actix_web::cookie::time::Duration as CookieDuration;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::future::{join, join_all};
use portal::platform::app::App;
use portal::platform::crypto::hash_token;
use portal::platform::db::schema::{people, sessions};
use portal::platform::web::session::{PgSessions, drop_expired};
use portal::staff::permissions::Role;

use crate::support::{Browser, PASSWORD, TestApp, lock_waits};

const COOKIE: &str = "__Host-session";

/// Whether the session in this browser is alive.
async fn is_in(browser: &Browser) -> bool {
    let page = browser.get("/settings").await;
    assert!(
        page.status == 200 || page.location().starts_with("/sign-in"),
        "{}: {}",
        page.status,
        page.words()
    );
    page.status == 200
}

/// The token in the browser's cookie; a signature stands before it.
fn token(browser: &Browser) -> String {
    let cookie = browser.cookie(COOKIE).expect("a session");
    let decoded = cookie.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    decoded[44..].to_owned()
}

async fn last_used(app: &TestApp) -> DateTime<Utc> {
    sessions::table.select(sessions::last_used_at).first(&mut app.conn().await).await.unwrap()
}

#[tokio::test]
async fn only_the_hash_of_a_token_is_kept_and_its_cookie_is_closed_to_others() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.browser();
    let page = browser.get("/sign-in").await.submit(&[("email", &ada.email), ("password", PASSWORD)]).await;
    app.mail_to(&ada.email).await;
    let mut cookies = page.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let cookie = cookies.find(|cookie| cookie.starts_with(COOKIE)).unwrap();
    assert!(
        ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"].iter().all(|part| cookie.contains(part)),
        "{cookie}"
    );
    assert!(!cookie.contains("Domain"), "{cookie}");
    let mut conn = app.conn().await;
    let hashes: Vec<Vec<u8>> = sessions::table.select(sessions::token_hash).load(&mut conn).await.unwrap();
    assert!(hashes.contains(&hash_token(&token(&browser))));
}

#[tokio::test]
async fn signing_in_exchanges_the_token_of_the_visitor() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await.with_totp().await;
    let browser = app.browser();
    let step = browser
        .get("/sign-in")
        .await
        .submit(&[("email", &ada.email), ("password", PASSWORD)])
        .await
        .follow()
        .await;
    let (visitor, old_copy) = (token(&browser), browser.copy());
    assert_eq!(step.submit(&[("code", &ada.code())]).await.status, 303);
    app.mail_to(&ada.email).await;
    assert_ne!(token(&browser), visitor);
    assert!(is_in(&browser).await);
    assert!(!is_in(&old_copy).await, "a token from before the sign-in must not be worth anything");
}

#[tokio::test]
async fn re_authentication_exchanges_the_token() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let old_copy = browser.copy();
    app.travel(Duration::minutes(6)).await;
    let page = browser.get("/reauthentication").await.submit(&[("password", PASSWORD)]).await;
    assert_eq!(page.status, 303, "{}", page.words());
    assert!(is_in(&browser).await && !is_in(&old_copy).await);
    assert_eq!(sessions::table.count().get_result::<i64>(&mut app.conn().await).await, Ok(1));
}

#[tokio::test]
async fn a_customers_session_ends_after_fourteen_days_without_use() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    app.travel(Duration::days(14) - Duration::seconds(20)).await;
    assert!(is_in(&browser).await);
    app.travel(Duration::days(14) - Duration::seconds(20)).await;
    assert!(is_in(&browser).await, "it was used in between");
    let idle = app.sign_in_as(&ada).await;
    app.travel(Duration::days(14)).await;
    assert!(!is_in(&idle).await);
}

#[tokio::test]
async fn a_customers_session_ends_after_thirty_days_however_busy() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    for _ in 0..2 {
        app.travel(Duration::days(10)).await;
        assert!(is_in(&browser).await);
    }
    app.travel(Duration::days(10) - Duration::seconds(20)).await;
    assert!(is_in(&browser).await);
    app.travel(Duration::seconds(20)).await;
    assert!(!is_in(&browser).await);
}

#[tokio::test]
async fn the_session_of_staff_ends_after_an_hour_idle_and_a_day_at_most() {
    let app = TestApp::start().await;
    let admin = app.staff(Role::Admin).await;
    let (busy, idle) = (app.sign_in_as(&admin).await, app.sign_in_as(&admin).await);
    app.travel(Duration::minutes(59)).await;
    assert!(is_in(&busy).await);
    app.travel(Duration::minutes(1)).await;
    assert!(is_in(&busy).await && !is_in(&idle).await);
    for _ in 0..26 {
        app.travel(Duration::minutes(55)).await;
        is_in(&busy).await;
    }
    assert!(busy.get("/settings").await.status == 303, "24 hours are over");
}

#[tokio::test]
async fn last_use_is_written_at_most_once_a_minute() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let began = last_used(&app).await;
    app.travel(Duration::seconds(50)).await;
    assert!(is_in(&browser).await);
    assert_eq!(last_used(&app).await, began);
    app.travel(Duration::seconds(10)).await;
    assert!(is_in(&browser).await);
    assert!(last_used(&app).await >= began + Duration::seconds(60));
}

#[tokio::test]
async fn a_session_that_was_ended_stays_so_when_a_busy_request_writes_to_it() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let store = PgSessions::new(App::clone(&app));
    let key = || token(&browser).try_into().unwrap();
    let mut state = SessionStore::load(&store, &key()).await.unwrap().expect("alive");
    diesel::delete(sessions::table).execute(&mut app.conn().await).await.unwrap();
    state.insert("flash".into(), "\"late\"".into());
    store.update(key(), state.clone(), &CookieDuration::days(30)).await.unwrap();
    state.insert("rotate".into(), "true".into());
    store.update(key(), state, &CookieDuration::days(30)).await.unwrap();
    assert!(!is_in(&browser).await);
    assert_eq!(sessions::table.count().get_result::<i64>(&mut app.conn().await).await, Ok(0));
}

#[tokio::test]
async fn a_new_credential_version_ends_every_session_of_an_older_one() {
    let app = TestApp::start().await;
    let (ada, grace) = (app.customer("ada@example.com").await, app.customer("grace@example.com").await);
    let (hers, other) = (app.sign_in_as(&ada).await, app.sign_in_as(&grace).await);
    let version = people::credential_version.eq(people::credential_version + 1);
    diesel::update(people::table.find(ada.id)).set(version).execute(&mut app.conn().await).await.unwrap();
    assert!(!is_in(&hers).await && is_in(&other).await);
    assert!(is_in(&app.sign_in_as(&ada).await).await);
}

#[tokio::test]
async fn a_cookie_that_was_not_signed_by_us_is_worth_nothing() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let (forged, unknown) = (app.browser(), app.browser());
    forged.set_cookie(COOKIE, &token(&browser));
    unknown.set_cookie(COOKIE, &app.signed(COOKIE, &app.keys.token()));
    assert!(!is_in(&forged).await && !is_in(&unknown).await && is_in(&browser).await);
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let browser = app.sign_in_as(&ada).await;
    let copy = browser.copy();
    let page = browser.post("/sign-out", &[]).await;
    assert!(page.status == 303 && page.header("clear-site-data").contains("\"cache\""), "{:?}", page.headers);
    assert!(!is_in(&browser).await && !is_in(&copy).await);
    assert_eq!(sessions::table.count().get_result::<i64>(&mut app.conn().await).await, Ok(0));
}

#[tokio::test]
async fn sessions_past_a_limit_leave_the_table() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    app.sign_in_as(&ada).await;
    app.travel(Duration::days(13)).await;
    let young = app.sign_in_as(&ada).await;
    app.travel(Duration::days(1)).await;
    drop_expired(App::clone(&app)).await.unwrap();
    assert_eq!(sessions::table.count().get_result::<i64>(&mut app.conn().await).await, Ok(1));
    assert!(is_in(&young).await);
}

#[tokio::test]
async fn of_many_who_come_at_once_each_sees_what_is_theirs() {
    let app = TestApp::start().await;
    let mut everybody = Vec::new();
    for number in 0..8 {
        let person = app.customer(&format!("person{number}@example.com")).await;
        everybody.push((app.sign_in_as(&person).await, Some(person.email.clone())));
    }
    // Some whose session is none, among the others.
    let ended = app.customer("ended@example.com").await;
    let (browser, unknown) = (app.sign_in_as(&ended).await, app.browser());
    let theirs = sessions::table.filter(sessions::person_id.eq(ended.id));
    diesel::delete(theirs).execute(&mut app.conn().await).await.unwrap();
    unknown.set_cookie(COOKIE, &app.signed(COOKIE, &app.keys.token()));
    everybody.insert(3, (browser, None));
    everybody.insert(5, (unknown, None));
    // Twice the same at the same time is what every browser with two tabs does.
    everybody.push((everybody[0].0.copy(), everybody[0].1.clone()));
    for path in ["/settings", "/settings/profile"] {
        // The first waits for the table, and so all others come while it is under way.
        let mut holder = app.conn().await;
        for statement in ["BEGIN", "LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE"] {
            diesel::sql_query(statement).execute(&mut holder).await.unwrap();
        }
        let (first, others) = everybody.split_first().unwrap();
        let looks = async {
            lock_waits(&app, "the first to wait", 1).await;
            let pages = join_all(others.iter().map(|(browser, _)| browser.get(path)));
            let opened = async {
                lock_waits(&app, "the others to wait", 2).await;
                diesel::sql_query("COMMIT").execute(&mut holder).await.unwrap();
            };
            join(pages, opened).await.0
        };
        let (page, mut pages) = join(first.0.get(path), looks).await;
        pages.insert(0, page);
        for ((_, email), page) in everybody.iter().zip(&pages) {
            assert_eq!(page.status, if email.is_some() { 200 } else { 303 });
            let is_shown = |one: &str| page.text().contains(one);
            assert!(email.as_deref().is_none_or(is_shown), "{email:?}");
            let others = everybody.iter().filter_map(|(_, one)| one.as_deref().filter(|_| one != email));
            assert!(!others.clone().any(is_shown), "{email:?} sees somebody else");
        }
    }
}
