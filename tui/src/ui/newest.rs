//! Looks into a store for what the screens Sweep, Compare and History show. Reads logs, so that it
//! is never called while rounds run; draws nothing.

use std::path::Path;

use mapbench_core::event::RunBegin;
use mapbench_results::compare::{self, Filter};
use mapbench_results::history::{self, AcceptedFile, Commits, ConfirmedFile, Search};
use mapbench_results::store;
use mapbench_results::sweep::{self, Evidence, SweepSpec};
use mapbench_results::{RunLog, RunSummary};

use super::shelf::Found;
use super::tab::Tab;

/// The newest thing of a store that a screen shows, or why there is none and how to make one.
pub(super) fn find(store: &Path, tab: Tab) -> Result<Found, String> {
    match tab {
        Tab::Run => Err("what runs is not in the store".to_owned()),
        Tab::Sweep => {
            let log = newest(store, |begin| begin.sweep.is_some(), "sweep", SWEEP)?;
            let spec =
                SweepSpec::of(&log.begin).ok_or("the newest sweep's log does not say its axis")?;
            let evidence = Evidence::of_log(&log, spec.percentile());
            Ok(Found::Sweep(Box::new(sweep::judge(&evidence, &spec)), named(&log)))
        }
        Tab::Compare => {
            let log = newest(store, |begin| begin.comparison.is_some(), "comparison", COMPARE)?;
            let compared = compare::paired(&RunSummary::of_log(&log), Filter::ALL);
            let compared = compared.map_err(|error| error.to_string())?;
            Ok(Found::Compared(Box::new(compared), named(&log)))
        }
        Tab::History => history(store),
    }
}

/// How to make a sweep.
const SWEEP: &str = "mapbench sweep -s read-heavy --axis write-share --budget 5m";
/// How to make a comparison.
const COMPARE: &str = "mapbench compare commit:HEAD~1 commit:HEAD -s read-heavy";

fn named(log: &RunLog) -> String {
    format!("run {}", log.begin.run_id)
}

/// The newest log that is of a kind.
fn newest(
    store: &Path,
    is_it: impl Fn(&RunBegin) -> bool,
    what: &str,
    command: &str,
) -> Result<RunLog, String> {
    let index = store::index(store).map_err(|error| error.to_string())?;
    let found = index.runs.iter().rev().find(|digest| is_it(&digest.begin));
    let digest = found
        .ok_or_else(|| format!("no {what} in {} yet; `{command}` makes one", store.display()))?;
    RunLog::read(&digest.path(store)).map_err(|error| error.to_string())
}

fn history(store: &Path) -> Result<Found, String> {
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    let index = store::index(store).map_err(|error| error.to_string())?;
    let built = history::build(&index.runs, Commits::of_repository(&here));
    let marked = here.ancestors().find(|folder| folder.join("mapbench.toml").is_file());
    let accepted =
        AcceptedFile::read(marked.unwrap_or(&here)).map_err(|error| error.to_string())?;
    let confirmed = ConfirmedFile::read(store).map_err(|error| error.to_string())?;
    let search =
        Search { accepted: accepted.entries(), confirmed: confirmed.entries(), with_dirty: false };
    let history = history::nominate(built, search);
    let Some(count) = Some(history.series.len()).filter(|count| *count > 0) else {
        let why = history.left_out.first().map_or_else(String::new, |why| format!(" ({why})"));
        return Err(format!(
            "no series in {} yet{why}; `mapbench run` at several commits of a repository makes one",
            store.display()
        ));
    };
    Ok(Found::History(Box::new(history), format!("{count} series of the store")))
}
