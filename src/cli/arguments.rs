//! The commands and what each takes.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};
use portal::content::claims::import::{Format, Mode};
use portal::platform::ids::AccountId;
use portal::{retention, staff};

use super::backups::BackupCommand;
use super::receipts::ReceiptCommand;

/// The LossExpress account and privacy portal.
#[derive(Parser)]
#[command(
    version,
    about,
    long_about = "The LossExpress account and privacy portal: one program, one Postgres.\n\nEvery setting is an environment variable (PORTAL_…) and may stand in a file .env; `portal config` prints them all."
)]
pub(super) struct Arguments {
    /// Development with people to try everything with. Give it to the other commands too when they are to
    /// work on a demo's data.
    #[arg(long, global = true)]
    pub(super) demo: bool,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Serve the web portal, and work on jobs unless told otherwise.
    Serve {
        /// Address and port to listen on, instead of PORTAL_BIND.
        #[arg(long)]
        bind: Option<SocketAddr>,
        /// Leave the jobs to `portal work`.
        #[arg(long)]
        no_worker: bool,
    },
    /// Work on jobs only.
    Work,
    /// Bring the database up to this program.
    Migrate,
    /// Members of staff.
    #[command(subcommand)]
    Staff(StaffCommand),
    /// What customers keep with us.
    #[command(subcommand)]
    Content(ContentCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Mail.
    #[command(subcommand)]
    Mail(MailCommand),
    /// What is past its retention rule.
    #[command(subcommand)]
    Retention(RetentionCommand),
    /// Encrypted copies of the whole database and of the files that it names, for recovery after a loss.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Signed receipts of what was done about data.
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// Print the effective settings, secrets masked.
    Config,
}

#[derive(Subcommand)]
pub(super) enum StaffCommand {
    /// Invite somebody by mail to a role.
    Add {
        /// Their e-mail address.
        email: String,
        /// reviewer, privacy, support, marketing or admin.
        #[arg(long)]
        role: staff::permissions::Role,
    },
    /// List staff and open invitations.
    List,
}

#[derive(Subcommand)]
pub(super) enum ContentCommand {
    /// Import claims from a file. After a crash the same command goes on where it was, with --mode best_effort.
    Import {
        /// A line of JSON for each claim, or CSV with a header.
        file: PathBuf,
        /// SID of the account.
        #[arg(long)]
        account: AccountId,
        /// all_or_nothing stores nothing if a line is wrong, best_effort stores what is right.
        #[arg(long, default_value = "all_or_nothing", value_parser = mode)]
        mode: Mode,
        /// ndjson or csv; without it, what the file's name ends in tells.
        #[arg(long, value_parser = format)]
        format: Option<Format>,
    },
    /// Write the claims of an account to standard output. Restricted ones are left out, numbers of loans masked.
    Export {
        /// SID of the account.
        #[arg(long)]
        account: AccountId,
        /// ndjson or csv.
        #[arg(long, default_value = "ndjson", value_parser = format)]
        format: Format,
    },
}

fn mode(text: &str) -> Result<Mode, &'static str> {
    Mode::parse(text).ok_or("all_or_nothing or best_effort")
}

fn format(text: &str) -> Result<Format, &'static str> {
    Format::parse(text).ok_or("ndjson or csv")
}

#[derive(Subcommand)]
pub(super) enum MailCommand {
    /// Read a report of a mail server or a mail provider (RFC 3464, RFC 5965) from standard input: the pipe of the
    /// mailbox that PORTAL_MAIL_BOUNCES_TO names.
    Report,
}

#[derive(Subcommand)]
pub(super) enum RetentionCommand {
    /// Print what a sweep would delete. Nothing is changed.
    Plan {
        /// A day (its end, in UTC) or a moment with its zone, instead of now.
        #[arg(long, value_parser = retention::command_line::parse_at)]
        at: Option<DateTime<Utc>>,
    },
    /// Delete everything that is due now. It cannot be brought back.
    Run,
}

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Walk the chain of hashes and name the first break.
    Verify,
}
