//! Lists: newest first, a page after the last record of the page before, however far in. The answer says where the
//! next page is, in its body and in a `Link` header (RFC 8288).

use std::fmt::Display;
use std::str::FromStr;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ApiResult;
use super::problem::Problem;

/// Records on a page unless asked otherwise.
const USUAL: i64 = 50;
/// Most records on a page.
const MOST: i64 = 200;

/// `?after=` and `?limit=` of a list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Window {
    /// The SID of the last record of the page before.
    pub after: Option<String>,
    /// How many records: 1 to 200, otherwise 50.
    pub limit: Option<i64>,
}

impl Window {
    /// After which record the page begins.
    ///
    /// # Errors
    /// 422 for what is no SID of this kind.
    pub fn after<Id: FromStr>(&self) -> Result<Option<Id>, Problem> {
        let parsed = self.after.as_deref().map(str::parse).transpose();
        parsed.map_err(|_| Problem::field("?after", "This is not the SID of a record of this list."))
    }

    /// How many records to ask the database for: one more than a page, which tells whether there is a next one.
    ///
    /// # Errors
    /// 422 outside 1 to 200.
    pub fn rows(&self) -> Result<i64, Problem> {
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit + 1),
            _ => Err(Problem::field("?limit", format!("A page has 1 to {MOST} records."))),
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The records, newest first.
    pub data: Vec<T>,
    /// Address of the next page; null on the last one.
    #[schema(extensions(("x-data" = json!("none"))))]
    pub next: Option<String>,
}

/// Answers a page of up to `rows - 1` records. `id` names a record as `?after=` does; the other parameters of
/// the request stand in the link to the next page.
///
/// # Errors
/// None that can happen: what is answered can be written as JSON.
pub fn page<T: Serialize, Id: Display>(
    request: &HttpRequest,
    rows: i64,
    mut data: Vec<T>,
    id: impl Fn(&T) -> Id,
) -> ApiResult {
    let size = usize::try_from(rows - 1).unwrap_or(0);
    let more = data.len() > size;
    data.truncate(size);
    let next = data.last().filter(|_| more).map(|last| next(request, &id(last).to_string()));
    let mut answer = HttpResponse::Ok();
    if let Some(next) = &next {
        answer.insert_header((header::LINK, format!("<{next}>; rel=\"next\"")));
    }
    Ok(answer.json(List { data, next }))
}

/// Address of the page after this record, with the other parameters of the request.
pub fn next(request: &HttpRequest, after: &str) -> String {
    beyond((request.path(), request.query_string()), after)
}

/// As [`next`], for a request of this path and query.
pub fn beyond((path, query): (&str, &str), after: &str) -> String {
    let others = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "after");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(others)
        .append_pair("after", after)
        .finish();
    format!("{path}?{query}")
}
