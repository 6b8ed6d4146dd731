//! Asking for several at once. A trip to the database costs more than most of what it brings, and a commit as much again. So
//! whoever asks while others ask the same goes in one statement with everybody who waits, as soon as the statement for several
//! that is under way, if there is one, is answered; whoever is the only one goes at once, as ever. Two such statements beside
//! each other, each for half as many, were measured: they cost more than they gain.
//!
//! Nobody has to go with others: who is not answered that way, or not soon, asks alone. So a statement for several may leave
//! out what would have to wait for somebody else, and where it fails each hears only of the failure of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// So many go together at most.
const MOST: usize = 64;
/// So many have to wait at most to go together; who comes beyond goes alone.
const LONGEST_LINE: usize = 4 * MOST;
/// Whoever has no answer by then asks alone.
const PATIENCE: Duration = Duration::from_secs(1);
/// A statement that takes longer is given up, for the sake of those who come after it: its connection may be dead. It is asked
/// for with [`super::Db::get_on_trial`], or whoever came next would get the same.
const LONGEST_STATEMENT: Duration = Duration::from_secs(5);

struct Waiting<Q, A> {
    question: Q,
    answer: oneshot::Sender<Option<A>>,
}

/// Brings together those who ask at the same time. Cheap to clone.
pub struct Batcher<Q, A> {
    /// Who asks at the moment, alone or with others.
    under_way: Arc<AtomicUsize>,
    line: mpsc::Sender<Waiting<Q, A>>,
}

impl<Q, A> Clone for Batcher<Q, A> {
    fn clone(&self) -> Self {
        Self { under_way: self.under_way.clone(), line: self.line.clone() }
    }
}

impl<Q: Send + 'static, A: Send + 'static> Batcher<Q, A> {
    /// Starts the task that asks for several, on the runtime of whoever calls. It ends with the last clone of this value.
    /// `ask` gets at most 64 questions and gives an answer for each in their order, or nothing where it has none.
    pub fn start<F, R>(ask: F) -> Self
    where
        F: Fn(Vec<Q>) -> R + Send + 'static,
        R: Future<Output = anyhow::Result<Vec<Option<A>>>> + Send + 'static,
    {
        let (line, questions) = mpsc::channel(LONGEST_LINE);
        tokio::spawn(run(questions, ask));
        Self { under_way: Arc::default(), line }
    }

    /// Notes that somebody asks, as long as the value lives.
    pub fn enter(&self) -> Turn<'_, Q, A> {
        let alone = self.under_way.fetch_add(1, Ordering::Relaxed) == 0;
        Turn { batcher: self, alone }
    }
}

async fn run<Q, A, F, R>(mut questions: mpsc::Receiver<Waiting<Q, A>>, ask: F)
where
    F: Fn(Vec<Q>) -> R,
    R: Future<Output = anyhow::Result<Vec<Option<A>>>>,
{
    let mut waiting: Vec<Waiting<Q, A>> = Vec::with_capacity(MOST);
    while questions.recv_many(&mut waiting, MOST).await > 0 {
        // Who went away or asks alone by now is not asked for.
        let still_there = waiting.drain(..).filter(|one| !one.answer.is_closed());
        let (asked, askers): (Vec<Q>, Vec<_>) = still_there.map(|one| (one.question, one.answer)).unzip();
        if asked.is_empty() {
            continue;
        }
        let answers = timeout(LONGEST_STATEMENT, ask(asked)).await.context("it took too long").flatten();
        let answers = answers.unwrap_or_else(|error| {
            tracing::warn!(error = format!("{error:#}"), "asked together in vain: each asks alone");
            Vec::new()
        });
        for (asker, answer) in askers.into_iter().zip(answers) {
            // Whoever went away meanwhile does not hear it.
            let _ = asker.send(answer);
        }
    }
}

/// Somebody who asks.
pub struct Turn<'a, Q, A> {
    batcher: &'a Batcher<Q, A>,
    alone: bool,
}

