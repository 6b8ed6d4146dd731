//! Static files, compiled in: fingerprinted, compressed beforehand and cached for ever.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::platform::error::AppError;

struct Asset {
    name: &'static str,
    url: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

const ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets/table.rs"));

/// The address of a static file by its name below `static/`; the stylesheets are `css/app.css`.
///
/// # Panics
/// A name that is not there, which the first render of a template shows.
pub fn url(name: &str) -> &'static str {
    ASSETS
        .iter()
        .find(|asset| asset.name == name)
        .map_or_else(|| panic!("no static file {name}"), |asset| asset.url)
}

/// `GET /static/{name}`. A name carries the digest of its content, so it never changes.
pub async fn show(request: HttpRequest) -> Result<HttpResponse, AppError> {
    let asset = ASSETS.iter().find(|asset| asset.url == request.path()).ok_or(AppError::NotFound)?;
    let accepted =
        request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let accepts = |coding: &str| {
        accepted.split(',').any(|part| {
            part.split(';').next().map(str::trim) == Some(coding)
                && !part.contains("q=0,")
                && !part.trim().ends_with("q=0")
        })
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_TYPE, asset.content_type));
    response.insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"));
    response.insert_header((header::VARY, "accept-encoding"));
    Ok(if accepts("br") {
        response.insert_header((header::CONTENT_ENCODING, "br")).body(asset.brotli)
    } else if accepts("gzip") {
        response.insert_header((header::CONTENT_ENCODING, "gzip")).body(asset.gzip)
    } else {
        response.body(asset.plain)
    })
}

/// `GET /favicon.ico`, which browsers ask for by themselves.
pub async fn favicon() -> HttpResponse {
    HttpResponse::MovedPermanently().insert_header((header::LOCATION, url("img/favicon.svg"))).finish()
}
