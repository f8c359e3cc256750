//! A sweep that goes on: the points of its log are made again, compared with what the log says, and
//! counted as visited. What differs in machine or protocol forbids it.

use jiff::Timestamp;
use mapbench_core::event::{Cell, RunBegin, RunEvent};
use mapbench_results::fingerprint::{self, Part};
use mapbench_results::sweep::Evidence;
use mapbench_results::{RunLog, RunLogWriter, RunSummary};
use thiserror::Error;

use super::prepare::{SweepError, SweepPlan};
use super::run::{Standing, Swept, visits};
use crate::session::conduct::{ConductError, Recorder, begin_with};
use crate::session::control::Control;
use crate::session::plan::Plan;
use crate::session::process::Processes;
use crate::session::sink::Sink;

/// Why a sweep cannot go on.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// The log is of no sweep.
    #[error("{path} is the log of a run at fixed points, not of a sweep; --resume takes a sweep")]
    NoSweep {
        /// The log.
        path: String,
    },
    /// The machine, the program or the traces are not those of the log.
    #[error("{path} cannot be resumed here: {difference}; begin a new sweep")]
    Differs {
        /// The log.
        path: String,
        /// The field, and what it is in both.
        difference: String,
    },
    /// A point of the log cannot be made.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// The log cannot be appended to.
    #[error(transparent)]
    Conduct(#[from] ConductError),
}

/// Goes on with the sweep of a log, of which `sweep` is what its command line asks for.
///
/// # Errors
/// [`ResumeError`]; the log is left as it was.
pub fn resume(
    mut sweep: SweepPlan<'_>,
    log: &RunLog,
    command: Vec<String>,
    control: &Control,
    sink: &mut dyn Sink,
) -> Result<Swept, ResumeError> {
    let launch = Processes::of_this_program().map_err(ConductError::from)?;
    check_machine(&sweep, log)?;
    let mut standing = stand(&mut sweep, log)?;
    let writer = RunLogWriter::append(&log.path).map_err(ConductError::from)?;
    let begin = log.begin.clone();
    sink.event(&RunEvent::Begin(Box::new(begin.clone())));
    for cell in &standing.plan.cells[..standing.told as usize] {
        sink.event(&RunEvent::CellAdded(Box::new(cell.clone())));
    }
    let mut summary = RunSummary::of_log(log);
    summary.apply(&RunEvent::Resumed { at: String::new(), command: Vec::new() });
    let recorder = Recorder::new(summary, writer, control, sink);
    let first = RunEvent::Resumed { at: Timestamp::now().to_string(), command };
    let settings = sweep.settings.clone();
    let conducted = recorder
        .record(launch, &first, &settings, |tools| visits(&mut sweep, &mut standing, tools));
    Ok(Swept { conducted, begin, evidence: standing.evidence })
}

/// Machine, protocol and program must be those of the log.
fn check_machine(sweep: &SweepPlan<'_>, log: &RunLog) -> Result<(), ResumeError> {
    let path = log.path.display().to_string();
    if log.begin.sweep.is_none() {
        return Err(ResumeError::NoSweep { path });
    }
    let here = begin_with(&sweep.settings, Vec::new(), log.begin.ui);
    let here = RunBegin { forks: log.begin.forks, ..here };
    // Another program would be another subject under the same name; a commit that it does not come
    // from changes nothing.
    let differs = fingerprint::differences(&log.begin, &here);
    let forbids = |difference: &&fingerprint::Difference| {
        let matters = difference.part != Part::Subject || difference.field == "program";
        difference.is_contradiction() && matters
    };
    match differs.iter().find(forbids) {
        Some(difference) => Err(ResumeError::Differs { path, difference: difference.to_string() }),
        None => Ok(()),
    }
}

/// Makes the points of a log again.
pub(super) fn stand(sweep: &mut SweepPlan<'_>, log: &RunLog) -> Result<Standing, ResumeError> {
    let evidence = Evidence::of_log(log, sweep.spec.percentile());
    let plan = Plan::empty(sweep.settings.clone());
    let mut standing = Standing { plan, evidence, told: 0 };
    let told: Vec<&Cell> = log
        .events
        .iter()
        .filter_map(|event| match event {
            RunEvent::CellAdded(cell) => Some(&**cell),
            _ => None,
        })
        .collect();
    while let Some(cell) = told.get(standing.plan.cells.len()) {
        add_group_of(sweep, &mut standing.plan, cell, log)?;
    }
    for (made, told) in standing.plan.cells.iter().zip(&told) {
        if made != *told {
            return Err(differs(log, made, told));
        }
    }
    standing.told = told.len() as u32;
    for event in &log.events {
        // A visit that was cut off before a worker came to its end is made again.
        if let RunEvent::TrialDone { cell, fork, .. } | RunEvent::TrialFailed { cell, fork, .. } =
            event
            && let Some(x) = position(standing.plan.cells.get(*cell as usize))
            && let Some(series) = sweep.series.iter_mut().find(|series| series.has(*cell))
        {
            series.visited(x, fork + 1);
        }
    }
    Ok(standing)
}

/// Makes the group that begins with a logged cell.
fn add_group_of(
    sweep: &mut SweepPlan<'_>,
    plan: &mut Plan,
    cell: &Cell,
    log: &RunLog,
) -> Result<(), ResumeError> {
    let x = position(Some(cell)).unwrap_or(f64::NAN);
    for series in &mut sweep.series {
        if series.matches(cell) {
            let first = plan.cells.len();
            series.cells(plan, &sweep.request, &sweep.store, x)?;
            if plan.cells.len() > first {
                return Ok(());
            }
        }
    }
    let difference =
        format!("{} {} = {x} is not among what is swept", cell.scenario, sweep.begin.axis);
    Err(ResumeError::Differs { path: log.path.display().to_string(), difference })
}

fn position(cell: Option<&Cell>) -> Option<f64> {
    cell?.axis_value.as_ref()?.parse().ok()
}

fn differs(log: &RunLog, made: &Cell, told: &Cell) -> ResumeError {
    let difference = if made.trace_hash == told.trace_hash {
        format!("cell {} is {} {} now", told.id, made.scenario, made.adapter)
    } else {
        format!(
            "the trace of {} is {} now and was {}",
            told.scenario, made.trace_hash, told.trace_hash
        )
    };
    ResumeError::Differs { path: log.path.display().to_string(), difference }
}
