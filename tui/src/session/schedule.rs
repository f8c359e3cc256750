//! Which worker runs when. Forks are successive groups; the workers of a group are alive together
//! and take rounds in randomised blocks: each block holds one round of each cell, in an order of
//! its own. Two cells take them in quads instead. Only one worker runs at a time. Between rounds,
//! requests are obeyed.

use mapbench_core::event::{EndCause, Role, RunEvent, Sequence, StopRule, Work};
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use super::calibrate::Calibration;
use super::crew::{Crew, Tools};
use super::launch::WorkerId;
use super::plan::Plan;
use super::quads::{self, Sizing};
use super::stopping::Watch;

/// Time that the stacks of a cell are sampled. Nanoseconds.
const SAMPLED_NS: u64 = 1_000_000_000;
/// Most rounds of one-shot work that are run for it.
const MOST_SAMPLED_ROUNDS: u32 = 20;

/// Runs a plan and emits all its events but the first and the last.
pub fn run(plan: &Plan, tools: &mut Tools<'_>) -> EndCause {
    tools.control.wake_with(tools.launch.waker());
    Schedule { plan, memory: &mut Memory::new(plan.settings.seed) }.run(tools)
}

/// Runs one fork of a group in as many turns as its memory asks for. Why the run ends, if it does.
pub(super) fn visit(
    plan: &Plan,
    memory: &mut Memory,
    tools: &mut Tools<'_>,
    fork: u32,
    cells: Vec<u32>,
) -> Option<EndCause> {
    Schedule { plan, memory }.fork(tools, fork, cells)
}

#[derive(Debug)]
struct Schedule<'a> {
    plan: &'a Plan,
    memory: &'a mut Memory,
}

/// What lasts from one turn to the next, while the plan may grow between them.
#[derive(Debug)]
pub(super) struct Memory {
    random: Xoshiro256PlusPlus,
    /// Cells that somebody skipped.
    skipped: Vec<u32>,
    /// Cells that failed: later forks leave them out, so that a hang costs its timeout once.
    failed: Vec<u32>,
    /// Pairs whose rounds have been sized: later forks run the same ops.
    quads: Vec<([u32; 2], Work)>,
    /// What rules that end rounds early look at.
    watch: Watch,
    next_worker: WorkerId,
}

impl Memory {
    /// Of a run of which nothing has happened yet.
    pub(super) fn new(seed: u64) -> Self {
        Memory {
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            skipped: Vec::new(),
            failed: Vec::new(),
            quads: Vec::new(),
            watch: Watch::default(),
            next_worker: 0,
        }
    }
}

