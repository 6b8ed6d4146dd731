//! What can go wrong with the private cluster, told so that a person knows the next step.

use std::io;
use std::path::{Path, PathBuf};

use super::binaries::MINIMUM_MAJOR;

/// Why the private cluster could not be started, used or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// No usable server binaries on this machine; `older` are those below the supported version.
    #[error(
        "no PostgreSQL server of version {MINIMUM_MAJOR} or newer was found{}. Install one \
         (Debian, Ubuntu: `apt-get install postgresql`), or name its folder in PG_BIN_DIR, \
         or set DATABASE_URL to a server that runs elsewhere",
        found_only(older)
    )]
    NoBinaries { older: Vec<u32> },

    /// `PG_BIN_DIR` is set but does not hold a complete server.
    #[error(
        "PG_BIN_DIR is {}, but that folder does not hold initdb, pg_ctl, pg_isready, postgres and \
         psql of version {MINIMUM_MAJOR} or newer: point it at the bin folder of a PostgreSQL \
         server, or unset it",
        .0.display()
    )]
    BadBinDir(PathBuf),

    /// Running as root, and there is nobody else to run the server as.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has neither a user `postgres` nor \
         `nobody` to run it as: start the portal as an ordinary user, or create one of the two"
    )]
    NoServerUser,

    /// The process may not take on the identity of the server's user.
    #[error(
        "PostgreSQL refuses to run as root, and changing to user `{user}` failed: {source}. \
         Start the portal as an ordinary user"
    )]
    CannotChangeUser { user: String, source: io::Error },

    /// A folder of ours is owned by another user, or is not a folder.
    #[error(
        "{} belongs to user id {owner}, but the database runs as user id {expected}: start the \
         portal as the user who made it, or remove it (and the data in it)",
        path.display()
    )]
    NotOurs { path: PathBuf, owner: u32, expected: u32 },

    /// Neither the data folder nor the fallback leaves room for a socket.
    #[error("no folder with a short enough path for a socket: {} is too long", .0.display())]
    SocketPathTooLong(PathBuf),

    /// Another process has been starting or stopping the server for too long.
    #[error(
        "another process has been starting or stopping the database for {seconds} seconds; if \
         none is at work, find out who holds {} (`fuser -v`) and end it",
        lock.display()
    )]
    Busy { lock: PathBuf, seconds: u64 },

    /// The server process is there, but takes no connections.
    #[error(
        "the database server in {} is running but takes no connections; see {} and stop it with \
         `pg_ctl stop -D {}`",
        data.display(), log.display(), data.display()
    )]
    Unresponsive { data: PathBuf, log: PathBuf },

    /// One of PostgreSQL's programs failed; `detail` is what it said.
    #[error("{program} failed: {detail}")]
    Program { program: &'static str, detail: String },

    /// A file or folder could not be used.
    #[error(
        "{what} {}: {source}{}",
        path.display(),
        if source.kind() == io::ErrorKind::PermissionDenied {
            ". If another user made it (sudo?), start the portal as that user or remove it"
        } else {
            ""
        }
    )]
    Io { what: &'static str, path: PathBuf, source: io::Error },
}

impl ClusterError {
    /// For `map_err`: says what was being done to which path.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

fn found_only(older: &[u32]) -> String {
    if older.is_empty() {
        return String::new();
    }
    let versions: Vec<String> = older.iter().map(u32::to_string).collect();
    format!(" (only version {})", versions.join(", "))
}
