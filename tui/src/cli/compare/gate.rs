//! What a comparison makes of the exit code: nothing unless it is asked to, then the gravest of all
//! causes. Prints nothing.

use clap::{Args, ValueEnum};
use mapbench_core::event::EndCause;
use mapbench_results::RunSummary;
use mapbench_results::compare::Compared;
use mapbench_results::exit::{self, ExitCause};

/// Flags that make a comparison a gate.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct GateArgs {
    /// End with 100 on a regression
    #[arg(long, help_heading = "Verdict")]
    pub(crate) gate: bool,
    /// End with 5 if it is inconclusive; a gate too
    #[arg(long, help_heading = "Verdict")]
    pub(crate) strict: bool,
    /// What a regression does: fail is --gate; warn says so and ends with 0
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "Verdict")]
    pub(crate) on_regression: Option<OnRegression>,
}

/// What a regression does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnRegression {
    /// End with 100
    Fail,
    /// Say so
    Warn,
}

impl GateArgs {
    /// Whether a regression ends the command with 100.
    pub(crate) fn fails(self) -> bool {
        match self.on_regression {
            Some(what) => what == OnRegression::Fail,
            None => self.gate || self.strict,
        }
    }

    /// Every cause of the exit code, gravest first. `of` is the run under test: a map that crashed
    /// in it outranks whatever the others show.
    pub(crate) fn causes(self, compared: &Compared, of: &RunSummary) -> Vec<ExitCause> {
        let mut causes = Vec::new();
        if self.fails() {
            causes.extend(exit::causes(of, EndCause::Finished));
        }
        let verdict = match compared.exit_cause(self.strict) {
            ExitCause::Regression if !self.fails() => ExitCause::Fine,
            cause => cause,
        };
        causes.extend(Some(verdict).filter(|cause| *cause != ExitCause::Fine));
        causes.sort_unstable();
        causes
    }
}
