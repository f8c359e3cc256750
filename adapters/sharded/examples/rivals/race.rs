//! Rounds, clocks and ratios: runs all contestants of a cell in turns and compares them.

use std::fmt;
use std::hash::Hash;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

use crate::contestants::{Run, Value, contestants};
use crate::rng::Rng;
use crate::trace::Trace;

/// What came out of a cell. All lists are in the order of the contestants, ours first.
pub(crate) struct Outcome {
    pub(crate) names: Vec<&'static str>,
    pub(crate) mops_per_sec: Vec<f64>,
    /// Ours over theirs, above 1 where we are faster.
    pub(crate) ratios: Vec<Interval>,
    /// The logarithms of the ratio in each round.
    pub(crate) samples: Vec<Vec<f64>>,
}

/// A ratio with its 95 % bootstrap interval.
pub(crate) struct Interval {
    middle: f64,
    low: f64,
    high: f64,
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} [{:.3}, {:.3}]", self.middle, self.low, self.high)
    }
}

pub(crate) fn race<K, V>(
    trace: &Trace,
    keys: &[(K, V)],
    rounds: usize,
    shards: Option<usize>,
) -> Outcome
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    V: Value,
{
    let (names, maps): (Vec<_>, Vec<_>) = contestants(trace, keys, shards).into_iter().unzip();
    let threads = trace.per_thread.len();
    let schedule = schedule(trace.pieces, rounds, maps.len());
    let times = Mutex::new(vec![Some(Duration::ZERO); schedule.len()]);
    let gate = Gate::new(threads);
    std::thread::scope(|scope| {
        for (cpu, ops) in trace.per_thread.iter().enumerate() {
            let (schedule, maps, times, gate) = (&schedule, &maps, &times, &gate);
            scope.spawn(move || {
                pin(cpu);
                for (turn, &(map, piece)) in schedule.iter().enumerate() {
                    let took = run_piece(&*maps[map], ops, piece, trace.pieces, gate);
                    let mut times = times.lock().expect("nobody panics");
                    // The slowest thread's time, if all had their processors to themselves.
                    times[turn] = times[turn].zip(took).map(|(a, b)| a.max(b));
                }
            });
        }
    });
    let times = times.into_inner().expect("nobody panics");
    outcome(names, trace, &schedule, &times)
}

/// Who runs which piece, turn after turn. Each round has every contestant once, shuffled; a
/// first lap, not counted, warms the maps up.
fn schedule(pieces: usize, rounds: usize, maps: usize) -> Vec<(usize, usize)> {
    let mut rng = Rng::new(5);
    let rounds = pieces + rounds.next_multiple_of(pieces);
    let mut turns = Vec::new();
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..maps).collect();
        rng.shuffle(&mut order);
        turns.extend(order.into_iter().map(|map| (map, round % pieces)));
    }
    turns
}

/// Runs one piece of this thread's trace beside the other threads; returns the time of the part
/// that counts, or nothing if the thread lost its processor in it.
fn run_piece(
    map: &dyn Run,
    ops: &[u32],
    piece: usize,
    pieces: usize,
    gate: &Gate,
) -> Option<Duration> {
    let ops = &ops[ops.len() * piece / pieces..ops.len() * (piece + 1) / pieces];
    let (warm_up, counted) = ops.split_at(ops.len() / 3);
    gate.wait();
    map.run(warm_up);
    gate.wait();
    let worked_before = worked();
    let start = Instant::now();
    map.run(counted);
    let took = start.elapsed();
    let worked = worked().saturating_sub(worked_before);
    (worked > took.mul_f64(LEAST_SHARE)).then_some(took)
}

/// A turn counts only if each thread had its processor for this share of it.
const LEAST_SHARE: f64 = 0.97;

/// How long this thread has had a processor.
fn worked() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has it").into()
}

fn outcome(
    names: Vec<&'static str>,
    trace: &Trace,
    schedule: &[(usize, usize)],
    times: &[Option<Duration>],
) -> Outcome {
    let maps = names.len();
    let ops: usize = trace.per_thread.iter().map(Vec::len).sum();
    let counted_ops = ops as f64 / trace.pieces as f64 * 2.0 / 3.0;
    let mut seconds = vec![Vec::new(); maps];
    for (&(map, _), time) in schedule.iter().zip(times).skip(trace.pieces * maps) {
        seconds[map].push(time.map(|time| time.as_secs_f64()));
    }
    let mut rng = Rng::new(6);
    let samples: Vec<Vec<f64>> = seconds
        .iter()
        .map(|theirs| {
            let pairs = theirs.iter().zip(&seconds[0]);
            pairs.filter_map(|(t, o)| t.zip(*o)).map(|(t, o)| (t / o).ln()).collect()
        })
        .collect();
    Outcome {
        mops_per_sec: seconds
            .iter()
            .map(|s| counted_ops / median(s.iter().flatten().copied().collect()) / 1e6)
            .collect(),
        ratios: samples.iter().map(|s| bootstrap(&[s], &mut rng)).collect(),
        samples,
        names,
    }
}

/// The geometric mean of the cells' median ratios; rounds are resampled within cells.
pub(crate) fn geometric_mean(cells: &[&[f64]]) -> Interval {
    bootstrap(cells, &mut Rng::new(7))
}

fn bootstrap(cells: &[&[f64]], rng: &mut Rng) -> Interval {
    let mean = |medians: Vec<f64>| (medians.iter().sum::<f64>() / medians.len() as f64).exp();
    let middle = mean(cells.iter().map(|cell| median(cell.to_vec())).collect());
    let mut resampled: Vec<f64> = (0..2_000)
        .map(|_| {
            let of_cell = |cell: &&[f64]| {
                median((0..cell.len()).map(|_| cell[rng.below(cell.len())]).collect())
            };
            mean(cells.iter().map(of_cell).collect())
        })
        .collect();
    resampled.sort_unstable_by(f64::total_cmp);
    Interval { middle, low: resampled[50], high: resampled[1_949] }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let half = numbers.len() / 2;
    if numbers.is_empty() {
        return f64::NAN;
    }
    if numbers.len().is_multiple_of(2) {
        f64::midpoint(numbers[half - 1], numbers[half])
    } else {
        numbers[half]
    }
}

fn pin(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu).expect("the machine has that many processors");
    sched_setaffinity(Pid::from_raw(0), &set).expect("a thread may pin itself");
}

/// A barrier that spins, so that threads leave it together.
struct Gate {
    threads: usize,
    arrived: AtomicUsize,
}

impl Gate {
    fn new(threads: usize) -> Self {
        Self { threads, arrived: AtomicUsize::new(0) }
    }

    fn wait(&self) {
        let mine = self.arrived.fetch_add(1, Ordering::AcqRel);
        let everybody = (mine / self.threads + 1) * self.threads;
        while self.arrived.load(Ordering::Acquire) < everybody {
            std::hint::spin_loop();
        }
    }
}
