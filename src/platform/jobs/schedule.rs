//! The only timetable. What is due is judged by the injected clock inside each entry; the crontab
//! only says how often to look.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{Job, JobError};
use crate::platform::app::App;
use crate::platform::messages::forget_old_bodies;
use crate::platform::web::{rate_limit, session};

/// Something that is looked after again and again.
pub struct Entry {
    /// Stable name.
    pub name: &'static str,
    /// How often, as five crontab fields in UTC.
    pub cron: &'static str,
    /// What it does, for staff.
    pub about: &'static str,
    /// The work; safe to run at any time and twice.
    pub run: fn(App) -> BoxFuture<'static, anyhow::Result<()>>,
}

macro_rules! timetable {
    ($($name:literal $cron:literal $about:literal $run:path;)*) => {
        /// Every entry there is.
        pub const TIMETABLE: &[Entry] = &[$(Entry { name: $name, cron: $cron, about: $about, run: |app| Box::pin($run(app)) }),*];
    };
}

timetable! {
    "forget_message_bodies" "17 3 * * *" "Forgets the bodies of messages a week after they were delivered or given up." forget_old_bodies;
    "drop_expired_sessions" "*/10 * * * *" "Drops browser sessions that are past their idle or overall limit." session::drop_expired;
    "drop_full_rate_limits" "*/15 * * * *" "Drops rate limit buckets that have filled up again." rate_limit::drop_full;
}

/// The timetable as the job library reads it.
pub(super) fn crontab() -> String {
    TIMETABLE
        .iter()
        .map(|entry| format!("{} {} ?max=3 {{name:\"{}\"}}\n", entry.cron, TimetableEntry::NAME, entry.name))
        .collect()
}

/// One due entry of the timetable.
#[derive(Serialize, Deserialize)]
pub struct TimetableEntry {
    name: String,
}

impl Job for TimetableEntry {
    const NAME: &'static str = "timetable_entry";

    async fn run(self, app: App) -> Result<(), JobError> {
        let entry = TIMETABLE.iter().find(|entry| entry.name == self.name);
        let entry = entry.ok_or_else(|| JobError::Fail(format!("the timetable has no entry {}", self.name)))?;
        Ok((entry.run)(app).await?)
    }
}

/// Runs every entry once, now. For the development clock and for tests.
///
/// # Errors
/// The first entry that fails.
pub async fn run_all(app: &App) -> anyhow::Result<()> {
    for entry in TIMETABLE {
        (entry.run)(app.clone()).await?;
    }
    Ok(())
}
