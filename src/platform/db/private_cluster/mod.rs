//! A PostgreSQL of our own, for those who have not set one up.
//!
//! Without `DATABASE_URL` the portal makes a cluster in a folder under `var/` from the server
//! programs that the machine has, listening on a socket that nobody else can reach and on no
//! network at all. Every process that needs it calls [`PrivateCluster::start`]: the first one
//! starts the server, the others find it running, and the last one to leave stops it. A process
//! that is killed leaves the server running, for the next one to use and to stop.
//!
//! - `binaries`: which server programs to use;
//! - `place`: where the data and the socket go, and as whom the server runs (never as root);
//! - `locks`: who may start and stop it, and who is still using it;
//! - `server`: initialise, start, stop;
//! - `process`: whether it is still alive.
//!
//! Each major version of PostgreSQL has a folder of its own, since none can read the data of
//! another. Nothing is ever downloaded.

mod binaries;
mod error;
mod locks;
mod place;
mod process;
mod server;

use std::path::PathBuf;

pub(crate) use binaries::client_program;
pub use error::ClusterError;

use binaries::Binaries;
use locks::{Gate, Tenancy};
use place::Place;
use server::{SUPERUSER, Server};

/// How the private cluster is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its folder, made when missing; for example `var/pg`.
    pub root: PathBuf,
    /// `false` trades safety in a power cut for speed: for tests only. Decided by whoever starts
    /// the server, so tests need a `root` of their own.
    pub durable: bool,
}

/// The use of a running private cluster. The last one dropped, in whichever process, stops it.
#[derive(Debug)]
#[must_use = "the server may stop as soon as this is dropped"]
pub struct PrivateCluster {
    server: Server,
    root: PathBuf,
    tenancy: Option<Tenancy>,
}

impl PrivateCluster {
    /// Finds the cluster running, or makes and starts it. Blocks for as long as a server takes to
    /// start, so asynchronous callers use `spawn_blocking`.
    ///
    /// # Errors
    /// [`ClusterError`], which says what to do.
    pub fn start(options: &Options) -> Result<Self, ClusterError> {
        let place = Place::settle(&options.root)?;
        let gate = Gate::enter(&place.root)?;
        let with_data: Vec<u32> = place.majors().collect();
        let binaries = Binaries::find(|major| with_data.contains(&major))?;
        if !with_data.is_empty() && !with_data.contains(&binaries.major) {
            tracing::warn!(
                folder = %place.root.display(),
                "starting an empty PostgreSQL {}: the data of version {with_data:?} stays where \
                 it is, and that version is no longer installed",
                binaries.major,
            );
        }
        let server = Server::new(binaries, &place, options.durable)?;
        let tenancy = Tenancy::begin(&place.root, &gate)?;
        server.ensure_running(&gate)?;
        Ok(Self { server, root: place.root, tenancy: Some(tenancy) })
    }

    /// The URL of a database of this cluster, which need not exist.
    pub fn url(&self, database: &str) -> String {
        let socket_folder = self.server.socket_folder.as_os_str();
        format!(
            "postgres://{SUPERUSER}@{}/{}",
            percent_encoded(socket_folder.as_encoded_bytes()),
            percent_encoded(database.as_bytes()),
        )
    }

    /// Makes an empty database unless it is there. Safe when several processes ask at once.
    ///
    /// # Errors
    /// [`ClusterError::Program`] with what the server said.
    pub fn create_database_if_missing(&self, name: &str) -> Result<(), ClusterError> {
        // template0, because a connection to template1 would stop a copy of it.
        const SCRIPT: &str = r"SELECT format('CREATE DATABASE %I TEMPLATE template0', :'name')
            WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec";
        match self.server.psql(SCRIPT, name) {
            Err(ClusterError::Program { detail, .. }) if made_meanwhile(&detail) => Ok(()),
            outcome => outcome,
        }
    }

    /// Ends this use now, and stops the server if nobody else uses it, which is what dropping
    /// does, too, but without telling of errors. Answers whether the server was stopped.
    ///
    /// # Errors
    /// [`ClusterError`], if it could not be found out or the server did not stop.
    pub fn stop(mut self) -> Result<bool, ClusterError> {
        self.leave()
    }

    fn leave(&mut self) -> Result<bool, ClusterError> {
        let Some(tenancy) = self.tenancy.take() else {
            return Ok(false);
        };
        let gate = Gate::enter(&self.root)?;
        let last = tenancy.end(&gate)?;
        if last {
            self.server.stop(&gate)?;
        }
        Ok(last)
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            tracing::warn!(%error, "the private database server may still be running");
        }
    }
}

/// Somebody else was quicker: `duplicate_database`, or the unique index at the very same moment.
fn made_meanwhile(detail: &str) -> bool {
    ["ERROR:  42P04:", "ERROR:  23505:"].iter().any(|code| detail.contains(code))
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|&byte| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
