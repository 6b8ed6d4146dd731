//! Where the PostgreSQL server programs of this machine are.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::ClusterError;

/// The oldest major version whose SQL the migrations may use.
pub(super) const MINIMUM_MAJOR: u32 = 15;

/// Everything that we call. A client-only installation lacks the first four.
const PROGRAMS: [&str; 5] = ["initdb", "pg_ctl", "postgres", "pg_isready", "psql"];

/// Where distributions put servers: a folder, and the start of the names to look for in it.
const INSTALLATIONS: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql@"),
    ("/usr/local/opt", "postgresql@"),
];

/// A folder with a complete set of server programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub dir: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// The server to use: `PG_BIN_DIR` if set; else the newest that `has_data` knows, so that an
    /// upgrade of the machine does not make people's data disappear; else the newest.
    pub fn find(has_data: impl Fn(u32) -> bool) -> Result<Self, ClusterError> {
        if let Some(dir) = env::var_os("PG_BIN_DIR").filter(|dir| !dir.is_empty()) {
            let dir = PathBuf::from(dir);
            return Self::at(&dir)
                .filter(|found| found.major >= MINIMUM_MAJOR)
                .ok_or(ClusterError::BadBinDir(dir));
        }
        let mut installed: Vec<Self> = candidates().iter().filter_map(|dir| Self::at(dir)).collect();
        if installed.iter().all(|found| found.major < MINIMUM_MAJOR) {
            installed.extend(on_path());
        }
        choose(installed, has_data)
    }

    /// The programs in `dir`, unless one is missing or does not run.
    fn at(dir: &Path) -> Option<Self> {
        // Links are followed first: the programs find their library relative to where they are.
        let dir = dir.join("postgres").canonicalize().ok()?;
        let dir = dir.parent()?.to_owned();
        if !PROGRAMS.iter().all(|program| dir.join(program).is_file()) {
            return None;
        }
        let said = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
        let major = major_version(&String::from_utf8_lossy(&said.stdout))?;
        Some(Self { dir, major })
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// A client program such as `pg_dump`: of this major version, or else of the next newer one that is installed. `PG_BIN_DIR`
/// and the folders of servers are looked into before the search path, whose programs may be wrappers.
pub(crate) fn client_program(name: &str, major: u32) -> Option<PathBuf> {
    let own = env::var_os("PG_BIN_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs = own.into_iter().chain(candidates()).chain(env::split_paths(&path));
    let found = dirs.map(|dir| dir.join(name)).filter(|program| program.is_file()).filter_map(|program| {
        let said = Command::new(&program).arg("--version").output().ok()?;
        Some((major_version(&String::from_utf8_lossy(&said.stdout))?, program))
    });
    let usable = found.filter(|(version, _)| *version >= major);
    usable.min_by_key(|(version, _)| *version).map(|(_, program)| program)
}

fn choose(installed: Vec<Binaries>, has_data: impl Fn(u32) -> bool) -> Result<Binaries, ClusterError> {
    let (mut usable, older): (Vec<_>, Vec<_>) =
        installed.into_iter().partition(|found| found.major >= MINIMUM_MAJOR);
    usable.sort_by_key(|found| (has_data(found.major), found.major));
    usable.pop().ok_or_else(|| {
        let majors: BTreeSet<u32> = older.iter().map(|found| found.major).collect();
        ClusterError::NoBinaries { older: majors.into_iter().collect() }
    })
}

fn candidates() -> Vec<PathBuf> {
    INSTALLATIONS
        .iter()
        .filter_map(|(folder, prefix)| Some((fs::read_dir(folder).ok()?, prefix)))
        .flat_map(|(entries, prefix)| {
            entries
                .flatten()
                .filter(move |entry| entry.file_name().to_string_lossy().starts_with(prefix))
                .map(|entry| entry.path().join("bin"))
        })
        .collect()
}

fn on_path() -> Option<Binaries> {
    env::split_paths(&env::var_os("PATH")?).find_map(|dir| Binaries::at(&dir))
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15, and `… 18beta1` is 18.
fn major_version(said: &str) -> Option<u32> {
    let version = said.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version.find(|c: char| !c.is_ascii_digit());
    version[..digits.unwrap_or(version.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Binaries> {
        majors.iter().map(|&major| Binaries { dir: PathBuf::from(format!("/pg/{major}")), major }).collect()
    }

    #[test]
    fn the_version_is_read_from_what_the_server_says() {
        for (said, major) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15),
            ("postgres (PostgreSQL) 9.6.1", 9),
            ("postgres (PostgreSQL) 18beta1\n", 18),
            ("postgres (PostgreSQL) 17", 17),
        ] {
            assert_eq!(major_version(said), Some(major), "{said}");
        }
        assert_eq!(major_version("command not found"), None);
    }

    #[test]
    fn the_newest_is_taken_unless_an_older_one_has_the_data() {
        let newest = choose(installed(&[15, 17, 16]), |_| false).unwrap();
        assert_eq!(newest.major, 17);
        let keeper = choose(installed(&[15, 17, 16]), |major| major == 15).unwrap();
        assert_eq!(keeper.major, 15);
    }

    #[test]
    fn a_server_that_is_too_old_is_named_in_the_error() {
        let error = choose(installed(&[13, 14]), |_| true).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("only version 13, 14"), "{message}");
        assert!(message.contains("apt-get install postgresql"), "{message}");
    }
}
