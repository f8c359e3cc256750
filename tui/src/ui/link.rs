//! The line between the session's thread and the UI's thread. While a round runs nothing is sent,
//! so that the UI's thread has nothing to do; between rounds the session waits until the UI has
//! drawn and the terminal has done its work.

use std::sync::mpsc::{Receiver, Sender, channel};

use mapbench_core::event::{RunEnd, RunEvent};

use crate::session::Sink;

/// What the session's thread tells the UI's thread.
#[derive(Debug)]
pub enum FromSession {
    /// Something happened.
    Event(Box<RunEvent>),
    /// No round runs, and none will until the answer: the intervals that were drawn since the
    /// last one.
    Gap(Sender<Vec<Drawn>>),
    /// The session ended, or could not begin.
    Ended(Result<RunEnd, String>),
}

/// When the UI drew, on the system's monotonic clock, the terminal's own work included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// Start. Nanoseconds.
    pub started_ns: u64,
    /// End. Nanoseconds.
    pub ended_ns: u64,
}

/// A line to the UI's thread.
#[derive(Debug)]
pub struct UiLink {
    ui: Sender<FromSession>,
}

impl UiLink {
    /// A line and its other end.
    pub fn new() -> (UiLink, Receiver<FromSession>) {
        let (ui, from_session) = channel();
        (UiLink { ui }, from_session)
    }

    /// The sink that a session is to hand its events to.
    pub fn sink(&self) -> UiSink {
        UiSink { ui: self.ui.clone(), running: None, held: Vec::new(), drawn: Vec::new() }
    }

    /// Says that the session ended.
    pub fn end(&self, end: Result<RunEnd, String>) {
        // A UI that has gone does not want to know.
        let _ = self.ui.send(FromSession::Ended(end));
    }
}

/// See [`UiLink::sink`].
#[derive(Debug)]
pub struct UiSink {
    ui: Sender<FromSession>,
    running: Option<(u32, u32)>,
    held: Vec<RunEvent>,
    drawn: Vec<Drawn>,
}

impl Sink for UiSink {
    fn event(&mut self, event: &RunEvent) {
        self.held.push(event.clone());
        match event {
            RunEvent::RoundStarted { cell, fork, .. } => self.running = Some((*cell, *fork)),
            RunEvent::Round { cell, fork, .. } | RunEvent::TrialFailed { cell, fork, .. }
                if self.running == Some((*cell, *fork)) =>
            {
                self.running = None;
            }
            RunEvent::End(_) => self.running = None,
            _ => {}
        }
        // These come between the UI's answer and the round: telling it would wake it there.
        let waits = matches!(
            event,
            RunEvent::RoundStarted { .. } | RunEvent::CellSkipped { .. } | RunEvent::Note { .. }
        );
        if self.running.is_none() && !waits {
            self.send_held();
        }
    }

    fn between_rounds(&mut self) {
        self.running = None;
        self.send_held();
        let (answer, drawn) = channel();
        if self.ui.send(FromSession::Gap(answer)).is_err() {
            return;
        }
        self.drawn.extend(drawn.recv().unwrap_or_default());
    }

    fn own_events(&mut self) -> Vec<RunEvent> {
        let event = |Drawn { started_ns, ended_ns }| RunEvent::Drew { started_ns, ended_ns };
        self.drawn.drain(..).map(event).collect()
    }
}

impl UiSink {
    fn send_held(&mut self) {
        for event in self.held.drain(..) {
            // A UI that has gone misses nothing that is not in the run log.
            let _ = self.ui.send(FromSession::Event(Box::new(event)));
        }
    }
}

#[cfg(test)]
mod tests {
    use mapbench_core::event::{RoundOrder, Work};

    use super::*;

    #[test]
    fn nothing_reaches_the_ui_while_a_round_runs() {
        let (link, ui) = UiLink::new();
        let mut sink = link.sink();
        let order = RoundOrder { n: 0, work: Work::Trace, warm_ns: 0, sampled: false };
        sink.event(&RunEvent::TrialStarted { cell: 3, fork: 0 });
        assert!(ui.try_recv().is_ok());
        sink.event(&RunEvent::RoundStarted { cell: 3, fork: 0, order });
        sink.event(&RunEvent::CellSkipped { cell: 1 });
        assert!(ui.try_recv().is_err());
        sink.event(&RunEvent::TrialFailed {
            cell: 3,
            fork: 0,
            failure: mapbench_core::event::Failure {
                kind: mapbench_core::event::FailureKind::Crash,
                message: String::new(),
            },
            noticed_after_ns: 0,
        });
        assert_eq!(ui.try_iter().count(), 3);
    }
}
