//! The only timetable. What is due is judged by the injected clock inside each entry; the crontab
//! only says how often to look.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{Job, JobError};
use crate::accounts::api_keys;
use crate::accounts::closure::advance;
use crate::content::{end_users, ledger, storage};
use crate::identity::{account_recovery, passkeys, sign_up, summaries};
use crate::platform::app::App;
use crate::platform::backups;
use crate::platform::files;
use crate::platform::messages::forget_old_bodies;
use crate::platform::web::{rate_limit, session};
use crate::preferences::{campaigns, suppressions};
use crate::privacy::data_requests::tending;
use crate::privacy::{disclosures, disputes, erasure, exports};
use crate::public::transparency;
use crate::retention::{holds, sweep};
use crate::staff::audit::verify_and_keep;
use crate::trust::rules::evaluation;
use crate::trust::suspensions;

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

impl Entry {
    /// How often it is looked at, for people: `every 10 minutes`, `every day at 03:17 UTC`.
    pub fn often(&self) -> String {
        let fields: Vec<&str> = self.cron.split(' ').collect();
        match fields[..] {
            ["*", "*", "*", "*", "*"] => "every minute".into(),
            [minute, "*", "*", "*", "*"] => match minute.strip_prefix("*/") {
                Some(minutes) => format!("every {minutes} minutes"),
                None => format!("every hour, {minute} minutes past"),
            },
            [minute, hour, "*", "*", "*"] => format!("every day at {hour:0>2}:{minute:0>2} UTC"),
            _ => self.cron.to_owned(),
        }
    }
}

macro_rules! timetable {
    ($($name:literal $cron:literal $about:literal $run:path;)*) => {
        /// Every entry there is.
        pub const TIMETABLE: &[Entry] = &[$(Entry { name: $name, cron: $cron, about: $about, run: |app| Box::pin($run(app)) }),*];
    };
}

timetable! {
    "forget_sign_up_messages" "*/10 * * * *" "Forgets mail and codes of sign-ups after a day, so that an unfinished one leaves nothing behind." sign_up::forget_messages;
    "forget_message_bodies" "17 3 * * *" "Forgets the bodies of messages a week after they were delivered or given up." forget_old_bodies;
    "forget_suppression_words" "19 3 * * *" "Forgets why mailboxes get no mailings, two years after that began, where they are nobody's any more." suppressions::forget_words;
    "drop_expired_sessions" "*/10 * * * *" "Drops browser sessions that are past their idle or overall limit." session::drop_expired;
    "drop_full_rate_limits" "*/15 * * * *" "Drops rate limit buckets that have filled up again." rate_limit::drop_full;
    "drop_expired_passkey_ceremonies" "*/10 * * * *" "Drops passkey challenges that nobody answered in time." passkeys::drop_expired;
    "advance_account_recoveries" "*/5 * * * *" "Tells owners whose waiting time is over how to finish, and closes recoveries that ran out." account_recovery::advance;
    "sweep_soon" "*/10 * * * *" "Deletes what the rules want gone within minutes: unconfirmed sign-ups and wishes, old codes, unfinished set-ups, answers that were kept." sweep::soon;
    "sweep_nightly" "23 3 * * *" "Deletes everything else that is past its retention rule." sweep::nightly;
    "sweep_content" "47 3 * * *" "Deletes claims and communications that were kept as long as their owners instructed." storage::sweep;
    "advance_campaigns" "* * * * *" "Begins campaigns whose hour has come, sees that those under way are worked on, and settles what workers that stopped had of others." campaigns::advance;
    "announce_key_expiry" "*/10 * * * *" "Mails owners three days before one of their API keys ends." api_keys::announce;
    "finish_content_deletions" "13 * * * *" "Notes when the last backup of a deleted person is written over, and tells the privacy team once about each place where a deletion is overdue." end_users::finish;
    "remove_export_files" "*/10 * * * *" "Removes the files of copies that ran out or were ended, and files that belong to nobody." exports::remove_files;
    "mirror_deleted_records" "*/10 * * * *" "Puts beside the backups what programs deleted since, so that a restore does not bring it back." ledger::mirror;
    "tend_files" "*/10 * * * *" "Removes files whose row is gone, and notes rows whose file is." files::tending::tend;
    "tend_data_requests" "*/10 * * * *" "Lets go of data requests that nobody went on with, reminds the privacy team at 50, 75 and 90 percent of the time, and raises an alert for what is overdue." tending::tend;
    "tend_disputes" "*/10 * * * *" "Lets go of disputes whose mailbox nobody confirmed, with the files that came with them, and reminds the privacy team when their time runs out." disputes::tending::tend;
    "tend_disclosures" "*/10 * * * *" "Tells people what was handed over about them, on the day on which no law forbids that any more, and new owners of accounts of a business transfer that is to come." disclosures::tend;
    "publish_transparency" "37 1 * * *" "Counts each quarter once for the transparency page, in the night after it is over." transparency::publish;
    "advance_closures" "*/10 * * * *" "Reminds owners of accounts that are being closed, and deletes what is in them on the thirtieth day and the rest on the sixtieth." advance::advance;
    "tend_holds" "*/10 * * * *" "Lets holds lapse that nobody approved, and reminds staff of reviews." holds::tending::tend;
    "tend_suspensions" "*/10 * * * *" "Ends suspensions that have expired, and empties what old ones were shown by." suspensions::tending::tend;
    "resume_erasures" "*/10 * * * *" "Goes on with erasures that waited for a hold or whose job was lost." erasure::resume;
    "prune_backups" "53 3 * * *" "Removes backups that are older than 30 days, and what the ledger of erasures says about the time before." backups::prune_due;
    "watch_accounts" "* * * * *" "Counts what accounts did since the last look, and holds it against every rule." evaluation::watch;
    "compare_summaries" "29 2 * * *" "Compares what stands beside each person about factors, roles and recoveries with the tables of each, and mends what differs." summaries::compare;
    "verify_audit_log" "41 2 * * *" "Walks the audit log along its chain of hashes and keeps what it found." verify_and_keep;
}

/// The timetable as the job library reads it. Each entry has an id of its own: two of one id that are due
/// in the same minute would make the library refuse both.
pub(super) fn crontab() -> String {
    TIMETABLE
        .iter()
        .map(|entry| {
            format!("{0} {1} ?id={2}&max=3 {{name:\"{2}\"}}\n", entry.cron, TimetableEntry::NAME, entry.name)
        })
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
        let entry =
            entry.ok_or_else(|| JobError::Fail(format!("the timetable has no entry {}", self.name)))?;
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn people_read_how_often_in_words() {
        let often = |name: &str| super::TIMETABLE.iter().find(|entry| entry.name == name).unwrap().often();
        assert_eq!(often("watch_accounts"), "every minute");
        assert_eq!(often("tend_holds"), "every 10 minutes");
        assert_eq!(often("finish_content_deletions"), "every hour, 13 minutes past");
        assert_eq!(often("sweep_nightly"), "every day at 03:23 UTC");
        assert!(super::TIMETABLE.iter().all(|entry| entry.often() != entry.cron));
    }

    #[test]
    fn every_entry_is_a_crontab_line_with_an_id_of_its_own() {
        let parsed = graphile_worker::parse_crontab(&super::crontab()).expect("crontab lines");
        let ids: HashSet<&str> = parsed.iter().map(|crontab| crontab.identifier()).collect();
        assert_eq!(ids.len(), super::TIMETABLE.len());
    }
}
