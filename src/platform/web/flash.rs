//! A message for the next page, kept in the session. Only after success.

use actix_session::SessionExt as _;
use actix_web::HttpRequest;
use serde::{Deserialize, Serialize};

const KEY: &str = "flash";

/// One message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flash {
    /// `success`, `info`, `warning` or `danger`.
    pub kind: String,
    /// One or two sentences.
    pub message: String,
}

/// Leaves a success message for the next page.
pub fn success(request: &HttpRequest, message: impl Into<String>) {
    leave(request, "success", message.into());
}

/// Leaves a neutral message for the next page.
pub fn info(request: &HttpRequest, message: impl Into<String>) {
    leave(request, "info", message.into());
}

fn leave(request: &HttpRequest, kind: &str, message: String) {
    let session = request.get_session();
    let mut all: Vec<Flash> = session.get(KEY).ok().flatten().unwrap_or_default();
    all.push(Flash { kind: kind.to_owned(), message });
    session.insert(KEY, all).expect("plain data serialises");
}

/// Takes the messages that wait; they are shown once.
pub fn take(request: &HttpRequest) -> Vec<Flash> {
    let session = request.get_session();
    if !session.contains_key(KEY) {
        return Vec::new();
    }
    session.remove_as::<Vec<Flash>>(KEY).and_then(Result::ok).unwrap_or_default()
}
