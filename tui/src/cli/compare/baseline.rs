//! `run --baseline`: the run that was just measured against a stored one. What cannot be compared is
//! refused before anything is measured.

use clap::Args;
use mapbench_core::event::{RunBegin, UiMode};
use mapbench_results::compare::{self, CompareError, Filter, NamedRun, page};
use mapbench_results::exit::{graver_code, gravest};
use mapbench_results::fingerprint::{self, Difference};
use mapbench_results::{RunLog, RunSummary};

use super::gate::{GateArgs, OnRegression};
use super::{coloured, columns, equal_runs, name, show};
use crate::cli::{CliError, charset, run_name};
use crate::session::conduct::{self, Conducted};
use crate::session::prepare::Prepared;

/// Flags of `run` that hold it against a stored run.
#[derive(Debug, Clone, Args)]
pub(crate) struct BaselineArgs {
    /// Compare with this baseline, or any other stored run, once all is measured
    #[arg(long, value_name = "NAME", help_heading = "Verdict")]
    pub(crate) baseline: Option<String>,
    /// End with 100 on a regression, with --strict with 5 if it is inconclusive
    #[arg(long, requires = "baseline", help_heading = "Verdict")]
    gate: bool,
    /// What a regression does: fail is --gate; warn says so and ends with 0
    #[arg(long, value_enum, value_name = "WHAT", requires = "baseline", help_heading = "Verdict")]
    on_regression: Option<OnRegression>,
}

/// A stored run that a new one is to be held against.
#[derive(Debug)]
pub(crate) struct Baseline {
    log: RunLog,
    gate: GateArgs,
}

impl BaselineArgs {
    /// Reads the stored run, and refuses it if the planned one could not be compared with it.
    pub(crate) fn read(
        &self,
        prepared: &Prepared,
        strict: bool,
    ) -> Result<Option<Baseline>, CliError> {
        let Some(name) = &self.baseline else { return Ok(None) };
        let log = run_name::log(&prepared.store, name)?;
        let planned = conduct::begin(prepared, Vec::new(), UiMode::None);
        check(&log.begin, &planned)?;
        let gate = GateArgs { gate: self.gate, strict, on_regression: self.on_regression };
        Ok(Some(Baseline { log, gate }))
    }
}

impl Baseline {
    /// Judges the run that was measured, prints the page, and says the graver of the run's exit code
    /// and the verdict's.
    pub(crate) fn judge(
        &self,
        conducted: &Conducted,
        code: u8,
        on_stdout: bool,
    ) -> Result<u8, CliError> {
        let before = RunSummary::of_log(&self.log);
        let (name_a, name_b) = (name(&self.log.begin), name(conducted.summary.begin()));
        let a = NamedRun { name: &name_a, summary: &before };
        let b = NamedRun { name: &name_b, summary: &conducted.summary };
        let folder = conducted.log.parent().unwrap_or(&conducted.log);
        let equal = equal_runs(folder, conducted.summary.begin(), &self.log.begin);
        let compared = compare::stored(a, b, &equal, Filter::ALL)?;
        let text = page::render(&compared, columns(), charset::detect(false));
        if on_stdout {
            show(&text)?;
        } else {
            anstream::eprint!("{}", coloured(&text));
        }
        let causes = self.gate.causes(&compared, &conducted.summary);
        Ok(graver_code(code, gravest(causes).code()))
    }
}

fn check(baseline: &RunBegin, planned: &RunBegin) -> Result<(), CompareError> {
    let differences = fingerprint::differences(baseline, planned);
    let forbidding: Vec<Difference> = differences.into_iter().filter(Difference::forbids).collect();
    if forbidding.is_empty() {
        return Ok(());
    }
    let (a, b) = (name(baseline), "this run".to_owned());
    Err(CompareError::Differs { a, b, differences: forbidding })
}
