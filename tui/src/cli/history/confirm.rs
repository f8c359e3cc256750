//! `--confirm`: runs the commits before and after every open nomination side by side, and keeps what
//! that found. Nominates nothing and judges nothing; building and measuring is `compare`'s.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use mapbench_core::adapter::Tuning;
use mapbench_core::event::{Cell, RunBegin};
use mapbench_core::registry::Registry;
use mapbench_results::compare::{self, Filter};
use mapbench_results::exit::graver_code;
use mapbench_results::history::{
    Answer, Confirmation, ConfirmedFile, History, Question, Rerun, reruns, spell,
};
use mapbench_results::label;
use mapbench_results::units::Charset;

use super::Place;
use super::gather::{Gathered, unusable};
use crate::cli::compare::build::BuildArgs;
use crate::cli::compare::live;
use crate::cli::quantity::duration_ns;
use crate::cli::{CliError, run_name};
use crate::session::request::RunRequest;

/// Flags of a confirmation.
#[derive(Debug, Clone, Args)]
pub(super) struct ConfirmArgs {
    /// Build and run the commits before and after every open nomination, side by side, and keep what
    /// that found
    #[arg(long, help_heading = "Confirm")]
    pub(super) confirm: bool,
    /// Compare commits so many measured ones further out: a small change is not always placed to the
    /// commit
    #[arg(long, value_name = "N", default_value_t = 0, requires = "confirm")]
    #[arg(help_heading = "Confirm")]
    around: usize,
    /// What measuring may take for each pair of commits; building is not counted [default: a minute
    /// for each cell]
    #[arg(long, value_name = "TIME", value_parser = duration_ns, requires = "confirm")]
    #[arg(help_heading = "Confirm")]
    budget: Option<u64>,
    #[command(flatten)]
    build: BuildArgs,
}

/// What is measured together: a request has one hasher, one seed and one way of timing.
struct Batch<'r> {
    /// What all its cells share, without cells.
    shared: RunRequest,
    /// The same with its cells.
    request: RunRequest,
    questions: Vec<&'r Question>,
}

/// Re-runs what is open in the series at these positions and keeps what was found. The gravest exit
/// code of the re-runs, and of those that cannot be made: these are said and passed over, so that a
/// commit that does not build keeps nobody from the others.
pub(super) fn run(
    registry: &Registry,
    place: Place<'_>,
    gathered: &Gathered,
    chosen: &[usize],
    args: &ConfirmArgs,
) -> Result<u8, CliError> {
    let Some(store) = gathered.store.as_deref() else {
        return Err(CliError::usage(
            "--confirm builds commits of this repository, and a table from elsewhere (--from) has none",
        ));
    };
    let say = |line: String| {
        if !place.globals.quiet {
            anstream::eprintln!("{line}");
        }
    };
    let planned = reruns(&gathered.history, chosen, args.around);
    if planned.is_empty() {
        say("no open nominations, so there is nothing to confirm".to_owned());
    }
    let mut code = 0;
    for rerun in &planned {
        let (before, after) = (spell::short(&rerun.before), spell::short(&rerun.after));
        for batch in batches(store, gathered, rerun, &say)? {
            let confirmer = Confirmer { registry, place, store, args, charset: gathered.charset };
            match confirmer.settle(rerun, &batch, &say) {
                Ok(ended) if [130, 143].contains(&ended) => return Ok(ended),
                Ok(ended) => code = graver_code(ended, code),
                Err(error) if [110, 130, 143].contains(&error.code) => return Err(error),
                Err(error) => {
                    anstream::eprintln!("mapbench: {before} and {after} are not compared: {error}");
                    code = graver_code(error.code, code);
                }
            }
        }
    }
    Ok(code)
}

/// What a batch is settled with.
struct Confirmer<'a> {
    registry: &'a Registry,
    place: Place<'a>,
    store: &'a Path,
    args: &'a ConfirmArgs,
    charset: Charset,
}

