//! Versions of records: each answer carries an `ETag`, and a change says with `If-Match` which version it is about,
//! so that of two changes at the same moment one wins and the other is told (RFC 9110).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};

use super::problem::Problem;

/// The `ETag` of a version.
pub fn etag(version: i32) -> String {
    format!("\"{version}\"")
}

/// Which versions a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing was said.
    Absent,
    /// Whichever there is.
    Any,
    /// One of these.
    Versions(Vec<i32>),
}

impl IfMatch {
    fn parse(text: &str) -> Self {
        if text.trim() == "*" {
            return Self::Any;
        }
        let versions = text.split(',').map(|tag| tag.trim().trim_matches('"'));
        // A tag that is none of ours matches nothing, as RFC 9110 has it.
        Self::Versions(versions.filter_map(|tag| tag.parse().ok()).collect())
    }

    /// Refuses a change that does not say which version it is about.
    ///
    /// # Errors
    /// 428 without the header.
    pub fn required(self) -> Result<Self, Problem> {
        if self == Self::Absent {
            let detail = "Read the record, and send its ETag in If-Match with the change.";
            return Err(Problem::precondition_required().because(detail));
        }
        Ok(self)
    }

    /// Refuses a change that is about another version than the present one.
    ///
    /// # Errors
    /// 412 with the present `ETag`.
    pub fn check(&self, present: i32) -> Result<(), Problem> {
        match self {
            Self::Versions(versions) if !versions.contains(&present) => {
                let detail = "Read the record again: its present version is in the ETag header.";
                Err(Problem::precondition_failed().because(detail).with_header("etag", etag(present)))
            }
            _ => Ok(()),
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(header::IF_MATCH);
        ready(match header.map(|value| value.to_str()) {
            None => Ok(Self::Absent),
            Some(Ok(text)) => Ok(Self::parse(text)),
            Some(Err(_)) => Err(Problem::malformed().because("If-Match cannot be read.")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_present_version_may_be_changed() {
        assert!(IfMatch::parse("\"3\"").check(3).is_ok());
        assert!(IfMatch::parse("\"1\", \"3\"").check(3).is_ok());
        assert!(IfMatch::parse("*").check(3).is_ok());
        for other in ["\"2\"", "\"abc\"", ""] {
            assert!(IfMatch::parse(other).check(3).is_err(), "{other}");
        }
        assert!(IfMatch::Absent.required().is_err());
    }
}
