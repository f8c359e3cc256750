//! What a plan costs: memory, time, and what to know before one waits for it. Guesses, made from
//! the plan alone.

use mapbench_core::event::{Cell, Sequence};
use mapbench_core::key::{INLINE_KEY_BYTES, KeyKind};

use super::plan::{Plan, Workload, cpus_of_process};

/// Memory that a worker needs beside its keys, values and ops. Bytes.
const WORKER_BASE_BYTES: u64 = 24 << 20;
/// Table slots, control bytes and growth of a hash map, per byte of entry.
const MAP_OVERHEAD: u64 = 3;
/// Address space, not memory, that the C allocator and a stack reserve per thread. Bytes.
const THREAD_ADDRESS_BYTES: u64 = 136 << 20;
/// The least address-space limit of a worker. Bytes.
const LEAST_LIMIT_BYTES: u64 = 1 << 30;
/// Guessed time to start, prefill and verify one worker, for the estimate. Nanoseconds.
pub(super) const TRIAL_OVERHEAD_NS: u64 = 400_000_000;
/// Fewer due events than this in a round say little about their latency.
const FEWEST_EVENTS: f64 = 20.0;
/// A cell that takes less than this is never worth a warning. Nanoseconds.
const LONG_CELL_NS: u64 = 10_000_000_000;

impl Plan {
    /// Memory that the worker of a cell is expected to hold: its map at its peak, the keys, the
    /// ops dealt to threads, and the model that verifies it. Bytes.
    pub fn memory_bytes(&self, id: u32) -> u64 {
        let cell = self.cell(id);
        let header = &self.workload(id).header;
        let (table_bytes, key_bytes) = match cell.key {
            KeyKind::U64 => (0, 8),
            KeyKind::String => (INLINE_KEY_BYTES as u64, INLINE_KEY_BYTES as u64),
        };
        let entry_bytes = (key_bytes + u64::from(cell.value.bytes())) * MAP_OVERHEAD;
        let maps: u64 = header
            .maps
            .iter()
            .map(|map| {
                let model = u64::from(map.peak) * 32;
                u64::from(map.keys) * table_bytes + u64::from(map.peak) * entry_bytes + model
            })
            .sum();
        WORKER_BASE_BYTES + maps + self.workload(id).extent.dealt_bytes()
    }

    /// The address-space limit of a cell's worker: generous, because it is there to stop a map
    /// that eats memory, not to measure one. Bytes.
    pub fn address_limit_bytes(&self, id: u32) -> u64 {
        let threads = u64::from(self.cell(id).threads) + u64::from(cpus_of_process());
        LEAST_LIMIT_BYTES.max(4 * self.memory_bytes(id)) + threads * THREAD_ADDRESS_BYTES
    }

    /// Splits cells into turns whose workers fit into memory together, keeping their order. In a
    /// soak each cell is alone.
    pub fn turns(&self, cells: &[u32]) -> Vec<Vec<u32>> {
        if self.settings.order == Sequence::Soak {
            return cells.iter().map(|&cell| vec![cell]).collect();
        }
        let mut turns: Vec<Vec<u32>> = Vec::new();
        let mut used = 0;
        for &cell in cells {
            let need = self.memory_bytes(cell);
            match turns.last_mut() {
                Some(turn) if used + need <= self.settings.max_memory_bytes => turn.push(cell),
                _ => {
                    turns.push(vec![cell]);
                    used = 0;
                }
            }
            used += need;
        }
        turns
    }

    /// A guess of how long a round of a cell takes, without what runs before it. Nanoseconds.
    pub fn round_guess_ns(&self, id: u32) -> u64 {
        let cell = self.cell(id);
        if cell.one_shot {
            self.workload(id).extent.one_shot_ns(cell.threads)
        } else {
            self.round_ns(id)
        }
    }

    /// A guess of how long the run takes. Nanoseconds.
    pub fn estimate_ns(&self) -> u64 {
        let settings = &self.settings;
        let trial = |cell: &Cell| {
            let warm_ns = if cell.one_shot { 0 } else { settings.warm_ns };
            let round_ns = self.round_guess_ns(cell.id).saturating_add(warm_ns);
            let rounds = u64::from(self.rounds(cell.id));
            round_ns.saturating_mul(rounds).saturating_add(TRIAL_OVERHEAD_NS)
        };
        let measured = self.cells.iter().filter(|cell| cell.role.is_measured());
        let trials = measured.map(trial).fold(0, u64::saturating_add);
        trials.saturating_mul(u64::from(settings.forks)).saturating_add(self.calibration_ns())
    }