impl<Q, A> Turn<'_, Q, A> {
    /// The answer, where others ask as well and it can be had together with theirs. Else it is to be asked alone, as long
    /// as this value lives.
    pub async fn with_others(&self, question: impl FnOnce() -> Q) -> Option<A> {
        if self.alone {
            return None;
        }
        let (answer, answered) = oneshot::channel();
        self.batcher.line.try_send(Waiting { question: question(), answer }).ok()?;
        timeout(PATIENCE, answered).await.ok()?.ok().flatten()
    }
}

impl<Q, A> Drop for Turn<'_, Q, A> {
    fn drop(&mut self) {
        self.batcher.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::Semaphore;

    use super::*;

    struct Doubling {
        batcher: Batcher<u32, u32>,
        gate: Arc<Semaphore>,
        sizes: Arc<Mutex<Vec<usize>>>,
    }

    /// Doubles even numbers, fails for those over 1,000, and keeps how many were asked together. It waits until it is let.
    fn doubling() -> Doubling {
        let (gate, sizes) = (Arc::new(Semaphore::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (closed, seen) = (gate.clone(), sizes.clone());
        let batcher = Batcher::start(move |asked: Vec<u32>| {
            let (closed, seen) = (closed.clone(), seen.clone());
            async move {
                closed.acquire().await?.forget();
                seen.lock().unwrap().push(asked.len());
                anyhow::ensure!(asked.iter().all(|number| *number <= 1_000), "too large");
                Ok(asked.into_iter().map(|number| (number % 2 == 0).then_some(number * 2)).collect())
            }
        });
        Doubling { batcher, gate, sizes }
    }

    async fn ask_all(batcher: &Batcher<u32, u32>, numbers: &[u32]) -> Vec<Option<u32>> {
        let turns: Vec<_> = numbers.iter().map(|number| (batcher.enter(), *number)).collect();
        futures_util::future::join_all(turns.iter().map(|(turn, number)| turn.with_others(|| *number))).await
    }

    #[tokio::test]
    async fn whoever_is_the_only_one_goes_alone() {
        let Doubling { batcher, sizes, .. } = doubling();
        assert_eq!(batcher.enter().with_others(|| 2).await, None);
        assert_eq!(batcher.enter().with_others(|| 4).await, None, "the one before is done");
        assert!(sizes.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn those_who_come_meanwhile_go_together_and_get_their_own_answer() {
        let Doubling { batcher, gate, sizes } = doubling();
        gate.add_permits(10);
        let _first = batcher.enter();
        assert_eq!(ask_all(&batcher, &[2, 3, 4]).await, [Some(4), None, Some(8)]);
        assert_eq!(*sizes.lock().unwrap(), [3]);
    }

    #[tokio::test]
    async fn a_failure_leaves_each_to_themselves_and_ends_nothing() {
        let Doubling { batcher, gate, .. } = doubling();
        gate.add_permits(10);
        let _first = batcher.enter();
        assert_eq!(ask_all(&batcher, &[2, 1_002]).await, [None, None]);
        assert_eq!(ask_all(&batcher, &[2]).await, [Some(4)]);
    }

    #[tokio::test]
    async fn who_is_not_answered_soon_goes_alone_and_is_not_asked_for_later() {
        let Doubling { batcher, gate, sizes } = doubling();
        let _first = batcher.enter();
        assert_eq!(ask_all(&batcher, &[2]).await, [None], "the statement under way takes too long");
        assert_eq!(ask_all(&batcher, &[4, 6]).await, [None, None], "and so does the line");
        gate.add_permits(10);
        assert_eq!(ask_all(&batcher, &[8]).await, [Some(16)]);
        assert_eq!(*sizes.lock().unwrap(), [1, 1], "those in the line went alone");
    }

    #[tokio::test]
    async fn who_finds_too_many_waiting_goes_alone() {
        let Doubling { batcher, gate, sizes } = doubling();
        let _first = batcher.enter();
        let many: Vec<u32> = (0..500).map(|_| 2).collect();
        let asked = tokio::spawn({
            let batcher = batcher.clone();
            async move { ask_all(&batcher, &many).await }
        });
        tokio::task::yield_now().await;
        gate.add_permits(10);
        let answers = asked.await.unwrap();
        assert_eq!(answers.iter().flatten().count(), LONGEST_LINE, "the others go alone");
        assert!(sizes.lock().unwrap().iter().all(|size| *size <= MOST));
    }
}
