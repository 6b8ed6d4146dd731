//! The country of a sign-in, and countries that export control closes (S15, S62, S64).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::platform::db::schema::{people, sign_ins, sign_ups};

use crate::support::process::Folder;
use crate::support::{PASSWORD, TestApp, write_country_database};

const EMAIL: &str = "ada@example.com";
const GERMANY: &str = "192.0.2.7";
const FRANCE: &str = "198.51.100.7";
const CLOSED: &str = "203.0.113.7";

/// A portal that knows three networks and is closed to one country.
async fn portal(folder: &Folder) -> TestApp {
    let path = folder.0.join("countries.mmdb");
    write_country_database(
        &path,
        &[("192.0.2.0/24", "DE"), ("198.51.100.0/24", "FR"), ("203.0.113.0/24", "KP")],
    );
    let path = path.to_string_lossy().into_owned();
    TestApp::with(&[("PORTAL_GEOIP_DB", &path), ("PORTAL_BLOCKED_COUNTRIES", "kp, CU")]).await
}

async fn history(app: &TestApp) -> Vec<(String, Option<String>)> {
    let rows = sign_ins::table.order(sign_ins::id).select((sign_ins::outcome, sign_ins::country));
    rows.load(&mut app.conn().await).await.unwrap()
}

#[tokio::test]
async fn a_sign_in_keeps_its_country_and_an_unknown_one_is_unknown() {
    let folder = Folder::new("countries-kept");
    let app = portal(&folder).await;
    app.customer(EMAIL).await;
    for address in [GERMANY, "10.9.8.7"] {
        app.browser_at(address).post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    }
    let seen: Vec<Option<String>> = history(&app).await.into_iter().map(|(_, country)| country).collect();
    assert_eq!(seen, [Some("DE".to_owned()), None]);
    app.mailbox().await;
}

#[tokio::test]
async fn a_known_browser_in_a_new_country_is_worth_a_mail() {
    let folder = Folder::new("countries-new");
    let app = portal(&folder).await;
    app.customer(EMAIL).await;
    let home = app.browser_at(GERMANY);
    home.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    app.mailbox().await;
    let away = app.browser_at(FRANCE);
    away.set_cookie("__Host-browser", &home.cookie("__Host-browser").expect("the browser has a name"));
    for mails in [1, 0] {
        away.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        let letters = app.mailbox().await;
        assert_eq!(letters.iter().filter(|letter| letter.text.contains("FR (198.51.100.7)")).count(), mails);
    }
}

#[tokio::test]
async fn a_closed_country_gets_an_honest_page_and_the_try_is_kept() {
    let folder = Folder::new("countries-closed");
    let app = portal(&folder).await;
    app.customer(EMAIL).await;
    let browser = app.browser_at(CLOSED);
    let page = browser.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(page.status, 451);
    assert!(page.words().contains("Export control") && page.words().contains("info@lossexpress.com"));
    assert_eq!(history(&app).await, [("blocked_country".to_owned(), Some("KP".to_owned()))]);
    assert_eq!(browser.get("/settings").await.status, 303);
}

#[tokio::test]
async fn nobody_signs_up_from_a_closed_country_and_nothing_is_kept() {
    let folder = Folder::new("countries-sign-up");
    let app = portal(&folder).await;
    let fields = [
        ("name", "Ada"),
        ("email", EMAIL),
        ("phone", "+12125550100"),
        ("password", PASSWORD),
        ("terms", "on"),
        ("old_enough", "on"),
    ];
    assert_eq!(app.browser_at(CLOSED).post("/sign-up", &fields).await.status, 451);
    let mut conn = app.conn().await;
    assert_eq!(sign_ups::table.count().get_result::<i64>(&mut conn).await, Ok(0));
    assert_eq!(people::table.count().get_result::<i64>(&mut conn).await, Ok(0));
}
