//! Stack samples of a worker's crew in a round of its own: taken while the round runs, and unwound,
//! named and trimmed after it. It measures nothing: a sampled round enters no statistic.
//!
//! Shares are of processor time. A thread that sleeps takes none, so waits do not show; a map that
//! spins does. Only the crew's threads are sampled, not those that a map starts for itself.

mod modules;
mod symbols;
mod tick;
mod trim;
mod unwind;

use std::collections::HashMap;
use std::io;

use mapbench_core::driver::CREW_THREAD_NAME;
use mapbench_core::event::{Stack, StackFrame, Stacks};

use symbols::Symbols;
use tick::{Samples, Ticking};
use trim::Trimmed;
use unwind::{Calls, Unwinder};

/// Why stacks cannot be sampled; `None` where they can.
pub(crate) const MISSING: Option<&str> = None;
/// Samples that kernels can be expected to give of one thread in a second, at most.
const SAMPLES_PER_SEC: u64 = 1_000;
/// Addresses looked up between two signs of life.
const LOOK_UPS_PER_SIGN: usize = 64;

/// Samples the crew of this process.
#[derive(Debug)]
pub(crate) struct Sampler {
    /// Numbers in the crew.
    threads: Vec<u32>,
    ticking: Ticking,
}

impl Sampler {
    /// Starts to sample, for about so long. Nanoseconds.
    pub(crate) fn start(duration_ns: u64) -> io::Result<Sampler> {
        let (threads, ids): (Vec<u32>, Vec<i32>) =
            tick::threads_named(CREW_THREAD_NAME)?.into_iter().unzip();
        let per_thread = duration_ns / (1_000_000_000 / SAMPLES_PER_SEC) + 1;
        let ticking = tick::start(&ids, (per_thread as usize).saturating_mul(ids.len()))?;
        Ok(Sampler { threads, ticking })
    }

    /// Stops, and says what was found. `alive` is called now and then meanwhile, which takes
    /// seconds where there is much debug information.
    pub(crate) fn finish(self, alive: &mut dyn FnMut()) -> io::Result<Stacks> {
        let samples = self.ticking.stop();
        let modules = modules::loaded()?;
        alive();
        let calls = unwound(&samples, &mut Unwinder::new(&modules));
        alive();
        let mut symbols = Symbols::new(&modules);
        let mut profile = Profile::new(&samples);
        let mut looked_up = 0;
        for ((thread, calls), count) in calls {
            let mut frames = Vec::new();
            for &address in &calls.addresses {
                frames.extend_from_slice(symbols.at(address));
                looked_up += 1;
                if looked_up % LOOK_UPS_PER_SIGN == 0 {
                    alive();
                }
            }
            frames.reverse();
            let thread = self.threads.get(thread).copied().unwrap_or_default();
            profile.add(thread, trim::trimmed(&frames, calls.complete), count);
        }
        Ok(profile.stacks)
    }
}

/// How often each thread made which calls.
fn unwound(samples: &Samples, unwinder: &mut Unwinder) -> Vec<((usize, Calls), u64)> {
    let mut counts: HashMap<(usize, Calls), u64> = HashMap::new();
    for sample in &samples.taken {
        *counts.entry((sample.thread, unwinder.calls(sample))).or_default() += 1;
    }
    counts.into_iter().collect()
}

/// Stacks as they are put together.
struct Profile {
    stacks: Stacks,
    frames: HashMap<StackFrame, u32>,
    places: HashMap<(u32, Vec<u32>), usize>,
}

impl Profile {
    fn new(samples: &Samples) -> Profile {
        let taken = samples.taken.len() as u64 + samples.lost;
        let period_ns = samples.cpu_ns.checked_div(taken).unwrap_or(0);
        let stacks = Stacks { period_ns, lost: samples.lost, ..Stacks::default() };
        Profile { stacks, frames: HashMap::new(), places: HashMap::new() }
    }

    fn add(&mut self, thread: u32, trimmed: Trimmed, count: u64) {
        let frames = match trimmed {
            Trimmed::Outside => {
                self.stacks.outside += count;
                return;
            }
            Trimmed::Cut(frames) => {
                self.stacks.cut += count;
                frames
            }
            Trimmed::InRound(frames) => frames,
        };
        let frames: Vec<u32> = frames.into_iter().map(|frame| self.number(frame)).collect();
        let stacks = &mut self.stacks.stacks;
        let place = *self.places.entry((thread, frames.clone())).or_insert_with(|| {
            stacks.push(Stack { thread, frames, samples: 0 });
            stacks.len() - 1
        });
        stacks[place].samples += count;
    }

    fn number(&mut self, frame: StackFrame) -> u32 {
        let known = &mut self.stacks.frames;
        *self.frames.entry(frame).or_insert_with_key(|frame| {
            known.push(frame.clone());
            known.len() as u32 - 1
        })
    }
}
