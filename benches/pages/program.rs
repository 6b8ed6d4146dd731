//! The program as it is run: time from start to the first answer, memory at rest and under load.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::load;

/// Runs it twice: the first start makes the cluster, the second is measured.
pub fn report(root: &Path) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    // What an earlier run left would make the first start a later one.
    match std::fs::remove_dir_all(root.join("var")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let (first, mut child, _) = start(root)?;
    stop(&mut child)?;
    let (again, mut child, at) = start(root)?;
    std::thread::sleep(Duration::from_secs(3));
    let rest = memory(&child, "VmRSS")?;
    let measured = runtime.block_on(load::run(at, "/sign-in", "", Duration::from_secs(5)))?;
    let busy = memory(&child, "VmRSS")?;
    stop(&mut child)?;
    println!(
        "\nstart to first answer: {:.2} s with an existing cluster, {:.2} s when it is made first",
        again.as_secs_f64(),
        first.as_secs_f64()
    );
    println!(
        "memory: {rest:.0} MB at rest (aim: under 60), {busy:.0} MB after {:.0} pages a second",
        measured.per_second
    );
    Ok(())
}

fn start(root: &Path) -> anyhow::Result<(Duration, Child, SocketAddr)> {
    let at = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let started = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_portal"))
        .args(["serve", "--demo", "--bind", &at.to_string()])
        .env("PORTAL_VAR_DIR", root.join("var"))
        .env("PORTAL_METRICS_BIND", "off")
        .env("PORTAL_LOG", "error")
        .stdout(Stdio::null())
        .spawn()
        .context("the program")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    while runtime.block_on(load::exactly(at, "/healthz", "", 1)).is_err() {
        anyhow::ensure!(started.elapsed() < Duration::from_secs(60), "the program does not answer");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok((started.elapsed(), child, at))
}

fn stop(child: &mut Child) -> anyhow::Result<()> {
    let id = nix::unistd::Pid::from_raw(i32::try_from(child.id())?);
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM)?;
    child.wait()?;
    Ok(())
}

/// A figure of the kernel's about the process, in MB.
fn memory(child: &Child, what: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let line =
        status.lines().find_map(|line| line.strip_prefix(what)).context("the kernel tells no memory")?;
    let kilobytes: f64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes / 1024.0)
}
