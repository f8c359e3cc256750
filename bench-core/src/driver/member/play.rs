//! One thread's part of a round: it takes what it needs, warms up, runs, and says what it measured.
//! Nothing is computed between the first op and the last.

use std::collections::BinaryHeap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hdrhistogram::Histogram;

use super::{Built, Member, Shared, ThreadRound};
use crate::adapter::{MapAdapter, MapHasher};
use crate::driver::clock::Clock;
use crate::driver::counts::OpCounts;
use crate::driver::offered::HandPace;
use crate::driver::placement::placement;
use crate::driver::recorder::{Recorder, nanosecond_histogram};
use crate::driver::round::{Lane, Means, Place, Seat, Until};
use crate::driver::{affinity, memory};
use crate::event::{Counters, RoundOrder, Work};
use crate::key::BenchKey;
use crate::op::{MAX_MAPS, OpClass};
use crate::value::{BenchValue, ValueWord};

impl<K, V, S, A> Member<K, V, S, A>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    A: MapAdapter<K, V, S>,
{
    pub(super) fn round(&mut self, order: RoundOrder) -> ThreadRound {
        let shared = Arc::clone(&self.shared);
        let built = self.built();
        let (thread, mut life) = (self.thread, self.life);
        let mut lane = self.lane(&shared, &built);
        let before_ns = probe(&shared, thread);
        let until = set_deadlines(&shared, thread, order);
        lane.anchor = shared.round_start.load(Ordering::Relaxed).saturating_sub(lane.anchor);
        match order.work {
            Work::DurationNs(_) => {
                life.add(lane.run(Until::Ticks(shared.warm_end.load(Ordering::Relaxed))));
            }
            Work::Words { warm, .. } => {
                life.add(lane.run(Until::Words(warm)));
                shared.barrier.wait();
            }
            Work::Trace => {}
        }
        // Before anything of the measured part is counted: a map that counts takes memory to say so.
        let counted = if thread == 0 { built.counters::<K, V>() } else { Counters::new() };
        lane.means.recorder.clear();
        lane.waited = 0;
        let places_before = lane.places();
        let switches = affinity::involuntary_switches();
        let asked = memory::thread_counts();
        let start_ticks = shared.clock.ticks();
        let tally = lane.run(until);
        let end_ticks = shared.clock.ticks();
        let asked = memory::thread_counts().zip(asked).map(|(after, before)| after.since(before));
        let involuntary_switches = affinity::involuntary_switches() - switches;
        let (sampler, places, waited_ticks) = (lane.means.sampler, lane.places(), lane.waited);
        let gap = lane.gap;
        drop(lane);
        life.add(tally);
        (self.sampler, self.gap, self.life) = (sampler, gap, life);
        self.places.clone_from(&places);
        let after_ns = probe(&shared, self.thread);
        let heap = (thread == 0).then(memory::heap).flatten();
        // All threads have come through the probe, so nothing is counted any more.
        let counters = if thread == 0 { built.counters::<K, V>() } else { Counters::new() };
        // What follows takes memory that is not the maps'.
        shared.barrier.wait();
        let counts = self.counts_since(&places_before);
        let paces = self.paces(until, &places_before);
        ThreadRound {
            start_ticks,
            end_ticks,
            tally,
            life,
            busy_ticks: self.recorder.busy(&counts, shared.reading_ticks),
            counts,
            places,
            histograms: self.histograms(Recorder::add_to),
            intended: self.recorder.is_paced().then(|| self.histograms(Recorder::add_intended_to)),
            waited_ticks,
            paces,
            wakes: self.wakes(),
            involuntary_switches,
            asked,
            heap,
            counters: since(&counters, &counted),
            placement: before_ns.zip(after_ns).map(|(before, after)| placement(before, after)),
        }
    }

