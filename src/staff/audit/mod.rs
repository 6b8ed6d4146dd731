//! The audit log in the console: who did what to whom, by ids only, and what the last walk along
//! the chain of hashes found. Walking takes as long as the log is, so a job does it every night, or
//! when asked.

mod queries;
pub mod web;

use diesel_async::AsyncConnection as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::audit::{self, Event, Verdict};
use crate::platform::error::AppError;
use crate::platform::jobs::{self, Job, JobError};
use crate::platform::web::guards::SignedIn;

/// Walks the chain and keeps what was found.
#[derive(Serialize, Deserialize)]
pub struct VerifyAuditLog {}

impl Job for VerifyAuditLog {
    const NAME: &'static str = "verify_audit_log";

    async fn run(self, app: App) -> Result<(), JobError> {
        Ok(verify_and_keep(app).await?)
    }
}

/// Walks the chain and keeps what was found; a break is an error in the logs as well.
///
/// # Errors
/// What the database says. A break is no error here: it is what was to be found out.
pub async fn verify_and_keep(app: App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    let verdict = audit::verify(&mut conn).await?;
    if let Verdict::Broken { seq, why } = &verdict {
        tracing::error!(audit.seq = seq, audit.why = why, "the audit log is broken");
    }
    queries::keep(&mut conn, &verdict, app.clock.now()).await?;
    Ok(())
}

/// Asks for a walk, and notes who asked.
///
/// # Errors
/// What the database says.
pub async fn ask_for_verification(app: &App, who: &SignedIn) -> Result<(), AppError> {
    let now = app.clock.now();
    let from = who.caller.circumstances();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        jobs::enqueue(conn, &VerifyAuditLog {}, 3).await?;
        let event = Event::new(who.actor(), "audit_log", None::<Uuid>, "audit.verification_asked", &from);
        audit::append(conn, now, event).await?;
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}
