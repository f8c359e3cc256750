//! A finished run, played as it looked live: each event is due when it happened, as far as the
//! log tells. Knows no terminal and no clock; the caller says how much time has passed.

use std::collections::VecDeque;

use mapbench_core::event::{RoundOrder, RunEnd, RunEvent, Work};
use mapbench_results::RunLog;

/// Events of a run with the times at which they are due.
#[derive(Debug, Clone)]
pub struct Player {
    /// Time since the start of the run, and event.
    events: VecDeque<(u64, RunEvent)>,
    end: Option<RunEnd>,
    position_ns: u64,
}

impl Player {
    /// A player at the start of a log.
    pub fn new(log: &RunLog) -> Self {
        let mut events = VecDeque::new();
        let mut origin_ns = None;
        let mut now_ns = 0;
        for event in log.replay() {
            if let RunEvent::Round { cell, fork, report } = &event {
                let origin_ns = *origin_ns.get_or_insert(report.started_ns);
                // The log leaves starts of rounds out; on screen they tell what runs.
                let started_ns = report.started_ns.saturating_sub(origin_ns).max(now_ns);
                let work = Work::DurationNs(report.elapsed_ns);
                let order = RoundOrder { n: report.n, work, warm_ns: 0, sampled: false };
                let started = RunEvent::RoundStarted { cell: *cell, fork: *fork, order };
                events.push_back((started_ns, started));
                now_ns = started_ns + report.elapsed_ns;
            }
            if !matches!(event, RunEvent::End(_) | RunEvent::Drew { .. }) {
                events.push_back((now_ns, event));
            }
        }
        Player { events, end: log.end.clone(), position_ns: 0 }
    }

    /// Where it is, since the start of the run. Nanoseconds.
    pub fn position_ns(&self) -> u64 {
        self.position_ns
    }

    /// Lets time pass.
    pub fn advance(&mut self, ns: u64) {
        self.position_ns = self.position_ns.saturating_add(ns);
    }

    /// Goes to the end.
    pub fn jump_to_end(&mut self) {
        self.position_ns = self.events.back().map_or(self.position_ns, |event| event.0);
    }

    /// The next event that is due.
    pub fn next_due(&mut self) -> Option<RunEvent> {
        let due = self.events.front().is_some_and(|event| event.0 <= self.position_ns);
        if due { self.events.pop_front().map(|event| event.1) } else { None }
    }

    /// Whether every event was played.
    pub fn is_over(&self) -> bool {
        self.events.is_empty()
    }

    /// How the run ended; `None` if its log is cut short.
    pub fn end(&self) -> Option<&RunEnd> {
        self.end.as_ref()
    }
}
