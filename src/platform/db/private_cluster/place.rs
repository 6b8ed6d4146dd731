//! Where the data and the socket live, and as whom the server runs.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::{User, geteuid};
use ring::digest;

use super::error::ClusterError;

/// The kernel's limit for the path of a socket, without the closing NUL.
const SOCKET_PATH_LIMIT: usize = 107;
/// The name that PostgreSQL gives the socket of its default port.
pub(super) const SOCKET_NAME: &str = ".s.PGSQL.5432";
/// Reachable by everybody, survives a restart of the machine, and short.
const FALLBACK: &str = "/var/tmp";

/// The user that the server's processes run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUser {
    pub uid: u32,
    /// Whom to change to, and the group. `None`: we are that user already.
    change: Option<(String, u32)>,
}

impl ServerUser {
    /// PostgreSQL refuses root, so root becomes `postgres`, or `nobody` where there is none.
    fn choose() -> Result<Self, ClusterError> {
        if !geteuid().is_root() {
            return Ok(Self { uid: geteuid().as_raw(), change: None });
        }
        let user = ["postgres", "nobody"]
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .ok_or(ClusterError::NoServerUser)?;
        let chosen = Self { uid: user.uid.as_raw(), change: Some((user.name, user.gid.as_raw())) };
        chosen.visit(Path::new("/")).map_err(|source| {
            let user = chosen.name().to_owned();
            ClusterError::CannotChangeUser { user, source }
        })?;
        Ok(chosen)
    }

    /// Makes `command` run as this user. The standard library also drops root's other groups.
    pub fn apply<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        match &self.change {
            Some((_, gid)) => command.uid(self.uid).gid(*gid),
            None => command,
        }
    }

    /// Tries to step into `folder` as this user; modes alone would not tell of access lists.
    fn visit(&self, folder: &Path) -> io::Result<()> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", ":"]).current_dir(folder).stdin(Stdio::null());
        self.apply(&mut command).status().map(|_| ())
    }

    fn name(&self) -> &str {
        self.change.as_ref().map_or("", |(name, _)| name)
    }
}

/// The folders of one cluster, before the version of the server is known.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub user: ServerUser,
    /// The folder the caller named, absolute. Holds the locks, and the data if it can.
    pub root: PathBuf,
    /// A short, reachable folder of ours for what `root` cannot hold. Made on demand.
    fallback: PathBuf,
    /// `root` or `fallback`.
    base: PathBuf,
}

impl Place {
    /// Makes `root` if needed, and decides where the data goes.
    pub fn settle(root: &Path) -> Result<Self, ClusterError> {
        fs::create_dir_all(root).map_err(ClusterError::io("cannot create", root))?;
        let root = root.canonicalize().map_err(ClusterError::io("cannot find", root))?;
        let user = ServerUser::choose()?;
        let fallback = fallback_for(&root, user.uid);
        // Data once in the fallback stays there, also if the way to `root` has been opened since.
        let keep = fs::symlink_metadata(&fallback).is_ok_and(|folder| folder.uid() == user.uid)
            && majors_in(&fallback).next().is_some();
        let base = if keep || user.visit(&root).is_err() {
            tracing::warn!(
                folder = %fallback.display(),
                "the database is not in {}, which user {} cannot enter, or could not at first",
                root.display(),
                user.name(),
            );
            own_folder(&fallback, &user)?;
            fallback.clone()
        } else {
            root.clone()
        };
        Ok(Self { user, root, fallback, base })
    }

    /// The major versions that have data here.
    pub fn majors(&self) -> impl Iterator<Item = u32> {
        majors_in(&self.base)
    }

    /// The folder of one major version, which only the server's user may enter.
    pub fn home(&self, major: u32) -> Result<PathBuf, ClusterError> {
        let home = self.base.join(format!("pg{major}"));
        own_folder(&home, &self.user)?;
        Ok(home)
    }

    /// The folder for the socket: `home` itself, unless its path is too long for the kernel.
    pub fn socket_folder(&self, home: &Path) -> Result<PathBuf, ClusterError> {
        if fits_a_socket(home) {
            return Ok(home.to_owned());
        }
        if !fits_a_socket(&self.fallback) {
            return Err(ClusterError::SocketPathTooLong(self.fallback.clone()));
        }
        own_folder(&self.fallback, &self.user)?;
        Ok(self.fallback.clone())
    }
}

fn majors_in(base: &Path) -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().join("data").is_dir())
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("pg")?.parse().ok())
}

fn fits_a_socket(folder: &Path) -> bool {
    folder.join(SOCKET_NAME).as_os_str().len() <= SOCKET_PATH_LIMIT
}

/// A name that is the same at every start, and differs for every folder and user.
fn fallback_for(root: &Path, uid: u32) -> PathBuf {
    let mut hashed = digest::Context::new(&digest::SHA256);
    hashed.update(&uid.to_be_bytes());
    hashed.update(root.as_os_str().as_bytes());
    let name = hex::encode(&hashed.finish().as_ref()[..8]);
    Path::new(FALLBACK).join(format!("portal-pg-{name}"))
}

/// Makes `folder` one that only `user` may enter, and refuses what somebody else has put there:
/// the fallback lies in a folder that everybody may write to.
fn own_folder(folder: &Path, user: &ServerUser) -> Result<(), ClusterError> {
    let made = match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(ClusterError::io("cannot create", folder)(error)),
    };
    let found = fs::symlink_metadata(folder).map_err(ClusterError::io("cannot find", folder))?;
    // Ours but not yet handed over: just made, or left so by a process killed right here.
    let unfinished = found.is_dir() && found.uid() == geteuid().as_raw();
    if unfinished && found.uid() != user.uid {
        let gid = user.change.as_ref().map(|(_, gid)| *gid);
        lchown(folder, Some(user.uid), gid).map_err(ClusterError::io("cannot hand over", folder))?;
    } else if !found.is_dir() || found.uid() != user.uid {
        return Err(ClusterError::NotOurs {
            path: folder.to_owned(),
            owner: found.uid(),
            expected: user.uid,
        });
    }
    if !made && found.mode() & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))
            .map_err(ClusterError::io("cannot close to others", folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fallback_always_leaves_room_for_a_socket() {
        let deep = PathBuf::from("/x".repeat(400));
        let folder = fallback_for(&deep, u32::MAX);
        assert!(fits_a_socket(&folder));
        assert!(!fits_a_socket(&deep));
        assert_eq!(folder, fallback_for(&deep, u32::MAX));
        assert_ne!(folder, fallback_for(&deep, 0));
    }
}
