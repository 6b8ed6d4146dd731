//! What holds for every request, whichever page it is for.

use reqwest::Method;

use portal::routes::{development_routes, routes};

use crate::support::{Browser, Page, TestApp};

/// Sends a form to a path that no page has: refused it is 400, let through it is 404.
async fn post_with(browser: &Browser, headers: &[(&str, &str)]) -> u16 {
    let request = headers.iter().fold(browser.request(Method::POST, "/nowhere"), |request, (name, value)| {
        request.header(*name, *value)
    });
    browser.answer(request.form(&[("a", "b")])).await.status
}

#[tokio::test]
async fn a_form_sent_by_another_site_is_refused_and_one_of_ours_is_not() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for site in ["cross-site", "same-site", "nonsense"] {
        assert_eq!(post_with(&browser, &[("sec-fetch-site", site)]).await, 400, "{site}");
    }
    for site in ["same-origin", "none"] {
        assert_eq!(post_with(&browser, &[("sec-fetch-site", site)]).await, 404, "{site}");
    }
}

#[tokio::test]
async fn without_the_browsers_word_the_origin_decides() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for origin in [
        "https://evil.example",
        "https://portal.test.evil.example",
        "http://portal.test",
        "https://portal.test:444",
        "null",
    ] {
        assert_eq!(post_with(&browser, &[("origin", origin)]).await, 400, "{origin}");
    }
    assert_eq!(post_with(&browser, &[("origin", "https://portal.test")]).await, 404);
    assert_eq!(post_with(&browser, &[]).await, 404, "no browser at all");
    let contradiction = [("sec-fetch-site", "cross-site"), ("origin", "https://portal.test")];
    assert_eq!(post_with(&browser, &contradiction).await, 400);
}

/// RFC 8058: a mail program posts the one-click form from wherever it runs.
const OPEN_TO_OTHER_SITES: [&str; 1] = ["/unsubscribe/{token}"];

#[tokio::test]
async fn no_route_takes_a_form_from_another_site_unless_it_is_listed() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for route in routes().into_iter().filter(|route| !route.method.is_safe()) {
        let path = route.path.replace(['{', '}'], "");
        let request = browser
            .request(route.method.as_str().parse().unwrap(), &path)
            .header("sec-fetch-site", "cross-site");
        let page = browser.answer(request).await;
        if OPEN_TO_OTHER_SITES.contains(&route.path) {
            assert_eq!(page.status, 404, "{} {path}: the token is forged", route.method);
            continue;
        }
        assert_eq!(page.status, 400, "{} {path}", route.method);
        assert!(page.words().contains("another site"), "{} {path}", route.method);
    }
}

fn assert_secured(page: &Page) {
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{}: {part} is missing in {policy:?}", page.path);
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{}: {policy}", page.path);
    for (name, value) in [
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
    ] {
        assert_eq!(page.header(name), value, "{}: {name}", page.path);
    }
    assert!(page.header("permissions-policy").contains("camera=()"), "{}", page.path);
    assert!(page.header("x-request-id").len() >= 32, "{}", page.path);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let paths = routes()
        .into_iter()
        .filter(|route| route.method.is_safe())
        .map(|route| route.path.replace(['{', '}'], ""));
    for path in paths.chain(["/nowhere".into()]) {
        let page = browser.get(&path).await;
        assert_secured(&page);
        // Files and public keys are the same for everybody, and may be kept.
        if !path.starts_with("/static/") && !path.ends_with("/receipt-keys.json") {
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
        }
    }
    assert_secured(
        &browser.answer(browser.request(Method::POST, "/").header("sec-fetch-site", "cross-site")).await,
    );
    assert_secured(&browser.answer(browser.request(Method::DELETE, "/")).await);
    assert_secured(&browser.post("/sign-in", &[("email", &"x".repeat(70_000))]).await);
}

#[tokio::test]
async fn a_page_that_does_not_exist_says_so_and_names_the_request() {
    let app = TestApp::start().await;
    let page = app.browser().get("/nowhere").await;
    assert_eq!((page.status, page.heading().as_str()), (404, "Page not found"));
    assert!(page.words().contains(page.header("x-request-id")));
    let again = app.browser().get("/nowhere").await;
    assert_ne!(again.header("x-request-id"), page.header("x-request-id"));
}

#[tokio::test]
async fn a_method_that_a_page_does_not_take_is_told_apart_from_a_missing_page() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.answer(browser.request(Method::DELETE, "/sign-in")).await;
    assert_eq!((page.status, page.header("allow")), (405, "GET, POST"));
    assert_eq!(page.heading(), "That does not work here");
    let page = browser.answer(browser.request(Method::DELETE, "/nowhere")).await;
    assert_eq!(page.status, 404);
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused_with_a_page() {
    let app = TestApp::start().await;
    let page = app.browser().post("/sign-in", &[("email", &"x".repeat(70_000)), ("password", "x")]).await;
    assert_eq!((page.status, page.heading().as_str()), (413, "Too much at once"));
    assert!(page.words().contains(page.header("x-request-id")));
}

#[tokio::test]
async fn a_body_of_another_kind_is_refused_with_a_page() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let request =
        browser.request(Method::POST, "/sign-in").header("content-type", "text/plain").body("email=a");
    let page = browser.answer(request).await;
    assert_eq!(page.status, 415);
    assert!(page.words().contains("Nothing was changed"));
}

#[tokio::test]
async fn head_answers_like_get_without_the_body() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.answer(browser.request(Method::HEAD, "/")).await;
    assert_eq!((page.status, page.body.len()), (200, 0));
}

#[tokio::test]
async fn nothing_of_development_exists_in_production() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for route in development_routes() {
        let path = route.path.replace(['{', '}'], "");
        let request = browser
            .request(route.method.as_str().parse().unwrap(), &path)
            .header("sec-fetch-site", "same-origin");
        assert_eq!(browser.answer(request).await.status, 404, "{} {path}", route.method);
        assert!(route.path.starts_with("/dev/"), "{} is for development and stands elsewhere", route.path);
    }
    assert!(routes().iter().all(|route| !route.path.starts_with("/dev")));
}

#[tokio::test]
async fn in_development_the_clock_moves_and_the_mailbox_opens() {
    let app = TestApp::development().await;
    let browser = app.browser();
    let before = app.clock.now();
    let page = browser.post("/dev/clock", &[("advance", "P30D")]).await;
    assert_eq!((page.status, page.json()["advanced_seconds"].as_i64()), (200, Some(30 * 86_400)));
    assert!(app.clock.now() - before >= chrono::Duration::days(30));
    assert_eq!(browser.post("/dev/clock", &[("advance", "-P1D")]).await.status, 400);
    assert_eq!(browser.get("/dev/mailbox.json").await.json(), serde_json::json!([]));
}

#[tokio::test]
async fn a_worker_elsewhere_goes_by_the_clock_that_was_moved_here() {
    let app = TestApp::development().await;
    let (elsewhere, browser) = (app.stranger(), app.browser());
    browser.post("/password-reset", &[("email", "nobody@example.com")]).await;
    for days in ["P20D", "P10D"] {
        assert_eq!(browser.post("/dev/clock", &[("advance", days)]).await.status, 200);
    }
    app.run_jobs_as(&elsewhere).await;
    assert_eq!(elsewhere.clock.offset(), chrono::Duration::days(30));
    assert_eq!(app.clock.offset(), chrono::Duration::days(30));
    app.mailbox().await;
}
