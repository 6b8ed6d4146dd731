//! `Idempotency-Key` on every POST: the second copy of a request gets the answer of the first, however close they
//! come. The key, the change and the answer are one transaction, so a crash leaves all of them or none.
//!
//! Two answers are not kept, and the reference says so. A file that is streamed is made anew for each copy of its
//! request, and its key belongs to that request all the same ([`Once::bind`]). A report of leaked secrets comes from
//! somebody without an account, for whom no key can be kept; its answer depends on the report alone.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use uuid::Uuid;

use super::problem::Problem;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::idempotent_requests as kept;
use crate::platform::ids::AccountId;

/// Where answers are sealed.
const PLACE: &str = "idempotent_requests.sealed_answer";
/// What the digests of requests are keyed for: a request may say things that could be guessed.
const DIGEST: &str = "idempotent request";
/// Longest key in characters.
const LONGEST: usize = 255;

/// The key of a request, if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(header) = request.headers().get("idempotency-key") else { return ready(Ok(Self(None))) };
        let key = header.to_str().unwrap_or_default().trim().trim_matches('"');
        ready(if key.is_empty() || key.len() > LONGEST {
            Err(Problem::malformed().because("Idempotency-Key is 1 to 255 printable characters of ASCII."))
        } else {
            Ok(Self(Some(key.to_owned())))
        })
    }
}

/// An answer that can be kept and given again.
#[derive(Clone, Debug)]
pub struct Answer {
    status: StatusCode,
    headers: serde_json::Map<String, serde_json::Value>,
    body: Vec<u8>,
    resource: Option<Uuid>,
    again: bool,
}

impl Answer {
    /// An answer with a JSON body.
    ///
    /// # Panics
    /// Never: what is answered can be written as JSON.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("plain data serialises");
        Self { status, headers: serde_json::Map::new(), body, resource: None, again: false }
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into().into());
        self
    }

    /// About this record: when it is deleted, the kept answer goes with it.
    pub fn about(mut self, resource: Uuid) -> Self {
        self.resource = Some(resource);
        self
    }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let mut response = HttpResponse::build(answer.status);
        response.content_type("application/json");
        for (name, value) in &answer.headers {
            response.insert_header((name.as_str(), value.as_str().unwrap_or_default()));
        }
        if answer.again {
            response.insert_header(("idempotent-replayed", "true"));
        }
        response.body(answer.body)
    }
}

/// One request that may come twice.
#[derive(Clone)]
pub struct Once<'a> {
    /// Seals answers.
    pub keys: &'a Keys,
    /// Whose request it is.
    pub account: AccountId,
    /// Its key; without one nothing is kept.
    pub key: &'a IdempotencyKey,
    /// What it asks, as a digest.
    pub digest: &'a [u8],
    /// When.
    pub now: DateTime<Utc>,
}

impl Once<'_> {
    /// Takes the key, inside the caller's transaction and before anything else in it. A copy that comes at the same
    /// moment waits here until the first is through. Answers what to give again, or nothing for a first request.
    ///
    /// # Errors
    /// 409 where the key belongs to another request, 410 where what it made was deleted.
    pub async fn begin(&self, conn: &mut AsyncPgConnection) -> Result<Option<Answer>, Problem> {
        let Some(key) = &self.key.0 else { return Ok(None) };
        let taken = diesel::insert_into(kept::table)
            .values((
                kept::account_id.eq(self.account),
                kept::key.eq(key),
                kept::request_digest.eq(self.keys.digest(DIGEST, self.digest)),
                kept::created_at.eq(self.now),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if taken > 0 {
            return Ok(None);
        }
        let (digest, status, headers, sealed): (Vec<u8>, Option<i32>, serde_json::Value, Option<Vec<u8>>) =
            kept::table
                .find((self.account, key))
                .select((kept::request_digest, kept::status, kept::headers, kept::sealed_answer))
                .first(conn)
                .await?;
        if !self.keys.digest_matches(DIGEST, self.digest, &digest) {
            let detail = "Use a new key for a new request. A key is remembered for 24 hours.";
            return Err(Problem::key_reused().because(detail));
        }
        let (Some(status), Some(sealed)) = (status, sealed) else { return Err(Problem::answer_deleted()) };
        let body = self.keys.open(PLACE, &sealed).map_err(anyhow::Error::from)?;
        let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        Ok(Some(Answer {
            status: status.unwrap_or(StatusCode::OK),
            headers: headers.as_object().cloned().unwrap_or_default(),
            body,
            resource: None,
            again: true,
        }))
    }

    /// Takes the key for a request whose answer is not kept, inside the caller's transaction and before anything else in
    /// it: a copy of the request is done again, another request with the key is refused.
    ///
    /// # Errors
    /// 409 where the key belongs to another request.
    pub async fn bind(&self, conn: &mut AsyncPgConnection) -> Result<(), Problem> {
        if self.begin(conn).await?.is_none() {
            self.keep(conn, Answer::json(StatusCode::OK, &())).await?;
        }
        Ok(())
    }

    /// Keeps the answer for a second copy, inside the transaction that [`Once::begin`] was called in.
    ///
    /// # Errors
    /// What the database says.
    pub async fn keep(&self, conn: &mut AsyncPgConnection, answer: Answer) -> Result<Answer, Problem> {
        let Some(key) = &self.key.0 else { return Ok(answer) };
        diesel::update(kept::table.find((self.account, key)))
            .set((
                kept::status.eq(i32::from(answer.status.as_u16())),
                kept::headers.eq(serde_json::Value::Object(answer.headers.clone())),
                kept::sealed_answer.eq(self.keys.seal(PLACE, &answer.body)),
                kept::resource_id.eq(answer.resource),
            ))
            .execute(conn)
            .await?;
        Ok(answer)
    }
}

/// Forgets what was answered about these records, inside the transaction that deletes them. The keys stay, so that a
/// copy that comes late does not make the record again.
///
/// # Errors
/// What the database says.
pub async fn forget(conn: &mut AsyncPgConnection, resources: &[Uuid]) -> QueryResult<()> {
    diesel::update(kept::table.filter(kept::resource_id.eq_any(resources)))
        .set((
            kept::sealed_answer.eq(None::<Vec<u8>>),
            kept::headers.eq(serde_json::json!({})),
            kept::resource_id.eq(None::<Uuid>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
