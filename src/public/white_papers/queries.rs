//! SQL of white papers and who asked for them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{NewPaper, NewRequest, PaperRequest, WhitePaper};
use crate::platform::db::schema::{white_paper_requests, white_papers};
use crate::platform::ids::{WhitePaperId, new_uuid};
use crate::platform::web::pagination::{Window, windowed};

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: WhitePaperId,
    new: &NewPaper,
    by: Option<Uuid>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(white_papers::table)
        .values((
            white_papers::id.eq(id),
            white_papers::title.eq(&new.title),
            white_papers::summary.eq(&new.summary),
            white_papers::body.eq(&new.body),
            white_papers::created_by.eq(by),
            white_papers::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn find(conn: &mut AsyncPgConnection, id: WhitePaperId) -> QueryResult<WhitePaper> {
    white_papers::table.find(id).select(WhitePaper::as_select()).first(conn).await
}

pub(super) async fn find_listed(conn: &mut AsyncPgConnection, id: WhitePaperId) -> QueryResult<WhitePaper> {
    let listed = white_papers::table.find(id).filter(white_papers::withdrawn_at.is_null());
    listed.select(WhitePaper::as_select()).first(conn).await
}

/// Papers on the list, the newest first.
pub(super) async fn listed(conn: &mut AsyncPgConnection) -> QueryResult<Vec<WhitePaper>> {
    white_papers::table
        .filter(white_papers::withdrawn_at.is_null())
        .order(white_papers::id.desc())
        .limit(100)
        .select(WhitePaper::as_select())
        .load(conn)
        .await
}

/// Every paper.
pub(super) async fn all(conn: &mut AsyncPgConnection, window: Window) -> QueryResult<Vec<WhitePaper>> {
    let rows = white_papers::table.select(WhitePaper::as_select());
    windowed!(rows, white_papers::id, window).load(conn).await
}

/// What the portal adds to a request.
pub(super) struct Row<'a> {
    pub paper: WhitePaperId,
    pub token_hash: &'a [u8],
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn request(
    conn: &mut AsyncPgConnection,
    row: &Row<'_>,
    new: &NewRequest,
    country: Option<&str>,
) -> QueryResult<()> {
    diesel::insert_into(white_paper_requests::table)
        .values((
            white_paper_requests::id.eq(new_uuid(row.now)),
            white_paper_requests::white_paper_id.eq(row.paper),
            white_paper_requests::email.eq(&new.email),
            white_paper_requests::company.eq(&new.company),
            white_paper_requests::role.eq(&new.role),
            white_paper_requests::use_case.eq(&new.use_case),
            white_paper_requests::country.eq(country),
            white_paper_requests::token_hash.eq(row.token_hash),
            white_paper_requests::requested_at.eq(row.now),
            white_paper_requests::expires_at.eq(row.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn by_token(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<WhitePaper>> {
    white_paper_requests::table
        .inner_join(white_papers::table)
        .filter(white_paper_requests::token_hash.eq(hash).and(white_paper_requests::expires_at.gt(now)))
        .select(WhitePaper::as_select())
        .first(conn)
        .await
        .optional()
}

/// Answers whether it was on the list.
pub(super) async fn withdraw(
    conn: &mut AsyncPgConnection,
    id: WhitePaperId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let listed = white_papers::table.find(id).filter(white_papers::withdrawn_at.is_null());
    let changed = diesel::update(listed).set(white_papers::withdrawn_at.eq(now)).execute(conn).await?;
    Ok(changed > 0)
}

/// Who asked for a paper.
pub(super) async fn requests(
    conn: &mut AsyncPgConnection,
    id: WhitePaperId,
    window: Window,
) -> QueryResult<Vec<PaperRequest>> {
    let rows = white_paper_requests::table
        .filter(white_paper_requests::white_paper_id.eq(id))
        .select(PaperRequest::as_select());
    windowed!(rows, white_paper_requests::id, window).load(conn).await
}