impl Schedule<'_> {
    fn run(mut self, tools: &mut Tools<'_>) -> EndCause {
        for fork in 0..self.plan.settings.forks {
            let mut groups: Vec<usize> = (0..self.plan.groups.len()).collect();
            groups.shuffle(&mut self.memory.random);
            for group in groups {
                if let Some(calibration) = self.plan.calibrations.get(group)
                    && fork == 0
                {
                    self.calibrate(tools, calibration);
                }
                let cells = self.plan.groups[group].clone();
                if let [a, b] = cells[..]
                    && self.memory.watch.has_ended([a, b])
                {
                    continue;
                }
                if self.has_lost_one(&cells) {
                    continue;
                }
                if let Some(cause) = self.fork(tools, fork, cells) {
                    return cause;
                }
            }
        }
        EndCause::Finished
    }

    /// One fork of a group. Why the run ends, if it does.
    fn fork(&mut self, tools: &mut Tools<'_>, fork: u32, mut cells: Vec<u32>) -> Option<EndCause> {
        cells.shuffle(&mut self.memory.random);
        let turns = self.plan.turns(&cells);
        if turns.len() > 1 && fork == 0 && self.plan.settings.order != Sequence::Soak {
            self.note_turns(tools, &cells, turns.len());
        }
        for turn in turns {
            self.turn(tools, fork, &turn);
            let cause = stopped(tools);
            if cause.is_some() {
                return cause;
            }
        }
        None
    }

    /// Measures the harness and one map against itself. What fails here spoils no result, but its
    /// figures are missing.
    fn calibrate(&mut self, tools: &mut Tools<'_>, calibration: &Calibration) {
        let twins = calibration.twins.map(Vec::from);
        for cells in calibration.floor.map(|cell| vec![cell]).into_iter().chain(twins) {
            if stopped(tools).is_some() {
                return;
            }
            self.turn(tools, 0, &cells);
        }
    }

    /// Says which of the cells that failed from the `failed`th on leave figures missing, instead of
    /// a row with an error.
    fn note_calibration(&self, tools: &mut Tools<'_>, failed: usize) {
        let failed = self.memory.failed[failed..].iter().map(|&cell| self.plan.cell(cell));
        for cell in failed.filter(|cell| !cell.role.is_measured()) {
            let text = format!(
                "calibration with {} on {} at {} threads failed, so that its figures are \
                 missing; the run goes on",
                cell.adapter, cell.scenario, cell.threads
            );
            tools.sink.event(&RunEvent::Note { text });
        }
    }

    /// Whether one of two arms has failed, so that the other has nobody to be held against.
    fn has_lost_one(&self, cells: &[u32]) -> bool {
        let is_arm = cells.iter().any(|&cell| self.plan.cell(cell).arm.is_some());
        is_arm && cells.iter().any(|cell| self.memory.failed.contains(cell))
    }

    /// One turn: prepare all, rounds in their order, verify all.
    fn turn(&mut self, tools: &mut Tools<'_>, fork: u32, cells: &[u32]) {
        let mut next_worker = self.memory.next_worker;
        let mut crew = Crew::new(self.plan, tools, fork, &mut next_worker);
        for &cell in cells {
            self.boundary(&mut crew);
            if stopped(crew.tools()).is_some() {
                break;
            }
            if !self.memory.skipped.contains(&cell) && !self.memory.failed.contains(&cell) {
                crew.enlist(cell);
            }
        }
        self.rounds(&mut crew);
        self.samples(&mut crew, fork);
        for cell in crew.cells() {
            self.boundary(&mut crew);
            if crew.tools().control.requests().kill {
                crew.expel(cell);
            } else {
                crew.discharge(cell);
            }
        }
        let failed = self.memory.failed.len();
        self.memory.failed.extend(crew.failed());
        self.memory.next_worker = next_worker;
        self.note_calibration(tools, failed);
    }

    fn rounds(&mut self, crew: &mut Crew<'_, '_>) {
        let cells = crew.cells();
        let is_twin = |&cell: &u32| matches!(self.plan.cell(cell).role, Role::Twin { .. });
        let order = if cells.iter().any(is_twin) {
            Sequence::Interleaved
        } else {
            self.plan.settings.order
        };
        match (order, cells.as_slice()) {
            // An arm without the other one.
            (_, &[alone]) if self.plan.cell(alone).arm.is_some() => {}
            (Sequence::Interleaved, &[a, b]) if self.plan.runs_quads(a) || is_twin(&a) => {
                self.quads(crew, [a.min(b), a.max(b)]);
            }
            (Sequence::Interleaved, _) => self.blocks(crew),
            (Sequence::Block | Sequence::Soak, _) => self.one_after_the_other(crew),
        }
    }

    fn blocks(&mut self, crew: &mut Crew<'_, '_>) {
        let rounds = crew.cells().iter().map(|&cell| self.plan.rounds(cell)).max().unwrap_or(0);
        let (rules, forks) = (self.plan.settings.rules, self.plan.settings.forks);
        for _ in 0..rounds {
            let rule = self.memory.watch.block(rules, &crew.cells(), crew.fork(), forks);
            if self.end_rounds(crew, rule) {
                return;
            }
            let mut block = crew.cells();
            block.shuffle(&mut self.memory.random);
            for cell in block {
                if !self.round(crew, cell, self.plan.work(cell)) {
                    return;
                }
            }
        }
        self.plan_is_done(crew);
    }

    fn one_after_the_other(&mut self, crew: &mut Crew<'_, '_>) {
        for cell in crew.cells() {
            for _ in 0..self.plan.rounds(cell) {
                if !self.round(crew, cell, self.plan.work(cell)) {
                    return;
                }
            }
        }
    }

    fn quads(&mut self, crew: &mut Crew<'_, '_>, cells: [u32; 2]) {
        let Some(work) = self.quad_work(crew, cells) else { return };
        for _ in 0..self.plan.rounds(cells[0]) / 2 {
            for cell in quads::order(cells, &mut self.memory.random) {
                if !self.round(crew, cell, work) {
                    return;
                }
            }
            if crew.cells().len() < 2 && self.plan.cell(cells[0]).arm.is_some() {
                return;
            }
            let forks = self.plan.settings.forks;
            let planned = self.plan.rounds(cells[0]) / 2 * forks;
            let (rules, at) = (self.plan.settings.rules, (crew.fork(), forks));
            if !self.plan.cell(cells[0]).role.is_measured() {
                continue;
            }
            let twins = self.plan.twins_for(cells[0]);
            let rule = self.memory.watch.quad(rules, cells, twins, at, planned as usize);
            if self.end_rounds(crew, rule) {
                return;
            }
        }
        self.plan_is_done(crew);
    }

    /// Says that a rule ended the rounds of a crew, if one did.
    fn end_rounds(&self, crew: &mut Crew<'_, '_>, rule: Option<StopRule>) -> bool {
        let mut cells = crew.cells();
        cells.retain(|&cell| self.plan.cell(cell).role.is_measured());
        let (Some(rule), Some(&first)) = (rule, cells.first()) else { return false };
        cells.sort_unstable();
        let (fork, rounds) = (crew.fork(), self.memory.watch.rounds(first));
        crew.tools().sink.event(&RunEvent::RoundsEnded { cells, fork, rounds, rule });
        true
    }

    /// Says that no rule ended the rounds of a crew, where one could have.
    fn plan_is_done(&self, crew: &mut Crew<'_, '_>) {
        let last = crew.fork() + 1 == self.plan.settings.forks;
        if last && self.plan.settings.rules.any() {
            self.end_rounds(crew, Some(StopRule::Planned));
        }
    }

    /// What a round of a pair executes, found out in its first fork; `None` if the run ends.
    fn quad_work(&mut self, crew: &mut Crew<'_, '_>, cells: [u32; 2]) -> Option<Work> {
        if let Some((_, work)) = self.memory.quads.iter().find(|(known, _)| *known == cells) {
            return Some(*work);
        }
        let mut work = self.plan.work(cells[0]);
        if let Some(mut sizing) = Sizing::of(self.plan, cells[0]) {
            while crew.cells().len() == cells.len() {
                let mut probe = |cell| {
                    self.boundary(crew);
                    let runs = stopped(crew.tools()).is_none();
                    runs.then(|| crew.probe(cell, sizing.probe()))
                };
                // One that fails is told of; the other has nobody to run the same ops as.
                let (Some(a), Some(b)) = (probe(cells[0])?, probe(cells[1])?) else { break };
                if let Some(sized) = sizing.heed([&a, &b]) {
                    work = sized;
                    break;
                }
            }
        }
        self.memory.quads.push((cells, work));
        crew.tools().sink.event(&quads::event(cells, work));
        Some(work)
    }

    /// One round at a boundary; false if the run ends here. A cell that has no worker passes.
    fn round(&mut self, crew: &mut Crew<'_, '_>, cell: u32, work: Work) -> bool {
        self.boundary(crew);
        if stopped(crew.tools()).is_some() {
            return false;
        }
        let measured = crew.round(cell, work);
        if let Some(round) = measured
            && self.plan.settings.rules.any()
            && self.plan.is_watched(cell)
        {
            self.memory.watch.take(cell, round);
        }
        true
    }

    /// After all measured rounds: stacks of each cell in the last fork, and of those whose rounds
    /// were odd in any fork. Nothing is measured any more, so nobody is disturbed.
    fn samples(&mut self, crew: &mut Crew<'_, '_>, fork: u32) {
        let settings = &self.plan.settings;
        let (wanted, last) = (settings.stacks, fork + 1 == settings.forks);
        for cell in crew.cells() {
            let odd = crew.note_odd_rounds(cell);
            if !wanted || !(odd || last) || !self.plan.cell(cell).role.is_measured() {
                continue;
            }
            // A round of a duration may end a batch early.
            let mut sampled_ns = 0;
            for _ in 0..MOST_SAMPLED_ROUNDS {
                self.boundary(crew);
                if sampled_ns >= SAMPLED_NS / 10 * 9 || stopped(crew.tools()).is_some() {
                    break;
                }
                let work = match self.plan.work(cell) {
                    Work::Trace => Work::Trace,
                    _ => Work::DurationNs(SAMPLED_NS),
                };
                let Some(elapsed_ns) = crew.sample(cell, work) else { break };
                sampled_ns += elapsed_ns;
            }
        }
    }

    /// What happens while no worker runs: drawing, flushing, and whatever was asked for.
    fn boundary(&mut self, crew: &mut Crew<'_, '_>) {
        loop {
            self.obey_skips(crew);
            crew.tools().sink.between_rounds();
            let requests = crew.tools().control.requests();
            if !requests.paused || requests.stop.is_some() || requests.kill {
                // Drawing may have taken a while: look once more at what was asked meanwhile.
                self.obey_skips(crew);
                return;
            }
            crew.rest();
        }
    }

    fn obey_skips(&mut self, crew: &mut Crew<'_, '_>) {
        for cell in crew.tools().control.requests().skip {
            if self.memory.skipped.contains(&cell) || cell as usize >= self.plan.cells.len() {
                continue;
            }
            self.memory.skipped.push(cell);
            crew.expel(cell);
            crew.tools().sink.event(&RunEvent::CellSkipped { cell });
        }
    }

    fn note_turns(&self, tools: &mut Tools<'_>, cells: &[u32], turns: usize) {
        let cell = self.plan.cell(cells[0]);
        let text = format!(
            "the {} workers of {} at {} threads do not fit into {} MiB together and take {turns} \
             turns; raise --max-memory to interleave them all",
            cells.len(),
            cell.scenario,
            cell.threads,
            self.plan.settings.max_memory_bytes >> 20,
        );
        tools.sink.event(&RunEvent::Note { text });
    }
}

fn stopped(tools: &Tools<'_>) -> Option<EndCause> {
    let requests = tools.control.requests();
    requests.stop.or(requests.kill.then_some(EndCause::Interrupted))
}