    /// Everything that the thread needs in a round.
    fn lane<'m>(
        &'m mut self,
        shared: &'m Shared<K, S, A>,
        built: &'m Built<S, A>,
    ) -> Lane<'m, K, V, S, A> {
        let maps = &built.maps;
        let count = maps.len();
        debug_assert!(count <= MAX_MAPS);
        let hands = &shared.hands[self.thread];
        let paces = shared.paces[self.thread].iter();
        let seats = hands.iter().zip(paces).zip(&self.places).map(|((hand, pace), &place)| Seat {
            hand,
            pace: pace.as_ref(),
            place,
            first_lap: place.laps,
        });
        Lane {
            handles: std::array::from_fn(|map| maps[map % count].handle()),
            maps: count,
            seats: seats.collect(),
            means: Means {
                hand: hands.first().unwrap_or(&shared.no_hand),
                tables: std::array::from_fn(|map| &shared.tables[map % count]),
                specs: &shared.maps,
                clock: &shared.clock,
                recorder: &mut self.recorder,
                sampler: self.sampler,
                writer: (self.thread % usize::from(ValueWord::NOBODY)) as u8,
                due: None,
                values: PhantomData,
            },
            renewal: &built.renewal,
            turnstile: &shared.turnstile,
            thread: self.thread,
            gap: self.gap,
            waited: 0,
            // Until the round begins, the time that the schedule is on.
            anchor: self.scheduled_ticks,
            agenda: BinaryHeap::with_capacity(hands.len()),
            idling: shared.idling,
            progress: &shared.progress[self.thread],
        }
    }

    /// What was executed since the hands stood at other places.
    fn counts_since(&self, before: &[Place]) -> OpCounts {
        let mut counts = OpCounts::new(self.shared.maps.len());
        let hands = self.shared.hands[self.thread].iter().zip(&self.shared.index[self.thread]);
        for ((hand, index), (&before, &now)) in hands.zip(before.iter().zip(&self.places)) {
            counts.add(&index.before(hand, now), 1);
            counts.subtract(&index.before(hand, before));
        }
        counts
    }

    /// What was due of each paced hand in the measured part of the round, and what was done since
    /// the hands stood at other places. Moves the schedule on to the end of the round.
    fn paces(&mut self, until: Until, before: &[Place]) -> Vec<HandPace> {
        let (shared, thread) = (&self.shared, self.thread);
        let load = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
        let start = load(&shared.round_start);
        let since_start = |end: u64| self.scheduled_ticks + end.saturating_sub(start);
        let span = match until {
            Until::Ticks(end) => Some((since_start(load(&shared.warm_end)), since_start(end))),
            Until::LapEnd | Until::Words(_) => None,
        };
        let hands = shared.hands[thread].iter().zip(&shared.index[thread]);
        let paces = hands
            .zip(&shared.paces[thread])
            .zip(before.iter().zip(&self.places))
            .filter_map(|(((hand, index), pace), (&before, &now))| {
                let pace = pace.as_ref().filter(|_| hand.len() > 0)?;
                Some(HandPace::of((hand, index), pace, span, (before, now)))
            })
            .collect();
        self.scheduled_ticks = span.map_or(self.scheduled_ticks, |(_, end)| end);
        paces
    }

    fn wakes(&self) -> Histogram<u64> {
        let mut histogram = nanosecond_histogram();
        self.recorder.add_wakes_to(&self.shared.clock, &mut histogram);
        histogram
    }

    fn histograms(
        &self,
        add: fn(&Recorder, OpClass, &Clock, &mut Histogram<u64>),
    ) -> [Histogram<u64>; OpClass::ALL.len()] {
        OpClass::ALL.map(|class| {
            let mut histogram = nanosecond_histogram();
            add(&self.recorder, class, &self.shared.clock, &mut histogram);
            histogram
        })
    }
}

/// What was counted between two moments.
fn since(after: &Counters, before: &Counters) -> Counters {
    let part = |(name, count): (&String, &u64)| {
        (name.clone(), count.saturating_sub(before.get(name).copied().unwrap_or(0)))
    };
    after.iter().map(part).collect()
}

/// The placement probe: the first thread serves, the second answers, the others wait. Nanoseconds,
/// on the first thread only.
fn probe<K: BenchKey, S, A>(shared: &Shared<K, S, A>, thread: usize) -> Option<f64> {
    shared.barrier.wait();
    let probe = shared.probe.as_ref()?;
    match thread {
        0 => Some(probe.serve(&shared.clock)),
        1 => {
            probe.answer();
            None
        }
        _ => None,
    }
}

/// Sets the deadlines of a round on the first thread, and lets all threads begin together.
fn set_deadlines<K: BenchKey, S, A>(
    shared: &Shared<K, S, A>,
    thread: usize,
    order: RoundOrder,
) -> Until {
    let duration_ns = match order.work {
        Work::DurationNs(duration_ns) => duration_ns,
        Work::Trace | Work::Words { .. } => {
            if thread == 0 {
                shared.round_start.store(shared.clock.ticks(), Ordering::Relaxed);
            }
            shared.barrier.wait();
            return match order.work {
                Work::Words { measured, .. } => Until::Words(measured),
                _ => Until::LapEnd,
            };
        }
    };
    if thread == 0 {
        let start = shared.clock.ticks();
        let warm_end = start + shared.clock.ticks_in(order.warm_ns);
        shared.round_start.store(start, Ordering::Relaxed);
        shared.warm_end.store(warm_end, Ordering::Relaxed);
        shared.round_end.store(warm_end + shared.clock.ticks_in(duration_ns), Ordering::Relaxed);
    }
    shared.barrier.wait();
    Until::Ticks(shared.round_end.load(Ordering::Relaxed))
}
