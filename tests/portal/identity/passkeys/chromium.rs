//! The script and the pages in real Chromium, with its virtual authenticator.

use std::path::PathBuf;

use chromiumoxide::cdp::browser_protocol::web_authn::{
    AddVirtualAuthenticatorParams, AuthenticatorProtocol, AuthenticatorTransport, EnableParams,
    GetCredentialsParams, VirtualAuthenticatorOptions,
};
use chromiumoxide::{Browser, BrowserConfig, Page};
use futures_util::StreamExt as _;

use crate::support::{PASSWORD, TestApp, eventually};

/// A Chromium with a profile of its own, which goes with it.
struct Chromium {
    page: Page,
    authenticator: String,
    browser: Browser,
    profile: PathBuf,
    events: tokio::task::JoinHandle<()>,
}

impl Chromium {
    /// With a blank page and an authenticator that recognises its owner at once.
    async fn start() -> Self {
        let profile = std::env::temp_dir().join(format!("portal-passkeys-{}", std::process::id()));
        let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".into());
        let flags = [
            "disable-gpu",
            "disable-background-networking",
            "disable-component-update",
            "disable-sync",
            "no-first-run",
        ];
        let config = BrowserConfig::builder().chrome_executable(program).no_sandbox().new_headless_mode();
        let config = config.user_data_dir(&profile).args(flags).build().expect("a configuration");
        let (browser, mut handler) = Browser::launch(config).await.expect("Chromium starts");
        let events = tokio::spawn(async move { while handler.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.expect("a page");
        page.execute(EnableParams::default()).await.expect("virtual authenticators");
        let options = VirtualAuthenticatorOptions {
            has_resident_key: Some(true),
            has_user_verification: Some(true),
            is_user_verified: Some(true),
            automatic_presence_simulation: Some(true),
            ..VirtualAuthenticatorOptions::new(AuthenticatorProtocol::Ctap2, AuthenticatorTransport::Internal)
        };
        let added =
            page.execute(AddVirtualAuthenticatorParams::new(options)).await.expect("an authenticator");
        let authenticator = added.result.authenticator_id.inner().clone();
        Self { page, authenticator, browser, profile, events }
    }

    async fn open(&self, app: &TestApp, path: &str) {
        self.page.goto(app.url(path)).await.expect("the page opens");
    }

    /// What a script answers on the page as it stands.
    async fn ask<T: serde::de::DeserializeOwned>(&self, script: &str) -> Option<T> {
        self.page.evaluate_expression(script).await.ok()?.into_value().ok()
    }

    /// Waits until the page is at this path and says this.
    async fn arrives(&self, path: &str, words: &str) {
        let what = format!("{words:?} at {path}");
        eventually(&what, async || {
            let [at, text]: [String; 2] = self.ask("[location.pathname, document.body.innerText]").await?;
            (at == path && text.contains(words)).then_some(())
        })
        .await;
    }

    /// Clicks what a selector finds, once it can be seen.
    async fn click(&self, selector: &str) {
        let script = format!(
            "(() => {{ const e = document.querySelector('{selector}'); return !!e && e.checkVisibility() && (e.click(), true) }})()"
        );
        eventually(selector, async || self.ask::<bool>(&script).await.filter(|clicked| *clicked)).await;
    }

    async fn sign_in_by_password(&self, app: &TestApp, email: &str) {
        self.open(app, "/sign-in").await;
        for (field, text) in [("#field-email", email), ("#field-password", PASSWORD)] {
            self.page
                .find_element(field)
                .await
                .expect("a field")
                .click()
                .await
                .unwrap()
                .type_str(text)
                .await
                .unwrap();
        }
        self.click("form[action=\"/sign-in\"] button[type=submit]").await;
    }

    async fn sign_out(&self) {
        self.click("form[action=\"/sign-out\"] button").await;
        self.arrives("/sign-in", "You are signed out").await;
    }

    async fn credentials(&self) -> usize {
        let asked = GetCredentialsParams::new(self.authenticator.clone());
        self.page.execute(asked).await.expect("the authenticator answers").result.credentials.len()
    }

    async fn stop(mut self) {
        let _ = self.browser.close().await;
        let _ = self.browser.wait().await;
        self.events.abort();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chromium_a_passkey_is_added_signs_in_is_the_second_step_and_is_removed() {
    let app = TestApp::development().await;
    app.customer("ada@example.com").await;
    let chromium = Chromium::start().await;
    chromium.sign_in_by_password(&app, "ada@example.com").await;
    chromium.arrives("/settings", "Ada").await;

    chromium.open(&app, "/settings/passkeys").await;
    chromium.click("form[data-passkey=create] button[type=submit]").await;
    chromium.arrives("/settings/passkeys", "Keep your recovery codes").await;
    assert_eq!(chromium.credentials().await, 1);
    chromium.sign_out().await;

    chromium.open(&app, "/sign-in").await;
    chromium.click("form[action=\"/sign-in/passkey\"] button").await;
    chromium.arrives("/settings", "Ada").await;
    chromium.sign_out().await;

    chromium.sign_in_by_password(&app, "ada@example.com").await;
    chromium.arrives("/sign-in/code", "One more step").await;
    chromium.click("form[action=\"/sign-in/code/passkey\"] button").await;
    chromium.arrives("/settings", "Ada").await;

    app.clock.advance(chrono::Duration::minutes(6));
    chromium.open(&app, "/settings/passkeys").await;
    chromium.arrives("/reauthentication", "Confirm it is you").await;
    chromium.click("form[action=\"/reauthentication/passkey\"] button").await;
    chromium.arrives("/settings/passkeys", "last used").await;
    chromium.click("a[href$=\"/removal\"]").await;
    chromium.click("form[action$=\"/removal\"] button").await;
    chromium.arrives("/settings/passkeys", "No passkeys yet").await;
    chromium.stop().await;
    app.mailbox().await;
}
