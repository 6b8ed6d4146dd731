//! Loading sessions: of several requests that come at the same time in one statement, since every page for somebody who is
//! signed in begins with it. Whichever way, what is read is no older than the request.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::statements::{
    OverviewRow, Session, SessionRow, SessionWithOverview, Sessions, SessionsWithOverview, TokenHash,
};
use crate::platform::app::App;
use crate::platform::db::Db;
use crate::platform::db::batcher::Batcher;

/// A session with what its page wants to know, if there is one.
type Found<T> = Option<T>;

/// Loads sessions. Cheap to clone; those who share one are brought together.
#[derive(Clone)]
pub(super) struct Loader {
    db: Db,
    plain: Batcher<TokenHash, Found<SessionRow>>,
    with_overview: Batcher<TokenHash, Found<(SessionRow, OverviewRow)>>,
}

impl Loader {
    pub(super) fn start(app: &App) -> Self {
        let (db, other) = (app.db.clone(), app.db.clone());
        let plain = Batcher::start(move |hashes: Vec<TokenHash>| {
            let db = db.clone();
            async move {
                let mut conn = db.get_on_trial().await?;
                let found = Sessions(&hashes).load::<(SessionRow, i64)>(&mut *conn).await?;
                conn.keep();
                Ok(in_order(hashes.len(), found))
            }
        });
        let with_overview = Batcher::start(move |hashes: Vec<TokenHash>| {
            let db = other.clone();
            async move {
                let mut conn = db.get_on_trial().await?;
                let statement = SessionsWithOverview(&hashes);
                let found = statement.load::<(SessionRow, OverviewRow, i64)>(&mut *conn).await?;
                conn.keep();
                let found = found.into_iter().map(|(row, overview, place)| ((row, overview), place));
                Ok(in_order(hashes.len(), found))
            }
        });
        Self { db: app.db.clone(), plain, with_overview }
    }

    /// The session with this hash of its token.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn one(&self, hash: TokenHash) -> anyhow::Result<Found<SessionRow>> {
        let turn = self.plain.enter();
        if let Some(found) = turn.with_others(|| hash.clone()).await {
            return Ok(found);
        }
        Ok(Session(&hash).get_result(&mut self.db.get().await?).await.optional()?)
    }

    /// The same, with what the overview shows.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn one_with_overview(
        &self,
        hash: TokenHash,
    ) -> anyhow::Result<Found<(SessionRow, OverviewRow)>> {
        let turn = self.with_overview.enter();
        if let Some(found) = turn.with_others(|| hash.clone()).await {
            return Ok(found);
        }
        Ok(SessionWithOverview(&hash).get_result(&mut self.db.get().await?).await.optional()?)
    }
}

/// For each hash what was found; that there is none is an answer too.
fn in_order<T>(many: usize, found: impl IntoIterator<Item = (T, i64)>) -> Vec<Option<Found<T>>> {
    let mut answers: Vec<Option<Found<T>>> = (0..many).map(|_| Some(None)).collect();
    for (row, place) in found {
        let place = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
        if let Some(answer) = place.and_then(|place| answers.get_mut(place)) {
            *answer = Some(Some(row));
        }
    }
    answers
}