impl Confirmer<'_> {
    /// Measures a batch, keeps and says what it found. The exit code of the run.
    fn settle(
        &self,
        rerun: &Rerun,
        batch: &Batch<'_>,
        say: &impl Fn(String),
    ) -> Result<u8, CliError> {
        let conducted = live::confirm(
            self.registry,
            self.place.globals,
            &live::Confirmation {
                a: &rerun.before,
                b: &rerun.after,
                cells: batch.request.clone(),
                budget_ns: self.args.budget,
                build: &self.args.build,
            },
        )?;
        say(format!("run log: {}", conducted.log.display()));
        if let Some(error) = &conducted.log_failure {
            return Err(CliError::output(format!("{error}; the log is incomplete")));
        }
        let compared = compare::paired(&conducted.summary, Filter::ALL)?;
        let questions = batch.questions.iter().map(|question| (*question).clone()).collect();
        let asked = Rerun { questions, ..rerun.clone() };
        let answers = asked.answers(&compared, &Timestamp::now().to_string());
        let mut found: Vec<Confirmation> = Vec::new();
        for (question, answer) in asked.questions.iter().zip(answers) {
            let name = spell::name(&question.name, self.charset);
            match answer {
                Answer::Settled(settled) => {
                    let word = if settled.confirmed { "confirmed" } else { REFUTED };
                    say(format!("{name}: {}, {word}", spell::signed(settled.share())));
                    found.push(settled);
                }
                Answer::Open(why) => say(format!("{name}: {why}; the nomination stays open")),
            }
        }
        if !found.is_empty() {
            ConfirmedFile::read(self.store)
                .and_then(|mut file| file.add(found))
                .map_err(unusable)?;
        }
        Ok(conducted.end.exit_code)
    }
}

/// What a refuted nomination is called.
const REFUTED: &str = "refuted; it may have come with a neighbouring commit (--around 2)";

/// The cells that the questions of a re-run are about, by what can be measured together.
fn batches<'r>(
    store: &Path,
    gathered: &Gathered,
    rerun: &'r Rerun,
    say: &impl Fn(String),
) -> Result<Vec<Batch<'r>>, CliError> {
    let mut batches: Vec<Batch<'r>> = Vec::new();
    for question in &rerun.questions {
        let name = spell::name(&question.name, gathered.charset);
        let Some((begin, cell)) = measured(store, &gathered.history, question, &rerun.after)?
        else {
            say(format!("{name}: no run log has its cell any more; it stays open"));
            continue;
        };
        if cell.offered.is_some() {
            say(format!("{name}: is offered a rate, which both commits would keep; it stays open"));
            continue;
        }
        let shared = shared(store, &begin, &cell);
        let at = batches.iter().position(|batch| batch.shared == shared).unwrap_or(batches.len());
        if at == batches.len() {
            let request = shared.clone();
            batches.push(Batch { shared, request, questions: Vec::new() });
        }
        add(&mut batches[at].request, &cell);
        batches[at].questions.push(question);
    }
    Ok(batches)
}

/// The run and the cell in which a series was last measured, at this commit if it was measured there.
fn measured(
    store: &Path,
    history: &History,
    question: &Question,
    commit: &str,
) -> Result<Option<(RunBegin, Cell)>, CliError> {
    let series = &history.series[question.series];
    let point = series.points.iter().rfind(|point| point.commit == commit);
    let Some(run) = point.or(series.points.last()).and_then(|point| point.runs.last()) else {
        return Ok(None);
    };
    let begin = run_name::log(store, &format!("run:{}", run.id))?.begin;
    let is_it = |cell: &&Cell| {
        cell.role.is_measured()
            && label::setting(cell, Charset::Utf8) == question.name.setting
            && label::adapter(cell) == question.name.adapter
    };
    let cell = begin.cells.iter().find(is_it).cloned();
    Ok(cell.map(|cell| (begin, cell)))
}

/// What a run asked for that all cells of a request share.
fn shared(store: &Path, begin: &RunBegin, cell: &Cell) -> RunRequest {
    RunRequest {
        adapters: Vec::new(),
        hasher: cell.hasher,
        // A name that has its own settings says them itself.
        tuning: if cell.adapter.contains('@') { Tuning::default() } else { cell.tuning.clone() },
        seed: begin.seed,
        warm_ns: begin.warm_ns,
        timing: begin.timing,
        store: Some(store.to_owned()),
        ..RunRequest::default()
    }
}

fn add(request: &mut RunRequest, cell: &Cell) {
    insert(&mut request.adapters, cell.adapter.clone());
    insert(&mut request.scenarios, cell.scenario.clone());
    insert(&mut request.threads, cell.threads);
    insert(&mut request.keys, cell.key);
    insert(&mut request.values, cell.value);
    if let Some(presize) = cell.presize {
        insert(&mut request.presize, presize);
    }
}

fn insert<T: PartialEq>(into: &mut Vec<T>, one: T) {
    if !into.contains(&one) {
        into.push(one);
    }
}
