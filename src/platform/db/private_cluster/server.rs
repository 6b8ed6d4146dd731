//! The server process: initialise, start, find again, stop.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::binaries::Binaries;
use super::error::ClusterError;
use super::locks::Gate;
use super::place::{Place, SOCKET_NAME, ServerUser};
use super::process;

/// The superuser of the cluster. There is no password: only the owner can reach the socket.
pub(super) const SUPERUSER: &str = "portal";

const PATIENCE_SECONDS: u32 = 60;
const PAUSE: Duration = Duration::from_millis(50);

/// In force always: no network, one time zone everywhere, room for many small pools.
const SETTINGS: &str = "-c listen_addresses= -c port=5432 -c unix_socket_permissions=0700 \
    -c timezone=UTC -c log_timezone=UTC -c max_connections=200 -c jit=off";
/// For data that nobody misses after a crash of the machine, and room for a test with its pools on every core.
const HASTY: &str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off \
    -c autovacuum=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB \
    -c checkpoint_timeout=1h -c max_connections=500";

/// One server, running or not.
#[derive(Debug)]
pub(super) struct Server {
    binaries: Binaries,
    user: ServerUser,
    /// Holds `data` and `server.log`; relative to it the programs are called, so that neither the
    /// length nor odd characters of the path matter to them.
    home: PathBuf,
    pub socket_folder: PathBuf,
    durable: bool,
}

impl Server {
    pub fn new(binaries: Binaries, place: &Place, durable: bool) -> Result<Self, ClusterError> {
        let home = place.home(binaries.major)?;
        Ok(Self {
            socket_folder: place.socket_folder(&home)?,
            user: place.user.clone(),
            binaries,
            home,
            durable,
        })
    }

    /// Leaves a server behind that takes connections: the one that runs, or a new one.
    pub fn ensure_running(&self, gate: &Gate) -> Result<(), ClusterError> {
        if self.answers()? || self.comes_round()? {
            return Ok(());
        }
        self.remove_stale_pid_files();
        if !self.data().is_dir() {
            self.initialise(gate)?;
        }
        self.start()
    }

