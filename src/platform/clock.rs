//! The clock that is passed in. Every deadline of the product is judged by it, so that a
//! test, or a person at the development console, can stand at 59 days and at 61.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, TimeDelta, Utc};

/// The time as this program sees it: the machine's time plus an offset that is zero in production.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_micros: Arc<AtomicI64>,
}

impl Clock {
    /// The present moment in UTC, to the microsecond that Postgres keeps.
    #[allow(clippy::disallowed_methods)] // the one place that asks the machine
    pub fn now(&self) -> DateTime<Utc> {
        let machine = DateTime::from_timestamp_micros(Utc::now().timestamp_micros())
            .expect("the machine's time is within chrono's range");
        machine + TimeDelta::microseconds(self.offset_micros.load(Ordering::Relaxed))
    }

    /// Moves the clock forward (or back) for everybody who shares it. Development and tests only.
    pub fn advance(&self, by: Duration) {
        let micros = by.num_microseconds().unwrap_or(0);
        self.offset_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// How far the clock is ahead of the machine.
    pub fn offset(&self) -> Duration {
        TimeDelta::microseconds(self.offset_micros.load(Ordering::Relaxed))
    }

    /// Moves the clock to where another one is that was moved farther. Development only.
    pub fn catch_up(&self, offset: Duration) {
        let micros = offset.num_microseconds().unwrap_or(0);
        self.offset_micros.fetch_max(micros, Ordering::Relaxed);
    }
}
