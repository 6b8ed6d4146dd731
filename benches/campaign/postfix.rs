//! Postfix's programs for tests: the server `smtp-sink`, what it took, and the client `smtp-source`.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// A program that is stopped with this value.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A mail server that takes everything, and keeps it in a file where one is named.
pub fn sink(root: &Path, keep: Option<&Path>) -> anyhow::Result<(Running, u16)> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut command = Command::new("smtp-sink");
    if nix::unistd::geteuid().is_root() {
        command.args(["-u", "nobody"]);
    }
    if let Some(file) = keep {
        command.arg("-D").arg(file);
    }
    command.arg(format!("127.0.0.1:{port}")).arg("1000").current_dir(root);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let running = Running(child.context("smtp-sink: is the package postfix there?")?);
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        anyhow::ensure!(began.elapsed() < Duration::from_secs(5), "smtp-sink does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((running, port))
}

/// Messages a second that postfix's own program hands to the same server.
pub fn source(root: &Path, connections: usize, many: i64, size: usize) -> anyhow::Result<f64> {
    let (_sink, port) = sink(root, None)?;
    let began = Instant::now();
    let status = Command::new("smtp-source")
        .args(["-d", "-s", &connections.to_string(), "-m", &many.to_string(), "-l", &size.to_string()])
        .args(["-f", "no-reply@lossexpress.com", "-t", "somebody@example.com", &format!("127.0.0.1:{port}")])
        .status()
        .context("smtp-source: is the package postfix there?")?;
    anyhow::ensure!(status.success(), "smtp-source failed");
    #[allow(clippy::cast_precision_loss)]
    Ok(many as f64 / began.elapsed().as_secs_f64())
}

/// What the server took.
pub struct Arrived {
    /// How often each address got it.
    pub times: HashMap<String, i64>,
    /// All of it.
    pub bytes: usize,
}

/// Reads what it kept.
pub fn arrived(file: &Path) -> anyhow::Result<Arrived> {
    let mut arrived = Arrived { times: HashMap::new(), bytes: 0 };
    for line in BufReader::new(std::fs::File::open(file)?).lines() {
        let line = line?;
        arrived.bytes += line.len() + 2;
        if let Some(to) = line.strip_prefix("X-Rcpt-Args: ") {
            *arrived.times.entry(to.to_owned()).or_default() += 1;
        }
    }
    Ok(arrived)
}
