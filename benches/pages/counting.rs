//! Counts the statements that diesel sends.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

use crate::load;

static STATEMENTS: AtomicU64 = AtomicU64::new(0);

struct Counter;

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            STATEMENTS.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Counts from here on, on every connection that is opened.
pub fn begin() -> anyhow::Result<()> {
    set_default_instrumentation(|| Some(Box::new(Counter))).map_err(|error| anyhow::anyhow!("{error}"))
}

/// How many statements one page takes, over a hundred of them.
pub async fn statements_a_page(at: SocketAddr, path: &str, cookie: &str) -> anyhow::Result<f64> {
    let before = STATEMENTS.load(Ordering::Relaxed);
    load::exactly(at, path, cookie, 100).await?;
    Ok((STATEMENTS.load(Ordering::Relaxed) - before) as f64 / 100.0)
}
