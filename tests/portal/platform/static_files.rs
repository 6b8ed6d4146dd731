//! Styles and scripts: named by their content, compressed beforehand, kept for ever.

use reqwest::Method;

use crate::support::{Browser, Page, TestApp};

async fn get_as(browser: &Browser, path: &str, accepted: &str) -> Page {
    browser.answer(browser.request(Method::GET, path).header("accept-encoding", accepted)).await
}

#[tokio::test]
async fn a_page_names_its_style_by_content_and_browsers_keep_it_for_ever() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let style = browser.get("/").await.attr("link[rel=stylesheet]", "href").unwrap();
    let page = browser.get(&style).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/css; charset=utf-8"));
    assert_eq!(page.header("cache-control"), "public, max-age=31536000, immutable");
    let digest = style.split('.').nth(1).unwrap();
    assert!(digest.len() == 16 && digest.bytes().all(|b| b.is_ascii_hexdigit()), "{style}");
    assert_eq!(browser.get(&style.replace(digest, "0000000000000000")).await.status, 404);
    assert_eq!(browser.get("/static/css/app.css").await.status, 404);
}

#[tokio::test]
async fn a_static_file_comes_as_small_as_the_browser_can_read_it() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let style = browser.get("/").await.attr("link[rel=stylesheet]", "href").unwrap();
    let plain = get_as(&browser, &style, "identity").await;
    let gzip = get_as(&browser, &style, "gzip, deflate").await;
    let brotli = get_as(&browser, &style, "gzip, deflate, br;q=1.0").await;
    assert_eq!([&plain, &gzip, &brotli].map(|page| page.header("content-encoding")), ["", "gzip", "br"]);
    assert!(brotli.body.len() < gzip.body.len() && gzip.body.len() < plain.body.len() / 2);
    assert!([&plain, &gzip, &brotli].iter().all(|page| page.header("vary").contains("accept-encoding")));
    let refused = get_as(&browser, &style, "br;q=0, gzip;q=0").await;
    assert_eq!(refused.header("content-encoding"), "");
}

#[tokio::test]
async fn no_path_leads_out_of_the_static_files() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for path in ["/static/../Cargo.toml", "/static/%2e%2e/Cargo.toml", "/static//etc/passwd", "/static/"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
}