    /// What somebody should know before they wait for it: rounds with hardly an event in them,
    /// and cells that take much longer than was asked for.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (position, workload) in self.workloads.iter().enumerate() {
            let measured = self.cells.iter().filter(|cell| cell.role.is_measured());
            let own = measured.filter(|cell| self.workload_of[cell.id as usize] == position);
            let longest = own.max_by_key(|cell| self.round_guess_ns(cell.id));
            let Some(cell) = longest else { continue };
            notes.extend(self.few_events(cell, workload));
            notes.extend(self.takes_long(cell));
        }
        notes
    }

    fn few_events(&self, cell: &Cell, workload: &Workload) -> Vec<String> {
        let round_ns = (!cell.one_shot).then(|| self.round_ns(cell.id));
        let few = workload.extent.paced.iter().filter(|a| a.due_in(round_ns) < FEWEST_EVENTS);
        few.map(|actor| {
            let seconds = actor.time_of(FEWEST_EVENTS).div_ceil(1_000_000_000);
            let advice = match round_ns {
                Some(_) => format!("use --round {seconds}s"),
                None => "use a longer trace".to_owned(),
            };
            format!(
                "{}: a round holds about {:.0} due events of the {} actor, too few for their \
                 latencies; {advice}",
                cell.scenario,
                actor.due_in(round_ns),
                actor.name
            )
        })
        .collect()
    }

    /// The time per cell that was asked for is of rounds of the usual length.
    fn takes_long(&self, cell: &Cell) -> Option<String> {
        let settings = &self.settings;
        let rounds = u64::from(self.rounds(cell.id)).saturating_mul(u64::from(settings.forks));
        let round_ns = self.round_guess_ns(cell.id);
        let all_ns = round_ns.saturating_mul(rounds);
        let asked = u64::from(settings.rounds).saturating_mul(u64::from(settings.forks));
        let asked_ns = settings.round_ns.saturating_mul(asked);
        let long = all_ns > LONG_CELL_NS.max(asked_ns.saturating_mul(2));
        long.then(|| {
            format!(
                "{}: a round takes about {:.1} s and a cell of {rounds} rounds {:.0} s; fewer \
                 --rounds are sooner done",
                cell.scenario,
                round_ns as f64 / 1e9,
                all_ns as f64 / 1e9
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use mapbench_core::trace::Shape;

    use super::super::extent::{Extent, PacedActor};
    use super::super::fake::{SECOND_NS, plan_of, workload};
    use super::*;

    /// A plan of one fork of ten rounds of 200 ms, on a changed workload.
    fn planned(change: impl FnOnce(&mut Workload)) -> Plan {
        let mut one = workload("test/one", &[]);
        change(&mut one);
        plan_of(&[one], 1, 10, u64::MAX)
    }

    fn nominator() -> PacedActor {
        PacedActor { name: "nominator".to_owned(), events: 500, lap_ns: 100 * SECOND_NS }
    }

    #[test]
    fn a_round_with_hardly_an_event_in_it_is_noted_with_a_length_that_has_enough() {
        let notes = planned(|one| one.extent.paced = vec![nominator()]).notes();
        let [note] = notes.as_slice() else { panic!("{notes:?}") };
        // 5 events a second are 1 in 200 ms, and 20 in 4 s.
        let expected = "test/one: a round holds about 1 due events of the nominator actor, too few \
                        for their latencies; use --round 4s";
        assert_eq!(note, expected);
        let long = planned(|one| {
            one.extent.paced = vec![nominator()];
            one.round_ns = Some(4 * SECOND_NS);
        });
        assert!(long.notes().iter().all(|note| !note.contains("due events")), "{:?}", long.notes());
    }

    #[test]
    fn cells_that_take_much_longer_than_asked_for_are_noted() {
        assert_eq!(planned(|_| {}).notes(), Vec::<String>::new());
        let long = planned(|one| one.round_ns = Some(4 * SECOND_NS)).notes();
        let expected = "test/one: a round takes about 4.0 s and a cell of 10 rounds 40 s; fewer \
                        --rounds are sooner done";
        assert_eq!(long, [expected]);
    }

    #[test]
    fn a_hundred_million_ops_take_their_time_and_ranges_take_less() {
        let one_shot = |ops, words| {
            planned(|one| {
                one.header.shape = Shape::OneShot;
                one.extent = Extent { ops, words, ..Extent::default() };
            })
        };
        // 100 million ops at 150 ns are 15 s; three adapters, ten rounds, 0.4 s around them.
        let plan = one_shot(100_000_000, 100_000_000);
        assert_eq!(plan.estimate_ns(), 3 * (10 * 15 * SECOND_NS + 400_000_000));
        assert!(plan.notes()[0].contains("a round takes about 15.0 s"), "{:?}", plan.notes());
        // One million words, the other ops are the gets of ranges.
        let ranges = one_shot(100_000_000, 1_000_000);
        assert_eq!(ranges.round_guess_ns(0), 150_000_000 + 99 * 30_000_000);
        // No number in a file makes it panic.
        assert!(one_shot(u64::MAX, u64::MAX).estimate_ns() > 0);
    }

    #[test]
    fn the_gets_of_a_range_take_no_memory_and_its_paces_take_their_time() {
        let extent =
            |ops, words| planned(|one| one.extent = Extent { ops, words, ..one.extent.clone() });
        let (few, many) = (extent(1_000, 1_000), extent(100_000_000, 1_000));
        assert_eq!(few.memory_bytes(0), many.memory_bytes(0));
        assert_eq!(extent(2_000, 2_000).memory_bytes(0), few.memory_bytes(0) + 8_000);
        let paced = planned(|one| {
            one.header.shape = Shape::OneShot;
            one.extent.paced = vec![nominator()];
        });
        assert_eq!(paced.round_guess_ns(0), 100 * SECOND_NS);
    }
}
