//! The order of ids that one process makes within a millisecond.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use ring::rand::{self, SystemRandom};
use uuid::ClockSequence;

/// Bits of the counter in an id (RFC 9562, 6.2, method 1); the 32 bits behind it are random.
const COUNTER_BITS: usize = 42;

/// The place of an id among those that this process made, for their order within a millisecond. It begins anywhere in the
/// lower half, so that two processes count apart and it does not come to its end.
pub(super) struct Order;

static MADE: LazyLock<AtomicU64> = LazyLock::new(|| {
    let anywhere: [u8; 4] = rand::generate(&SystemRandom::new()).expect("the system's randomness").expose();
    AtomicU64::new(u64::from(u32::from_ne_bytes(anywhere)) << 9)
});

impl ClockSequence for Order {
    type Output = u64;

    fn generate_sequence(&self, _: u64, _: u32) -> u64 {
        MADE.fetch_add(1, Ordering::Relaxed) & ((1 << COUNTER_BITS) - 1)
    }

    fn usable_bits(&self) -> usize {
        COUNTER_BITS
    }
}
