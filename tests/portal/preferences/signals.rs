//! Global Privacy Control and Do Not Track.

use futures_util::future::{join, join_all};
use portal::platform::db::schema::preference_decisions;
use reqwest::Method;

use crate::support::{Browser, Page, TestApp, count, lock_waits, run};

async fn get_with(browser: &Browser, path: &str, name: &str, value: &str) -> Page {
    browser.answer(browser.request(Method::GET, path).header(name, value)).await
}

#[tokio::test]
async fn the_signal_is_shown_as_honoured_on_every_page_and_nothing_is_asked() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = get_with(&browser, "/terms", "sec-gpc", "1").await;
    assert_eq!(page.link("privacy signal is honoured"), "/cookies#signal");
    assert!(page.first(".question").is_none());
    let page = get_with(&browser, "/cookies", "sec-gpc", "1").await;
    let words = page.words();
    assert!(words.contains("Your browser asked us not to sell or share your data, and we do not"), "{words}");
    assert!(page.first("main button[name=statistics]").is_none());
    let other = get_with(&browser, "/terms", "sec-gpc", "0").await;
    assert!(other.first(".question").is_some() && !other.words().contains("signal is honoured"));
}

#[tokio::test]
async fn do_not_track_changes_nothing_and_the_page_says_so() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for path in ["/", "/cookies", "/privacy"] {
        assert_eq!(get_with(&browser, path, "dnt", "1").await.body, browser.get(path).await.body);
    }
    assert!(browser.get("/cookies").await.words().contains("We do not act on the older signal Do Not Track"));
    assert_eq!(browser.get("/cookies").await.link("More about Do Not Track"), "https://allaboutdnt.com/");
}

#[tokio::test]
async fn programs_find_that_the_signal_is_honoured() {
    let app = TestApp::start().await;
    let page = app.browser().get("/.well-known/gpc.json").await;
    assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
    assert_eq!(page.json()["gpc"], true);
    let update = page.json()["lastUpdate"].as_str().unwrap().parse::<chrono::NaiveDate>();
    assert!(update.is_ok_and(|day| day <= app.clock.now().date_naive()));
}

async fn decisions(app: &TestApp) -> Vec<(Option<String>, String, String)> {
    // Here alone: a query has a `first`, and so has a page.
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    preference_decisions::table
        .order(preference_decisions::seq)
        .select((preference_decisions::topic, preference_decisions::choice, preference_decisions::via))
        .load(&mut app.conn().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn of_whoever_is_signed_in_the_signal_is_a_decision_that_holds_in_every_browser_until_taken_back() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (first, second) = (app.sign_in_as(&ada).await, app.sign_in_as(&ada).await);
    for _ in 0..2 {
        get_with(&first, "/settings", "sec-gpc", "1").await;
    }
    let refused = (Some("tracking".to_owned()), "unsubscribed".to_owned(), "gpc".to_owned());
    assert_eq!(
        decisions(&app).await,
        std::slice::from_ref(&refused),
        "once, however many pages were looked at"
    );
    let page = second.get("/cookies").await;
    assert!(page.words().contains("Another browser of yours asked us"), "{}", page.words());
    page.submit_to("/cookies", &[("statistics", "yes")]).await;
    let allowed = (refused.0.clone(), "subscribed".to_owned(), "page".to_owned());
    assert_eq!(decisions(&app).await, [refused, allowed]);
    assert!(second.get("/cookies").await.words().contains("Page statistics On"));
}

#[tokio::test]
async fn the_signal_of_one_browser_holds_at_once_in_another_that_had_agreed_before() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let (first, second) = (app.sign_in_as(&ada).await, app.sign_in_as(&ada).await);
    let honoured =
        async |browser: &Browser| browser.get("/terms").await.words().contains("signal is honoured");
    second.post("/cookies", &[("statistics", "yes")]).await;
    for _ in 0..2 {
        assert!(!honoured(&second).await, "nobody sent it");
    }
    get_with(&first, "/settings", "sec-gpc", "1").await;
    assert!(honoured(&second).await && honoured(&first).await);
    second.post("/cookies", &[("statistics", "yes")]).await;
    assert!(!honoured(&second).await, "it was taken back here");
    let words = first.get("/cookies").await.words();
    assert!(!words.contains("Another browser of yours asked us"), "and the page says so there: {words}");
    assert!(!honoured(&first).await);
}

#[tokio::test]
async fn of_many_first_pages_at_once_one_decides_and_each_is_shown() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    run(&app, "DELETE FROM contacts").await;
    let browser = app.sign_in_as(&ada).await;
    // Whoever changes something of hers holds all of them up until they have all come, as many as there are connections for.
    let holder = app.db.client().await.unwrap();
    let hold = format!("BEGIN; SELECT FROM people WHERE id = '{}' FOR NO KEY UPDATE", ada.id.0);
    holder.batch_execute(&hold).await.unwrap();
    let pages = join_all((0..3).map(|_| get_with(&browser, "/terms", "sec-gpc", "1")));
    let let_go = async {
        lock_waits(&app, "every page to wait for its person", 3).await;
        holder.batch_execute("COMMIT").await.unwrap();
    };
    let (pages, ()) = join(pages, let_go).await;
    assert!(pages.iter().all(|page| page.status == 200));
    assert_eq!(decisions(&app).await, [(Some("tracking".to_owned()), "unsubscribed".into(), "gpc".into())]);
    assert_eq!(count(&app, "contacts").await, 1);
}
