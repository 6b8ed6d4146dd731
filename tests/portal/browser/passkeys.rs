//! Passkeys in real Chromium, with its virtual authenticator: adding, signing in, confirming, removing.

use chromiumoxide::cdp::browser_protocol::web_authn::{
    AddVirtualAuthenticatorParams, AuthenticatorId, AuthenticatorProtocol, AuthenticatorTransport,
    EnableParams, GetCredentialsParams, SetAutomaticPresenceSimulationParams, VirtualAuthenticatorOptions,
};

use crate::support::{Chromium, PASSWORD, TestApp, eventually};

const ADA: &str = "ada@example.com";

/// A device with a place for passkeys, which knows its owner by their finger.
struct Device<'a> {
    chromium: &'a Chromium,
    id: AuthenticatorId,
}

impl<'a> Device<'a> {
    async fn of(chromium: &'a Chromium) -> Self {
        chromium.page.execute(EnableParams::default()).await.expect("virtual authenticators");
        let options = VirtualAuthenticatorOptions {
            has_resident_key: Some(true),
            has_user_verification: Some(true),
            is_user_verified: Some(true),
            automatic_presence_simulation: Some(false),
            ..VirtualAuthenticatorOptions::new(AuthenticatorProtocol::Ctap2, AuthenticatorTransport::Internal)
        };
        let added = chromium
            .page
            .execute(AddVirtualAuthenticatorParams::new(options))
            .await
            .expect("an authenticator");
        Self { chromium, id: added.result.authenticator_id.clone() }
    }

    /// Whether a finger is on it, whenever it asks for one.
    async fn touched(&self, touched: bool) {
        let simulation = SetAutomaticPresenceSimulationParams::new(self.id.clone(), touched);
        self.chromium.page.execute(simulation).await.expect("the authenticator is there");
    }

    /// How many passkeys it holds.
    async fn holds(&self) -> usize {
        let asked = GetCredentialsParams::new(self.id.clone());
        self.chromium.page.execute(asked).await.expect("the authenticator answers").result.credentials.len()
    }

    /// Adds a passkey to the account that is signed in.
    async fn add(&self) {
        self.chromium.open("/settings/passkeys").await;
        self.touched(true).await;
        self.chromium.click("form[data-passkey=create] [type=submit]").await;
        says(self.chromium, "Keep your recovery codes").await;
    }
}

/// Waits until the page says this.
async fn says(chromium: &Chromium, words: &str) {
    let said = format!("document.readyState == 'complete' && document.body.innerText.includes({words:?})");
    let asked = async || {
        chromium.page.evaluate_expression(said.as_str()).await.ok()?.into_value::<bool>().ok()?.then_some(())
    };
    eventually(&format!("the words {words:?}"), asked).await;
}

async fn enter_password(chromium: &Chromium) {
    chromium.open("/sign-in").await;
    chromium.fill("email", ADA).await;
    chromium.fill("password", PASSWORD).await;
    chromium.click("form[action=\"/sign-in\"] [type=submit]").await;
}

async fn sign_out(chromium: &Chromium) {
    chromium.click("form[action=\"/sign-out\"] button").await;
    says(chromium, "You are signed out").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_is_the_second_step_confirms_and_is_removed() {
    let app = TestApp::development().await;
    app.customer(ADA).await;
    let chromium = app.chromium("passkeys").await;
    let device = Device::of(&chromium).await;
    enter_password(&chromium).await;
    chromium.arrives_at("/settings").await;
    device.add().await;
    assert_eq!(device.holds().await, 1);
    device.touched(false).await;
    sign_out(&chromium).await;

    chromium.click("form[action=\"/sign-in/passkey\"] button").await;
    device.touched(true).await;
    chromium.arrives_at("/settings").await;
    device.touched(false).await;
    sign_out(&chromium).await;

    enter_password(&chromium).await;
    chromium.arrives_at("/sign-in/code").await;
    device.touched(true).await;
    chromium.click("form[action=\"/sign-in/code/passkey\"] button").await;
    chromium.arrives_at("/settings").await;

    app.clock.advance(chrono::Duration::minutes(6));
    chromium.open("/settings/passkeys").await;
    chromium.click("form[action=\"/reauthentication/passkey\"] button").await;
    says(&chromium, "last used").await;
    chromium.click("a[href$=\"/removal\"]").await;
    says(&chromium, "What goes").await;
    chromium.click("form[action$=\"/removal\"] button").await;
    says(&chromium, "No passkeys yet").await;
    assert_eq!(chromium.complaints(), Vec::<String>::new());
    app.mailbox().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_offered_where_the_address_is_typed() {
    let app = TestApp::development().await;
    app.customer(ADA).await;
    let chromium = app.chromium("passkey-autofill").await;
    let device = Device::of(&chromium).await;
    enter_password(&chromium).await;
    chromium.arrives_at("/settings").await;
    device.add().await;
    // The virtual authenticator chooses at once what a person would choose from the list under the field.
    chromium.click("form[action=\"/sign-out\"] button").await;
    chromium.arrives_at("/settings").await;
    app.mailbox().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_holds_a_passkey_makes_no_second_one() {
    let app = TestApp::development().await;
    app.customer(ADA).await;
    let chromium = app.chromium("passkey-refused").await;
    let device = Device::of(&chromium).await;
    enter_password(&chromium).await;
    chromium.arrives_at("/settings").await;
    device.add().await;
    chromium.open("/settings/passkeys").await;
    chromium.click("form[data-passkey=create] [type=submit]").await;
    says(&chromium, "This device already holds a passkey for your account.").await;
    assert_eq!(device.holds().await, 1);
    app.mailbox().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_the_page_says_what_works_instead() {
    let app = TestApp::development().await;
    let ada = app.customer(ADA).await;
    let chromium = app.chromium("passkeys-no-script").await;
    chromium.become_visitor(&app.sign_in_as(&ada).await).await;
    chromium.without_javascript().await;
    chromium.open("/settings/passkeys").await;
    assert!(chromium.words("main").await.contains("An authenticator app works without either"));
}
