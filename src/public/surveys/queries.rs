//! SQL of surveys and answers.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Answers, NewSurvey, Survey};
use crate::platform::db::schema::{survey_answers, surveys};
use crate::platform::ids::{PersonId, SurveyId, new_uuid};
use crate::platform::web::pagination::{Window, windowed};

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    id: SurveyId,
    new: &NewSurvey,
    by: Option<Uuid>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(surveys::table)
        .values((
            surveys::id.eq(id),
            surveys::title.eq(&new.title),
            surveys::about.eq(&new.about),
            surveys::questions.eq(&new.questions),
            surveys::created_by.eq(by),
            surveys::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn find(conn: &mut AsyncPgConnection, id: SurveyId) -> QueryResult<Survey> {
    surveys::table.find(id).select(Survey::as_select()).first(conn).await
}

/// Surveys that can be answered, the newest first.
pub(super) async fn open(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Survey>> {
    surveys::table
        .filter(surveys::closed_at.is_null())
        .order(surveys::id.desc())
        .limit(100)
        .select(Survey::as_select())
        .load(conn)
        .await
}

/// Every survey.
pub(super) async fn all(conn: &mut AsyncPgConnection, window: Window) -> QueryResult<Vec<Survey>> {
    let rows = surveys::table.select(Survey::as_select());
    windowed!(rows, surveys::id, window).load(conn).await
}

/// Answers whether it was open.
pub(super) async fn close(
    conn: &mut AsyncPgConnection,
    id: SurveyId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let open = surveys::table.find(id).filter(surveys::closed_at.is_null());
    Ok(diesel::update(open).set(surveys::closed_at.eq(now)).execute(conn).await? > 0)
}

/// Answers to be kept.
pub(super) struct New<'a> {
    pub survey: SurveyId,
    pub person: Option<PersonId>,
    pub token_hash: &'a [u8],
    pub answers: &'a [String],
}

pub(super) async fn answer(
    conn: &mut AsyncPgConnection,
    new: &New<'_>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(survey_answers::table)
        .values((
            survey_answers::id.eq(new_uuid(now)),
            survey_answers::survey_id.eq(new.survey),
            survey_answers::person_id.eq(new.person),
            survey_answers::token_hash.eq(new.token_hash),
            survey_answers::answers.eq(new.answers),
            survey_answers::answered_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn by_token(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
) -> QueryResult<Option<(Answers, Survey)>> {
    survey_answers::table
        .inner_join(surveys::table)
        .filter(survey_answers::token_hash.eq(hash))
        .select((Answers::as_select(), Survey::as_select()))
        .first(conn)
        .await
        .optional()
}

/// Answers whether they were there.
pub(super) async fn forget(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<bool> {
    let meant = survey_answers::table.filter(survey_answers::token_hash.eq(hash));
    Ok(diesel::delete(meant).execute(conn).await? > 0)
}

/// What was answered to a survey.
pub(super) async fn answers(
    conn: &mut AsyncPgConnection,
    id: SurveyId,
    window: Window,
) -> QueryResult<Vec<Answers>> {
    let rows = survey_answers::table.filter(survey_answers::survey_id.eq(id)).select(Answers::as_select());
    windowed!(rows, survey_answers::id, window).load(conn).await
}
