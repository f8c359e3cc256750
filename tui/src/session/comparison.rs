//! A plan that compares, made of one that measures: each cell becomes a pair of cells, one per arm,
//! whose rounds run in quads; beside them the reference against its second copy at each number of
//! threads, and the map that keeps nothing in both arms of each setting. Starts nothing.

use mapbench_core::event::{Arm, Cell, Role, Skipped};
use mapbench_core::registry::{AdapterEntry, Registry};

use super::arms::Arms;
use super::calibrate::Effort;
use super::cost::TRIAL_OVERHEAD_NS;
use super::plan::Plan;
use super::prepare::{self, PrepareError, Prepared};
use super::request::RunRequest;

/// The reference against its second copy takes this part of a cell's time: the floor need be known
/// to a third of δ only.
const TWINS_PER_CELL: u64 = 2;
/// The map that keeps nothing takes this part of it: its rounds scatter least of all.
const FLOORS_PER_CELL: u64 = 6;
/// Fewest and most quads of a pair in each fork.
const QUADS: std::ops::RangeInclusive<u64> = 2..=100_000;

/// How long a comparison takes. Nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// The rounds of each pair of cells, with their warm-ups, over all forks.
    PerPair(u64),
    /// All of it, as far as can be guessed.
    All(u64),
}

/// A time of a pair that is long beside a quad of it. Nanoseconds.
const PROBE_NS: u64 = 600_000_000_000;

/// The time of a pair in a plan that is to take a time in all, given one whose pairs take
/// [`PROBE_NS`]: what grows with it is all but what surrounds the rounds.
fn per_pair_ns(plan: &Plan, all_ns: u64) -> u64 {
    let forks = u64::from(plan.settings.forks);
    let around_ns = plan.cells.len() as u64 * forks * TRIAL_OVERHEAD_NS;
    let rounds_ns = plan.estimate_ns().saturating_sub(around_ns).max(1);
    let left_ns = all_ns.saturating_sub(around_ns);
    (u128::from(PROBE_NS) * u128::from(left_ns) / u128::from(rounds_ns)) as u64
}

/// Plans a comparison of programs. `registry` is what the programs have.
pub fn prepare_comparison(
    registry: &Registry,
    request: &RunRequest,
    arms: &Arms,
    time: Time,
) -> Result<Prepared, PrepareError> {
    let alone = RunRequest { calibration: Effort::None, ..request.clone() };
    let Prepared { plan, store } = prepare::prepare(registry, &alone)?;
    let nothing = prepare::nothing(registry);
    let keeps = |cell: &Cell| registry.get(cell.adapter_name()).is_some_and(prepare::keeps_entries);
    let pairs = |time_ns| Pairing { arms, nothing, time_ns }.of(&plan, keeps);
    let plan = match time {
        Time::PerPair(time_ns) => pairs(time_ns),
        Time::All(all_ns) => pairs(per_pair_ns(&pairs(PROBE_NS), all_ns)),
    };
    if plan.cells.is_empty() {
        return Err(prepare::nothing_fits(&plan));
    }
    Ok(Prepared { plan, store })
}

impl Plan {
    /// The pair of the reference and its second copy that a cell's noise floor is taken from.
    pub(super) fn twins_for(&self, cell: u32) -> Option<[u32; 2]> {
        let threads = self.cell(cell).threads;
        let mut pairs =
            self.groups.iter().filter_map(|group| <[u32; 2]>::try_from(&group[..]).ok());
        pairs.find(|pair| {
            let first = self.cell(pair[0]);
            self.is_twin_of_an_arm(pair[0]) && first.threads == threads
        })
    }

    /// Whether the rounds of a cell have a part in what ends rounds early.
    pub(super) fn is_watched(&self, cell: u32) -> bool {
        self.cell(cell).role.is_measured() || self.is_twin_of_an_arm(cell)
    }

    fn is_twin_of_an_arm(&self, cell: u32) -> bool {
        let cell = self.cell(cell);
        cell.arm.is_some() && matches!(cell.role, Role::Twin { .. })
    }
}

