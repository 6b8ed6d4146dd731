//! Threads for what computes long and can wait: archives, and the copies that are packed into them. They are apart from
//! those that serve pages and do jobs, and the system gives them what the others leave, so that a page that is asked for
//! meanwhile neither stands in line behind such work nor shares a core with it half and half.
//!
//! They are made when first needed and end with the process. Nothing else runs on them.
//!
//! The database knows nothing of that, and would read for them as fast as it can: [`Pace`] has such work pause.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

/// The niceness with which these threads stand back, as nobody has by default: they get about a tenth of a core that somebody else wants, so
/// that a copy which reads a snapshot of the database also comes to an end beside busy pages.
#[cfg(target_os = "linux")]
const STAND_BACK: i32 = 10;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("background")
        // Also of those that are allowed to block.
        .on_thread_start(stand_back)
        .enable_all()
        .build()
        .expect("a runtime")
});

/// Lowers the priority of the thread that calls, which everybody may. On Linux niceness is a thread's own, and handed on to
/// those that it begins; elsewhere it is the whole process's, which is left as it is.
fn stand_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::getpriority_process(None)
        .and_then(|now| rustix::process::setpriority_process(None, now.max(STAND_BACK)))
    {
        tracing::warn!(error = %error, "a thread for long work does not stand back");
    }
}

/// Begins work that goes on whoever waits for it.
pub fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    drop(RUNTIME.spawn(work.in_current_span()));
}

/// The least rest that is worth taking: what a timer can tell apart.
const SHORTEST_REST: Duration = Duration::from_millis(1);
/// The longest rest at once.
const LONGEST_REST: Duration = Duration::from_millis(50);

/// The pace of work that asks another process for much, as a copy does the database: it rests as long as it worked, so that
/// the other does no more than one of two cores has time for, and a page that comes meanwhile finds its place there within a
/// millisecond or two. What it waits for is rest.
#[derive(Debug)]
pub struct Pace {
    since: Instant,
    worked: Duration,
    rested: Duration,
}

impl Pace {
    /// The work begins.
    pub fn begin() -> Self {
        Self { since: Instant::now(), worked: Duration::ZERO, rested: Duration::ZERO }
    }

    /// Waits for something, and rests for what is left of the rest that is due.
    pub async fn rest_with<T>(&mut self, wait: impl Future<Output = T>) -> T {
        let began = Instant::now();
        self.worked += began - self.since;
        let done = wait.await;
        let due = self.worked.saturating_sub(self.rested + began.elapsed());
        if due >= SHORTEST_REST {
            tokio::time::sleep(due.min(LONGEST_REST)).await;
        }
        // Nobody works ahead for a long rest.
        self.rested = (self.rested + began.elapsed()).min(self.worked);
        self.since = Instant::now();
        done
    }
}

/// Work that is ended where nobody waits for it any more.
struct Awaited<T>(JoinHandle<T>);

impl<T> Drop for Awaited<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Does work and answers what came of it.
///
/// # Panics
/// Where the work does.
pub async fn run<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let mut awaited = Awaited(RUNTIME.spawn(work.in_current_span()));
    match (&mut awaited.0).await {
        Ok(done) => done,
        // Only dropping ends it, and then nobody waits here.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    fn niceness() -> i32 {
        getpriority_process(None).expect("every thread has one")
    }

    #[tokio::test]
    async fn its_threads_stand_back_and_those_of_others_do_not() {
        let before = niceness();
        let lowered = before.max(STAND_BACK);
        let (computing, blocking) =
            run(async { (niceness(), tokio::task::spawn_blocking(niceness).await.unwrap()) }).await;
        assert_eq!((computing, blocking, niceness()), (lowered, lowered, before));
        assert_eq!(tokio::task::spawn_blocking(niceness).await.unwrap(), before, "a thread of ours");
    }

    #[tokio::test]
    async fn work_rests_as_long_as_it_worked_and_what_it_waits_for_is_rest() {
        let busy = |long: Duration| {
            let began = Instant::now();
            while began.elapsed() < long {
                std::hint::spin_loop();
            }
        };
        let (began, mut pace) = (Instant::now(), Pace::begin());
        for _ in 0..20 {
            busy(Duration::from_millis(2));
            pace.rest_with(async {}).await;
        }
        assert!(began.elapsed() >= Duration::from_millis(78), "{:?}", began.elapsed());
        let mut pace = Pace::begin();
        busy(Duration::from_millis(20));
        let began = Instant::now();
        pace.rest_with(tokio::time::sleep(Duration::from_millis(100))).await;
        busy(Duration::from_micros(10));
        pace.rest_with(async {}).await;
        assert!(began.elapsed() >= Duration::from_millis(100));
        assert!(pace.worked < pace.rested + SHORTEST_REST && pace.rested <= pace.worked, "{pace:?}");
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_ended() {
        let (alive, ended) = tokio::sync::oneshot::channel::<()>();
        let (began, begun) = tokio::sync::oneshot::channel();
        let work = run(async move {
            let _alive = alive;
            let _ = began.send(());
            std::future::pending::<()>().await;
        });
        tokio::select! {
            () = work => unreachable!("it has no end"),
            _ = begun => {}
        }
        assert!(ended.await.is_err(), "it was dropped");
    }
}
