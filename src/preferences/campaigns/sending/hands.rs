//! The lines of a worker: which of them has room, how many messages may lie before them, and what they have finished.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::lines::{self, Done, Task};
use super::queries::Claimed;
use super::{AHEAD, FRESH, State, Work};

/// Share of [`FRESH`] that the last message of a line may wait for its turn.
const WAIT: u32 = 3;

/// The lines of a worker, and what they are at.
pub(super) struct Lines {
    tasks: Vec<mpsc::Sender<Task>>,
    done: mpsc::Receiver<Done>,
    /// A number of a line for each message that it has room for; the one that was free last comes first.
    room: Vec<usize>,
    /// How long handing one message over takes of late.
    pace: Duration,
    running: JoinSet<()>,
}

impl Lines {
    pub(super) fn open(work: &Arc<Work>, count: usize) -> Self {
        let (finished, done) = mpsc::channel(count * AHEAD);
        let mut running = JoinSet::new();
        let tasks = (0..count).map(|number| {
            let (send, tasks) = mpsc::channel(AHEAD);
            running.spawn(lines::run(work.clone(), number, tasks, finished.clone()));
            send
        });
        let tasks = tasks.collect();
        // One to each line before any gets a second.
        let room = (0..AHEAD).flat_map(|_| 0..count).collect();
        Self { tasks, done, room, pace: FRESH, running }
    }

    pub(super) fn busy(&self) -> usize {
        self.tasks.len() * AHEAD - self.room.len()
    }

    /// How many more messages may be in the hands of the lines: one each, and more while none waits long for its turn.
    pub(super) fn want(&self) -> usize {
        let ahead = (FRESH / WAIT).as_micros() / self.pace.as_micros().max(1);
        let ahead = usize::try_from(ahead).unwrap_or(AHEAD).clamp(1, AHEAD);
        (self.tasks.len() * ahead).saturating_sub(self.busy())
    }

    /// So many that are finished are worth a statement: half of what lies before the lines beside the message that each is
    /// at. None runs dry meanwhile, and where each has but one nobody is waited for.
    fn worth_a_turn(&self) -> usize {
        self.busy().saturating_sub(self.tasks.len()) / 2
    }

    /// The next that is finished. A line ends where there is nothing more to come, and else where it broke down: what it had in
    /// its hands is never told, and nobody waits for it.
    async fn next(&mut self) -> anyhow::Result<Done> {
        tokio::select! {
            biased;
            done = self.done.recv() => done.ok_or_else(|| anyhow::anyhow!("no line is left")),
            ended = self.running.join_next() => Err(anyhow::anyhow!("a line broke down: {ended:?}")),
        }
    }

    /// What is finished; waits for the first where `wait` says so, and no longer than two messages take for as many as are
    /// worth a statement.
    ///
    /// # Errors
    /// A line broke down, and nothing else came.
    pub(super) async fn finished(&mut self, wait: bool) -> anyhow::Result<Vec<Done>> {
        let mut finished = Vec::new();
        if wait {
            finished.push(self.next().await?);
            let (enough, until) = (self.worth_a_turn(), tokio::time::Instant::now() + 2 * self.pace);
            while finished.len() < enough
                && let Ok(Some(done)) = tokio::time::timeout_at(until, self.done.recv()).await
            {
                finished.push(done);
            }
        }
        while let Ok(done) = self.done.try_recv() {
            finished.push(done);
        }
        for done in &finished {
            self.room.push(done.line);
            // What was given back took no time, and came too late: fewer at once come sooner.
            let took = if done.outcome.state == State::Released { FRESH } else { done.took };
            self.pace = (self.pace * 7 + took) / 8;
        }
        Ok(finished)
    }

    pub(super) async fn hand_out(&mut self, message: Claimed, looked: Instant) -> anyhow::Result<()> {
        let line = self.room.pop().ok_or_else(|| anyhow::anyhow!("more messages than room"))?;
        Ok(self.tasks[line].send(Task { message, looked }).await?)
    }

    /// Lets every line say good-bye to the server.
    pub(super) async fn close(mut self) {
        self.tasks.clear();
        while self.running.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::preferences::campaigns::sending::Outcome;

    fn lines(running: JoinSet<()>) -> (Lines, mpsc::Sender<Done>) {
        let (finished, done) = mpsc::channel(AHEAD);
        let tasks = vec![mpsc::channel(AHEAD).0];
        // The one line that there is has its hands full.
        (Lines { tasks, done, room: Vec::new(), pace: FRESH, running }, finished)
    }

    #[tokio::test]
    async fn nobody_waits_for_what_a_line_had_that_broke_down() {
        let mut running: JoinSet<()> = JoinSet::new();
        running.spawn(async { panic!("a fault in writing a message") });
        // The sender of another line is there still: nothing comes from it either.
        let (mut lines, _other) = lines(running);
        let error = lines.finished(true).await.err().expect("it does not wait for ever");
        assert!(error.to_string().contains("broke down"), "{error:#}");
        assert!(lines.finished(true).await.is_err(), "nor when no line is left");
    }

    #[tokio::test]
    async fn what_was_finished_before_a_line_broke_down_is_noted_first() {
        let mut running: JoinSet<()> = JoinSet::new();
        running.spawn(async { panic!("a fault in writing a message") });
        let (mut lines, finished) = lines(running);
        let outcome = Outcome::released(Uuid::nil());
        finished.try_send(Done { line: 0, outcome, took: FRESH, failure: None }).expect("room");
        assert_eq!(lines.finished(true).await.map(|done| done.len()).ok(), Some(1));
        assert!(lines.finished(true).await.is_err());
    }

    #[tokio::test]
    async fn where_messages_come_too_late_to_their_lines_fewer_are_taken_at_once() {
        for (state, want) in [(State::Sent, AHEAD), (State::Released, 1)] {
            let (mut lines, finished) = lines(JoinSet::new());
            lines.pace = Duration::from_millis(1);
            for _ in 0..AHEAD {
                let outcome = Outcome { state, ..Outcome::released(Uuid::nil()) };
                finished
                    .try_send(Done { line: 0, outcome, took: Duration::from_millis(1), failure: None })
                    .expect("room");
            }
            assert_eq!(lines.finished(false).await.map(|done| done.len()).ok(), Some(AHEAD));
            assert_eq!(lines.want(), want, "{state:?}");
        }
    }
}
