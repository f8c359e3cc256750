//! The machine with a map, measured and judged: the floor of the harness, and how far two
//! measurements of one thing lie apart.

use mapbench_core::adapter::AdapterClass;
use mapbench_core::driver::clock::monotonic_ns;
use mapbench_core::registry::Registry;
use mapbench_results::stats::{LEVEL, Quads, median, minimum_detectable, trimmed_estimate};

use super::bench::{Bench, Seat, sample};
use super::finding::{Finding, Group, Level};

const FLOOR_ROUNDS: usize = 40;
const PAIR_QUADS: u32 = 60;
/// Longest time for the quads of a pair, and for the rounds of the floor: on a busy machine there
/// are fewer of them. Nanoseconds.
const PAIR_NS: u64 = 6_000_000_000;
const FLOOR_NS: u64 = 2_000_000_000;
/// What the minimum detectable effect is stated for. Nanoseconds.
const MINUTE_NS: f64 = 60e9;

/// The map that is measured against itself: the one asked for, else the first that is no control.
pub(super) fn subject<'r>(registry: &'r Registry, asked: Option<&str>) -> Option<&'r str> {
    let maps = || registry.entries().iter().map(|entry| &entry.meta);
    let asked = asked.and_then(|name| maps().find(|meta| meta.name == name));
    let known = maps().find(|meta| meta.name == "dashmap/v6");
    let is_map = |class| matches!(class, AdapterClass::Core | AdapterClass::Map);
    let any = || maps().find(|meta| is_map(meta.class));
    Some(asked.or(known).or_else(any)?.name)
}

/// What an op costs with a map that does nothing.
pub(super) fn floor(bench: &Bench<'_>) -> Finding {
    let measured = || -> Result<f64, String> {
        let mut seat = bench.seat("noop", 1)?;
        let mut costs = Vec::new();
        let end_ns = monotonic_ns() + FLOOR_NS;
        while costs.is_empty() || (costs.len() < FLOOR_ROUNDS && monotonic_ns() < end_ns) {
            let report = seat.round()?;
            costs.push(report.elapsed_ns as f64 / report.ops.max(1) as f64);
        }
        median(&costs).ok_or_else(|| "no round".to_owned())
    };
    match measured() {
        Err(reason) => unmeasured("floor", &reason),
        Ok(ns) => {
            let level = if ns > 20.0 { Level::Warning } else { Level::Ok };
            Finding::new(
                Group::Measured,
                "floor",
                level,
                format!("{ns:.2} ns per op of the no-op map"),
            )
            .means(if level == Level::Ok {
                "the harness itself; part of every figure per op"
            } else {
                "the harness itself is dear here: is this a release build?"
            })
            .figure("floor_ns_per_op", ns)
        }
    }
}

/// How far two measurements of one map lie apart, in quads ABBA and BAAB.
pub(super) fn pair(bench: &Bench<'_>, adapter: &str, threads: u32) -> Finding {
    let id = if threads == 1 { "a-a-1-thread" } else { "a-a-all-threads" };
    let run = || -> Result<(Quads, f64), String> {
        let mut a = bench.seat(adapter, threads)?;
        let mut b = bench.seat(adapter, threads)?;
        b.runs_as(&a);
        quads(&mut a, &mut b, PAIR_QUADS, &mut |_| {})
    };
    match run() {
        Err(reason) => unmeasured(id, &reason),
        Ok((quads, quad_ns)) => judge_pair(id, adapter, &quads, quad_ns),
    }
}

/// Runs two seats in quads. `before` is told whether the round that comes is B's. Also returns how
/// long a quad took. Nanoseconds.
fn quads(
    a: &mut Seat,
    b: &mut Seat,
    count: u32,
    before: &mut dyn FnMut(bool),
) -> Result<(Quads, f64), String> {
    let started_ns = monotonic_ns();
    let mut done: u32 = 0;
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    while done < count && (done == 0 || monotonic_ns() - started_ns < PAIR_NS) {
        // Of four neighbours both orders begin equally often.
        let is_b = if matches!(done % 4, 0 | 3) {
            [false, true, true, false]
        } else {
            [true, false, false, true]
        };
        for is_b in is_b {
            before(is_b);
            let (seat, samples) = if is_b { (&mut *b, &mut of_b) } else { (&mut *a, &mut of_a) };
            let report = seat.round()?;
            let n = samples.len() as u32;
            samples.push(sample(&report, n));
        }
        done += 1;
    }
    let quad_ns = (monotonic_ns() - started_ns) as f64 / f64::from(done.max(1));
    Ok((Quads::of(&of_a, &of_b), quad_ns))
}

