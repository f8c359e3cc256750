//! The stream of quads of a pair, cut into stretches of half of what a fork gives to a window: two
//! neighbours of one fork, or of each of several successive ones, are a window, and any number drawn
//! at random are a simulated one.

use std::collections::HashMap;

use mapbench_core::event::{PlacementMode, RunEvent};
use mapbench_results::stats::{Pressure, Quads, RoundSample, trimmed_estimate};
use mapbench_results::units::Charset;
use mapbench_results::{RunLog, label};

/// All that was recorded of one pair in one setting.
#[derive(Debug, Clone)]
pub(crate) struct Study {
    /// Folder, pair and setting.
    pub(crate) name: String,
    /// Threads of each cell.
    pub(crate) threads: u32,
    /// Logs that it is of.
    pub(crate) logs: usize,
    /// Its forks, each in order of time.
    pub(crate) forks: Vec<Fork>,
}

/// One pair of processes.
#[derive(Debug, Clone)]
pub(crate) struct Fork {
    /// Number of its log.
    pub(crate) log: usize,
    /// Stretches of half a part of a window each, without a gap; the last, incomplete one is left out.
    pub(crate) stretches: Vec<Stretch>,
}

/// Half of what a fork gives to a window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stretch {
    /// Its quads.
    pub(crate) quads: Quads,
    /// Throughput of the rounds of A, in order of time.
    pub(crate) a: Vec<f64>,
    /// Of B.
    pub(crate) b: Vec<f64>,
    /// What was lost to others while its fork ran.
    pub(crate) pressure: Pressure,
}

/// A round with its time.
struct Timed {
    is_a: bool,
    started_ns: u64,
    sample: RoundSample,
}

impl Study {
    /// The study of one log: its first two cells that are measured for their own sake, in one
    /// setting. `None` if it has no such two.
    pub(crate) fn of_log(log: &RunLog, folder: &str, part_ns: u64) -> Option<Study> {
        let mut measured = log.begin.cells.iter().filter(|cell| cell.role.is_measured());
        let (a, b) = (measured.next()?, measured.next()?);
        let setting = label::setting(a, Charset::Utf8);
        if setting != label::setting(b, Charset::Utf8) {
            return None;
        }
        let (first, second) = (label::adapter(a), label::adapter(b));
        let mut rounds: HashMap<u32, Vec<Timed>> = HashMap::new();
        let mut pressures: HashMap<u32, Vec<Pressure>> = HashMap::new();
        for event in &log.events {
            match event {
                RunEvent::Round { cell, fork, report }
                    if [a.id, b.id].contains(cell) && !report.sampled =>
                {
                    let seconds = report.elapsed_ns as f64 / 1e9;
                    let sample = RoundSample {
                        fork: *fork,
                        n: report.n,
                        mode: report.placement.map(|placement| placement.mode),
                        ops_per_sec: report.ops as f64 / seconds,
                        preempted: report.involuntary_switches > 0,
                    };
                    let is_a = *cell == a.id;
                    let timed = Timed { is_a, started_ns: report.started_ns, sample };
                    rounds.entry(*fork).or_default().push(timed);
                }
                RunEvent::Pressure { cell, fork, elapsed_ns, steal_ms, psi_some_us }
                    if [a.id, b.id].contains(cell) =>
                {
                    let share = |ns: u64| ns as f64 / (*elapsed_ns).max(1) as f64;
                    pressures.entry(*fork).or_default().push(Pressure {
                        steal: steal_ms.map(|ms| share(ms.saturating_mul(1_000_000))),
                        psi_some: psi_some_us.map(|us| share(us.saturating_mul(1_000))),
                    });
                }
                _ => {}
            }
        }
        let mut forks: Vec<(u32, Vec<Timed>)> = rounds.into_iter().collect();
        forks.sort_by_key(|(fork, _)| *fork);
        let forks = forks.into_iter().map(|(fork, rounds)| {
            let pressures = pressures.remove(&fork).unwrap_or_default().into_iter();
            let pressure = pressures.fold(Pressure::default(), Pressure::worse);
            Fork { log: 0, stretches: stretches(rounds, part_ns / 2, pressure) }
        });
        Some(Study {
            name: format!("{folder}: {first} against {second}, {setting}"),
            threads: a.threads,
            logs: 1,
            forks: forks.collect(),
        })
    }

