//! What is counted of a visit, and what not.

use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::Data;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use webauthn_rs::prelude::Url;

use crate::platform::app::App;
use crate::platform::web::caller::Caller;
use crate::preferences::cookies::Consent;
use crate::routes;

/// What a count may be used for; the database refuses any other (S22).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// From where visitors come.
    Visitors,
    /// Which pages they come to.
    PopularPages,
    /// How they go from page to page.
    Navigation,
    /// Whether an advertisement brought them.
    Advertisements,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Visitors, Self::PopularPages, Self::Navigation, Self::Advertisements];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visitors => "visitors",
            Self::PopularPages => "popular_pages",
            Self::Navigation => "navigation",
            Self::Advertisements => "advertisements",
        }
    }

    /// For people.
    pub fn about(self) -> &'static str {
        match self {
            Self::Visitors => "understand from which sites and countries visitors come",
            Self::PopularPages => "see which pages are looked at most",
            Self::Navigation => "see how people find their way from page to page",
            Self::Advertisements => "see whether an advertisement of ours brings anybody",
        }
    }
}

/// One look at a page; all that are alike become one sum.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PageView {
    /// Midnight in UTC.
    pub day: DateTime<Utc>,
    /// Pattern of the site map.
    pub page: String,
    /// Host of the page before; empty for none.
    pub referrer_host: String,
    /// ISO 3166, or empty.
    pub country: String,
    pub purpose: Purpose,
}

impl PageView {
    /// What an answer counts as; nothing unless it is a page that was shown to a browser that agreed. Pages of the
    /// console and of development are not counted at all.
    pub fn of<B>(response: &ServiceResponse<B>) -> Option<Self> {
        let request = response.request();
        let is_page = request.method() == Method::GET
            && response.status() == StatusCode::OK
            && text(response.headers().get(header::CONTENT_TYPE)).starts_with("text/html");
        let app = request.app_data::<Data<App>>()?;
        if !is_page
            || request.headers().contains_key("sec-purpose")
            || Consent::of(request, app) != Consent::Given
        {
            return None;
        }
        let page = routes::path_of(request)?;
        if page.starts_with("/staff") || page.starts_with("/dev") {
            return None;
        }
        let referrer_host = host_of(text(request.headers().get(header::REFERER)));
        let advertised = request.query_string().split('&').any(|pair| pair.starts_with("utm_"));
        let own_host = host_of(&format!("{}/", app.config.base_url));
        Some(Self {
            day: app.clock.now().duration_trunc(TimeDelta::days(1)).ok()?,
            purpose: purpose(&referrer_host, &own_host, advertised),
            page: page.to_owned(),
            referrer_host,
            country: app.geo.country(Caller::of(request).ip).unwrap_or_default(),
        })
    }
}

fn purpose(referrer_host: &str, own_host: &str, advertised: bool) -> Purpose {
    match referrer_host {
        _ if advertised => Purpose::Advertisements,
        "" => Purpose::PopularPages,
        host if host == own_host => Purpose::Navigation,
        _ => Purpose::Visitors,
    }
}

fn text(value: Option<&header::HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The host of an address, without port and in small letters; empty if it is no address of a page. Nothing else of
/// the address is looked at: its path may name what somebody read or searched for.
fn host_of(address: &str) -> String {
    let Ok(url) = Url::parse(address) else { return String::new() };
    let is_page = matches!(url.scheme(), "http" | "https") && url.username().is_empty();
    url.host_str().filter(|host| is_page && host.len() <= 253).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_page_before_only_the_host_is_kept() {
        for (address, host) in [
            ("https://Search.Example/?q=lawyer+for+me", "search.example"),
            ("http://news.example:8080/story#comment", "news.example"),
            ("https://ada:secret@mail.example/", ""),
            ("android-app://com.example/", ""),
            ("about:blank", ""),
            ("https://<script>/", ""),
            ("", ""),
        ] {
            assert_eq!(host_of(address), host, "{address}");
        }
        assert_eq!(host_of(&format!("https://{}/", "a".repeat(254))), "");
    }

    #[test]
    fn each_count_has_one_purpose() {
        assert_eq!(purpose("", "portal.test", false), Purpose::PopularPages);
        assert_eq!(purpose("portal.test", "portal.test", false), Purpose::Navigation);
        assert_eq!(purpose("news.example", "portal.test", false), Purpose::Visitors);
        assert_eq!(purpose("news.example", "portal.test", true), Purpose::Advertisements);
    }
}
