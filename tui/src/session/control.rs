//! What people and signals ask of a running session. Requests are only noted here; the schedule
//! looks at them between rounds.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapbench_core::event::EndCause;

/// Wakes the session while it waits for a worker.
pub type Waker = Box<dyn Fn() + Send>;

/// What people and signals ask of a running session. Cloned freely; looked at between rounds,
/// except [`Requests::kill`], which is obeyed at once.
#[derive(Clone, Default)]
pub struct Control(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    requests: Requests,
    waker: Option<Waker>,
}

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
        let mut state = self.state();
        change(&mut state.requests);
        if let Some(wake) = &state.waker {
            wake();
        }
    }

    /// The requests as they are now.
    pub fn requests(&self) -> Requests {
        self.state().requests.clone()
    }

    /// Asks to stop and save; asked a second time, to kill. What Ctrl-C means.
    pub fn interrupt(&self) {
        self.ask(|requests| {
            if requests.stop.is_some() {
                requests.kill = true;
            } else {
                requests.stop = Some(EndCause::Interrupted);
            }
        });
    }

    /// Sets what wakes the session; the session does this when it begins.
    pub(crate) fn wake_with(&self, waker: Waker) {
        self.state().waker = Some(waker);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Control").field(&self.requests()).finish()
    }
}
