//! What a browser asks of us by itself. Global Privacy Control is honoured: a browser that sends it is not counted,
//! nothing about it is shared with anybody for purposes of their own, and the same holds from then on for whoever is
//! signed in there. Do Not Track is not acted on, and the page about cookies says so (S147).

use actix_session::SessionExt as _;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse};

/// Since when the signal is honoured, for `/.well-known/gpc.json`.
const SINCE: &str = "2026-11-24";

/// Where a session remembers what is on record for its owner.
const RECORDED: &str = "gpc";

/// Whether the browser asks for privacy by `Sec-GPC`: once, and exactly `1`. Anything else is no signal.
pub fn is_sent(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all("sec-gpc");
    matches!((values.next(), values.next()), (Some(value), None) if value == "1")
}

/// Whether the signal is on record for whoever is signed in.
pub fn is_recorded(request: &HttpRequest) -> bool {
    request.get_session().entries().get(RECORDED).is_some_and(|value| value == "true")
}

/// `GET /.well-known/gpc.json`: says that the signal is honoured, as the specification of Global Privacy Control has it.
pub async fn gpc() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "gpc": true, "lastUpdate": SINCE }))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HeaderName::from_static("sec-gpc"), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_exactly_one_is_the_signal() {
        assert!(is_sent(&headers(&["1"])));
        for other in [&[][..], &["0"], &["true"], &["1, 1"], &["1", "1"], &["1", "0"], &["01"], &[""]] {
            assert!(!is_sent(&headers(other)), "{other:?}");
        }
    }
}
