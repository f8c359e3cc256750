//! The worker's end of the line with a sampler on it: samples the crew's stacks while a sampled
//! round runs, and puts them into its report. Every other word goes through unchanged.

use mapbench_core::driver::Link;
use mapbench_core::event::{Order, RoundReport, Stacks, Work, WorkerMessage};

use crate::stacks::Sampler;

/// Time that samples are expected for where a round has no duration. Nanoseconds.
const EXPECTED_NS: u64 = 1_000_000_000;

/// A link that samples.
#[derive(Debug)]
pub(super) struct SamplingLink<L> {
    link: L,
    sampler: Option<Sampler>,
}

impl<L: Link> SamplingLink<L> {
    /// Samples during the rounds that are ordered over this link.
    pub(super) fn new(link: L) -> Self {
        SamplingLink { link, sampler: None }
    }

    /// The stacks of the round that has ended. To name them takes a while, in which the parent
    /// hears that the worker lives.
    fn stacks(&mut self) -> Option<Box<Stacks>> {
        let sampler = self.sampler.take()?;
        let link = &mut self.link;
        let mut alive = || link.send(&WorkerMessage::Progress { phase: "stacks".to_owned() });
        match sampler.finish(&mut alive) {
            Ok(stacks) => Some(Box::new(stacks)),
            Err(error) => {
                eprintln!("mapbench worker: stacks cannot be read: {error}");
                None
            }
        }
    }
}

impl<L: Link> Link for SamplingLink<L> {
    fn next_order(&mut self) -> Option<Order> {
        let order = self.link.next_order();
        if let Some(Order::Round(round)) = &order
            && round.sampled
        {
            let duration_ns = match round.work {
                Work::DurationNs(duration_ns) => duration_ns.saturating_add(round.warm_ns),
                Work::Words { .. } | Work::Trace => EXPECTED_NS,
            };
            self.sampler = Sampler::start(duration_ns)
                .inspect_err(|error| eprintln!("mapbench worker: no stacks: {error}"))
                .ok();
        }
        order
    }

    fn send(&mut self, message: &WorkerMessage) {
        if let WorkerMessage::Round(report) = message
            && report.sampled
        {
            let stacks = self.stacks();
            let report = RoundReport { stacks, ..RoundReport::clone(report) };
            return self.link.send(&WorkerMessage::Round(Box::new(report)));
        }
        self.link.send(message);
    }
}
