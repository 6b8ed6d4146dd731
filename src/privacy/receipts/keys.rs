//! The keys that receipts are checked with, for everybody.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use crate::platform::app::App;
use crate::platform::jws;

/// `GET /.well-known/receipt-keys.json`: a JWK set (RFC 7517). It changes rarely.
pub async fn show(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/jwk-set+json")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(jws::key_set(&app.receipt_keys.public()).to_string())
}
