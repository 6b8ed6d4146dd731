//! How many of what keeps a connection of its own may run at a time in one process.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// A turn for each that may run.
#[derive(Debug)]
pub struct Turns {
    /// Imports of claims.
    pub imports: Semaphore,
    /// Copies of what is kept about an end user; a turn goes along with what is being written.
    pub end_user_copies: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { imports: Semaphore::new(4), end_user_copies: Arc::new(Semaphore::new(2)) }
    }
}
