//! How the session sees worker processes: start, order, listen, dismiss. The real one is
//! `process`; tests bring their own.

use mapbench_core::event::{Arm, Order, TrialSpec, WorkerMessage};

use super::control::Waker;

/// Number of a worker, unique within a session and never used again.
pub type WorkerId = u64;

/// Starts workers and listens to them.
pub trait Launch {
    /// Starts a worker of the program that an arm is, or of the session's own, and hands it its
    /// trial.
    fn start(
        &mut self,
        worker: WorkerId,
        trial: &TrialSpec,
        arm: Option<Arm>,
    ) -> std::io::Result<()>;

    /// Sends an order. A worker that has gone is not an error: its end is a sign of its own.
    fn order(&mut self, worker: WorkerId, order: &Order);

    /// Waits for the next sign of any worker. `None` after `wait_ns`, or when woken.
    fn next_sign(&mut self, wait_ns: u64) -> Option<(WorkerId, Sign)>;

    /// Kills a worker if it still lives, waits for its end and forgets it. Signs of it that were
    /// under way may still arrive.
    fn dismiss(&mut self, worker: WorkerId);

    /// What makes [`Launch::next_sign`] return early.
    fn waker(&self) -> Waker;
}

/// A sign of life, or of its end.
#[derive(Debug, Clone, PartialEq)]
pub enum Sign {
    /// A message.
    Message(Box<WorkerMessage>),
    /// A line that is no message.
    Garbage(String),
    /// The worker's output ended.
    Gone(Death),
}

/// How a worker ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Death {
    /// The signal that killed it, by name.
    pub signal: Option<String>,
    /// The exit code, if it exited by itself.
    pub code: Option<i32>,
    /// The last lines of its standard error.
    pub last_lines: Vec<String>,
}
