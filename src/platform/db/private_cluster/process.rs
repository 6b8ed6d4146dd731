//! Whether a server is alive, which its pid file alone does not tell.

use std::fs;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// Whether the process named by the pid file in `data` is there and is the server of `data`. After
/// a restart of the machine or the container, another process may well have that number.
pub(super) fn serves(data: &Path) -> bool {
    let Some(pid) = pid(data) else {
        return false;
    };
    if kill(pid, None) == Err(Errno::ESRCH) {
        return false;
    }
    let process = PathBuf::from(format!("/proc/{pid}"));
    if let Ok(stat) = fs::read_to_string(process.join("stat"))
        && !is_living_server(&stat)
    {
        return false;
    }
    // Not readable everywhere; where it is, it tells this server from another one.
    fs::read_link(process.join("cwd")).map_or(true, |cwd| cwd == data)
}

fn pid(data: &Path) -> Option<Pid> {
    let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid = file.lines().next()?.trim().parse().ok()?;
    (pid > 0).then(|| Pid::from_raw(pid))
}

/// Reads `/proc/<pid>/stat`: `13189 (postgres) S …`. A killed server is a zombie (`Z`) until its
/// parent takes note, which in a container may be never.
fn is_living_server(stat: &str) -> bool {
    let Some((start, rest)) = stat.rsplit_once(") ") else {
        return false;
    };
    start.split_once('(').is_some_and(|(_, name)| name == "postgres") && !rest.starts_with(['Z', 'X'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zombie_and_a_stranger_are_no_server() {
        assert!(is_living_server("13189 (postgres) S 1 13189 13189 0"));
        assert!(!is_living_server("13189 (postgres) Z 1 13189 13189 0"));
        assert!(!is_living_server("13189 (a (b) postgres) S 1 2 3"));
        assert!(!is_living_server(""));
    }
}
