//! The session: starts workers, passes the baton, and fans every event out. It measures nothing
//! itself and draws nothing.

use std::sync::{Arc, Condvar, Mutex};

use mapbench_core::event::{EndCause, RunEvent};

/// Where the events of a run go. Called on the session's thread, in order.
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: &RunEvent);
    /// Called between two rounds, while no worker runs: the time to draw and to flush. A UI that
    /// draws between rounds returns only when the terminal has done its work.
    fn between_rounds(&mut self) {}
}

/// What people and signals ask of a running session. Cloned freely; looked at between rounds.
#[derive(Debug, Clone, Default)]
pub struct Control(Arc<(Mutex<Requests>, Condvar)>);

/// What has been asked for so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requests {
    /// Wait at the next round boundary.
    pub paused: bool,
    /// Cells to leave out from now on.
    pub skip: Vec<u32>,
    /// Finish the round, save, end.
    pub stop: Option<EndCause>,
    /// Kill workers now, save, end.
    pub kill: bool,
}

impl Control {
    /// Changes the requests and wakes the session if it waits.
    pub fn ask(&self, change: impl FnOnce(&mut Requests)) {
        let (requests, changed) = &*self.0;
        let mut requests = requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut requests);
        changed.notify_all();
    }

    /// The requests as they are now.
    pub fn requests(&self) -> Requests {
        self.0.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}