    /// Disconnects everybody and stops the server, if it has not been killed meanwhile.
    pub fn stop(&self, _gate: &Gate) -> Result<(), ClusterError> {
        if !process::serves(&self.data()) {
            return Ok(());
        }
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "-D", "data", "-m", "fast", "-w", "-s", "-t"]).arg(PATIENCE_SECONDS.to_string());
        match self.run("pg_ctl stop", &mut stop) {
            // It may have been killed at this very moment: gone is gone.
            Err(ClusterError::Program { .. }) if !process::serves(&self.data()) => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Runs `script` in psql, on the maintenance database, with the variable `name`.
    pub fn psql(&self, script: &str, name: &str) -> Result<(), ClusterError> {
        use std::io::Write;
        let mut psql = self.command("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v"])
            .arg("VERBOSITY=verbose")
            .args(["-v", &format!("name={name}"), "-U", SUPERUSER, "-h"])
            .arg(&self.socket_folder)
            .args(["-p", "5432", "-d", "postgres"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let failed = |source| ClusterError::io("cannot run", &self.binaries.program("psql"))(source);
        let mut child = psql.spawn().map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A psql that could not connect has gone already, and says why on stderr.
            let _ = stdin.write_all(script.as_bytes());
        }
        let output = child.wait_with_output().map_err(failed)?;
        said("psql", output).map(drop)
    }

    /// Makes the data folder under another name and renames it when complete, so that an `initdb`
    /// cut short never looks like a cluster, and one that lives on after its portal was killed
    /// writes to a folder that nobody uses.
    fn initialise(&self, _gate: &Gate) -> Result<(), ClusterError> {
        self.remove_attempts();
        let attempt = format!("init-{}", std::process::id());
        tracing::info!(folder = %self.home.display(), "creating a private database cluster");
        let mut initdb = self.command("initdb");
        initdb
            .args(["--pgdata", &attempt, "--username", SUPERUSER])
            .args(["--auth", "trust", "--encoding", "UTF8"])
            .args(["--locale", "C.UTF-8", "--no-instructions"])
            .arg(if self.durable { "--data-checksums" } else { "--no-sync" });
        self.run("initdb", &mut initdb)?;
        let attempt = self.home.join(attempt);
        fs::rename(&attempt, self.data()).map_err(ClusterError::io("cannot rename", &attempt))
    }

    fn remove_attempts(&self) {
        let entries = fs::read_dir(&self.home).into_iter().flatten().flatten();
        for entry in entries.filter(|e| e.file_name().to_string_lossy().starts_with("init-")) {
            // What an orphaned initdb keeps adding to is removed at the next attempt.
            let _ = fs::remove_dir_all(entry.path());
        }
    }

    fn start(&self) -> Result<(), ClusterError> {
        let log = self.home.join("server.log");
        // One log per run of the server, and the one before.
        let _ = fs::rename(&log, self.home.join("server.log.old"));
        let mut lines = String::new();
        for _ in 0..100 {
            if self.start_once()? {
                return Ok(());
            }
            lines = last_lines(&log);
            // The children of a killed server need a moment to notice that it is gone.
            if !lines.contains("still in use") {
                break;
            }
            sleep(PAUSE * 4);
        }
        let detail = format!("the end of {}:\n{lines}", log.display());
        Err(ClusterError::Program { program: "starting the database server", detail })
    }

    fn start_once(&self) -> Result<bool, ClusterError> {
        self.command("pg_ctl")
            .args(["start", "-D", "data", "-l", "server.log", "-w", "-s"])
            .args(["-t", &PATIENCE_SECONDS.to_string(), "-o", &self.settings()])
            // The server inherits these: a pipe would keep us waiting for its end.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map(|status| status.success())
            .map_err(ClusterError::io("cannot run", &self.binaries.program("pg_ctl")))
    }

    fn settings(&self) -> String {
        let socket = shell_quoted(&self.socket_folder.to_string_lossy());
        let haste = if self.durable { "" } else { HASTY };
        format!("{SETTINGS} {haste} -k {socket}")
    }

    /// Whether the server takes connections on our socket.
    fn answers(&self) -> Result<bool, ClusterError> {
        if !self.socket_folder.join(SOCKET_NAME).exists() {
            return Ok(false);
        }
        let status = self
            .command("pg_isready")
            .args(["-q", "-t", "5", "-p", "5432", "-U", SUPERUSER])
            .args(["-d", "postgres", "-h"])
            .arg(&self.socket_folder)
            .status()
            .map_err(ClusterError::io("cannot run", &self.binaries.program("pg_isready")))?;
        Ok(status.success())
    }

    /// Waits for a server that is starting or stopping, because whoever asked it to was killed.
    /// `true` when it answers, `false` when it has gone.
    fn comes_round(&self) -> Result<bool, ClusterError> {
        for _ in 0..PATIENCE_SECONDS * 1000 / PAUSE.subsec_millis() {
            if !process::serves(&self.data()) {
                return Ok(false);
            }
            if self.answers()? {
                return Ok(true);
            }
            sleep(PAUSE);
        }
        Err(ClusterError::Unresponsive { data: self.data(), log: self.home.join("server.log") })
    }

    /// PostgreSQL takes any living process of that number for its predecessor and then refuses to
    /// start, so what `process::serves` has found to be stale goes first.
    fn remove_stale_pid_files(&self) {
        let socket_lock = format!("{SOCKET_NAME}.lock");
        for stale in [self.data().join("postmaster.pid"), self.socket_folder.join(socket_lock)] {
            if fs::remove_file(&stale).is_ok() {
                tracing::info!(file = %stale.display(), "removed the pid file of a dead server");
            }
        }
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// One of PostgreSQL's programs: as the server's user, in `home`, out of reach of Ctrl-C, and
    /// without our environment, where any `PG…` variable would change what it does.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.program(program));
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(&self.home)
            .process_group(0)
            .stdin(Stdio::null());
        self.user.apply(&mut command);
        command
    }

    fn run(&self, program: &'static str, command: &mut Command) -> Result<Output, ClusterError> {
        let path = PathBuf::from(command.get_program());
        let output = command.output().map_err(ClusterError::io("cannot run", &path))?;
        said(program, output)
    }
}

fn said(program: &'static str, output: Output) -> Result<Output, ClusterError> {
    if output.status.success() {
        return Ok(output);
    }
    Err(ClusterError::Program { program, detail: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}

/// `pg_ctl -o` hands its argument to a shell.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn last_lines(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_through_a_shell_unchanged() {
        for path in ["/plain", "/with space", "/it's", r#"/a"$HOME`id`\"#] {
            let echoed = Command::new("/bin/sh")
                .args(["-c", &format!("printf %s {}", shell_quoted(path))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&echoed.stdout), path);
        }
    }
}
