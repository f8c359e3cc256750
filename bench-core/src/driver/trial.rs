//! One trial from the first order to the last word: prepare, run the rounds that the parent asks
//! for, verify, report.

use std::sync::Arc;

use hdrhistogram::Histogram;

use super::clock::{Clock, monotonic_ns};
use super::counts::{COLUMNS, OpCounts, RANGED};
use super::crew::Crew;
use super::deal::{Hand, Hands, deal};
use super::member::ThreadRound;
use super::memory::Heap;
use super::recorder::{encode, nanosecond_histogram};
use super::round::{Place, Tally};
use super::verify::Model;
use super::{Link, TrialFailure, affinity, memory, offered};
use crate::adapter::{MapFamily, MapHasher, Meta};
use crate::event::{
    ClassReport, Done, Failure, FailureKind, Hello, MapReport, MemoryReport, Order,
    PROTOCOL_VERSION, Ready, RoundOrder, RoundReport, TrialSpec, Work, WorkerMessage,
};
use crate::key::BenchKey;
use crate::op::OpClass;
use crate::trace::{Shape, Trace};
use crate::value::BenchValue;

/// Runs a trial of one family with fixed types, and reports its failure if it has one.
pub(super) fn run<F, K, V, S>(
    spec: &TrialSpec,
    trace: &Trace,
    link: &mut dyn Link,
) -> Result<(), TrialFailure>
where
    F: MapFamily,
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    affinity::limit_memory(spec.max_memory_bytes);
    let outcome = Trial::<F, K, V, S>::begin(spec, trace, link)
        .and_then(|mut trial| trial.rounds(link).map(|()| trial))
        .and_then(|trial| trial.end(link));
    outcome.map_err(|failure| {
        link.send(&WorkerMessage::Error(failure.clone()));
        TrialFailure(failure)
    })
}

struct Trial<'t, F: MapFamily, K: BenchKey, V: BenchValue, S: MapHasher> {
    trace: &'t Trace,
    meta: Meta,
    clock: Clock,
    crew: Crew<K, V, S, F::Map<K, V, S>>,
    /// Heap bytes before the first map was built.
    base_bytes: Option<u64>,
    /// Whether the prepared maps have been used by a one-shot round.
    used: bool,
    /// By thread, then by hand.
    places: Vec<Vec<Place>>,
    life: Tally,
    /// The state after one whole lap of every hand.
    lap: Arc<Model>,
    entries: u64,
    quiesce_ns: u64,
}

