//! What a try to make a copy failed of, in words for whoever ordered it. Staff have the error itself, at the job.

use std::error::Error as _;
use std::io::ErrorKind;

use object_store::Error as StorageError;
use tokio::sync::mpsc::error::SendError;
use tokio_postgres::Error as DatabaseError;
use tokio_postgres::error::SqlState;

use crate::platform::archive::Piece;
use crate::platform::db::Unavailable;

/// What a try failed of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There is no room for the file.
    StorageFull,
    /// The storage refuses the file, or is not there.
    Storage,
    /// The storage took nothing for too long.
    StorageSlow,
    /// The database is not there, or ended what was being read.
    Database,
    /// The program that made it was stopped, and could not note why.
    Stopped,
    /// Anything else.
    Fault,
}

impl Failure {
    /// Every one; the database takes these and no other.
    const ALL: [Self; 6] =
        [Self::StorageFull, Self::Storage, Self::StorageSlow, Self::Database, Self::Stopped, Self::Fault];

    /// As it is stored.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::StorageFull => "storage_full",
            Self::Storage => "storage",
            Self::StorageSlow => "storage_slow",
            Self::Database => "database",
            Self::Stopped => "stopped",
            Self::Fault => "fault",
        }
    }

    /// What is stored under this code.
    pub(super) fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.code() == code)
    }

    /// In a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::StorageFull => "Our storage is full, so that there was no room for the file.",
            Self::Storage => "Our storage did not take the file, or did not answer.",
            Self::StorageSlow => "Our storage took nothing of the file for ten minutes.",
            Self::Database => "Our database stopped answering while it was read.",
            Self::Stopped => "The program that made it was stopped.",
            Self::Fault => "Something went wrong in our program.",
        }
    }

    /// Which one is behind an error, however deep. The database comes first: what it says of its connection looks like what
    /// the operating system says of a file.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        if let Some(of_database) = error.chain().find_map(|cause| cause.downcast_ref::<DatabaseError>()) {
            return if is_cut_off(of_database) { Self::Database } else { Self::Fault };
        }
        if Unavailable::of(error).is_some() {
            return Self::Database;
        }
        let of_storage = error.chain().any(|cause| cause.is::<StorageError>());
        match error.chain().find_map(of_file) {
            // Of a bucket it is one call that took too long.
            Some(Self::StorageSlow) if of_storage => Self::Storage,
            Some(of_file) => of_file,
            None if of_storage && is_full_bucket(error) => Self::StorageFull,
            None if of_storage => Self::Storage,
            None => Self::Fault,
        }
    }
}

/// Of the two that make a copy, reading and storing, the error that came first; the other one follows from it.
pub(super) fn first(read: anyhow::Error, stored: anyhow::Error) -> anyhow::Error {
    // Whoever reads finds nobody who takes it only where storing has ended already.
    if read.is::<SendError<Piece>>() { stored } else { read }
}

/// What the operating system said of the storage's folder; the archive says by a time that ran out that nobody took it.
fn of_file(cause: &(dyn std::error::Error + 'static)) -> Option<Failure> {
    match cause.downcast_ref::<std::io::Error>()?.kind() {
        // The last is a limit on the length of a file.
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Some(Failure::StorageFull)
        }
        ErrorKind::TimedOut => Some(Failure::StorageSlow),
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory
        | ErrorKind::AlreadyExists => Some(Failure::Storage),
        _ => None,
    }
}

/// Services that speak S3 answer 507 where they are full. The client hands on no code for that: it is read from the words.
fn is_full_bucket(error: &anyhow::Error) -> bool {
    format!("{error:#}").contains("507 Insufficient Storage")
}

/// Whether the connection broke off, or the database had no means to go on: its disk or its memory is full, or it is shut
/// down.
fn is_cut_off(error: &DatabaseError) -> bool {
    let of_means = |code: &SqlState| ["53", "57P"].iter().any(|class| code.code().starts_with(class));
    let of_connection = error.source().is_some_and(|source| source.is::<std::io::Error>());
    error.is_closed() || of_connection || error.code().is_some_and(of_means)
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::{Context as _, anyhow};

    use super::*;

    fn of_folder(kind: ErrorKind) -> anyhow::Error {
        let source = Box::new(io::Error::from(kind));
        anyhow::Error::from(StorageError::Generic { store: "LocalFileSystem", source }).context("not taken")
    }

    #[test]
    fn every_failure_is_found_by_its_code_and_says_what_failed() {
        for failure in Failure::ALL {
            assert_eq!(Failure::find(failure.code()), Some(failure));
            assert!(failure.words().ends_with('.'));
        }
        assert_eq!(Failure::find("tired"), None);
    }

    #[test]
    fn what_the_storage_says_is_told_apart() {
        use Failure::{Storage, StorageFull, StorageSlow};
        for (kind, failure) in [
            (ErrorKind::StorageFull, StorageFull),
            (ErrorKind::QuotaExceeded, StorageFull),
            (ErrorKind::FileTooLarge, StorageFull),
            (ErrorKind::ReadOnlyFilesystem, Storage),
            (ErrorKind::Other, Storage),
            (ErrorKind::TimedOut, Storage),
        ] {
            assert_eq!(Failure::of(&of_folder(kind)), failure, "{kind}");
        }
        let slow = io::Error::new(ErrorKind::TimedOut, "nobody takes the archive");
        assert_eq!(Failure::of(&slow.into()), StorageSlow);
        for (said, failure) in
            [("507 Insufficient Storage: <Code>Full</Code>", StorageFull), ("403", Storage)]
        {
            let error = StorageError::Generic { store: "S3", source: said.into() };
            assert_eq!(Failure::of(&error.into()), failure, "{said}");
        }
    }

    #[test]
    fn a_database_that_is_gone_and_a_fault_of_ours_are_told_apart() {
        let gone = Err::<(), _>(Unavailable::Down("refused".into())).context("no connection").unwrap_err();
        assert_eq!(Failure::of(&gone), Failure::Database);
        assert_eq!(Failure::of(&anyhow!("a page could not be drawn")), Failure::Fault);
    }

    #[test]
    fn what_follows_from_another_error_is_not_what_failed() {
        let no_one = || anyhow::Error::from(SendError(Piece::End));
        assert_eq!(Failure::of(&first(no_one(), of_folder(ErrorKind::StorageFull))), Failure::StorageFull);
        let cut_short = anyhow::Error::from(io::Error::other("the archive was cut short"));
        let read = anyhow::Error::from(Unavailable::Down("terminating connection".into()));
        assert_eq!(Failure::of(&first(read, cut_short)), Failure::Database);
    }
}
