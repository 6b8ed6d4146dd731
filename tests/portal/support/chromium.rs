//! A real browser: Chromium without a window, driven over its debugging protocol.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use chromiumoxide::Page;
use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetScriptExecutionDisabledParams,
};
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel};
use chromiumoxide::cdp::browser_protocol::network::CookieParam;
use chromiumoxide::cdp::js_protocol::runtime::EvaluateParams;
use chromiumoxide::page::ScreenshotParams;
use futures_util::StreamExt as _;

use super::process::Folder;
use super::{Browser as Visitor, TestApp, eventually};

/// One Chromium with one page open. Ends with this value.
pub struct Chromium {
    /// The page.
    pub page: Page,
    origin: String,
    complaints: Arc<Mutex<HashSet<String>>>,
    browser: Browser,
    _profile: Folder,
}

impl TestApp {
    /// A Chromium that has visited nothing. The app is one of [`TestApp::development`].
    pub async fn chromium(&self, test: &str) -> Chromium {
        let profile = Folder::new(&format!("chromium-{test}"));
        let config = BrowserConfig::builder()
            .chrome_executable(program())
            .user_data_dir(&profile.0)
            .no_sandbox()
            .window_size(1280, 900)
            .viewport(None)
            .args(["disable-gpu", "disable-background-networking", "disable-component-update", "disable-sync", "no-first-run"])
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
                    heard.lock().unwrap().insert(format!("{} {}", event.entry.url.as_deref().unwrap_or(""), event.entry.text));
                }
            }
        });
        Chromium { page, origin: self.config.base_url.clone(), complaints, browser, _profile: profile }
    }
}

/// `CHROMIUM`, or what the system calls it.
fn program() -> String {
    let names = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];
    let found = |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    std::env::var("CHROMIUM").unwrap_or_else(|_| {
        (*names.iter().find(found).expect("Chromium is installed: script/install-prerequisites test")).to_owned()
    })
}

impl Chromium {
    /// Opens a page of the portal and waits until it has loaded.
    pub async fn open(&self, path: &str) {
        self.page.goto(format!("{}{path}", self.origin)).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Path of the page that is open.
    pub async fn path(&self) -> String {
        let url = self.page.url().await.ok().flatten().unwrap_or_default();
        url.strip_prefix(&self.origin).unwrap_or(&url).to_owned()
    }

    /// Waits until the page with this path is open and loaded.
    pub async fn arrives_at(&self, path: &str) {
        let mut at = String::new();
        let ready = format!("document.readyState == 'complete' && location.pathname == {path:?}");
        let arrived = async || {
            at = self.path().await;
            self.page.evaluate(ready.as_str()).await.ok()?.into_value::<bool>().ok()?.then_some(())
        };
        eventually(&format!("{path} to open"), arrived).await;
    }

    /// Types into a field, key by key.
    pub async fn fill(&self, field: &str, text: &str) {
        let element = self.page.find_element(format!("[name=\"{field}\"]")).await;
        let element = element.unwrap_or_else(|error| panic!("no field {field}: {error}"));
        element.click().await.expect("the field can be clicked").type_str(text).await.expect("the field takes text");
    }

    /// Clicks what a CSS selector finds.
    pub async fn click(&self, css: &str) {
        let element = self.page.find_element(css).await.unwrap_or_else(|error| panic!("no {css}: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("{css} cannot be clicked: {error}"));
    }

    /// The words of what a CSS selector finds.
    pub async fn words(&self, css: &str) -> String {
        let element = self.page.find_element(css).await.unwrap_or_else(|error| panic!("no {css}: {error}"));
        element.inner_text().await.expect("an element with text").unwrap_or_default()
    }

    /// Turns scripts of pages off, for the next page that opens.
    pub async fn without_javascript(&self) {
        self.page.execute(SetScriptExecutionDisabledParams::new(true)).await.expect("a switch");
    }

    /// Takes over the cookies of a visitor and no others.
    pub async fn become_visitor(&self, visitor: &Visitor) {
        self.browser.clear_cookies().await.expect("cookies");
        for (name, value) in visitor.cookies() {
            let cookie = CookieParam::builder().name(name).value(value).url(&self.origin).build().expect("a cookie");
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
        let parameters = EvaluateParams::builder().expression(expression).await_promise(true).return_by_value(true).build();
        let result = self.page.evaluate(parameters.expect("an expression")).await.expect("an answer");
        result.into_value().expect("a value of that type")
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
