//! The link by which somebody without an account comes back to their request. It is sealed, says nothing to whoever
//! sees it, and works until three months after the request ended.

use chrono::{DateTime, Duration, Utc};

use super::DataRequest;
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::ids::RequestId;

/// What is sealed is bound to this use.
const PLACE: &str = "data_requests.link";
/// How long it works after the end.
const AFTERWARDS: Duration = Duration::days(90);

/// The token of the link to a request. Each time another one, and all of them work.
pub fn token(keys: &Keys, request: RequestId) -> String {
    keys.link(PLACE, request.0)
}

/// The request that a token leads to; nothing if it is none of ours.
pub fn parse(keys: &Keys, token: &str) -> Option<RequestId> {
    keys.linked(PLACE, token).map(RequestId)
}

/// Whether the link to a request still works.
pub fn works(request: &DataRequest, now: DateTime<Utc>) -> bool {
    request.closed_at.is_none_or(|closed| now < closed + AFTERWARDS)
}

/// Where whoever asked finds their request: signed in, or by the link.
pub fn url(app: &App, request: &DataRequest) -> String {
    match request.person {
        Some(_) if request.channel == "portal" => app.url(&format!("/privacy/requests/{}", request.id)),
        _ => app.url(&format!("/privacy/requests/links/{}", token(&app.keys, request.id))),
    }
}