impl<'t, F, K, V, S> Trial<'t, F, K, V, S>
where
    F: MapFamily,
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    fn begin(spec: &'t TrialSpec, trace: &'t Trace, link: &mut dyn Link) -> Result<Self, Failure> {
        let meta = F::META;
        link.send(&WorkerMessage::Hello(Hello {
            protocol: PROTOCOL_VERSION,
            adapter: spec.adapter.clone(),
            adapter_version: meta.version.to_owned(),
        }));
        let threads = spec.threads.max(1) as usize;
        let hands = deal(trace, threads, spec.offered, spec.seed).map_err(|error| Failure {
            kind: FailureKind::Protocol,
            message: format!("{}: {error}", trace.header.name),
        })?;
        let lap = Arc::new(model_of_one_lap(trace, &hands)?);
        let clock = Clock::new();
        let places = hands.iter().map(|hands| vec![Place::default(); hands.len()]).collect();
        let mut crew = Crew::start(spec, meta, trace, hands, &clock);
        crew.muster(&mut || progress(link, "prefill"))?;
        let base_bytes = memory::live_bytes();
        memory::forget_peak();
        let prefill_ns = crew.prepare(&mut || progress(link, "prefill"))?;
        let mut trial = Trial {
            trace,
            meta,
            clock,
            crew,
            base_bytes,
            used: false,
            places,
            life: Tally::default(),
            lap,
            entries: 0,
            quiesce_ns: 0,
        };
        // Before the model is made, which would count as the map's.
        let entries = trace.header.maps.iter().map(|map| u64::from(map.preload)).sum();
        let memory = trial.memory(memory::heap(), Some(entries));
        let preloaded = Arc::new(Model::preloaded(&trace.header.maps));
        trial.verify(&preloaded, link)?;
        let bytes_per_entry = memory.and_then(|memory| memory.bytes_per_entry());
        link.send(&WorkerMessage::Ready(Ready { prefill_ns, entries, bytes_per_entry, memory }));
        Ok(trial)
    }

    fn rounds(&mut self, link: &mut dyn Link) -> Result<(), Failure> {
        loop {
            match link.next_order() {
                Some(Order::Round(order)) => self.round(order, link)?,
                Some(Order::Stop {}) | None => return Ok(()),
                Some(Order::Trial(_)) => {
                    return Err(Failure {
                        kind: FailureKind::Protocol,
                        message: "a second trial was ordered; a worker runs one".to_owned(),
                    });
                }
            }
        }
    }

    fn round(&mut self, order: RoundOrder, link: &mut dyn Link) -> Result<(), Failure> {
        let one_shot = self.trace.header.shape == Shape::OneShot;
        self.check_work(order.work)?;
        if one_shot && self.used {
            self.crew.prepare(&mut || progress(link, "prefill"))?;
        }
        self.used = true;
        memory::forget_peak();
        let (base_ns, base_ticks) = (monotonic_ns(), self.clock.ticks());
        let threads = self.crew.round(order, &mut || progress(link, "round"))?;
        self.places = threads.iter().map(|thread| thread.places.clone()).collect();
        let several = self.trace.header.maps.len() > 1;
        let lengths =
            if several { self.crew.lengths(&mut || progress(link, "round"))? } else { Vec::new() };
        self.life = total(threads.iter().map(|thread| thread.life));
        let first = threads.iter().map(|thread| thread.start_ticks).min().unwrap_or(base_ticks);
        let started_ns = base_ns + self.clock.nanos_between(base_ticks, first);
        let report = self.report(order, started_ns, &threads, &lengths);
        let wrong = report.wrong_values;
        let message = format!(
            "{wrong} of {} reads in round {} returned a torn value or one of another key",
            report.reads, report.n
        );
        // Verification comes first: the parent passes the baton on when it hears of the round, and
        // nothing of this worker may run from then on.
        let verified = if one_shot && wrong == 0 {
            self.quiesce(link).and_then(|()| self.verify_executed(link))
        } else {
            Ok(())
        };
        link.send(&WorkerMessage::Round(Box::new(report)));
        if wrong > 0 {
            return Err(Failure { kind: FailureKind::WrongValue, message });
        }
        verified
    }

    /// Words can be counted out only where no thread depends on another or on the time.
    fn check_work(&self, work: Work) -> Result<(), Failure> {
        let free = |hands: &Vec<Hand>| matches!(hands.as_slice(), [hand] if hand.runs_freely());
        let Work::Words { .. } = work else { return Ok(()) };
        if self.trace.header.shape == Shape::Steady && self.crew.hands().iter().all(free) {
            return Ok(());
        }
        Err(Failure {
            kind: FailureKind::Protocol,
            message: format!(
                "{} cannot run a given number of words at {} threads: its rounds must be a \
                 duration, or the whole trace if it is one-shot",
                self.trace.header.name,
                self.crew.hands().len()
            ),
        })
    }

    fn report(
        &self,
        order: RoundOrder,
        started_ns: u64,
        threads: &[ThreadRound],
        lengths: &[u64],
    ) -> RoundReport {
        let first = threads.iter().map(|thread| thread.start_ticks).min().unwrap_or(0);
        let last = threads.iter().map(|thread| thread.end_ticks).max().unwrap_or(0);
        let tally = total(threads.iter().map(|thread| thread.tally));
        let mut counts = OpCounts::new(self.trace.header.maps.len());
        for thread in threads {
            counts.add(&thread.counts, 1);
        }
        let classes = OpClass::ALL.into_iter().filter(|&class| counts.of_class(class) > 0);
        let sum = |of: fn(&ThreadRound) -> u64| threads.iter().map(of).sum::<u64>();
        let report = RoundReport {
            n: order.n,
            started_ns,
            elapsed_ns: self.clock.nanos_between(first, last),
            ops: counts.all(),
            classes: classes
                .map(|class| ClassReport {
                    class,
                    ops: counts.of_class(class),
                    service: encode(&merged(threads, |thread| Some(&thread.histograms), class)),
                    intended: encode(&merged(threads, |thread| thread.intended.as_ref(), class)),
                })
                .collect(),
            reads: counts.of_class(OpClass::Read),
            hits: tally.hits,
            writes: counts.of_class(OpClass::Write),
            effective_writes: tally.effective_writes,
            unanswered_writes: tally.unanswered_writes,
            wrong_values: tally.wrong_values,
            ops_per_thread: threads.iter().map(|thread| thread.counts.all()).collect(),
            involuntary_switches: sum(|thread| thread.involuntary_switches),
            allocations: threads.iter().map(|thread| Some(thread.asked?.allocations)).sum(),
            taken_bytes: threads.iter().map(|thread| Some(thread.asked?.taken_bytes)).sum(),
            given_bytes: threads.iter().map(|thread| Some(thread.asked?.given_bytes)).sum(),
            memory: self.memory(threads.iter().find_map(|thread| thread.heap), self.here(lengths)),
            placement: threads.iter().find_map(|thread| thread.placement),
            updates: counts.updates,
            contended_updates: tally.contended_updates,
            top_key_ops: counts.top_key,
            waiting_ns: self.clock.nanos_between(0, sum(|thread| thread.waited_ticks)),
            maps: self.map_reports(&counts, threads, lengths),
            counters: threads.first().map(|first| first.counters.clone()).unwrap_or_default(),
            sampled: order.sampled,
            ..RoundReport::default()
        };
        let idling = self.crew.idling();
        offered::add_to(report, threads, idling, (&self.trace.header.actors, &self.clock))
    }

    /// One report per map, if there are several.
    fn map_reports(
        &self,
        counts: &OpCounts,
        threads: &[ThreadRound],
        lengths: &[u64],
    ) -> Vec<MapReport> {
        let report = |(map, (columns, &entries)): (usize, (&[u64; COLUMNS], &u64))| {
            let busy = threads.iter().map(|thread| thread.busy_ticks[map]).sum();
            MapReport {
                ops: columns.iter().sum(),
                reads: columns[OpClass::Read as usize] + columns[RANGED],
                writes: columns[OpClass::Write as usize],
                busy_ns: self.clock.nanos_between(0, busy),
                entries,
            }
        };
        counts.maps.iter().zip(lengths).enumerate().map(report).collect()
    }

    fn end(mut self, link: &mut dyn Link) -> Result<(), Failure> {
        let steady = self.trace.header.shape == Shape::Steady;
        if steady {
            memory::forget_peak();
            self.quiesce(link)?;
        }
        // Nothing of the harness's is alive here that was not before the maps were built.
        let heap = memory::heap();
        if steady {
            self.verify_executed(link)?;
        }
        let memory = self.memory(heap, Some(self.entries));
        let counters = self.crew.counters(&mut || progress(link, "verify"))?;
        link.send(&WorkerMessage::Done(Done {
            entries: self.entries,
            verified: self.meta.capabilities.keeps_entries,
            quiesce_ns: self.quiesce_ns,
            bytes_per_entry: memory.and_then(|memory| memory.bytes_per_entry()),
            memory,
            peak_rss_bytes: affinity::peak_rss_bytes(),
            instructions: None,
            counters,
        }));
        self.crew.dismiss();
        Ok(())
    }

    fn quiesce(&mut self, link: &mut dyn Link) -> Result<(), Failure> {
        self.quiesce_ns = self.crew.quiesce(&mut || progress(link, "verify"))?;
        Ok(())
    }

    /// Verifies that the maps hold what the executed ops add up to. The maps must be quiescent.
    fn verify_executed(&mut self, link: &mut dyn Link) -> Result<(), Failure> {
        let whole_lap = Place { laps: 1, position: 0 };
        let model = if self.places.iter().flatten().all(|&place| place == whole_lap) {
            Arc::clone(&self.lap)
        } else {
            let mut model = Model::preloaded(&self.trace.header.maps);
            model.apply(self.crew.hands(), &self.places);
            Arc::new(model)
        };
        self.entries = model.entries();
        self.verify(&model, link)?;
        self.verify_answers()
    }

    fn verify(&mut self, model: &Arc<Model>, link: &mut dyn Link) -> Result<(), Failure> {
        if !self.meta.capabilities.keeps_entries {
            return Ok(());
        }
        self.crew.verify(model, &mut || progress(link, "verify"))
    }

    /// With one thread every answer is known, not only the final state.
    fn verify_answers(&self) -> Result<(), Failure> {
        let capabilities = self.meta.capabilities;
        let ([hands], [places]) = (self.crew.hands().as_slice(), self.places.as_slice()) else {
            return Ok(());
        };
        let ([hand], [place]) = (hands.as_slice(), places.as_slice()) else { return Ok(()) };
        if !capabilities.keeps_entries || !capabilities.immediate_visibility {
            return Ok(());
        }
        let (hits, effective) = Model::found_by_one(&self.trace.header.maps, hand, *place);
        let answered = self.life.unanswered_writes == 0;
        if self.life.hits == hits && (!answered || self.life.effective_writes == effective) {
            return Ok(());
        }
        let message = format!(
            "one thread's reads must hit {hits} times and its writes change something {effective} \
             times; the map answered {} and {}",
            self.life.hits, self.life.effective_writes
        );
        Err(Failure { kind: FailureKind::Verification, message })
    }

    /// What the maps hold of a heap, and how many entries; `None` if nobody counts.
    fn memory(&self, heap: Option<Heap>, entries: Option<u64>) -> Option<MemoryReport> {
        let (heap, base_bytes) = (heap?, self.base_bytes?);
        Some(MemoryReport {
            held_bytes: heap.live_bytes.saturating_sub(base_bytes),
            peak_bytes: heap.peak_bytes.saturating_sub(base_bytes),
            entries: entries.filter(|_| self.meta.capabilities.keeps_entries),
            // The driver opens no file; who sends the report knows.
            rss_bytes: None,
        })
    }

    /// Entries of all maps where the hands stand now: known at the end of a lap, and where the maps
    /// were asked for their lengths.
    fn here(&self, lengths: &[u64]) -> Option<u64> {
        let lap_ended = self.places.iter().flatten().all(|place| place.position == 0);
        match lengths {
            [] => lap_ended.then(|| self.lap.entries()),
            lengths => Some(lengths.iter().sum()),
        }
    }
}

