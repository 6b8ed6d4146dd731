//! How programs talk to us: JSON below `/v1`, with HTTP Basic and the credentials of an account.
//!
//! What every resource shares stands here: who asks ([`client`]), what they may do ([`scopes`]), how often
//! ([`limits`]), how a body is read ([`body`], [`distinct`]), sent twice ([`idempotency`]), changed ([`versions`]) and listed
//! ([`lists`]), and what an error looks like ([`problem`]). The document for
//! client generators ([`openapi`]) and the reference for people ([`reference`]) are made from the handlers; each field
//! says in them what becomes of it ([`labels`]). The resources themselves stand with their features.

pub mod body;
pub mod client;
pub mod distinct;
pub mod idempotency;
pub mod labels;
pub mod limits;
pub mod lists;
pub mod openapi;
pub mod problem;
pub mod reference;
pub mod scopes;
pub mod versions;

use actix_web::HttpResponse;

use problem::Problem;

/// What a handler of the API answers.
pub type ApiResult = Result<HttpResponse, Problem>;
