//! Lists of suspensions: of an account, and of the desk.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Suspension;
use crate::platform::db::schema::suspensions;
use crate::platform::ids::AccountId;
use crate::platform::web::pagination::{Window, windowed};

/// A page of the suspensions of an account.
pub(in crate::trust::suspensions) async fn page_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    window: Window,
) -> QueryResult<Vec<Suspension>> {
    let rows = suspensions::table.select(Suspension::as_select());
    windowed!(rows, suspensions::id, window).filter(suspensions::account_id.eq(account)).load(conn).await
}

/// Which suspensions are listed; values come from the filters and hold nothing that somebody typed.
#[derive(Clone, Copy, Debug)]
pub(in crate::trust::suspensions) struct Wanted {
    /// `ended`, `all`, or empty for those in force.
    pub view: &'static str,
    /// A level, or empty.
    pub level: &'static str,
    /// A reason, or empty.
    pub reason: &'static str,
    /// `rule`, `staff`, or empty.
    pub by: &'static str,
}

/// A page of all suspensions.
pub(in crate::trust::suspensions) async fn list(
    conn: &mut AsyncPgConnection,
    wanted: &Wanted,
    window: Window,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Suspension>> {
    let rows = suspensions::table.select(Suspension::as_select());
    let mut rows = windowed!(rows, suspensions::id, window);
    rows = match wanted.view {
        "ended" => rows.filter(suspensions::ended_at.is_not_null()),
        "all" => rows,
        _ => rows.filter(
            suspensions::ended_at
                .is_null()
                .and(suspensions::expires_at.is_null().or(suspensions::expires_at.gt(now))),
        ),
    };
    if !wanted.level.is_empty() {
        rows = rows.filter(suspensions::level.eq(wanted.level));
    }
    if !wanted.reason.is_empty() {
        rows = rows.filter(suspensions::reason_code.eq(wanted.reason));
    }
    if !wanted.by.is_empty() {
        rows = rows.filter(suspensions::decided_by_kind.eq(wanted.by));
    }
    rows.load(conn).await
}
