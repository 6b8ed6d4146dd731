//! One erasure, from its order to its end.

use diesel::OptionalExtension as _;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use serde::{Deserialize, Serialize};

use super::queries::{self, Erasure};
use super::{Of, completion, engine};
use crate::platform::app::App;
use crate::platform::error::is_busy;
use crate::platform::ids::ErasureId;
use crate::platform::jobs::{Job, JobError};
use crate::retention::{holds, ledger};

/// So often the end gives way to somebody who is at a part of it, before the whole is left to a later try.
const TRIES: usize = 5;

/// Carries one erasure out.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Erase {
    /// Which one.
    pub erasure: ErasureId,
}

impl Job for Erase {
    const NAME: &'static str = "erase";

    async fn run(self, app: App) -> Result<(), JobError> {
        carry_out(&app, self.erasure).await
    }
}

/// Carries an erasure out, from where it is. One that is done already, or that a hold stands against, is left.
///
/// # Errors
/// `Retry` where the database fails; what was deleted before stays deleted.
pub async fn carry_out(app: &App, id: ErasureId) -> Result<(), JobError> {
    let mut conn = app.db.get().await?;
    let Some(erasure) = queries::find(&mut conn, id).await.optional()? else { return Ok(()) };
    let Some(of) = erasure.of() else { return Ok(()) };
    match go_on(&mut conn, app, &erasure, of).await {
        Err(error) if holds::is_refused(&error) => Ok(queries::hold(&mut conn, id, app.clock.now()).await?),
        done => {
            done?;
            drop(conn);
            // Apart from the erasure, which is done whatever becomes of it.
            Ok(ledger::mirror_recent(app).await?)
        }
    }
}

async fn go_on(
    conn: &mut AsyncPgConnection,
    app: &App,
    erasure: &Erasure,
    of: Of,
) -> diesel::QueryResult<()> {
    let now = app.clock.now();
    let Some(whose) = of.subject(conn, &app.keys).await? else {
        // Gone on another way: only the end is missing.
        return completion::without_subject(conn, app, erasure.id, of).await;
    };
    if holds::queries::stands_against(conn, &whose).await? {
        return queries::hold(conn, erasure.id, now).await;
    }
    let found = match erasure.began_at {
        Some(_) => None,
        None => Some(serde_json::json!(engine::count(conn, &whose).await?)),
    };
    queries::begin(conn, erasure.id, found, now).await?;
    for table in engine::bulk(matches!(of, Of::Content(_))) {
        loop {
            let batch = conn.transaction(async |conn| {
                holds::guard::share(conn).await?;
                if holds::queries::stands_against(conn, &whose).await? {
                    return Ok(None);
                }
                engine::delete_batch(conn, &whose, table).await.map(Some)
            });
            match batch.await? {
                None => return queries::hold(conn, erasure.id, now).await,
                Some(deleted) if i64::try_from(deleted).unwrap_or(0) < engine::BATCH => break,
                Some(_) => {}
            }
        }
    }
    for _ in 1..TRIES {
        match completion::finish(conn, app, erasure.id, of).await {
            Err(error) if is_busy(&error) => {}
            done => return done,
        }
    }
    completion::finish(conn, app, erasure.id, of).await
}
