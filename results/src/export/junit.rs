//! `JUnit`: a suite per setting and a test case per cell, so that a CI server lists what was measured
//! beside its tests. Of a run a cell fails that answered wrongly, and one whose map crashed or hung
//! is an error. Of a comparison a cell fails that the gate fails, and what cannot be told is skipped,
//! because a test case is otherwise taken for passed.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::name;
use crate::compare::{Compared, ComparedCell, page};
use crate::gate::Verdict;
use crate::label;
use crate::summary::{CellState, CellSummary, RunSummary, mode_name};
use crate::units::{self, Charset};

/// Writes the cells of a run.
///
/// # Errors
/// What `out` says.
pub fn write(summary: &RunSummary, out: &mut dyn Write) -> io::Result<()> {
    let mut suites = Vec::new();
    for cell in summary.cells() {
        let case = case_of_cell(cell);
        suite(&mut suites, &label::setting(cell.cell(), Charset::Ascii)).add_test_case(case);
    }
    for skipped in &summary.begin().skipped {
        let mut status = TestCaseStatus::skipped();
        status.set_message(skipped.reason.clone());
        let mut case = TestCase::new(skipped.adapter.clone(), status);
        case.set_classname(skipped.scenario.clone());
        suite(&mut suites, &skipped.scenario).add_test_case(case);
    }
    finish("mapbench", suites, out)
}

/// Writes the cells of a comparison.
///
/// # Errors
/// What `out` says.
pub fn write_compared(compared: &Compared, out: &mut dyn Write) -> io::Result<()> {
    let mut suites = Vec::new();
    for cell in &compared.cells {
        let case = case_of_compared(cell);
        suite(&mut suites, &label::setting(&cell.cell, Charset::Ascii)).add_test_case(case);
    }
    for left in &compared.left_out {
        let mut status = TestCaseStatus::skipped();
        status.set_message(left.reason.clone());
        suite(&mut suites, "left out").add_test_case(TestCase::new(left.cell.clone(), status));
    }
    finish("mapbench compare", suites, out)
}

fn finish(name: &str, mut suites: Vec<TestSuite>, out: &mut dyn Write) -> io::Result<()> {
    for suite in &mut suites {
        let time = suite.test_cases.iter().filter_map(|case| case.time).sum();
        suite.set_time(time);
    }
    // The report counts the cases of a suite when it takes it.
    let mut report = Report::new(name);
    report.add_test_suites(suites);
    let text = report.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

/// The suite of a name: the one that there is, or a new one.
fn suite<'s>(suites: &'s mut Vec<TestSuite>, name: &str) -> &'s mut TestSuite {
    let known = suites.iter().position(|suite| suite.name.as_str() == name);
    let at = known.unwrap_or_else(|| {
        suites.push(TestSuite::new(name));
        suites.len() - 1
    });
    &mut suites[at]
}

fn case_of_cell(cell: &CellSummary) -> TestCase {
    let row = cell.row();
    let status = match cell.state() {
        CellState::Done => TestCaseStatus::success(),
        CellState::Failed(failure) => {
            let is_wrong = failure.kind.is_wrong_answer();
            let kind = if is_wrong { NonSuccessKind::Failure } else { NonSuccessKind::Error };
            let mut status = TestCaseStatus::non_success(kind);
            status.set_type(failure.kind.name()).set_message(failure.message.clone());
            status
        }
        CellState::Skipped => skipped("skipped while it ran"),
        _ => skipped("the run ended before all rounds of it did"),
    };
    let mut case = TestCase::new(name::adapter(cell.cell()), status);
    case.set_classname(cell.cell().scenario.clone());
    case.set_time(Duration::from_nanos(row.elapsed_ns));
    let mut said = vec![format!("{} forks, {} rounds", cell.forks().len(), row.rounds)];
    said.extend(row.ops_per_sec_median.map(|median| {
        let spread = row.ops_per_sec_ci95.map(|ci| units::mops_like(ci.half_width(), median));
        let spread = spread.map_or_else(String::new, |half| format!(" +- {half}"));
        format!("{}{spread} Mops/s", units::mops(median))
    }));
    said.extend(row.service.map(|service| {
        let at = |ns| units::time(ns, Charset::Ascii);
        format!("p50 {}, p99 {}, p99.9 {}", at(service.p50), at(service.p99), at(service.p999))
    }));
    said.extend(row.flags.iter().map(|flag| flag.name().to_owned()));
    case.set_system_out(said.join("\n"));
    case
}

fn case_of_compared(cell: &ComparedCell) -> TestCase {
    let judgement = &cell.judgement;
    let said = format!(
        "slower by {} %, {}; fails above {:.1} %",
        page::signed(judgement.slowdown),
        page::interval(judgement.interval, Charset::Ascii),
        judgement.delta * 100.0,
    );
    let status = match &judgement.verdict {
        Verdict::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("regression").set_message(said.clone());
            status
        }
        Verdict::Same => TestCaseStatus::success(),
        open @ (Verdict::Inconclusive | Verdict::Noisy(_)) => skipped(&open.describe()),
    };
    let mode = cell.mode.map_or(String::new(), |mode| format!(", {}", mode_name(mode)));
    let adapter = label::adapter(&cell.cell);
    let mut case = TestCase::new(format!("{adapter}{mode}"), status);
    case.set_classname(cell.cell.scenario.clone());
    case.set_system_out(said);
    case
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}
