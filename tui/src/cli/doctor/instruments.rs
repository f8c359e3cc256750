//! The machine without a map, measured and judged: pinning, clock, disturbance of a fixed loop,
//! placement.

use mapbench_core::driver::clock::Clock;
use mapbench_core::driver::{FAR_ABOVE_NS, allowed_cpus, probe};
use mapbench_core::event::PlacementMode;
use mapbench_results::placement::{self, Look, Timeline};
use mapbench_results::stats::{median, quantile};

use super::finding::{Finding, Group, Level};

const MS: u64 = 1_000_000;
const SPIN_NS: u64 = 2_000 * MS;
const PLACEMENT_NS: u64 = 6_000 * MS;
const PROBE_EVERY_NS: u64 = 5 * MS;

/// Whether threads can be pinned: the only look at the running system that takes no time.
pub(super) fn pinning() -> Finding {
    let cpus = allowed_cpus();
    let refused: Vec<String> =
        cpus.iter().filter(|&&cpu| !probe::pins_to(cpu)).map(u32::to_string).collect();
    let found = |level, seen: String| Finding::new(Group::Processors, "pinning", level, seen);
    if refused.is_empty() {
        return found(Level::Ok, "every allowed processor can be pinned to".to_owned());
    }
    found(Level::Warning, format!("refused for {}", refused.join(", ")))
        .means("threads wander between processors, and the placement probe says little")
        .advice("allow sched_setaffinity in the container's seccomp profile, or leave those out with --cpus")
}

/// Everything that is measured without a map.
pub(super) fn findings() -> Vec<Finding> {
    let clock = Clock::new();
    let cpus = allowed_cpus();
    let mut found = vec![reading(&clock, cpus[0])];
    found.extend(cpus.iter().take(2).map(|&cpu| spin(&clock, cpu)));
    if let &[first, second, ..] = cpus.as_slice() {
        found.push(agreement(&clock, first, &cpus[1..]));
        found.push(placement(&clock, (first, second)));
    }
    found
}

fn reading(clock: &Clock, cpu: u32) -> Finding {
    let cost = probe::clock_cost(clock, cpu);
    let seen = format!("{:.1} ns a reading, steps of {:.1} ns", cost.reading_ns, cost.step_ns);
    let (level, means) = match cost.reading_ns {
        _ if cost.backwards > 0 => (Level::Problem, "the clock ran backwards"),
        v if v > 100.0 => (
            Level::Warning,
            "a timed op is dearer than most ops of a map: use --timing none for throughput",
        ),
        v if v > 40.0 => {
            (Level::Note, "timed ops show it; throughput, with one op in 64 timed, hardly does")
        }
        _ => (Level::Ok, "latencies below 100 ns are near the resolution, and wear a badge"),
    };
    Finding::new(Group::Measured, "clock-cost", level, seen)
        .means(means)
        .figure("reading_ns", cost.reading_ns)
        .figure("step_ns", cost.step_ns)
        .figure("backwards", cost.backwards)
}

fn agreement(clock: &Clock, first: u32, others: &[u32]) -> Finding {
    // All pairs would take long on many processors, and one bad one is told by the first.
    let offsets: Vec<probe::ClockOffset> =
        others.iter().take(16).map(|&cpu| probe::clock_offset(clock, (first, cpu))).collect();
    // What the bounds do not explain by the time that a message takes.
    let apart = |offset: &probe::ClockOffset| offset.least_ns.max(-offset.most_ns).max(0.0);
    let worst = offsets.iter().map(apart).fold(0.0, f64::max);
    let width = offsets.iter().map(|offset| offset.most_ns - offset.least_ns).fold(0.0, f64::max);
    let drifted = offsets.iter().any(|offset| offset.least_ns > offset.most_ns);
    let level = match worst {
        v if v > 1_000.0 => Level::Problem,
        v if v > 100.0 || drifted => Level::Warning,
        _ => Level::Ok,
    };
    let seen = if level == Level::Ok {
        format!("counters of {} processors agree within {width:.0} ns", offsets.len() + 1)
    } else {
        format!(
            "a counter is at least {worst:.0} ns off{}",
            if drifted { ", and drifts" } else { "" }
        )
    };
    let finding =
        Finding::new(Group::Measured, "clock-agreement", level, seen).figure("apart_ns", worst);
    if level == Level::Ok {
        return finding;
    }
    finding
        .means("rounds begin and end apart on different threads, and intended latencies are off by it")
        .advice("use processors of one package (--cpus); on a virtual machine ask for a host with synchronised counters")
}

