//! What authenticators know us by: the host of the portal's own address.

use actix_web::HttpRequest;
use webauthn_rs::WebauthnBuilder;
use webauthn_rs::prelude::{Url, Webauthn};

use crate::platform::app::App;

/// What browsers show as the name of the site.
const NAME: &str = "LossExpress";

/// The relying party of this installation, or nothing where passkeys cannot work: at a bare network address.
pub fn relying_party(app: &App) -> Option<Webauthn> {
    let origin = origin(&app.config.base_url, app.config.development)?;
    let webauthn =
        WebauthnBuilder::new(origin.domain()?, &origin).and_then(|builder| builder.rp_name(NAME).build());
    webauthn.inspect_err(|error| tracing::error!(error = %error, "passkeys are off")).ok()
}

/// The address to open instead, when this page was opened at one where passkeys do not work. Only in
/// development: elsewhere there is one address.
pub fn better_address(app: &App, request: &HttpRequest) -> Option<String> {
    let origin = origin(&app.config.base_url, app.config.development)?;
    let opened = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = origin.domain()?;
    let named = origin.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    (app.config.development && opened != named)
        .then(|| format!("{}{}", origin.as_str().trim_end_matches('/'), request.path()))
}

/// WebAuthn refuses network addresses, so a development server is `localhost` to it.
fn origin(base_url: &str, development: bool) -> Option<Url> {
    let mut url = Url::parse(base_url).ok()?;
    if url.domain().is_none() {
        if !development {
            return None;
        }
        url.set_host(Some("localhost")).ok()?;
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn a_development_server_at_a_network_address_is_localhost() {
        let text = |base, development| origin(base, development).map(|url| url.to_string());
        assert_eq!(text("http://127.0.0.1:8080", true).as_deref(), Some("http://localhost:8080/"));
        assert_eq!(text("https://portal.example.com", false).as_deref(), Some("https://portal.example.com/"));
        assert_eq!(text("https://192.0.2.1", false), None);
    }
}
