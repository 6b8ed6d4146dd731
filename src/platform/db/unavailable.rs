//! No connection to be had: every one of the pool is in use, or the database is down. Nothing is wrong with the request
//! then, and nothing of it was half done; the same can be tried again a little later. Where all of it was done, and only its
//! session could not be written, that is said instead (`web/session/handover.rs`).

use diesel_async::pooled_connection::deadpool::PoolError;

use diesel::result::{DatabaseErrorKind, Error};

/// Seconds after which it is worth trying again: longer than a look at a page takes, shorter than people wait.
pub const RETRY_AFTER: u64 = 10;

/// What the driver says where a connection breaks off under a statement: in English always, and of a kind that is about
/// other things too.
const OF_DRIVER: [&str; 2] = ["connection closed", "communicating with the server"];

/// What the server says before it ends one. In English, because diesel passes on no code and no kind for it; where the
/// server speaks another language the program warns at its start (`db/language.rs`).
const OF_SERVER: [&str; 2] = ["terminating connection", "shutting down"];

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Every connection of the pool is in use, and none became free in time.
    #[error("every connection is in use")]
    Busy,
    /// The database takes no connection, or cut off one that was in use; what was said of it.
    #[error("the database does not answer: {0}")]
    Down(String),
}

impl Unavailable {
    /// Whether this is what is behind an error, however deep.
    pub fn of(error: &anyhow::Error) -> Option<Self> {
        error.chain().find_map(|cause| match cause.downcast_ref::<Self>() {
            Some(unavailable) => Some(unavailable.clone()),
            None => cut_off(cause.downcast_ref::<Error>()?),
        })
    }

    /// For the log and the figures: `busy` or `down`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Down(_) => "down",
        }
    }
}

impl From<PoolError> for Unavailable {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(deadpool::managed::TimeoutType::Wait) => Self::Busy,
            other => Self::Down(other.to_string()),
        }
    }
}

fn cut_off(error: &Error) -> Option<Unavailable> {
    let Error::DatabaseError(kind, info) = error else { return None };
    let said = info.message();
    let is_cut_off = matches!(kind, DatabaseErrorKind::ClosedConnection)
        || OF_DRIVER.iter().chain(&OF_SERVER).any(|words| said.contains(words));
    is_cut_off.then(|| Unavailable::Down(said.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    fn database_error(words: &str) -> Error {
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand, Box::new(words.to_owned()))
    }

    #[test]
    fn it_is_found_behind_what_was_said_of_it_on_the_way() {
        let plain = || Err::<(), _>(Unavailable::Busy).context("no database connection").unwrap_err();
        let as_diesel = Error::QueryBuilderError(plain().into());
        for error in [plain(), plain().context("a page"), anyhow::Error::from(as_diesel)] {
            assert_eq!(Unavailable::of(&error), Some(Unavailable::Busy), "{error:#}");
        }
        let down = Unavailable::Down("connection closed".into());
        assert_eq!(Unavailable::of(&database_error("connection closed").into()), Some(down));
        let closed = Error::DatabaseError(DatabaseErrorKind::ClosedConnection, Box::new("zu".to_owned()));
        assert_eq!(Unavailable::of(&closed.into()), Some(Unavailable::Down("zu".into())), "in any language");
    }

    #[test]
    fn what_the_database_has_against_a_statement_is_something_else() {
        for words in
            ["error serializing parameter 0", "deadlock detected", "canceling statement due to lock timeout"]
        {
            assert_eq!(Unavailable::of(&database_error(words).into()), None, "{words}");
        }
        assert_eq!(Unavailable::of(&anyhow::anyhow!("connection closed")), None);
    }
}