fn spin(clock: &Clock, cpu: u32) -> Finding {
    let noise = probe::spin_noise(clock, cpu, SPIN_NS);
    let pieces: Vec<f64> = noise.pieces_ns.iter().map(|&ns| f64::from(ns)).collect();
    let center = median(&pieces).unwrap_or(0.0).max(1.0);
    let at = |q| (quantile(&pieces, q).unwrap_or(center) / center - 1.0) * 100.0;
    let (p99, longest) = (at(0.99), pieces.iter().copied().fold(0.0, f64::max));
    let lost: f64 = pieces.iter().map(|piece| (piece - center).max(0.0)).sum();
    let lost_percent = lost / noise.elapsed_ns.max(1) as f64 * 100.0;
    let per_sec = noise.switches as f64 * 1e9 / noise.elapsed_ns.max(1) as f64;
    let level = match lost_percent {
        v if v > 20.0 => Level::Problem,
        v if v > 3.0 => Level::Warning,
        v if v > 1.0 => Level::Note,
        _ => Level::Ok,
    };
    let seen = format!(
        "processor {cpu}: a fixed loop loses {lost_percent:.2} % of its time; p99 {p99:+.1} %, longest gap {:.2} ms, {per_sec:.1} preemptions/s",
        (longest - center).max(0.0) / 1e6
    );
    let finding = Finding::new(Group::Measured, "spin", level, seen)
        .means("the noise that no map is to blame for")
        .figure("cpu", cpu)
        .figure("lost_percent", lost_percent)
        .figure("p99_over_median_percent", p99)
        .figure("longest_ns", longest)
        .figure("preemptions_per_sec", per_sec);
    if level < Level::Warning {
        return finding;
    }
    finding.advice("stop what else runs, or leave this processor out with --cpus; where nothing can be stopped use more forks, and `compare`, which drops quads that hold a preemption")
}

fn placement(clock: &Clock, cpus: (u32, u32)) -> Finding {
    let trips = probe::round_trips(clock, cpus, PLACEMENT_NS, PROBE_EVERY_NS);
    let times: Vec<f64> = trips.iter().map(|trip| trip.round_trip_ns).collect();
    let looks: Vec<Look> = trips
        .iter()
        .map(|trip| {
            let far = trip.round_trip_ns > FAR_ABOVE_NS;
            let mode = if far { PlacementMode::Far } else { PlacementMode::Near };
            Look { at_ns: trip.at_ns, round_trip_ns: trip.round_trip_ns, mode }
        })
        .collect();
    judge_placement(&placement::timeline(&looks), placement::two_modes(&times))
}

fn judge_placement(timeline: &Timeline, modes: Option<(f64, f64)>) -> Finding {
    let shown = timeline.modes.iter().map(|mode| {
        let name = if mode.mode == PlacementMode::Far { "far" } else { "near" };
        let share = mode.looks as f64 / timeline.looks.max(1) as f64 * 100.0;
        format!("{name} {share:.0} % at {:.0} ns", mode.round_trip_ns)
    });
    let seen = format!(
        "a cache line to and fro: {}; {} flips in {:.1} s",
        shown.collect::<Vec<_>>().join(", "),
        timeline.flips,
        timeline.span_ns as f64 / 1e9
    );
    let found = |level| {
        Finding::new(Group::Measured, "placement", level, seen.clone())
            .figure("flips", timeline.flips)
            .figure("span_ns", timeline.span_ns)
            .figure("modes", serde_json::to_value(&timeline.modes).unwrap_or_default())
    };
    match modes {
        Some((low, high)) if !(low..high).contains(&FAR_ABOVE_NS) => found(Level::Warning)
            .means(format!(
                "there are two modes, at {low:.0} and {high:.0} ns, and the limit of {FAR_ABOVE_NS} ns between near and far does not part them: rounds are not told apart here"
            ))
            .advice("compare throughput at two threads and more only within one run, over many forks"),
        Some(_) => found(Level::Note)
            .means("contended throughput has two levels here; rounds are tagged, and compared within a level only")
            .advice("look at the share of each mode beside a figure; more forks and rounds for the rarer one"),
        None => found(Level::Ok).means("one mode: figures at several threads are of one kind, as long as it stays so"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(trips: &[f64]) -> (Timeline, Option<(f64, f64)>) {
        let look = |(at, &round_trip_ns): (usize, &f64)| {
            let far = round_trip_ns > FAR_ABOVE_NS;
            let mode = if far { PlacementMode::Far } else { PlacementMode::Near };
            Look { at_ns: at as u64 * PROBE_EVERY_NS, round_trip_ns, mode }
        };
        let looks: Vec<Look> = trips.iter().enumerate().map(look).collect();
        (placement::timeline(&looks), placement::two_modes(trips))
    }

    #[test]
    fn modes_that_the_limit_does_not_part_are_a_warning() {
        let judged = |low: f64, high: f64| {
            let trips: Vec<f64> = [[low; 10], [high; 10]].concat();
            let (timeline, modes) = timeline(&trips);
            judge_placement(&timeline, modes).level
        };
        assert_eq!(judged(70.0, 72.0), Level::Ok);
        assert_eq!(judged(70.0, 340.0), Level::Note);
        assert_eq!(judged(60.0, 150.0), Level::Warning);
        assert_eq!(judged(300.0, 900.0), Level::Warning);
    }
}
