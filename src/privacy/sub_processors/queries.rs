//! SQL of the register of sub-processors.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Assurance, Draft, SubProcessor};
use crate::platform::db::schema::{people, sub_processors};
use crate::platform::ids::{PersonId, SubProcessorId};
use crate::platform::web::pagination::{Window, windowed};

/// What somebody proposed that is the same in everything, and is neither published nor ended.
pub(super) async fn same(
    conn: &mut AsyncPgConnection,
    draft: &Draft,
    by: PersonId,
) -> QueryResult<Option<SubProcessorId>> {
    sub_processors::table
        .filter(sub_processors::proposed_by.eq(by).and(sub_processors::name.eq(&draft.name)))
        .filter(sub_processors::country.eq(&draft.country).and(sub_processors::does.eq(&draft.does)))
        .filter(sub_processors::function.eq(draft.function.as_str()))
        .filter(sub_processors::approved_at.is_null().and(sub_processors::ended_at.is_null()))
        .select(sub_processors::id)
        .first(conn)
        .await
        .optional()
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    draft: &Draft,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<SubProcessorId> {
    let id = SubProcessorId::new(now);
    diesel::insert_into(sub_processors::table)
        .values((
            sub_processors::id.eq(id),
            sub_processors::name.eq(&draft.name),
            sub_processors::country.eq(&draft.country),
            sub_processors::function.eq(draft.function.as_str()),
            sub_processors::does.eq(&draft.does),
            sub_processors::proposed_by.eq(by),
            sub_processors::proposed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(id)
}

pub(super) async fn assure(
    conn: &mut AsyncPgConnection,
    id: SubProcessorId,
    new: &Assurance,
) -> QueryResult<usize> {
    diesel::update(sub_processors::table.find(id))
        .set((
            sub_processors::assurance.eq(Some(&new.words)),
            sub_processors::contract_on.eq(Some(new.contract_on)),
            sub_processors::diligence_on.eq(Some(new.diligence_on)),
        ))
        .execute(conn)
        .await
}

pub(super) async fn approve(
    conn: &mut AsyncPgConnection,
    id: SubProcessorId,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(sub_processors::table.find(id))
        .set((sub_processors::approved_by.eq(Some(by)), sub_processors::approved_at.eq(Some(now))))
        .execute(conn)
        .await
}

pub(super) async fn end(
    conn: &mut AsyncPgConnection,
    id: SubProcessorId,
    by: PersonId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(sub_processors::table.find(id))
        .set((sub_processors::ended_by.eq(Some(by)), sub_processors::ended_at.eq(Some(now))))
        .execute(conn)
        .await
}

pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    id: SubProcessorId,
) -> QueryResult<Option<SubProcessor>> {
    sub_processors::table.find(id).select(SubProcessor::as_select()).first(conn).await.optional()
}

/// The same, and nobody else changes it until the transaction ends.
pub(super) async fn lock(conn: &mut AsyncPgConnection, id: SubProcessorId) -> QueryResult<SubProcessor> {
    sub_processors::table.find(id).select(SubProcessor::as_select()).for_update().first(conn).await
}

pub(super) async fn list(conn: &mut AsyncPgConnection, window: Window) -> QueryResult<Vec<SubProcessor>> {
    windowed!(sub_processors::table.select(SubProcessor::as_select()), sub_processors::id, window)
        .load(conn)
        .await
}

/// Everybody who is or was published, by name.
pub(super) async fn published(conn: &mut AsyncPgConnection) -> QueryResult<Vec<SubProcessor>> {
    sub_processors::table
        .filter(sub_processors::approved_at.is_not_null())
        .order((sub_processors::name, sub_processors::id))
        .select(SubProcessor::as_select())
        .load(conn)
        .await
}

pub(super) async fn name_of(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<Option<String>> {
    people::table.find(person).select(people::name).first(conn).await.optional()
}
