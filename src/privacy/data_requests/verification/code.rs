//! The code to the mailbox.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::{Stage, note_try, stage};
use crate::platform::app::App;
use crate::platform::db::schema::data_request_codes;
use crate::platform::error::AppError;
use crate::platform::ids::{RequestId, new_uuid};
use crate::platform::web::pages::moment;
use crate::platform::web::rate_limit::{self, Quota};
use crate::privacy::data_requests::mail::{self, DataRequestCode};
use crate::privacy::data_requests::states::{self, Act, By, Refusal, Step};
use crate::privacy::data_requests::{DataRequest, Requester, links, log, refused};

/// How long a code works.
const CODE_WORKS: Duration = Duration::hours(24);

/// Codes for one request.
const CODES: Quota = Quota::per_minutes("data_request_code", 3, 60);

fn digest(app: &App, request: RequestId, code: &str) -> Vec<u8> {
    app.keys.digest("data_requests.code", format!("{request} {code}").as_bytes())
}

/// Mails a code, inside the caller's transaction. Only the latest works.
///
/// # Errors
/// What the database says.
pub async fn send_code(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: &DataRequest,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (code, until) = (app.keys.six_digits(), now + CODE_WORKS);
    diesel::delete(data_request_codes::table.filter(data_request_codes::request_id.eq(request.id)))
        .execute(conn)
        .await?;
    diesel::insert_into(data_request_codes::table)
        .values((
            data_request_codes::id.eq(new_uuid(now)),
            data_request_codes::request_id.eq(request.id),
            data_request_codes::code_digest.eq(digest(app, request.id, &code)),
            data_request_codes::sent_at.eq(now),
            data_request_codes::expires_at.eq(until),
        ))
        .execute(conn)
        .await?;
    let make = |recipient_name| DataRequestCode {
        recipient_name,
        code,
        until: moment(&until),
        url: links::url(app, request),
    };
    mail::send(conn, app, request, now, make).await
}

/// Mails another code to somebody who still has to show one.
///
/// # Errors
/// `TooManyRequests` beyond three an hour.
pub async fn send_another(app: &App, request: &DataRequest) -> Result<(), AppError> {
    rate_limit::take(app, CODES, &request.id.to_string()).await?;
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        if stage(conn, request).await? == Stage::Code {
            send_code(conn, app, request, now).await?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

async fn is_right(
    conn: &mut AsyncPgConnection,
    app: &App,
    request: RequestId,
    code: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    let right = data_request_codes::table
        .filter(data_request_codes::request_id.eq(request))
        .filter(data_request_codes::code_digest.eq(digest(app, request, &code)))
        .filter(data_request_codes::expires_at.gt(now));
    diesel::select(diesel::dsl::exists(right)).get_result(conn).await
}

/// Tries a code. With the right one, a request that discloses nothing specific is verified. Answers whether it was right.
///
/// # Errors
/// Inside: that there were enough tries, or none is needed.
pub async fn try_code(
    app: &App,
    who: &Requester,
    request: &DataRequest,
    code: &str,
) -> Result<Result<bool, Refusal>, AppError> {
    let (now, id) = (app.clock.now(), request.id);
    let mut conn = app.db.get().await?;
    let tried = conn
        .transaction(async |conn| {
            let right = is_right(conn, app, id, code, now).await?;
            note_try(conn, id, ("code", right, 0), now).await?;
            if right && request.kind().needs_mailbox_only() {
                let step = Step::new(Act::Verified, By::Requester(None)).how("mailbox");
                states::take(conn, id, &step, now).await?;
                log(conn, who.actor, id, Act::Verified, &who.from, now).await?;
            }
            Ok::<_, diesel::result::Error>(right)
        })
        .await;
    refused(tried)
}