fn judge_pair(id: &'static str, adapter: &str, quads: &Quads, quad_ns: f64) -> Finding {
    let logs: Vec<f64> = quads.whole.iter().map(|quad| quad.log_ratio).collect();
    let in_a_minute = (MINUTE_NS / quad_ns.max(1.0)) as usize;
    let detectable = minimum_detectable(&logs, in_a_minute);
    let (Some(estimate), Some(detectable)) = (trimmed_estimate(&logs), detectable) else {
        let (whole, flipped) = (logs.len(), quads.flipped);
        let seen = format!("{whole} quads in one placement mode, {flipped} that straddle a flip");
        return Finding::new(Group::Measured, id, Level::Warning, seen)
            .means("too few quads to compare a pair by: others take the processors, or the placement flips too often")
            .advice("stop what else runs; where nothing does, compare at one thread, or on another machine");
    };
    let percent = |log: f64| log.exp_m1() * 100.0;
    let interval = estimate.interval(LEVEL);
    let preempted = quads.whole.iter().filter(|quad| quad.preempted).count();
    let seen = format!(
        "{adapter} against itself: {:+.2} % [{:+.2}, {:+.2}] over {} quads; 60 s would detect {:.2} %",
        percent(estimate.value),
        percent(interval.low),
        percent(interval.high),
        logs.len(),
        percent(detectable),
    );
    let level = match percent(detectable) {
        v if v > 10.0 => Level::Problem,
        v if v > 2.0 => Level::Warning,
        v if v > 1.0 => Level::Note,
        _ => Level::Ok,
    };
    let differs = !interval.contains(0.0);
    let level = if differs { level.max(Level::Note) } else { level };
    let means = if differs {
        "two copies of one map differ by more than chance, if only once: layout or placement favours one of them, and forks average over it"
    } else {
        "differences below what a minute detects (chance 95 %, at 5 % false alarms) will not be seen in one"
    };
    let finding = Finding::new(Group::Measured, id, level, seen)
        .means(means)
        .figure("a_a_percent", percent(estimate.value))
        .figure("a_a_low_percent", percent(interval.low))
        .figure("a_a_high_percent", percent(interval.high))
        .figure("quads", logs.len())
        .figure("flipped_quads", quads.flipped)
        .figure("preempted_quads", preempted)
        .figure("detectable_percent", percent(detectable));
    if level < Level::Warning {
        finding
    } else {
        finding.advice("more time: four times as long sees half as much; or a quieter machine")
    }
}

/// What drawing before a round costs that round: rounds with and without a frame before them, in
/// quads of one trial.
pub(super) fn ui_tax(bench: &Bench<'_>, adapter: &str, draw: &mut dyn FnMut()) -> Finding {
    let mut run = || -> Result<(Quads, f64), String> {
        let mut off = bench.seat(adapter, 1)?;
        let mut on = bench.seat(adapter, 1)?;
        on.runs_as(&off);
        // Which of the two copies is drawn before changes with each half, so that their layout
        // favours neither.
        let (first, quad_ns) = quads(&mut off, &mut on, PAIR_QUADS, &mut |is_on| {
            if is_on {
                draw();
            }
        })?;
        let (second, _) = quads(&mut on, &mut off, PAIR_QUADS, &mut |is_off| {
            if is_off {
                draw();
            }
        })?;
        let mut whole = first.whole;
        whole.extend(second.whole);
        Ok((Quads { whole, flipped: first.flipped + second.flipped }, quad_ns))
    };
    let (quads, _) = match run() {
        Err(reason) => return unmeasured("ui-tax", &reason),
        Ok(run) => run,
    };
    let logs: Vec<f64> = quads.whole.iter().map(|quad| quad.log_ratio).collect();
    let Some(estimate) = trimmed_estimate(&logs) else {
        return unmeasured("ui-tax", "too few quads");
    };
    let percent = |log: f64| log.exp_m1() * 100.0;
    let interval = estimate.interval(LEVEL);
    let (low, high) = (percent(interval.low), percent(interval.high));
    let (level, means) = if low > 0.5 {
        (
            Level::Warning,
            "drawing between rounds costs more than the goal of 0.5 %: measure with `mapbench run`",
        )
    } else if high > 0.5 {
        (Level::Note, "the goal of 0.5 % lies in the interval: neither shown to be met nor missed")
    } else {
        (Level::Ok, "drawing between rounds costs less than the goal of 0.5 %")
    };
    let seen = format!(
        "{:+.2} % [{low:+.2}, {high:+.2}] over {} quads",
        percent(estimate.value),
        logs.len()
    );
    Finding::new(Group::Measured, "ui-tax", level, seen)
        .means(means)
        .figure("ui_tax_percent", percent(estimate.value))
        .figure("ui_tax_low_percent", low)
        .figure("ui_tax_high_percent", high)
        .figure("quads", logs.len())
}

/// A measurement that could not be made is a note: what there is to say is why.
pub(super) fn unmeasured(id: &'static str, reason: &str) -> Finding {
    Finding::new(Group::Measured, id, Level::Note, "not measured").means(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use mapbench_results::stats::Quad;

    use super::*;

    fn quads_of(logs: impl IntoIterator<Item = f64>) -> Quads {
        let quad = |(k, log_ratio): (usize, f64)| Quad {
            fork: 0,
            k: k as u32,
            mode: None,
            log_ratio,
            preempted: false,
        };
        Quads { whole: logs.into_iter().enumerate().map(quad).collect(), flipped: 0 }
    }

    #[test]
    fn a_pair_is_judged_by_what_it_could_detect() {
        let wave = |size: f64| (0..60).map(move |i| size * f64::from(i % 7 - 3));
        let judged = |size| judge_pair("a-a-1-thread", "m", &quads_of(wave(size)), 72e6).level;
        assert_eq!(judged(0.001), Level::Ok);
        assert_eq!(judged(0.3), Level::Problem);
        let shifted = quads_of(wave(0.001).map(|log| log + 0.01));
        assert_eq!(judge_pair("a-a-1-thread", "m", &shifted, 72e6).level, Level::Note);
        assert_eq!(judge_pair("a-a-1-thread", "m", &quads_of([0.0]), 72e6).level, Level::Warning);
    }
}
