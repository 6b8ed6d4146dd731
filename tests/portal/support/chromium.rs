//! A real browser: Chromium without a window, driven over its debugging protocol.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chromiumoxide::Page;
use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::dom::{
    GetContentQuadsParams, GetDocumentParams, GetOuterHtmlParams, NodeId, QuerySelectorParams,
    ScrollIntoViewIfNeededParams,
};
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetScriptExecutionDisabledParams,
};
use chromiumoxide::cdp::browser_protocol::input::InsertTextParams;
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel};
use chromiumoxide::cdp::browser_protocol::network::CookieParam;
use chromiumoxide::cdp::browser_protocol::page::GetNavigationHistoryParams;
use chromiumoxide::cdp::js_protocol::runtime::EvaluateParams;
use chromiumoxide::layout::Point;
use chromiumoxide::page::ScreenshotParams;
use futures_util::StreamExt as _;

use super::database;
use super::{Browser as Visitor, TestApp, eventually};

/// How long Chromium may take to start, and to answer: on a machine that has other work too, a while.
const PATIENCE: Duration = Duration::from_secs(120);

/// One Chromium with one page open. Ends with this value.
pub struct Chromium {
    /// The page.
    pub page: Page,
    origin: String,
    scripts: AtomicBool,
    complaints: Arc<Mutex<HashSet<String>>>,
    browser: Browser,
}