    /// Adds what another log recorded of the same.
    pub(crate) fn add(&mut self, other: Study) {
        let log = self.logs;
        self.forks.extend(other.forks.into_iter().map(|fork| Fork { log, ..fork }));
        self.logs += other.logs;
    }

    /// The disjoint windows: pairs of neighbouring stretches of `forks` successive forks of a log.
    pub(crate) fn windows(&self, forks: usize) -> Vec<Vec<&Stretch>> {
        let logs = self.forks.chunk_by(|one, next| one.log == next.log);
        let groups = logs.flat_map(|log| log.chunks_exact(forks.max(1)));
        let windows = groups.flat_map(|group| {
            let parts = group.iter().map(|fork| fork.stretches.len() / 2).min().unwrap_or(0);
            (0..parts).map(|part| {
                let both = 2 * part..2 * part + 2;
                group.iter().flat_map(|fork| &fork.stretches[both.clone()]).collect()
            })
        });
        windows.collect()
    }

    /// Every stretch.
    pub(crate) fn stretches(&self) -> Vec<&Stretch> {
        self.forks.iter().flat_map(|fork| &fork.stretches).collect()
    }

    /// The log ratios of all quads of the most frequent placement mode, by fork.
    pub(crate) fn log_ratios(&self) -> Vec<Vec<f64>> {
        let modes = [None, Some(PlacementMode::Near), Some(PlacementMode::Far)];
        let of_mode = |mode| -> Vec<Vec<f64>> {
            let of_fork = |fork: &Fork| {
                let quads = fork.stretches.iter().flat_map(|stretch| &stretch.quads.whole);
                quads.filter(|quad| quad.mode == mode).map(|quad| quad.log_ratio).collect()
            };
            self.forks.iter().map(of_fork).collect()
        };
        let all = modes.map(of_mode);
        let longest = all.into_iter().max_by_key(|forks| forks.iter().map(Vec::len).sum::<usize>());
        longest.unwrap_or_default()
    }

    /// The trimmed mean of each fork that has one.
    pub(crate) fn fork_means(&self) -> Vec<f64> {
        let logs = self.log_ratios();
        logs.iter().filter_map(|logs| Some(trimmed_estimate(logs)?.value)).collect()
    }
}

/// Cuts the rounds of one fork. A quad belongs where its first round began.
fn stretches(mut rounds: Vec<Timed>, length_ns: u64, pressure: Pressure) -> Vec<Stretch> {
    rounds.sort_by_key(|round| round.started_ns);
    let (Some(first), Some(last)) = (rounds.first(), rounds.last()) else { return Vec::new() };
    let (origin, whole) = (first.started_ns, (last.started_ns - first.started_ns) / length_ns);
    let mut begins: HashMap<u32, u64> = HashMap::new();
    let mut parts: Vec<(Vec<RoundSample>, Vec<RoundSample>)> =
        vec![Default::default(); whole as usize];
    for round in rounds {
        let begin = *begins.entry(round.sample.n / 2).or_insert(round.started_ns);
        let Some(part) = parts.get_mut(((begin - origin) / length_ns) as usize) else { continue };
        (if round.is_a { &mut part.0 } else { &mut part.1 }).push(round.sample);
    }
    let throughputs = |rounds: &[RoundSample]| -> Vec<f64> {
        rounds.iter().map(|round| round.ops_per_sec).collect()
    };
    parts
        .into_iter()
        .map(|(a, b)| Stretch {
            quads: Quads::of(&a, &b),
            a: throughputs(&a),
            b: throughputs(&b),
            pressure,
        })
        .collect()
}