/// The state after one lap of every hand, checked against what the trace itself expects.
fn model_of_one_lap(trace: &Trace, hands: &Hands) -> Result<Model, Failure> {
    let mut model = Model::preloaded(&trace.header.maps);
    let lap = |hands: &Vec<Hand>| vec![Place { laps: 1, position: 0 }; hands.len()];
    let places: Vec<Vec<Place>> = hands.iter().map(lap).collect();
    model.apply(hands, &places);
    for ((spec, contents), expected) in
        trace.header.maps.iter().zip(&model.maps).zip(&trace.header.expected)
    {
        let len = contents.iter().flatten().count();
        if len != expected.len as usize {
            return Err(Failure {
                kind: FailureKind::Protocol,
                message: format!(
                    "{}: map {} must end with {} entries by the trace's header and with {len} by \
                     its ops: generate or import it again",
                    trace.header.name, spec.id, expected.len
                ),
            });
        }
    }
    Ok(model)
}

fn progress(link: &mut dyn Link, phase: &str) {
    link.send(&WorkerMessage::Progress { phase: phase.to_owned() });
}

fn total(tallies: impl Iterator<Item = Tally>) -> Tally {
    tallies.fold(Tally::default(), |mut sum, tally| {
        sum.add(tally);
        sum
    })
}

/// The histograms of one class of all threads in one.
fn merged(
    threads: &[ThreadRound],
    of: fn(&ThreadRound) -> Option<&[Histogram<u64>; OpClass::ALL.len()]>,
    class: OpClass,
) -> Histogram<u64> {
    let mut merged = nanosecond_histogram();
    for histograms in threads.iter().filter_map(of) {
        // Both have the same bounds, so no value can be out of range.
        let _ = merged.add(&histograms[class as usize]);
    }
    merged
}