impl TestApp {
    /// A Chromium that has visited nothing. The app is one of [`TestApp::development`].
    pub async fn chromium(&self, test: &str) -> Chromium {
        // Chromium still writes for a moment after it was killed, so its profile goes with the whole run.
        let profile = database::root().join(format!("chromium-{test}"));
        let config = BrowserConfig::builder()
            .chrome_executable(program())
            .user_data_dir(&profile)
            .no_sandbox()
            .window_size(1280, 900)
            .viewport(None)
            .args([
                "disable-gpu",
                "disable-background-networking",
                "disable-component-update",
                "disable-sync",
                "no-first-run",
            ])
            .launch_timeout(PATIENCE)
            .request_timeout(PATIENCE)
            .build()
            .expect("settings of Chromium");
        let (browser, mut events) = Browser::launch(config).await.expect("Chromium starts");
        tokio::spawn(async move { while events.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.expect("a page");
        let complaints = Arc::new(Mutex::new(HashSet::new()));
        let mut entries = page.event_listener::<EventEntryAdded>().await.expect("a listener");
        page.enable_log().await.expect("a log");
        let heard = Arc::clone(&complaints);
        tokio::spawn(async move {
            while let Some(event) = entries.next().await {
                if event.entry.level == LogEntryLevel::Error {
                    heard.lock().unwrap().insert(format!(
                        "{} {}",
                        event.entry.url.as_deref().unwrap_or(""),
                        event.entry.text
                    ));
                }
            }
        });
        Chromium {
            page,
            origin: self.config.base_url.clone(),
            scripts: AtomicBool::new(true),
            complaints,
            browser,
        }
    }
}

/// `CHROMIUM`, or what the system calls it, as a full path.
fn program() -> PathBuf {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let given = std::env::var("CHROMIUM").ok();
    let names = given.iter().map(String::as_str).chain([
        "chromium",
        "google-chrome",
        "google-chrome-stable",
        "chromium-browser",
    ]);
    let mut found =
        names.flat_map(|name| std::env::split_paths(&search).map(move |folder| folder.join(name)));
    found.find(|program| program.is_file()).expect("Chromium is installed: script/install-prerequisites test")
}

impl Chromium {
    /// Opens a page of the portal and waits until it has loaded.
    pub async fn open(&self, path: &str) {
        self.page
            .goto(format!("{}{path}", self.origin))
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Path of the page that is open.
    pub async fn path(&self) -> String {
        let Ok(history) = self.page.execute(GetNavigationHistoryParams::default()).await else {
            return String::new();
        };
        let entry = &history.result.entries[usize::try_from(history.result.current_index).expect("an index")];
        entry.url.strip_prefix(&self.origin).unwrap_or(&entry.url).to_owned()
    }

    /// Waits until the page with this path is open, whatever its query, and its scripts have run.
    pub async fn arrives_at(&self, path: &str) {
        self.finds_at(path, "main").await;
        if self.scripts.load(Ordering::Relaxed) {
            let ready = async || {
                let state = self.page.evaluate("document.readyState").await.ok()?;
                (state.into_value::<String>().ok()? == "complete").then_some(())
            };
            eventually(&format!("{path} to load"), ready).await;
        }
    }

    /// Waits until the page with this path is open and has what a CSS selector finds.
    pub async fn finds_at(&self, path: &str, css: &str) {
        let found = async || {
            let at = self.path().await;
            (at.split('?').next() == Some(path) && self.find(css).await.is_some()).then_some(())
        };
        eventually(&format!("{css} on {path}"), found).await;
    }

    /// Types into a field.
    pub async fn fill(&self, field: &str, text: &str) {
        self.click(&format!("[name=\"{field}\"]")).await;
        self.page.execute(InsertTextParams::new(text)).await.expect("the field takes text");
    }

    /// Clicks in the middle of what a CSS selector finds, once it is to be seen. With the mouse: no script is needed.
    pub async fn click(&self, css: &str) {
        let middle = eventually(&format!("{css} to be seen"), async || self.middle_of(css).await).await;
        self.page.click(middle).await.expect("a mouse");
    }

    async fn middle_of(&self, css: &str) -> Option<Point> {
        let node = self.find(css).await?;
        self.page.execute(ScrollIntoViewIfNeededParams::builder().node_id(node).build()).await.ok()?;
        let quads = self.page.execute(GetContentQuadsParams::builder().node_id(node).build()).await.ok()?;
        let corners = quads.result.quads.first()?.inner().clone();
        let middle = |first: usize| (0..4).map(|corner| corners[first + 2 * corner]).sum::<f64>() / 4.0;
        Some(Point { x: middle(0), y: middle(1) })
    }

    /// The words of what a CSS selector finds.
    pub async fn words(&self, css: &str) -> String {
        let node = eventually(css, async || self.find(css).await).await;
        let html =
            self.page.execute(GetOuterHtmlParams::builder().node_id(node).build()).await.expect("its HTML");
        scraper::Html::parse_fragment(&html.result.outer_html).root_element().text().collect()
    }

    async fn find(&self, css: &str) -> Option<NodeId> {
        let document = self.page.execute(GetDocumentParams::default()).await.ok()?;
        let found =
            self.page.execute(QuerySelectorParams::new(document.result.root.node_id, css)).await.ok()?;
        let node = found.result.node_id;
        (*node.inner() != 0).then_some(node)
    }

    /// Turns scripts of pages off, for the next page that opens.
    pub async fn without_javascript(&self) {
        self.page.execute(SetScriptExecutionDisabledParams::new(true)).await.expect("a switch");
        self.scripts.store(false, Ordering::Relaxed);
    }

    /// Takes over the cookies of a visitor and no others.
    pub async fn become_visitor(&self, visitor: &Visitor) {
        self.browser.clear_cookies().await.expect("cookies");
        for (name, value) in visitor.cookies() {
            let cookie =
                CookieParam::builder().name(name).value(value).url(&self.origin).build().expect("a cookie");
            self.page.set_cookie(cookie).await.expect("a cookie");
        }
    }

    /// Makes the page this wide, in a light or dark scheme.
    pub async fn look(&self, width: i64, scheme: &str) {
        let metrics = SetDeviceMetricsOverrideParams::new(width, 900, 1.0, false);
        self.page.execute(metrics).await.expect("a size");
        let feature = MediaFeature::new("prefers-color-scheme", scheme);
        self.page.emulate_media_features(vec![feature]).await.expect("a scheme");
    }

    /// What an expression is, once its promise is kept. The page's own policy does not apply to us.
    pub async fn evaluate<T: serde::de::DeserializeOwned>(&self, expression: &str) -> T {
        let parameters = EvaluateParams::builder()
            .expression(expression)
            .await_promise(true)
            .return_by_value(true)
            .build();
        let answer = self.page.evaluate(parameters.expect("an expression"));
        let answer = tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time");
        answer.expect("an answer").into_value().expect("a value of that type")
    }

    /// What Chromium itself complained about: blocked by the policy, not found, failed. With addresses.
    pub fn complaints(&self) -> Vec<String> {
        self.complaints.lock().unwrap().drain().collect()
    }

    /// Saves a picture of the whole page.
    pub async fn save_picture(&self, file: &Path) {
        let whole = ScreenshotParams::builder().full_page(true).build();
        self.page.save_screenshot(whole, file).await.expect("a picture");
    }
}
