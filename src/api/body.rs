//! Reads a JSON body: what is no JSON is told from what is JSON with wrong fields, and the first such field is
//! pointed to. Where a handler takes an `ApiClient` before its body, the body waits until it is known whose it is: a
//! stranger is refused as a stranger, whatever they send.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Deserializer};
use serde_path_to_error::{Path, Segment};
use tokio::sync::oneshot;

use super::problem::Problem;
use crate::platform::crypto::sha256_of;
use crate::platform::text::capitalised;

/// Largest body of one record, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// The media types that a record is taken in.
const MEDIA_TYPES: [&str; 2] = ["application/json", "application/merge-patch+json"];

/// A body that was read, and a digest by which a second copy of the request is recognised.
#[derive(Clone, Debug)]
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// SHA-256 over method, address and body.
    pub digest: [u8; 32],
}

/// Keeps the body of a request unread until something is sent, or the sender is gone.
struct Gate(oneshot::Receiver<()>);

/// Closes the gate of a request.
pub(super) fn close(request: &HttpRequest) -> oneshot::Sender<()> {
    let (open, closed) = oneshot::channel();
    request.extensions_mut().insert(Gate(closed));
    open
}

/// Reads an object out of JSON.
///
/// # Errors
/// 400 for what is no JSON, 422 with a pointer for what is not the shape that was asked for.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list would be taken for the fields of an object in their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::field("", "Send an object, with the fields by their names."));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() {
            Problem::field(pointer(error.path()), sentence(inner))
        } else {
            Problem::malformed().because(format!("The body is not JSON: {inner}."))
        }
    })?;
    json.end().map_err(|error| Problem::malformed().because(format!("The body is not JSON: {error}.")))?;
    Ok(value)
}

/// Reads a whole number or nothing: 7 and 7.0 are one number in JSON.
///
/// # Errors
/// It is no whole number.
pub fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    // Beyond this a float no longer tells neighbours apart.
    let exact = |float: &f64| float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "just found whole and small enough")]
    let whole = number.as_i64().or_else(|| number.as_f64().filter(exact).map(|float| float as i64));
    whole.map(Some).ok_or_else(|| serde::de::Error::custom("this is a whole number"))
}

/// As [`parse`], from JSON that was read already.
///
/// # Errors
/// 422 with a pointer for what is not the shape that was asked for.
pub fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| Problem::field(pointer(error.path()), sentence(error.inner())))
}

fn pointer(path: &Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// The reader's own words, without the place in the text, which the pointer tells better.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    capitalised(text) + "."
}

async fn read<T: DeserializeOwned>(request: &HttpRequest, payload: Payload) -> Result<Body<T>, Problem> {
    let media_type = request.content_type().to_ascii_lowercase();
    if !MEDIA_TYPES.contains(&media_type.as_str()) {
        let problem = Problem::unsupported_media_type();
        return Err(problem.because("Send application/json.").with_header("accept", MEDIA_TYPES.join(", ")));
    }
    let mut payload = payload;
    let mut bytes = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::malformed().because("The body broke off."))?;
        if bytes.len() + chunk.len() > LARGEST {
            return Err(Problem::too_large().because(format!("A record is at most {} KiB.", LARGEST / 1024)));
        }
        bytes.extend_from_slice(&chunk);
    }
    let (path, query) = (request.path().as_bytes(), request.query_string().as_bytes());
    let digest = sha256_of(&[request.method().as_str().as_bytes(), path, query, &bytes]);
    Ok(Body { value: parse(&bytes)?, digest })
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        let gate = request.extensions_mut().remove::<Gate>();
        Box::pin(async move {
            if let Some(Gate(opened)) = gate {
                let _ = opened.await;
            }
            read(&request, payload).await
        })
    }
}

/// Query parameters, with a problem rather than a page for what is wrong with them.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = serde_urlencoded::Deserializer::new(url_pairs(request.query_string()));
        let read = serde_path_to_error::deserialize(pairs).map(Query).map_err(|error| {
            let name = pointer(error.path()).replacen('/', "?", 1);
            Problem::field(name, format!("{}.", error.inner()))
        });
        std::future::ready(read)
    }
}

fn url_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[allow(dead_code, reason = "only read")]
        numbers: Vec<u8>,
    }

    #[test]
    fn the_field_that_is_wrong_is_pointed_to() {
        let problem = parse::<Sample>(br#"{"numbers": [1, 300]}"#).unwrap_err();
        assert_eq!(problem.errors()[0].pointer, "/numbers/1");
        let problem = parse::<Sample>(br#"{"numbers": [], "other": 1}"#).unwrap_err();
        assert!(problem.errors()[0].detail.starts_with("Unknown field"), "{:?}", problem.errors());
    }

    #[test]
    fn what_is_no_json_is_told_apart() {
        for text in [&b"{"[..], b"", b"{} {}", b"\xff"] {
            assert!(parse::<serde_json::Value>(text).unwrap_err().errors().is_empty());
        }
    }

    #[test]
    fn a_whole_number_is_whole_however_it_is_written() {
        #[derive(Debug, serde::Deserialize)]
        struct Days {
            #[serde(default, deserialize_with = "whole")]
            days: Option<i64>,
        }
        let read = |text: &str| parse::<Days>(text.as_bytes()).map(|read| read.days);
        for (text, days) in [("{\"days\": 7}", Some(7)), ("{\"days\": 7.0}", Some(7)), ("{}", None)] {
            assert_eq!(read(text).unwrap(), days, "{text}");
        }
        for text in ["{\"days\": 7.5}", "{\"days\": \"7\"}", "{\"days\": 1e300}"] {
            assert_eq!(read(text).unwrap_err().errors()[0].pointer, "/days", "{text}");
        }
    }

    #[test]
    fn a_list_is_no_object_in_another_order() {
        assert_eq!(parse::<Sample>(b" [[1]]").unwrap_err().errors()[0].pointer, "");
    }
}