/// What a comparison is planned with.
#[derive(Debug)]
pub struct Pairing<'a> {
    /// The programs.
    pub arms: &'a Arms,
    /// The map that keeps nothing, if there is one.
    pub nothing: Option<&'a AdapterEntry>,
    /// What the rounds of a pair take together, with their warm-ups, over all forks. Nanoseconds.
    pub time_ns: u64,
}

impl Pairing<'_> {
    /// The cells of a plan, each in both arms, and what they are held against; `keeps` says whether
    /// the map of a cell keeps its entries. What cannot be compared is skipped with its reason.
    pub fn of(&self, from: &Plan, keeps: impl Fn(&Cell) -> bool) -> Plan {
        let mut plan = Plan::empty(from.settings.clone());
        plan.workloads.clone_from(&from.workloads);
        plan.skipped.clone_from(&from.skipped);
        let mut known: Vec<(u32, u32)> = Vec::new();
        for cell in from.groups.iter().flatten().map(|&id| from.cell(id)) {
            if let Some(reason) = self.obstacle(from, cell) {
                let (scenario, adapter) = (cell.scenario.clone(), cell.adapter.clone());
                plan.skipped.push(Skipped { scenario, adapter, reason });
            } else {
                let a = self.add(&mut plan, from, cell, [Arm::A, Arm::B], self.time_ns);
                known.push((cell.id, a));
            }
        }
        self.add_floors(&mut plan, from, &known);
        self.add_twins(&mut plan, from, &known, keeps);
        let rounds = plan.cells.iter().filter_map(|cell| cell.rounds);
        plan.settings.rounds = rounds.max().unwrap_or(from.settings.rounds);
        // Each placement mode of a pair is a test; one thread has none.
        let tests = known.iter().map(|&(id, _)| from.cell(id).threads.clamp(1, 2)).sum();
        plan.settings.rules.gate_tests = Some(tests);
        plan
    }

    /// Why a cell cannot be compared; `None` if it can.
    fn obstacle(&self, from: &Plan, cell: &Cell) -> Option<String> {
        let name = cell.adapter_name();
        for (arm, program) in [(Arm::A, &self.arms.a), (Arm::B, &self.arms.b)] {
            if !program.has(name) {
                let (arm, of) = (arm.name(), &program.name);
                return Some(format!("arm {arm} ({of}) has no adapter `{name}`"));
            }
        }
        if cell.offered.is_some() {
            let adapter = &cell.adapter;
            return Some(format!(
                "{adapter} is offered a rate, which both arms would keep; compare without --rate"
            ));
        }
        let (need, may) = (2 * from.memory_bytes(cell.id), from.settings.max_memory_bytes);
        (need > may).then(|| {
            format!(
                "two workers of {} need about {} MiB together, of {} MiB that they may; raise \
                 --max-memory",
                cell.adapter,
                need >> 20,
                may >> 20
            )
        })
    }

    /// The map that keeps nothing in each setting that has a pair: does the harness cost the same
    /// in both arms?
    fn add_floors(&self, plan: &mut Plan, from: &Plan, known: &[(u32, u32)]) {
        let both = |entry: &&AdapterEntry| {
            self.arms.a.has(entry.meta.name) && self.arms.b.has(entry.meta.name)
        };
        let Some(entry) = self.nothing.filter(both) else { return };
        for group in &from.groups {
            let first = from.cell(group[0]);
            let has_pair = known.iter().any(|(id, _)| group.contains(id));
            if has_pair && from.calibrates(first.id) && from.accepts(first.id, entry) {
                let floor = Cell {
                    adapter: entry.meta.name.to_owned(),
                    adapter_version: entry.meta.version.to_owned(),
                    scan: entry.meta.capabilities.scan.name().to_owned(),
                    role: Role::Floor,
                    ..first.clone()
                };
                let time_ns = self.time_ns / FLOORS_PER_CELL;
                self.add(plan, from, &floor, [Arm::A, Arm::B], time_ns);
            }
        }
    }

    /// The reference against its second copy, once for each number of threads.
    fn add_twins(
        &self,
        plan: &mut Plan,
        from: &Plan,
        known: &[(u32, u32)],
        keeps: impl Fn(&Cell) -> bool,
    ) {
        let mut threads = Vec::new();
        for &(id, of) in known {
            let cell = from.cell(id);
            if keeps(cell) && from.calibrates(id) && !threads.contains(&cell.threads) {
                threads.push(cell.threads);
                let twin = Cell { role: Role::Twin { of }, ..cell.clone() };
                let time_ns = self.time_ns / TWINS_PER_CELL;
                self.add(plan, from, &twin, [Arm::A, Arm::AgainA], time_ns);
            }
        }
    }

    /// Adds a cell of the other plan in two arms, as a group. The id of the first.
    fn add(&self, plan: &mut Plan, from: &Plan, like: &Cell, arms: [Arm; 2], time_ns: u64) -> u32 {
        let rounds = Some(rounds(from, like.id, time_ns));
        let group = arms.map(|arm| {
            let version = self.arms.program(arm).version(like.adapter_name());
            let adapter_version = version.unwrap_or(&like.adapter_version).to_owned();
            let id = plan.cells.len() as u32;
            let arm = Some(arm);
            plan.cells.push(Cell { id, adapter_version, rounds, arm, ..like.clone() });
            plan.workload_of.push(from.workload_of[like.id as usize]);
            id
        });
        plan.groups.push(group.to_vec());
        group[0]
    }
}

