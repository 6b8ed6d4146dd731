//! The program as a process of its own, for what only a process can show: signals, exit codes, being killed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{SECRET_KEY, TestApp};

/// How long a process may stay silent: starting one takes a while on a machine that has other work too.
const PATIENCE: Duration = Duration::from_secs(120);

/// So many addresses were looked for in this process.
static ADDRESSES: AtomicU32 = AtomicU32::new(0);

/// An address where nobody listens, for a program to listen on. Its port is below those that the system hands out by
/// itself, so that no connection takes it before the program does, and mostly another than those of other processes.
pub fn free_address() -> String {
    loop {
        let number = std::process::id() % 1_000 * 20 + ADDRESSES.fetch_add(1, Ordering::Relaxed);
        let address = format!("127.0.0.1:{}", 10_000 + number % 20_000);
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}

/// A folder that is removed with this value.
pub struct Folder(pub PathBuf);

impl Folder {
    /// One for this test.
    pub fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("portal-{test}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder for temporary files");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program with these settings and no others, in a folder without a `.env`.
pub fn portal(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command.args(arguments).current_dir(folder).env_clear();
    // The search path is for the programs of PostgreSQL.
    command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "PG_BIN_DIR"));
    command.envs(settings.iter().copied()).stdin(Stdio::null());
    command
}

/// The program, for which a file ends at so many blocks (of 512 bytes or 1 KiB, as the shell counts): what is written beyond is
/// refused, as on a disk that is full, and does not kill it.
pub fn with_little_room(command: &Command, blocks: u32) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(command.get_current_dir().expect("a folder")).stdin(Stdio::null());
    shell
}

/// The settings of a program that works beside the server of a test, on its database.
pub fn beside(app: &TestApp) -> [(&str, &str); 4] {
    [
        ("DATABASE_URL", app.database_url()),
        ("PORTAL_SECRET_KEY", SECRET_KEY),
        ("PORTAL_ENV", "development"),
        ("PORTAL_METRICS_BIND", "off"),
    ]
}

/// A worker on the test's database, with these settings besides.
pub fn worker(app: &TestApp, folder: &Folder, more: &[(&str, &str)]) -> Running {
    let mut settings = beside(app).to_vec();
    settings.extend_from_slice(more);
    Running::start(portal(&folder.0, &["work"], &settings))
}

/// What Debian's `openssl` prints in this folder.
pub fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output =
        Command::new("openssl").current_dir(folder).args(arguments).output().expect("openssl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A server on the test's database, without a worker, and its address.
pub fn server(app: &TestApp, folder: &Folder) -> (Running, String) {
    let address = free_address();
    let settings = [&beside(app)[..], &[("PORTAL_WEB_WORKERS", "1")]].concat();
    let process = Running::start(portal(&folder.0, &["serve", "--no-worker", "--bind", &address], &settings));
    process.says("The portal is at");
    (process, address)
}

/// A connection to a program, which says where it is a moment before it listens for good.
pub fn connect(address: &str) -> TcpStream {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < deadline, "{address}: {error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Status line, headers and body of what a program answers.
pub fn ask(address: &str, path: &str) -> String {
    let mut stream = connect(address);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .expect("a connection");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// Runs the program to its end.
pub fn run(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> (Output, String) {
    let output = portal(folder, arguments, settings).output().expect("the program is built");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, said)
}

/// The program while it runs. Killed with this value if it still does.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// Starts the program.
    pub fn start(mut command: Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("the program is built");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (send, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines }
    }

    /// Waits for a line of its output with these words, and answers all lines up to it.
    pub fn says(&self, words: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            lines.push(line.unwrap_or_else(|_| panic!("the program did not say {words:?}, only {lines:?}")));
            if lines.last().is_some_and(|line| line.contains(words)) {
                return lines;
            }
        }
    }

    /// The next line of its output.
    pub fn next_line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("the program says something")
    }

    /// The lines that it has written meanwhile.
    pub fn lines_so_far(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).expect("a process id")), signal)
            .expect("our own process");
    }

    /// Waits until it has ended.
    pub fn end(mut self) -> ExitStatus {
        self.child.wait().expect("our own process")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
