//! What every page shows around its content, and how a template becomes an answer.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::flash::{self, Flash};
use super::session::{self, Auth};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::preferences::cookies::Consent;
use crate::staff::undertaking;

/// What a handler answers.
pub type WebResult = Result<HttpResponse, AppError>;

/// Who is signed in, for the head of the page.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Whether to offer the staff console.
    pub is_staff: bool,
    /// Roles in words.
    pub roles: String,
    /// The desks of the console that these roles may open: address and label.
    pub desks: Vec<(&'static str, &'static str)>,
}

/// Something a signed-in person should do, above the content.
#[derive(Clone, Debug)]
pub struct Banner {
    /// `info`, `warning` or `danger`.
    pub kind: &'static str,
    /// A sentence.
    pub message: String,
    /// Where to do it.
    pub href: String,
    /// What the link says.
    pub action: String,
}

/// The frame of a page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Title and heading.
    pub title: String,
    /// Path, for marking the present place in the navigation.
    pub path: String,
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// Messages of the page before.
    pub flashes: Vec<Flash>,
    /// Things to do.
    pub banners: Vec<Banner>,
    /// Development shows a link to the mailbox.
    pub development: bool,
    /// Nobody has chosen in this browser whether visits may be counted.
    pub asks_about_statistics: bool,
    /// The browser sends Global Privacy Control, or did while this person was signed in.
    pub signalled: bool,
    /// When the session ends unless used, in RFC 3339.
    pub session_expires_at: Option<String>,
}

impl Page {
    /// The frame for this request. Takes the messages that wait for the next page.
    pub fn of(request: &HttpRequest, title: &str) -> Self {
        let auth = session::auth(request);
        let app = request.app_data::<web::Data<App>>();
        let development = app.is_some_and(|app| app.config.development);
        let consent = app.map(|app| Consent::of(request, app));
        Self {
            title: title.to_owned(),
            path: request.path().to_owned(),
            banners: auth.as_ref().map(banners).unwrap_or_default(),
            session_expires_at: auth
                .as_ref()
                .map(|auth| auth.expires_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            viewer: auth.map(|auth| Viewer {
                is_staff: !auth.roles.is_empty(),
                roles: auth.roles.join(", "),
                desks: crate::staff::menu::desks(&auth.roles),
                name: auth.name,
                email: auth.email,
            }),
            flashes: flash::take(request),
            development,
            asks_about_statistics: consent == Some(Consent::Unasked),
            signalled: consent == Some(Consent::Signalled),
        }
    }
}

/// What cannot wait for its owner to look for it.
fn banners(auth: &Auth) -> Vec<Banner> {
    let mut banners = two_factor_banner(auth);
    banners.extend(undertaking_banner(auth));
    if auth.recovery_pending {
        let message = "Somebody who knows your password asked to have your second factor removed. If it was not you, stop it.".into();
        let (href, action) = ("/settings/account-recovery".into(), "Look at the recovery".into());
        banners.insert(0, Banner { kind: "danger", message, href, action });
    }
    banners
}

/// Two-factor is recommended until it is on (S136).
fn two_factor_banner(auth: &Auth) -> Vec<Banner> {
    if auth.has_second_factor() {
        return Vec::new();
    }
    let message = if auth.roles.is_empty() {
        "Your account is protected by a password alone. A second factor keeps others out even if they learn it."
    } else {
        "Staff need a second factor before anything else opens."
    };
    vec![Banner {
        kind: "warning",
        message: message.into(),
        href: "/settings/two-factor".into(),
        action: "Set up two-factor".into(),
    }]
}

/// Staff who can sign in with their factor agree to confidentiality next (S157).
fn undertaking_banner(auth: &Auth) -> Option<Banner> {
    let waits = !auth.roles.is_empty() && auth.has_second_factor() && !undertaking::binds(auth.undertaking);
    waits.then(|| Banner {
        kind: "warning",
        message: "What is about people opens once you have agreed to keep it confidential.".into(),
        href: undertaking::PATH.into(),
        action: "Read the undertaking".into(),
    })
}

/// One step of a walk with an end.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it is called.
    pub label: String,
    /// `done`, `current` or `todo`.
    pub state: &'static str,
}

impl Step {
    /// All steps of a walk; `current` counts from zero.
    pub fn list(labels: &[&str], current: usize) -> Vec<Self> {
        let state = |index: usize| match index.cmp(&current) {
            std::cmp::Ordering::Less => "done",
            std::cmp::Ordering::Equal => "current",
            std::cmp::Ordering::Greater => "todo",
        };
        labels
            .iter()
            .enumerate()
            .map(|(index, label)| Self { label: (*label).to_owned(), state: state(index) })
            .collect()
    }
}

/// Most pages are a little smaller, in bytes; growing the text step by step would copy it.
const PAGE_SIZE: usize = 16 * 1024;

/// A page with this status. Pages are for the person who asked and are not stored.
///
/// # Errors
/// The template cannot be rendered.
pub fn with_status(status: StatusCode, page: &impl askama::Template) -> WebResult {
    let mut text = String::with_capacity(PAGE_SIZE);
    page.render_into(&mut text)?;
    Ok(HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(text))
}

/// A page, 200.
///
/// # Errors
/// The template cannot be rendered.
pub fn ok(page: &impl askama::Template) -> WebResult {
    with_status(StatusCode::OK, page)
}

/// A form again with what is wrong, 422.
///
/// # Errors
/// The template cannot be rendered.
pub fn unprocessable(page: &impl askama::Template) -> WebResult {
    with_status(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// On to another page after a change, 303.
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, path))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// A path of this portal to return to, or nothing if it could lead elsewhere.
pub fn safe_path(path: &str) -> Option<&str> {
    let local = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && path.len() <= 500;
    (local && path.chars().all(|c| !c.is_control() && !c.is_whitespace())).then_some(path)
}

/// A moment as pages and mails write it: always with its zone.
pub fn moment(at: &DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// A day as pages and mails write it.
pub fn day(at: &DateTime<Utc>) -> String {
    date(at.date_naive())
}

/// The same, for a day of the calendar.
pub fn date(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// A length of time for people, in its largest whole unit: `7 days`, `1 hour`. Three days and less are told in hours,
/// as whoever waits counts them.
pub fn span(length: Duration) -> String {
    let (count, unit) = match length.num_minutes() {
        minutes if minutes % 1_440 == 0 && minutes > 4_320 => (minutes / 1_440, "day"),
        minutes if minutes % 60 == 0 => (minutes / 60, "hour"),
        minutes => (minutes, "minute"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// Bytes for people.
pub fn size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    let bytes_f = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes_f / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes_f / 1e6),
        _ => format!("{:.1} GB", bytes_f / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::safe_path;

    #[test]
    fn a_return_path_never_leaves_the_portal() {
        assert_eq!(safe_path("/settings/email?x=1"), Some("/settings/email?x=1"));
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "settings",
            "/a\r\nSet-Cookie: x=1",
            "/\t/evil.example",
        ] {
            assert_eq!(safe_path(bad), None, "{bad:?}");
        }
    }
}
