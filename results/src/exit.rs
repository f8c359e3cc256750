//! The exit code of a run: every cause has one, and the gravest wins. Exits nothing itself.

use mapbench_core::event::EndCause;

use crate::summary::{CellState, CellSummary, Flag, RunSummary, Status, SummaryRow};

/// Why a command ends as it does, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCause {
    /// SIGTERM or SIGHUP; partial results are saved.
    Terminated,
    /// SIGINT; partial results are saved.
    Interrupted,
    /// Results could not be written.
    OutputFailed,
    /// An adapter crashed, hung or could not be run.
    AdapterFailed,
    /// An adapter answered wrongly, or a hazard expectation failed.
    WrongAnswer,
    /// A gate found a regression.
    Regression,
    /// The results cannot be compared.
    NotComparable,
    /// The results say nothing (`--strict`).
    Inconclusive,
    /// Nothing is wrong.
    Fine,
}

impl ExitCause {
    /// Every cause, gravest first.
    const ALL: [ExitCause; 9] = [
        ExitCause::Terminated,
        ExitCause::Interrupted,
        ExitCause::OutputFailed,
        ExitCause::AdapterFailed,
        ExitCause::WrongAnswer,
        ExitCause::Regression,
        ExitCause::NotComparable,
        ExitCause::Inconclusive,
        ExitCause::Fine,
    ];

    /// The word in files.
    pub const fn name(self) -> &'static str {
        match self {
            ExitCause::Terminated => "terminated",
            ExitCause::Interrupted => "interrupted",
            ExitCause::OutputFailed => "output-failed",
            ExitCause::AdapterFailed => "adapter-failed",
            ExitCause::WrongAnswer => "wrong-answer",
            ExitCause::Regression => "regression",
            ExitCause::NotComparable => "not-comparable",
            ExitCause::Inconclusive => "inconclusive",
            ExitCause::Fine => "fine",
        }
    }

    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            ExitCause::Terminated => 143,
            ExitCause::Interrupted => 130,
            ExitCause::OutputFailed => 110,
            ExitCause::AdapterFailed => 102,
            ExitCause::WrongAnswer => 103,
            ExitCause::Regression => 100,
            ExitCause::NotComparable => 3,
            ExitCause::Inconclusive => 5,
            ExitCause::Fine => 0,
        }
    }
}

/// The graver of two exit codes. One that is no cause's (usage, say) is graver than 0 only.
pub fn graver_code(one: u8, other: u8) -> u8 {
    let rank = |code: u8| match (code, ExitCause::ALL.iter().position(|c| c.code() == code)) {
        (0, _) => usize::MAX,
        (_, known) => known.unwrap_or(ExitCause::ALL.len()),
    };
    if rank(one) <= rank(other) { one } else { other }
}

/// The gravest of several causes; [`ExitCause::Fine`] of none.
pub fn gravest(causes: impl IntoIterator<Item = ExitCause>) -> ExitCause {
    causes.into_iter().min().unwrap_or(ExitCause::Fine)
}

/// Every cause that a run gives by its cells and by how it ended, gravest first, without
/// duplicates; empty if nothing is wrong. A run that somebody stopped and saved is fine.
pub fn causes(summary: &RunSummary, end: EndCause) -> Vec<ExitCause> {
    let mut causes: Vec<ExitCause> = Vec::new();
    match end {
        EndCause::Terminated => causes.push(ExitCause::Terminated),
        EndCause::Interrupted => causes.push(ExitCause::Interrupted),
        EndCause::Finished | EndCause::Stopped => {}
    }
    for fork in summary.cells().iter().flat_map(CellSummary::forks) {
        if let CellState::Failed(failure) = &fork.state {
            causes.push(if failure.kind.is_wrong_answer() {
                ExitCause::WrongAnswer
            } else {
                ExitCause::AdapterFailed
            });
        }
        if fork.counts.wrong_values > 0 {
            causes.push(ExitCause::WrongAnswer);
        }
    }
    causes.sort_unstable();
    causes.dedup();
    causes
}

/// Whether a cell that was measured says nothing: its interval is wide or missing, or it came to no
/// steady state.
pub fn is_inconclusive(summary: &RunSummary) -> bool {
    let rows = summary.cells().iter().map(CellSummary::row);
    let says_nothing = |row: &SummaryRow| {
        row.ops_per_sec_ci95.is_none()
            || row.flags.iter().any(|flag| matches!(flag, Flag::Noisy | Flag::NoSteadyState))
    };
    rows.filter(|row| row.status == Status::Ok).any(says_nothing)
}

/// The exit code of a run of which results that say nothing are a failure.
pub fn strict_code(summary: &RunSummary, end: EndCause) -> u8 {
    let inconclusive = is_inconclusive(summary).then_some(ExitCause::Inconclusive);
    gravest(causes(summary, end).into_iter().chain(inconclusive)).code()
}

/// The exit code of a run.
pub fn code(summary: &RunSummary, end: EndCause) -> u8 {
    gravest(causes(summary, end)).code()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_rank_as_documented() {
        let ranked = [143, 130, 110, 102, 103, 100, 3, 5, 0];
        let mut causes = vec![
            ExitCause::Fine,
            ExitCause::Inconclusive,
            ExitCause::NotComparable,
            ExitCause::Regression,
            ExitCause::WrongAnswer,
            ExitCause::AdapterFailed,
            ExitCause::OutputFailed,
            ExitCause::Interrupted,
            ExitCause::Terminated,
        ];
        for code in ranked {
            let worst = gravest(causes.iter().copied());
            assert_eq!(worst.code(), code);
            causes.retain(|cause| *cause != worst);
        }
        assert_eq!(gravest([]), ExitCause::Fine);
        assert!(ExitCause::ALL.is_sorted());
    }

    #[test]
    fn codes_rank_as_their_causes_and_none_is_lost_to_success() {
        assert_eq!((graver_code(3, 100), graver_code(100, 3)), (100, 100));
        assert_eq!((graver_code(0, 2), graver_code(2, 0)), (2, 2));
        assert_eq!((graver_code(2, 5), graver_code(5, 2)), (5, 5));
        assert_eq!(graver_code(0, 0), 0);
    }
}
