//! What stands first: whether everything was measured and checked, and what was not. Of a
//! comparison, what the gate says.

use mapbench_core::event::EndCause;

use super::{Fact, Tone, Verdict};
use crate::compare::{Compared, Overall, page};
use crate::export::{Run, name};
use crate::label;
use crate::summary::{CellState, CellSummary, Flag, RunSummary, Status};
use crate::units::Charset;

/// Of a run.
pub(super) fn of_run(run: Run<'_>) -> Verdict {
    let summary = run.summary;
    let rows: Vec<_> = summary.cells().iter().map(CellSummary::row).collect();
    let count = |test: &dyn Fn(&CellSummary) -> bool| {
        summary.cells().iter().filter(|cell| test(cell)).count()
    };
    let of = rows.len();
    let failed = count(&|cell| cell.row().status == Status::Failed);
    let ended = count(&|cell| cell.row().status == Status::Ok);
    let what = if run.sweep.is_some() { "points" } else { "cells" };
    if failed > 0 {
        let word = format!("{failed} of {of} {what} failed");
        let sentence = format!("{ended} were measured; the failures and their causes are below.");
        return Verdict { tone: Tone::Bad, word, sentence };
    }
    if ended < of {
        let why = match summary.end().map(|end| end.cause) {
            None => "The run was cut off, or goes on",
            Some(EndCause::Finished) => "Some were skipped",
            Some(EndCause::Stopped) => "Somebody stopped the run",
            Some(EndCause::Interrupted | EndCause::Terminated) => "The run was interrupted",
        };
        let word = format!("{ended} of {of} {what} measured");
        let sentence = format!("{why}; the figures are of what there is.");
        return Verdict { tone: Tone::Open, word, sentence };
    }
    let noisy = count(&|cell| {
        let flags = &cell.row().flags;
        flags.iter().any(|flag| matches!(flag, Flag::Noisy | Flag::NoSteadyState))
    });
    let unchecked = count(&|cell| cell.verified() != Some(true));
    let mut parts = vec![match unchecked {
        0 => "The contents of every map were checked against a model at the end.".to_owned(),
        _ => format!("{unchecked} were not checked against a model."),
    }];
    if noisy > 0 && run.sweep.is_none() {
        parts.push(format!(
            "{noisy} are noisy or came to no steady state: their intervals say how far to trust them."
        ));
    }
    let tone = if noisy * 2 > of && run.sweep.is_none() { Tone::Open } else { Tone::Good };
    let word = if of == 1 { "Measured".to_owned() } else { format!("All {of} {what} measured") };
    Verdict { tone, word, sentence: parts.join(" ") }
}

/// Of a comparison.
pub(super) fn of_compared(compared: &Compared) -> Verdict {
    let overall = compared.overall();
    let tone = match overall {
        Overall::Regression => Tone::Bad,
        Overall::Inconclusive => Tone::Open,
        Overall::Same => Tone::Good,
    };
    let sentence = page::sentence(compared, Charset::Utf8);
    let rest = sentence.strip_prefix(overall.name()).unwrap_or(&sentence);
    // A page is no terminal: what is typed needs no marks around it.
    let sentence = rest.trim_start_matches(':').trim().replace('`', "");
    Verdict { tone, word: overall.name().to_owned(), sentence }
}

/// What failed, and why.
pub(super) fn failed(summary: &RunSummary) -> Vec<Fact> {
    let failures = summary.cells().iter().flat_map(|cell| {
        let failed = cell.forks().iter().filter_map(|fork| Some((fork, fork.failure()?)));
        failed.map(|(fork, failure)| {
            let whose = format!(
                "{}, {}, fork {}",
                name::adapter(cell.cell()),
                label::setting(cell.cell(), Charset::Utf8),
                fork.fork
            );
            Fact::new(whose, format!("{}: {}", failure.kind.name(), failure.message))
        })
    });
    failures.collect()
}

/// What was left out, and why.
pub(super) fn left_out(summary: &RunSummary) -> Vec<Fact> {
    let planned = summary.begin().skipped.iter().map(|skipped| {
        let whose = format!("{}, {}", skipped.adapter, skipped.scenario);
        Fact::new(whose, skipped.reason.clone())
    });
    let stopped = summary.cells().iter().filter(|cell| *cell.state() == CellState::Skipped);
    let stopped = stopped.map(|cell| {
        let whose = format!(
            "{}, {}",
            name::adapter(cell.cell()),
            label::setting(cell.cell(), Charset::Utf8)
        );
        Fact::new(whose, "skipped while it ran")
    });
    planned.chain(stopped).collect()
}
