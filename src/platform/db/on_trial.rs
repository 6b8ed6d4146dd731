//! A connection that has to show that it is alive. Whoever gives up waiting for an answer leaves the statement under way, and
//! the pool, which lends what came back last, would lend that connection next.

use std::ops::{Deref, DerefMut};

use deadpool::managed::Object;
use diesel_async::AsyncPgConnection;

use super::Connection;

/// A pooled connection that is closed when it is dropped, unless it is [kept](OnTrial::keep).
pub struct OnTrial(Option<Connection>);

impl OnTrial {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Some(connection))
    }

    /// Gives it back to the pool, because it answered.
    pub fn keep(mut self) {
        drop(self.0.take());
    }
}

impl Deref for OnTrial {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        self.0.as_ref().expect("it is taken where the value ends")
    }
}

impl DerefMut for OnTrial {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        self.0.as_mut().expect("it is taken where the value ends")
    }
}

impl Drop for OnTrial {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}
