//! What a run measures to know its own noise: the floor of the harness in each setting, and one map
//! against itself at each number of threads. Which cells these are and how long they run is decided
//! here, from the plan alone; what they say is computed from the log.

use mapbench_core::event::{Cell, Measure, Role, Sequence};
use mapbench_core::registry::AdapterEntry;

use super::cost::TRIAL_OVERHEAD_NS;
use super::plan::Plan;

/// Length of a round of the floor, and rounds of it. Nanoseconds.
const FLOOR_ROUND_NS: u64 = 20_000_000;
const FLOOR_ROUNDS: u32 = 5;
/// Length of a round of a map against itself. Nanoseconds.
const TWIN_ROUND_NS: u64 = 10_000_000;
/// Quads of a map against itself: as many as take this part of the run, in percent, within bounds.
const TWIN_PERCENT: u64 = 3;
const FEWEST_QUADS: u64 = 8;
const MOST_QUADS: u64 = 24;
/// A pass over a one-shot trace that takes longer is no calibration. Nanoseconds.
const LONGEST_PASS_NS: u64 = 200_000_000;

/// How much a run measures of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// Floors and pairs of twins.
    #[default]
    Quick,
    /// Nothing.
    None,
}

/// The cells that calibrate a group, run before its own in the first fork.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calibration {
    /// The map that keeps nothing.
    pub floor: Option<u32>,
    /// Two workers of one map.
    pub twins: Option<[u32; 2]>,
}

impl Plan {
    /// Adds the cells that calibrate, given the map that keeps nothing and which maps keep their
    /// entries.
    pub fn calibrate(&mut self, nothing: Option<&AdapterEntry>, keeps: impl Fn(&Cell) -> bool) {
        let quads = self.twin_quads();
        let mut known_threads = Vec::new();
        self.calibrations = Vec::new();
        for group in self.groups.clone() {
            let first = self.cell(group[0]).clone();
            let suits = self.calibrates(group[0]);
            let floor = nothing
                .filter(|entry| suits && self.accepts(group[0], entry))
                .map(|entry| self.add_floor(&first, entry));
            let kept = group.iter().copied().find(|&id| keeps(self.cell(id)));
            let is_new = !known_threads.contains(&first.threads) && !first.one_shot;
            let of = kept.filter(|_| suits && is_new);
            let twins = of.map(|of| {
                known_threads.push(first.threads);
                [0, 1].map(|_| self.add_twin(of, quads))
            });
            self.calibrations.push(Calibration { floor, twins });
        }
    }

    /// Whether the throughput of a cell tells what an op costs: that of paced actors tells their
    /// pace, and counts of instructions have no noise and their floor beside them.
    pub(super) fn calibrates(&self, id: u32) -> bool {
        if self.settings.measure == Measure::Instructions {
            return false;
        }
        let extent = &self.workload(id).extent;
        let short = !self.cell(id).one_shot || self.round_guess_ns(id) <= LONGEST_PASS_NS;
        extent.paced.is_empty() && self.cell(id).offered.is_none() && short
    }

    fn add_floor(&mut self, like: &Cell, entry: &AdapterEntry) -> u32 {
        let meta = &entry.meta;
        self.push(Cell {
            adapter: meta.name.to_owned(),
            adapter_version: meta.version.to_owned(),
            scan: meta.capabilities.scan.name().to_owned(),
            role: Role::Floor,
            rounds: Some(FLOOR_ROUNDS),
            ..like.clone()
        })
    }

    fn add_twin(&mut self, of: u32, quads: u32) -> u32 {
        let cell = self.cell(of).clone();
        self.push(Cell { role: Role::Twin { of }, rounds: Some(2 * quads), ..cell })
    }

    /// The length of a round by what a cell is measured for; `None` for its own sake. Nanoseconds.
    pub(super) fn calibration_round_ns(&self, id: u32) -> Option<u64> {
        let cell = self.cell(id);
        let round_ns = match cell.role {
            Role::Measured => return None,
            // What a comparison is held against runs exactly as what is compared.
            _ if cell.arm.is_some() => return None,
            Role::Floor => FLOOR_ROUND_NS,
            Role::Twin { .. } => TWIN_ROUND_NS,
        };
        Some(round_ns.min(self.settings.round_ns))
    }

    fn twin_quads(&self) -> u32 {
        let quad_ns = 4 * (TWIN_ROUND_NS.min(self.settings.round_ns) + self.settings.warm_ns);
        let quads = self.estimate_ns() / 100 * TWIN_PERCENT / quad_ns.max(1);
        quads.clamp(FEWEST_QUADS, MOST_QUADS) as u32
    }

    /// A guess of how long calibration takes. Nanoseconds.
    pub fn calibration_ns(&self) -> u64 {
        let cells = self.cells.iter().filter(|cell| !cell.role.is_measured());
        let trial = |cell: &Cell| {
            let warm_ns = if cell.one_shot { 0 } else { self.settings.warm_ns };
            let round_ns = self.round_guess_ns(cell.id).saturating_add(warm_ns);
            let forks = if cell.arm.is_some() { self.settings.forks } else { 1 };
            let one_ns = round_ns.saturating_mul(u64::from(self.rounds(cell.id)));
            one_ns.saturating_add(TRIAL_OVERHEAD_NS).saturating_mul(u64::from(forks))
        };
        cells.map(trial).fold(0, u64::saturating_add)
    }

    /// What the cells of a group are told when they are calibrated: never a soak, and no blocks.
    pub(super) fn warms_each_round(&self, id: u32) -> bool {
        self.settings.order != Sequence::Soak || !self.cell(id).role.is_measured()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{adapters, pair, workload};
    use super::super::variant::Variant;
    use super::*;

    #[test]
    fn each_group_has_a_floor_and_each_thread_count_one_pair_of_twins() {
        let axes = super::super::plan::Axes { threads: vec![1, 2], ..Default::default() };
        let settings = pair(2, 10, Sequence::Interleaved).settings;
        let entries = adapters();
        let two: Vec<_> = entries[..2].iter().map(Variant::plain).collect();
        let workloads = vec![workload("test/one", &[]), workload("test/two", &[])];
        let mut plan = Plan::new(workloads, &two, &axes, settings);
        let before_ns = plan.estimate_ns();
        plan.calibrate(Some(&entries[2]), |cell| cell.adapter != "a");
        assert_eq!((plan.groups.len(), plan.calibrations.len()), (4, 4));
        assert!(plan.calibrations.iter().all(|one| one.floor.is_some()));
        let twins: Vec<bool> = plan.calibrations.iter().map(|one| one.twins.is_some()).collect();
        assert_eq!(twins, [true, true, false, false]);
        let [one, other] = plan.calibrations[1].twins.expect("twins");
        for id in [one, other] {
            let cell = plan.cell(id);
            assert_eq!((cell.adapter.as_str(), cell.threads), ("b", 2));
            assert_eq!(cell.role, Role::Twin { of: 3 });
        }
        assert_eq!(plan.cells.iter().filter(|cell| cell.role.is_measured()).count(), 8);
        assert_eq!(plan.estimate_ns(), before_ns + plan.calibration_ns());
    }

    #[test]
    fn what_has_a_pace_does_not_calibrate() {
        let mut plan = pair(1, 2, Sequence::Interleaved);
        let actor =
            super::super::extent::PacedActor { name: "slow".to_owned(), events: 1, lap_ns: 1 };
        plan.workloads[0].extent.paced = vec![actor];
        plan.calibrate(Some(&adapters()[2]), |_| true);
        assert_eq!(plan.calibrations, [Calibration::default()]);
    }
}
