//! `mapbench baseline save|list|set|rm`: names for runs of the store, to compare with later.

use std::path::Path;

use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use jiff::Timestamp;
use mapbench_results::store::{self, Baseline, Baselines, Index, Outcome, RunDigest, check_name};

use super::run_name::{self, StoreArg};
use super::{CliError, Globals, output};

/// Flags of `baseline`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench baseline save main\n  \
    mapbench baseline set main run:3fa9c2d1\n  \
    mapbench compare baseline:main latest --gate")]
pub(crate) struct BaselineArgs {
    #[command(subcommand)]
    verb: BaselineVerb,
    #[command(flatten)]
    store: StoreArg,
}

#[derive(Debug, Subcommand)]
enum BaselineVerb {
    /// Give a run a new name
    Save {
        /// The name: letters, digits, `.`, `_`, `-` and `/`
        name: String,
        /// The run: an id, a log in the store, at:SHA [default: the newest finished run]
        run: Option<String>,
    },
    /// The names, and the runs that have them
    List {
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Give an existing name to another run
    Set {
        /// The name
        name: String,
        /// The run: an id, a log in the store, at:SHA, latest
        run: String,
    },
    /// Forget a name; the run stays
    Rm {
        /// The name
        name: String,
    },
}

pub(crate) fn run(globals: &Globals, args: &BaselineArgs) -> Result<u8, CliError> {
    let store = args.store.folder()?;
    match &args.verb {
        BaselineVerb::Save { name, run } => save(&store, name, run.as_deref(), globals)?,
        BaselineVerb::List { json } => list(&store, *json)?,
        BaselineVerb::Set { name, run } => {
            Baselines::read(&store)?.known(name, &store)?;
            let chosen = chosen(&store, run)?;
            let before = Baselines::set(&store, name, chosen.id(), Timestamp::now())?;
            tell(globals, &format!("{}; it was run {before}", is(name, &chosen)));
        }
        BaselineVerb::Rm { name } => {
            let run = Baselines::remove(&store, name)?;
            tell(globals, &format!("baseline {name} is forgotten; it was run {run}"));
        }
    }
    Ok(0)
}

fn save(store: &Path, name: &str, run: Option<&str>, globals: &Globals) -> Result<(), CliError> {
    check_name(name)?;
    let chosen = match run {
        Some(run) => chosen(store, run)?,
        None => newest_finished(store)?,
    };
    Baselines::save(store, name, chosen.id(), Timestamp::now())?;
    tell(globals, &is(name, &chosen));
    Ok(())
}

/// The digest of a run that a baseline can name: it must be in the store, because a name of a file
/// elsewhere would break when that file moves.
fn chosen(store: &Path, name: &str) -> Result<RunDigest, CliError> {
    let path = run_name::path(store, name)?;
    let in_store = |path: &Path| {
        let folder = path.canonicalize().ok()?.parent()?.to_owned();
        Some(folder == store.canonicalize().ok()?)
    };
    if in_store(&path) != Some(true) {
        return Err(CliError::usage(format!(
            "{}: not in the store {}; `mapbench history import {0}` copies it in",
            path.display(),
            store.display()
        )));
    }
    RunDigest::of_file(&path).map_err(run_name::unreadable)
}

/// Comparisons are left out: two programs ran in them, and neither is the run's own.
fn newest_finished(store: &Path) -> Result<RunDigest, CliError> {
    let index = store::index(store)?;
    let whole =
        |run: &RunDigest| run.outcome == Outcome::Finished && run.begin.comparison.is_none();
    index.runs.into_iter().rfind(whole).ok_or_else(|| {
        CliError::usage(format!(
            "no run in {} has finished; name one that was stopped by its id, or run `mapbench run`",
            store.display()
        ))
    })
}

fn tell(globals: &Globals, sentence: &str) {
    if !globals.quiet {
        anstream::eprintln!("{sentence}");
    }
}

/// What a name stands for now, with what a reader should know of the run.
fn is(name: &str, run: &RunDigest) -> String {
    let caution = match (run.outcome, run.exit_code) {
        (Outcome::Finished, Some(0)) => String::new(),
        (Outcome::Finished, code) => {
            format!("; mind that the run ended with exit code {}", code.unwrap_or_default())
        }
        (outcome, _) => format!("; mind that the run is {}", outcome.name()),
    };
    format!("baseline {name} is run {} of {}, {}{caution}", run.id(), when(run), commit(run))
}

/// When a run began, to the second.
fn when(run: &RunDigest) -> String {
    let to_seconds = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    run.started().map_or_else(|| run.begin.started.clone(), to_seconds)
}

fn commit(run: &RunDigest) -> String {
    run.begin.commit.as_ref().map_or_else(
        || "no commit".to_owned(),
        |commit| {
            let dirty = if commit.dirty { " with changes" } else { "" };
            format!("{}{dirty} {}", &commit.sha.get(..7).unwrap_or(&commit.sha), commit.subject)
        },
    )
}

fn list(store: &Path, json: bool) -> Result<(), CliError> {
    let baselines = Baselines::read(store)?;
    let index = store::index(store)?;
    let text = if json {
        let rows: Vec<_> =
            baselines.iter().map(|(name, baseline)| row(name, baseline, &index, store)).collect();
        let object = serde_json::json!({ "schema_version": 1, "baselines": rows });
        format!("{object:#}\n")
    } else if baselines.iter().next().is_none() {
        "no baselines; `mapbench baseline save NAME` makes one\n".to_owned()
    } else {
        page(&baselines, &index)
    };
    output::print(text.as_bytes())
}

fn of<'i>(baseline: &Baseline, index: &'i Index) -> Option<&'i RunDigest> {
    index.runs.iter().find(|run| run.id() == baseline.run)
}

fn row(name: &str, baseline: &Baseline, index: &Index, store: &Path) -> serde_json::Value {
    let run = of(baseline, index);
    serde_json::json!({
        "name": name,
        "run": baseline.run,
        "since": baseline.since,
        "log": run.map(|run| run.path(store)),
        "started": run.map(|run| &run.begin.started),
        "commit": run.and_then(|run| run.begin.commit.as_ref()),
        "outcome": run.map(|run| run.outcome),
        "exit_code": run.and_then(|run| run.exit_code),
    })
}

fn page(baselines: &Baselines, index: &Index) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["baseline", "run", "started", "ended", "commit"]);
    for (name, baseline) in baselines.iter() {
        let run = of(baseline, index);
        let started = run.map(when).unwrap_or_default();
        let ended = run.map_or("no log that reads", |run| run.outcome.name());
        let commit = run.map(commit).unwrap_or_default();
        table.add_row([name, &baseline.run, &started, ended, &commit]);
    }
    format!("{}\n", table.trim_fmt())
}
