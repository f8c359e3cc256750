//! A sweep from its first line to its last: visit after visit, each one fork of a point's group,
//! until every knee is known well enough, the visits are used up, or the budget is.

use mapbench_core::event::{EndCause, RunBegin, RunEvent, Skipped, UiMode};
use mapbench_results::sweep::Evidence;
use mapbench_results::{RunLogWriter, RunSummary};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use super::agenda::Agenda;
use super::prepare::SweepPlan;
use crate::session::conduct::{ConductError, Conducted, Recorder, begin_with};
use crate::session::control::Control;
use crate::session::crew::Tools;
use crate::session::plan::Plan;
use crate::session::process::Processes;
use crate::session::schedule::{self, Memory};
use crate::session::sink::Sink;

/// What a sweep left behind.
#[derive(Debug)]
pub struct Swept {
    /// Its log and what it says as a run.
    pub conducted: Conducted,
    /// Its first line.
    pub begin: RunBegin,
    /// Its points.
    pub evidence: Evidence,
}

/// A sweep as it stands: what was measured, and the cells that it was measured with.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) plan: Plan,
    pub(super) evidence: Evidence,
    /// Cells that the log knows.
    pub(super) told: u32,
}

/// Sweeps with real workers. Returns when all is known, or stopped and saved.
///
/// # Errors
/// If the log cannot be made, or the program cannot find itself.
pub fn sweep(
    mut sweep: SweepPlan<'_>,
    command: Vec<String>,
    control: &Control,
    sink: &mut dyn Sink,
) -> Result<Swept, ConductError> {
    let launch = Processes::of_this_program()?;
    let begin = RunBegin {
        forks: 1,
        sweep: Some(sweep.begin.clone()),
        skipped: each_once(&sweep.skipped),
        ..begin_with(&sweep.settings, command, UiMode::None)
    };
    let writer = RunLogWriter::create(&sweep.store, &begin)?;
    let recorder = Recorder::new(RunSummary::new(&begin), writer, control, sink);
    let mut evidence = Evidence::at_percentile(sweep.spec.percentile());
    evidence.begin(&begin);
    let mut standing = Standing { plan: Plan::empty(sweep.settings.clone()), evidence, told: 0 };
    let first = RunEvent::Begin(Box::new(begin.clone()));
    let settings = sweep.settings.clone();
    let conducted = recorder
        .record(launch, &first, &settings, |tools| visits(&mut sweep, &mut standing, tools));
    Ok(Swept { conducted, begin, evidence: standing.evidence })
}

fn each_once(skipped: &[Skipped]) -> Vec<Skipped> {
    let mut once: Vec<Skipped> = Vec::new();
    for skip in skipped {
        if !once.contains(skip) {
            once.push(skip.clone());
        }
    }
    once
}

/// Visit after visit.
pub(super) fn visits(
    sweep: &mut SweepPlan<'_>,
    standing: &mut Standing,
    tools: &mut Tools<'_>,
) -> EndCause {
    tools.control.wake_with(tools.launch.waker());
    let made = sweep.series.iter().map(|series| u64::from(series.all_visits())).sum::<u64>();
    // A sweep that goes on does not repeat the order in which it began.
    let seed = sweep.settings.seed.wrapping_add(made);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut memory = Memory::new(seed);
    let mut agenda = Agenda::new(sweep, &mut random);
    let mut budget = Budget::new(sweep.begin.budget_ns, tools);
    while let Some((at, x)) = agenda.next(sweep, &standing.plan, &standing.evidence, &mut random) {
        if let Some(note) = budget.spent(tools) {
            tools.sink.event(&RunEvent::Note { text: note });
            break;
        }
        let series = &mut sweep.series[at];
        let visit = series.visits(x);
        let cells = series.cells(&mut standing.plan, &sweep.request, &sweep.store, x);
        let cells = match cells {
            Ok(cells) => cells,
            Err(error) => {
                let text = format!("{} = {x} cannot be measured: {error}", sweep.begin.axis);
                tools.sink.event(&RunEvent::Note { text });
                series.give_up(x);
                continue;
            }
        };
        tell(standing, tools);
        let cause = {
            let Standing { plan, evidence, .. } = standing;
            let mut tee = Tee { sink: tools.sink, evidence };
            let mut tools = Tools {
                launch: tools.launch,
                clock: tools.clock,
                gauge: tools.gauge,
                sink: &mut tee,
                control: tools.control,
            };
            schedule::visit(plan, &mut memory, &mut tools, visit, cells)
        };
        sweep.series[at].visited(x, visit + 1);
        if let Some(cause) = cause {
            return cause;
        }
    }
    EndCause::Finished
}

/// Tells of the cells that are new.
fn tell(standing: &mut Standing, tools: &mut Tools<'_>) {
    for cell in &standing.plan.cells[standing.told as usize..] {
        standing.evidence.add_cell(cell);
        tools.sink.event(&RunEvent::CellAdded(Box::new(cell.clone())));
    }
    standing.told = standing.plan.cells.len() as u32;
}

/// Events go to the evidence as well.
struct Tee<'t, 's> {
    sink: &'t mut (dyn Sink + 's),
    evidence: &'t mut Evidence,
}

impl Sink for Tee<'_, '_> {
    fn event(&mut self, event: &RunEvent) {
        self.evidence.apply(event);
        self.sink.event(event);
    }

    fn between_rounds(&mut self) {
        self.sink.between_rounds();
    }

    fn own_events(&mut self) -> Vec<RunEvent> {
        self.sink.own_events()
    }
}

/// Time that may be spent. A visit is not begun that is not expected to end in it.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "units stand last in every name")]
struct Budget {
    all_ns: Option<u64>,
    began_ns: u64,
    visit_began_ns: u64,
    /// Time of the longest visit.
    longest_visit_ns: u64,
}

impl Budget {
    fn new(all_ns: Option<u64>, tools: &Tools<'_>) -> Self {
        let now_ns = tools.clock.now_ns();
        Budget { all_ns, began_ns: now_ns, visit_began_ns: now_ns, longest_visit_ns: 0 }
    }

    /// Called before each visit; why it should not begin.
    fn spent(&mut self, tools: &Tools<'_>) -> Option<String> {
        let now_ns = tools.clock.now_ns();
        self.longest_visit_ns = self.longest_visit_ns.max(now_ns - self.visit_began_ns);
        self.visit_began_ns = now_ns;
        let (spent_ns, all_ns) = (now_ns - self.began_ns, self.all_ns?);
        (spent_ns + self.longest_visit_ns > all_ns).then(|| {
            format!(
                "the budget of {:.0} s is used up: {:.0} s are spent and a visit takes up to {:.1} \
                 s; --resume goes on from here",
                all_ns as f64 / 1e9,
                spent_ns as f64 / 1e9,
                self.longest_visit_ns as f64 / 1e9
            )
        })
    }
}
