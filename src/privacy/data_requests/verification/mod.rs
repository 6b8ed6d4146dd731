//! Showing who asks, for somebody without an account (S92): a code to their mailbox, and two further things that we
//! know of them. Tries are few. Whatever is wrong, the answer is the same, so nobody learns whether we hold anything.
//! What asks for specifics and cannot be verified is looked at as a question for categories (11 CCR 7024(a)).

mod code;
mod data;

pub use code::{send_another, send_code, try_code};
pub use data::{Outcome, Told, recast, try_data};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::DataRequest;
use super::states::State;
use crate::platform::db::schema::{data_request_tries, data_requests};
use crate::platform::ids::{RequestId, new_uuid};

/// What somebody still has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The code that was mailed.
    Code,
    /// Two further things.
    Data,
    /// Nothing.
    Done,
}

/// What somebody still has to show.
///
/// # Errors
/// What the database says.
pub async fn stage(conn: &mut AsyncPgConnection, request: &DataRequest) -> QueryResult<Stage> {
    if !matches!(request.state(), State::Received | State::Verifying) {
        return Ok(Stage::Done);
    }
    let shown = data_request_tries::table
        .filter(data_request_tries::request_id.eq(request.id))
        .filter(data_request_tries::what.eq("code").and(data_request_tries::matched));
    let shown: bool = diesel::select(diesel::dsl::exists(shown)).get_result(conn).await?;
    Ok(if shown { Stage::Data } else { Stage::Code })
}

async fn note_try(
    conn: &mut AsyncPgConnection,
    request: RequestId,
    (what, matched, points): (&str, bool, i32),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(data_request_tries::table)
        .values((
            data_request_tries::id.eq(new_uuid(now)),
            data_request_tries::request_id.eq(request),
            data_request_tries::what.eq(what),
            data_request_tries::matched.eq(matched),
            data_request_tries::points.eq(points),
            data_request_tries::tried_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Requests that nobody went on with: to be recast where the mailbox was shown, else to be ended.
///
/// # Errors
/// What the database says.
pub async fn forgotten(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<Vec<RequestId>> {
    data_requests::table
        .filter(data_requests::state.eq_any([State::Received.as_str(), State::Verifying.as_str()]))
        .filter(data_requests::received_at.le(before))
        .order(data_requests::id)
        .select(data_requests::id)
        .limit(1000)
        .load(conn)
        .await
}
