//! Who may start or stop the server, and who is using it.
//!
//! Both are advisory locks on files, so the kernel lets go of them however a process ends. The
//! *gate* is held alone while the server is started or stopped. The *tenancy* is shared by all who
//! use the server, and whoever can have it alone, at the gate, is the last one.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use super::error::ClusterError;

const GATE_PATIENCE: Duration = Duration::from_secs(120);
const GATE_PAUSE: Duration = Duration::from_millis(15);

/// The right to start or stop the server, until dropped.
#[derive(Debug)]
pub(super) struct Gate {
    _locked: File,
}

impl Gate {
    /// Waits for the gate of the cluster in `root`.
    pub fn enter(root: &Path) -> Result<Self, ClusterError> {
        let path = root.join("gate.lock");
        let file = open(&path)?;
        for _ in 0..GATE_PATIENCE.as_millis() / GATE_PAUSE.as_millis() {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _locked: file }),
                Err(TryLockError::WouldBlock) => sleep(GATE_PAUSE),
                Err(TryLockError::Error(source)) => {
                    return Err(ClusterError::io("cannot lock", &path)(source));
                }
            }
        }
        Err(ClusterError::Busy { lock: path, seconds: GATE_PATIENCE.as_secs() })
    }
}

/// The sign that somebody uses the server, until dropped.
#[derive(Debug)]
pub(super) struct Tenancy {
    file: File,
    path: PathBuf,
}

impl Tenancy {
    /// Moves in. Does not wait: only somebody inside the gate ever has the tenancy alone.
    pub fn begin(root: &Path, _gate: &Gate) -> Result<Self, ClusterError> {
        let path = root.join("users.lock");
        let file = open(&path)?;
        file.lock_shared().map_err(ClusterError::io("cannot lock", &path))?;
        Ok(Self { file, path })
    }

    /// Whether nobody else is left. Ends the tenancy in either case.
    pub fn end(&self, _gate: &Gate) -> Result<bool, ClusterError> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => {
                // A refused change of lock may have kept the shared one.
                self.file.unlock().map_err(ClusterError::io("cannot unlock", &self.path))?;
                Ok(false)
            }
            Err(TryLockError::Error(source)) => Err(ClusterError::io("cannot lock", &self.path)(source)),
        }
    }
}

fn open(path: &Path) -> Result<File, ClusterError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(ClusterError::io("cannot open", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_to_leave_is_told_so() {
        let root = std::env::temp_dir().join(format!("portal-locks-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let gate = Gate::enter(&root).unwrap();
        let first = Tenancy::begin(&root, &gate).unwrap();
        let second = Tenancy::begin(&root, &gate).unwrap();
        assert!(!first.end(&gate).unwrap());
        assert!(second.end(&gate).unwrap());
        std::fs::remove_dir_all(&root).unwrap();
    }
}
