//! PostgreSQL's own programs: where they are, and how they reach a database without its password on their command line.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command};

use anyhow::Context as _;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::platform::db::private_cluster::client_program;

/// Most of what a program says that is repeated.
const SAID: u64 = 16 * 1024;
/// The first version whose libpq checks certificates against those of the system.
const CHECKS_CERTIFICATES: u32 = 16;

/// The program of this name that speaks with a server of this major version.
///
/// # Errors
/// It is not installed.
pub(super) fn find(name: &'static str, major: u32) -> anyhow::Result<PathBuf> {
    client_program(name, major).with_context(|| {
        format!("there is no {name} of version {major} or newer: install PostgreSQL's client programs, or name their folder in PG_BIN_DIR")
    })
}

/// A program that works on the database at this address.
///
/// # Errors
/// The program is not installed, or the address names no host.
pub(super) fn command(name: &'static str, url: &str, major: u32) -> anyhow::Result<Command> {
    let config: Config = url.parse().context("the address of the database")?;
    let mut command = Command::new(find(name, major)?);
    command.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "LANG"));
    for (name, value) in environment(&config, major)? {
        command.env(name, value);
    }
    Ok(command)
}

fn environment(config: &Config, major: u32) -> anyhow::Result<Vec<(&'static str, String)>> {
    let host = match config.get_hosts().first().context("the address of the database names no host")? {
        Host::Unix(folder) => folder.to_string_lossy().into_owned(),
        Host::Tcp(name) => name.clone(),
    };
    let mut all = vec![("PGHOST", host), ("PGCONNECT_TIMEOUT", "30".into())];
    all.extend(config.get_ports().first().map(|port| ("PGPORT", port.to_string())));
    all.extend(config.get_user().map(|user| ("PGUSER", user.to_owned())));
    all.extend(config.get_password().map(|word| ("PGPASSWORD", String::from_utf8_lossy(word).into_owned())));
    all.extend(config.get_dbname().map(|name| ("PGDATABASE", name.to_owned())));
    // As the portal itself connects: encrypted and with the certificate checked, but to this machine.
    let is_local = |host: &Host| matches!(host, Host::Unix(_)) || *host == Host::Tcp("localhost".into());
    if config.get_ssl_mode() == SslMode::Disable {
        all.push(("PGSSLMODE", "disable".into()));
    } else if !config.get_hosts().iter().all(is_local) {
        if major >= CHECKS_CERTIFICATES {
            all.extend([("PGSSLMODE", "verify-full".into()), ("PGSSLROOTCERT", "system".into())]);
        } else {
            all.push(("PGSSLMODE", "require".into()));
        }
    }
    Ok(all)
}

/// Gathers what a program complains about, on a thread of its own, so that it never waits for us to read it.
pub(super) fn listen(mut from: ChildStderr) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut said = String::new();
        let _ = from.by_ref().take(SAID).read_to_string(&mut said);
        // The rest is let go, so that it can go on.
        let _ = std::io::copy(&mut from, &mut std::io::sink());
        said
    })
}

/// Waits for the end of a program, which has to be a good one.
///
/// # Errors
/// With what it said.
pub(super) fn end(mut child: Child, said: std::thread::JoinHandle<String>, name: &str) -> anyhow::Result<()> {
    let status = child.wait()?;
    let said = said.join().unwrap_or_default();
    anyhow::ensure!(status.success(), "{name} failed ({status}): {}", said.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment_of(url: &str, major: u32) -> Vec<(&'static str, String)> {
        environment(&url.parse().unwrap(), major).unwrap()
    }

    #[test]
    fn a_password_is_handed_over_apart_from_the_command_line() {
        let all = environment_of("postgres://portal:se%20cret@db.example.com:5433/main", 15);
        for pair in [
            ("PGHOST", "db.example.com"),
            ("PGPORT", "5433"),
            ("PGUSER", "portal"),
            ("PGPASSWORD", "se cret"),
            ("PGDATABASE", "main"),
            ("PGSSLMODE", "require"),
        ] {
            assert!(all.contains(&(pair.0, pair.1.to_owned())), "{pair:?} in {all:?}");
        }
        let newer = environment_of("postgres://portal@db.example.com/main", 17);
        assert!(newer.contains(&("PGSSLMODE", "verify-full".into())), "{newer:?}");
        let socket = environment_of("postgres://portal@%2Ftmp%2Fsocket/main", 17);
        assert!(socket.contains(&("PGHOST", "/tmp/socket".into())), "{socket:?}");
        assert!(socket.iter().all(|(name, _)| *name != "PGSSLMODE"), "{socket:?}");
    }
}