/// Rounds of each of two cells in each fork that take a time together.
fn rounds(from: &Plan, id: u32, time_ns: u64) -> u32 {
    let warm_ns = if from.cell(id).one_shot { 0 } else { from.settings.warm_ns };
    let quad_ns = from.round_guess_ns(id).saturating_add(warm_ns).saturating_mul(4).max(1);
    let per_fork_ns = time_ns / u64::from(from.settings.forks.max(1));
    (2 * (per_fork_ns / quad_ns).clamp(*QUADS.start(), *QUADS.end())) as u32
}

#[cfg(test)]
mod tests {
    use mapbench_core::event::{EndCause, RunEvent, Sequence};

    use super::super::arms::ArmProgram;
    use super::super::fake::{Fault, SECOND_NS, adapters, pair, play, started};
    use super::super::launch::Death;
    use super::*;

    /// A program that has some maps.
    fn program(name: &str, maps: &[&str]) -> ArmProgram {
        let maps: Vec<String> =
            maps.iter().map(|map| format!(r#""{map}": "{map} of {name}""#)).collect();
        let said = format!(r#"{{"protocol": 1, "adapters": {{{}}}}}"#, maps.join(", "));
        ArmProgram::told(name, &said)
    }

    /// A comparison of maps `a` and `b`, of which arm B lacks `b`, by a map `c` that keeps nothing.
    fn compared(forks: u32, time_ns: u64) -> Plan {
        let arms = Arms {
            a: program("old", &["a", "b", "c"]),
            again: None,
            b: program("new", &["a", "c"]),
        };
        let nothing = &adapters()[2];
        let pairing = Pairing { arms: &arms, nothing: Some(nothing), time_ns };
        pairing.of(&pair(forks, 2, Sequence::Interleaved), |_| true)
    }

    #[test]
    fn each_cell_becomes_a_pair_and_is_held_against_a_floor_and_a_second_copy() {
        let plan = compared(2, 60 * SECOND_NS);
        assert_eq!(plan.groups, [[0, 1], [2, 3], [4, 5]]);
        let told: Vec<_> =
            plan.cells.iter().map(|cell| (cell.adapter.as_str(), cell.arm)).collect();
        let [a, again, b] = [Arm::A, Arm::AgainA, Arm::B].map(Some);
        assert_eq!(told, [("a", a), ("a", b), ("c", a), ("c", b), ("a", a), ("a", again)]);
        let roles: Vec<Role> = plan.cells.iter().map(|cell| cell.role).step_by(2).collect();
        assert_eq!(roles, [Role::Measured, Role::Floor, Role::Twin { of: 0 }]);
        assert_eq!(plan.cells[1].adapter_version, "a of new");
        assert_eq!(plan.skipped[0].reason, "arm B (new) has no adapter `b`");
        // 60 s over 2 forks of quads of 4 × 210 ms are 35 quads; a half and a sixth of it beside.
        let rounds: Vec<_> = plan.cells.iter().map(|cell| cell.rounds.unwrap_or(0)).collect();
        assert_eq!(rounds, [70, 70, 10, 10, 34, 34]);
        assert!(plan.groups.iter().all(|group| plan.runs_quads(group[0])));
        assert_eq!(plan.settings.rounds, 70);
        let threads = plan.cells[0].threads;
        assert_eq!(
            plan.settings.rules.gate_tests,
            Some(threads.min(2)),
            "the gate judges one pair"
        );
        assert_eq!(plan.twins_for(0), Some([4, 5]));
        assert!(plan.is_watched(4) && !plan.is_watched(2));
    }

    #[test]
    fn a_budget_is_what_all_of_it_takes() {
        let all_ns = 100 * SECOND_NS;
        let time_ns = per_pair_ns(&compared(2, PROBE_NS), all_ns);
        let estimate_ns = compared(2, time_ns).estimate_ns();
        assert!(estimate_ns.abs_diff(all_ns) < 5 * SECOND_NS, "{estimate_ns}");
        assert_eq!(per_pair_ns(&compared(2, PROBE_NS), 1), 0, "as little as there can be");
    }

    #[test]
    fn the_workers_of_each_pair_are_of_its_two_arms_in_every_fork() {
        let plan = compared(2, 2 * SECOND_NS);
        let mut started = started(&plan, &[]);
        started.sort_unstable();
        let [a, again, b] = [Arm::A, Arm::AgainA, Arm::B].map(Some);
        let forks = |arm, n: usize| [(arm, 0), (arm, 1)].into_iter().cycle().take(2 * n);
        let mut expected: Vec<_> = forks(a, 3).chain(forks(again, 1)).chain(forks(b, 2)).collect();
        expected.sort_unstable();
        assert_eq!(started, expected);
        let (events, cause) = play(&plan, &[], &mut |_, _| ());
        assert_eq!(cause, EndCause::Finished);
        let quads = events.iter().filter(|event| matches!(event, RunEvent::Quads { .. }));
        assert_eq!(quads.count(), 3, "sized once");
    }

    #[test]
    fn an_arm_whose_other_one_has_died_runs_no_more() {
        let plan = compared(3, 60 * SECOND_NS);
        let death = Death { signal: Some("SIGSEGV".to_owned()), ..Death::default() };
        let (events, cause) = play(&plan, &[("a of B", Fault::DiesIn(4, death))], &mut |_, _| ());
        assert_eq!(cause, EndCause::Finished);
        let rounds = |of: u32| {
            let of_cell =
                |event: &&RunEvent| matches!(event, RunEvent::Round { cell, .. } if *cell == of);
            events.iter().filter(of_cell).count()
        };
        assert_eq!(rounds(1), 4, "B died in its fifth round");
        assert!((4..=6).contains(&rounds(0)), "A ran to the end of the quad: {}", rounds(0));
        assert!(rounds(2) > 6 && rounds(4) > 6, "the other pairs go on");
    }

    #[test]
    fn a_pair_takes_the_time_that_it_was_given() {
        let plan = compared(2, 60 * SECOND_NS);
        let trials = 2 * 2 * (1 + 1 + 1);
        let rounds_ns = 2 * 2 * (70 + 10 + 34) * 210_000_000;
        assert_eq!(plan.estimate_ns(), rounds_ns + trials * 400_000_000);
        assert_eq!(compared(2, 1).cells[0].rounds, Some(4), "two quads at least");
    }
}
