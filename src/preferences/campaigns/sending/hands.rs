//! The lines of a worker: which of them has room, how many messages may lie before them, and what they have finished.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
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
    /// How many messages each line has in its hands.
    hands: Vec<usize>,
    /// How long handing one message over takes of late.
    pace: Duration,
    /// How long a statement takes of late that notes what is finished and takes more.
    turn: Duration,
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
        Self { tasks, done, hands: vec![0; count], pace: FRESH, turn: Duration::ZERO, running }
    }

    pub(super) fn busy(&self) -> usize {
        self.hands.iter().sum()
    }

    /// How many messages a line may have in its hands: the one that it is at, and what it hands over while what it finished
    /// waits for a statement and the statement runs. A database on a slow disk is waited for less so, and what nobody needs
    /// yet is not in doubt when a worker dies. None of them waits long for its turn.
    fn ahead(&self) -> usize {
        let pace = self.pace.as_micros().max(1);
        let needed = 1 + (2 * self.turn).as_micros().div_ceil(pace);
        let fresh = (FRESH / WAIT).as_micros() / pace;
        usize::try_from(needed.min(fresh)).unwrap_or(AHEAD).clamp(1, AHEAD)
    }

    /// How many more messages may be in the hands of the lines.
    pub(super) fn want(&self) -> usize {
        (self.tasks.len() * self.ahead()).saturating_sub(self.busy())
    }

    /// A statement took so long.
    pub(super) fn turned(&mut self, took: Duration) {
        self.turn = (self.turn * 7 + took) / 8;
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
            self.hands[done.line] -= 1;
            // What was given back took no time, and came too late: fewer at once come sooner.
            let took = if done.outcome.state == State::Released { FRESH } else { done.took };
            self.pace = (self.pace * 7 + took) / 8;
        }
        Ok(finished)
    }

    /// Gives a message to the line that has the fewest.
    ///
    /// # Errors
    /// All have their hands full, or the line broke down.
    pub(super) async fn hand_out(&mut self, message: Claimed, looked: Instant) -> anyhow::Result<()> {
        let (line, hand) =
            self.hands.iter_mut().enumerate().min_by_key(|(_, hand)| **hand).context("no line is left")?;
        anyhow::ensure!(*hand < AHEAD, "more messages than room");
        *hand += 1;
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
        (Lines { tasks, done, hands: vec![AHEAD], pace: FRESH, turn: FRESH, running }, finished)
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

    #[tokio::test]
    async fn so_many_lie_before_a_line_as_it_hands_over_while_the_database_is_waited_for() {
        let millis = Duration::from_millis;
        for (pace, turn, ahead) in [
            (millis(1), Duration::ZERO, 1),
            (millis(1), Duration::from_micros(1_200), 4),
            (millis(1), millis(1), 3),
            (millis(1), millis(20), AHEAD),
            (millis(4), millis(1), 2),
            // The last would wait longer than it may.
            (millis(20), millis(100), 2),
            (FRESH, FRESH, 1),
        ] {
            let (mut lines, _finished) = lines(JoinSet::new());
            (lines.pace, lines.turn) = (pace, turn);
            assert_eq!(lines.ahead(), ahead, "{pace:?} for a message, {turn:?} for a statement");
            assert_eq!(lines.want(), 0, "its hands are full");
            lines.hands = vec![0];
            assert_eq!(lines.want(), ahead);
        }
    }

    #[tokio::test]
    async fn a_message_goes_to_the_line_that_has_the_fewest() {
        let (_finished, done) = mpsc::channel(1);
        let (tasks, _taken): (Vec<_>, Vec<_>) = (0..3).map(|_| mpsc::channel(AHEAD)).unzip();
        let hands = vec![2, 1, 2];
        let mut lines = Lines { tasks, done, hands, pace: FRESH, turn: FRESH, running: JoinSet::new() };
        let room = 3 * AHEAD - 5;
        for _ in 0..room {
            lines.hand_out(message(), Instant::now()).await.expect("room");
            let (most, least) = (lines.hands.iter().max(), lines.hands.iter().min());
            assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{:?}", lines.hands);
        }
        let error = lines.hand_out(message(), Instant::now()).await.expect_err("no room");
        assert!(error.to_string().contains("room"), "{error:#}");
    }

    fn message() -> Claimed {
        Claimed {
            id: Uuid::nil(),
            contact_id: Uuid::nil(),
            email: "ada@example.com".into(),
            name: "Ada".into(),
            attempts: 1,
        }
    }
}
