//! Every cookie that the portal sets, and the choice about what is done with them (S21, S31).
//!
//! There are few, all our own. The page `/cookies` is made of the register, and the tests compare it with every
//! cookie that any answer sets. What is not necessary happens only where somebody agreed to it, and refusing is
//! one click like agreeing. The choice lives in a cookie without an identifier: it says the choice and nothing else.

pub mod web;

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use chrono::Duration;

use super::signals;
use crate::platform::app::App;
use crate::platform::web::server::cookie_name;
use crate::retention::rules;

/// What a cookie is for, as far as a choice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Without it the portal does not work. There is no choice.
    Necessary,
}

impl Kind {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Necessary => "Necessary",
        }
    }
}

/// A cookie that we set.
#[derive(Clone, Copy, Debug)]
pub struct Registered {
    /// Its name, without the prefix that browsers check where the portal is reached over TLS.
    pub name: &'static str,
    /// Who sets it.
    pub setter: &'static str,
    /// Which choice it falls under.
    pub kind: Kind,
    /// What it does, in a sentence or two.
    pub purpose: &'static str,
    /// How long the browser keeps it at most.
    pub lifetime: Duration,
}

/// The name of the cookie that remembers the choice.
const CHOICE: &str = "choice";
/// How long a choice is remembered before it is asked for again.
const CHOICE_LIVES: Duration = Duration::days(180);

/// Every cookie there is.
pub const REGISTER: &[Registered] = &[
    Registered {
        name: "session",
        setter: "LossExpress",
        kind: Kind::Necessary,
        purpose: "Keeps you signed in, and carries what a page leaves for the next while you sign up or sign in. It holds a random number that means nothing elsewhere.",
        lifetime: rules::SESSIONS.period.length(),
    },
    Registered {
        name: "browser",
        setter: "LossExpress",
        kind: Kind::Necessary,
        purpose: "Set when you sign in. Tells your browser from a stranger's, so that we can warn you about a sign-in from elsewhere, and so that wrong passwords of strangers do not lock you out. It opens nothing.",
        lifetime: rules::KNOWN_BROWSERS.period.length(),
    },
    Registered {
        name: CHOICE,
        setter: "LossExpress",
        kind: Kind::Necessary,
        purpose: "Set when you choose on this page. Remembers whether page statistics may count your visits: yes or no, and nothing about you.",
        lifetime: CHOICE_LIVES,
    },
];

/// The cookie of the register that an answer may call this.
pub fn find(name: &str) -> Option<&'static Registered> {
    let name = name.strip_prefix("__Host-").unwrap_or(name);
    REGISTER.iter().find(|cookie| cookie.name == name)
}

/// Whether page statistics may count a visit of this browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Somebody agreed.
    Given,
    /// Somebody refused.
    Refused,
    /// Nobody has chosen, which counts as a refusal.
    Unasked,
    /// The browser, or the person who is signed in, asked not to be tracked. Nothing is asked then.
    Signalled,
}

impl Consent {
    /// What this browser chose, and whether a signal overrules it.
    pub fn of(request: &HttpRequest, app: &App) -> Self {
        if signals::is_sent(request.headers()) || signals::is_recorded(request) {
            return Self::Signalled;
        }
        match request.cookie(&cookie_name(app, CHOICE)).as_ref().map(Cookie::value) {
            Some("statistics-yes") => Self::Given,
            Some("statistics-no") => Self::Refused,
            _ => Self::Unasked,
        }
    }
}

/// Whether this browser has chosen to be counted, whatever a signal says.
pub fn has_agreed(request: &HttpRequest, app: &App) -> bool {
    request.cookie(&cookie_name(app, CHOICE)).is_some_and(|cookie| cookie.value() == "statistics-yes")
}

/// The cookie that remembers a choice.
fn choice(app: &App, statistics: bool) -> Cookie<'static> {
    let value = if statistics { "statistics-yes" } else { "statistics-no" };
    Cookie::build(cookie_name(app, CHOICE), value)
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        .same_site(SameSite::Lax)
        .max_age(CookieDuration::seconds(CHOICE_LIVES.num_seconds()))
        .finish()
}

/// A length of time as people say it.
fn words(lifetime: Duration) -> String {
    format!("up to {} days", lifetime.num_days())
}
