//! The words of the study.

use std::fmt::Write as _;

use mapbench_results::gate;
use mapbench_results::stats::{Proportion, minimum_detectable};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::arguments::Arguments;
use crate::decision::Tally;
use crate::stream::{Stretch, Study};

/// Windows without an event that prove a rate of at most 1 % with 95 % confidence.
const WINDOWS_FOR_ONE_PERCENT: u64 = 299;

/// A shorter recording, in simulated windows, shows its own chance difference in most draws.
const RECORDED_PER_SIMULATED: u64 = 10;

/// All that is said of a study.
pub(crate) fn describe(study: &Study, arguments: &Arguments) -> String {
    let logs = study.log_ratios();
    let quads: usize = logs.iter().map(Vec::len).sum();
    let mut text = format!("{}\n", study.name);
    let _ = writeln!(
        text,
        "  {} logs, {} forks, {quads} quads of the most frequent placement mode",
        study.logs,
        study.forks.len()
    );
    let means = study.fork_means();
    if let (Some(low), Some(high)) =
        (means.iter().copied().reduce(f64::min), means.iter().copied().reduce(f64::max))
    {
        let _ = writeln!(
            text,
            "  A is faster by {:+.2} % to {:+.2} %, fork by fork",
            low.exp_m1() * 100.0,
            high.exp_m1() * 100.0
        );
    }
    let tally = direct(study, arguments);
    let windows = tally.quads.n.max(1) as usize;
    if let Some(effect) = minimum_detectable(&logs.concat(), quads / windows) {
        let _ = writeln!(
            text,
            "  a window of {} quads sees a difference of {:.2} % with 95 % power at .05, by the \
             spread of all",
            quads / windows,
            effect.exp_m1() * 100.0
        );
    }
    let seconds = |ns: u64| ns as f64 / 1e9;
    let _ = writeln!(
        text,
        "  disjoint windows of {} s{}:",
        seconds(arguments.window_ns),
        spread(arguments)
    );
    tallied(&mut text, &tally, arguments, "windows");
    if let Some(length_ns) = arguments.simulate_ns {
        let _ = writeln!(
            text,
            "  simulated windows of {} s, put together from stretches of {} s drawn with \
             replacement; bounds are of the simulation, not of the recording:",
            seconds(length_ns),
            seconds(arguments.part_ns() / 2)
        );
        let recorded_ns = study.stretches().len() as u64 * arguments.part_ns() / 2;
        if recorded_ns < RECORDED_PER_SIMULATED * length_ns {
            let _ = writeln!(
                text,
                "    the recording, {} s, is not {RECORDED_PER_SIMULATED} times as long: whatever \
                 it differs by as a whole is in every draw, so record more",
                seconds(recorded_ns)
            );
        }
        tallied(&mut text, &simulated(study, arguments, length_ns), arguments, "draws");
    }
    text
}

fn spread(arguments: &Arguments) -> String {
    match arguments.forks {
        1 => ", each within one fork".to_owned(),
        forks => format!(", each over {forks} forks"),
    }
}

/// What is said of the disjoint windows.
pub(crate) fn direct(study: &Study, arguments: &Arguments) -> Tally {
    let mut tally = Tally::default();
    for window in study.windows(arguments.forks) {
        tally.add(&window, study.threads, arguments.floor);
    }
    tally
}

/// What is said of windows put together at random.
pub(crate) fn simulated(study: &Study, arguments: &Arguments, length_ns: u64) -> Tally {
    let stretches = study.stretches();
    let mut tally = Tally::default();
    if stretches.is_empty() {
        return tally;
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let count = (2 * length_ns / arguments.part_ns().max(1)).max(2) as usize;
    for _ in 0..arguments.draws {
        let window: Vec<&Stretch> =
            (0..count).map(|_| stretches[random.random_range(0..stretches.len())]).collect();
        tally.add(&window, study.threads, arguments.floor);
    }
    tally
}

fn tallied(text: &mut String, tally: &Tally, arguments: &Arguments, unit: &str) {
    let mut line = |what: &str, counted: Proportion| {
        let _ = writeln!(text, "    {what:<34} {counted}");
    };
    line("different at .05, as blocks", tally.blocks);
    line("different at .05, by quads", tally.quads);
    line("gate: detected (family .01)", tally.detected);
    let delta = gate::delta(arguments.floor) * 100.0;
    line(&format!("gate: FAIL (over {delta:.1} %)"), tally.fail);
    line("gate: same", tally.same);
    line("gate: INCONCLUSIVE", tally.inconclusive);
    line("gate: INCONCLUSIVE (noisy)", tally.noisy);
    if tally.empty > 0 {
        let _ = writeln!(text, "    {} {unit} had too few quads and are not counted", tally.empty);
    }
    let n = tally.fail.n;
    let _ = writeln!(
        text,
        "    n = {n} {unit}: with 95 % confidence the gate fails at most {:.2} % and at least \
         {:.2} % of such {unit}",
        tally.fail.upper(0.05) * 100.0,
        tally.fail.lower(0.05) * 100.0
    );
    if unit == "windows" && n < WINDOWS_FOR_ONE_PERCENT {
        let _ = writeln!(
            text,
            "    that a rate is at most 1 % takes {WINDOWS_FOR_ONE_PERCENT} windows without one: \
             {} more",
            WINDOWS_FOR_ONE_PERCENT - n
        );
    }
}
