//! The start page, the documents that anyone may read, and the small files that programs look for.
//!
//! - [`events`], [`white_papers`], [`surveys`]: forms for anybody, each with its desk
//! - [`transparency`]: what came in each quarter and how it ended

pub mod events;
pub mod surveys;
pub mod transparency;
pub mod white_papers;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::platform::app::App;
use crate::platform::web::pages::{self, Page, WebResult, see_other};

/// The version of the terms that a sign-up accepts now (S46): the day they came into force.
pub const TERMS_VERSION: &str = "2026-11-01";

#[derive(askama::Template)]
#[template(path = "public/home.html")]
struct Home {
    page: Page,
}

/// `GET /`
pub async fn home(request: HttpRequest) -> WebResult {
    let page = Page::of(&request, "Your LossExpress account, in your hands");
    if page.viewer.is_some() {
        return Ok(see_other("/settings"));
    }
    pages::ok(&Home { page })
}

#[derive(askama::Template)]
#[template(path = "public/terms.html")]
struct Terms {
    page: Page,
    version: &'static str,
}

/// `GET /terms`: the terms in the version that a sign-up accepts (S46).
pub async fn terms(request: HttpRequest) -> WebResult {
    pages::ok(&Terms { page: Page::of(&request, "Terms of service"), version: TERMS_VERSION })
}

#[derive(askama::Template)]
#[template(path = "public/end_users.html")]
struct EndUsers {
    page: Page,
}

/// `GET /end-users`: points people whose data a customer of ours keeps to that customer (S20). It collects nothing, and
/// tells nothing about who is kept.
pub async fn end_users(request: HttpRequest) -> WebResult {
    pages::ok(&EndUsers { page: Page::of(&request, "If a company keeps your data with us") })
}

/// `GET /robots.txt`
pub async fn robots() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("User-agent: *\nAllow: /$\nAllow: /privacy\nAllow: /transparency\nAllow: /sub-processors\nAllow: /terms\nAllow: /end-users$\nAllow: /cookies\nAllow: /newsletter$\nAllow: /events\nAllow: /white-papers\nAllow: /surveys\nAllow: /contact-sales$\nDisallow: /events/registrations\nDisallow: /white-papers/documents\nDisallow: /surveys/answers\nDisallow: /\n")
}

/// `GET /.well-known/security.txt` (RFC 9116). It is renewed with each start, for half a year.
pub async fn security_txt(app: web::Data<App>) -> HttpResponse {
    let expires =
        (app.clock.now() + chrono::Duration::days(180)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let body = format!(
        "Contact: mailto:info@lossexpress.com\nExpires: {expires}\nPreferred-Languages: en\nCanonical: {}\n",
        app.url("/.well-known/security.txt")
    );
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(body)
}

/// `GET /.well-known/change-password`: where password managers send people.
pub async fn change_password() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/settings/password")).finish()
}
