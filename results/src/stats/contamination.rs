//! What disturbed a comparison: preemptions, the hypervisor, other processes, flips of placement.
//! Drops what one thread's preemptions touched, as long as that is the exception; where it is the
//! rule, dropping would choose its data, so nothing is dropped and the comparison says nothing.

use std::collections::BTreeMap;
use std::fmt;

use mapbench_core::event::PlacementMode;

use super::quad::{Quad, Quads};
use super::yuen::{Estimate, mean_estimate, trimmed_estimate};

/// A larger share of preempted quads is not dropped: the comparison is inconclusive instead.
pub const MOST_PREEMPTED: f64 = 0.3;
/// A larger share of stolen time disturbs.
pub const MOST_STOLEN: f64 = 0.01;
/// A larger share of time in which some process waited for a processor disturbs.
pub const MOST_PRESSURE: f64 = 0.1;
/// A larger share of quads or rounds that straddle a flip disturbs.
pub const MOST_FLIPPED: f64 = 0.3;

/// From so many forks on, what they differ by is in the interval.
const MIN_FORKS: usize = 3;

/// A cause of noise, with its size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoiseCause {
    /// Share of quads, or of rounds, that held an involuntary context switch.
    Preemptions(f64),
    /// Share of the time that the hypervisor took.
    Steal(f64),
    /// Share of the time that some process waited for a processor.
    Pressure(f64),
    /// Share of quads, or of rounds, that straddle a flip of placement.
    PlacementFlips(f64),
    /// Half of the interval, relative to its centre.
    WideInterval(f64),
}

impl NoiseCause {
    /// Its size, as a share.
    pub const fn size(&self) -> f64 {
        match self {
            NoiseCause::Preemptions(share)
            | NoiseCause::Steal(share)
            | NoiseCause::Pressure(share)
            | NoiseCause::PlacementFlips(share)
            | NoiseCause::WideInterval(share) => *share,
        }
    }
}

impl fmt::Display for NoiseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, share) = match self {
            NoiseCause::Preemptions(share) => ("preemptions", share),
            NoiseCause::Steal(share) => ("steal", share),
            NoiseCause::Pressure(share) => ("PSI", share),
            NoiseCause::PlacementFlips(share) => ("placement flips", share),
            NoiseCause::WideInterval(half) => return write!(f, "interval ±{:.1} %", half * 100.0),
        };
        write!(f, "{what} {:.1} %", share * 100.0)
    }
}

/// The shares of time that were lost to others while a comparison ran; `None` if nobody looked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pressure {
    /// Share that the hypervisor took.
    pub steal: Option<f64>,
    /// Share in which some process waited for a processor.
    pub psi_some: Option<f64>,
}

impl Pressure {
    /// The larger share of each kind.
    #[must_use]
    pub fn worse(self, other: Pressure) -> Pressure {
        let larger = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        Pressure {
            steal: larger(self.steal, other.steal),
            psi_some: larger(self.psi_some, other.psi_some),
        }
    }

    /// The causes of noise among them.
    pub fn causes(&self) -> Vec<NoiseCause> {
        let steal = self.steal.filter(|share| *share > MOST_STOLEN).map(NoiseCause::Steal);
        let psi = self.psi_some.filter(|share| *share > MOST_PRESSURE).map(NoiseCause::Pressure);
        steal.into_iter().chain(psi).collect()
    }
}

/// Two cells compared in one placement mode.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedEstimate {
    /// The mode; `None` at one thread.
    pub mode: Option<PlacementMode>,
    /// Log ratio of throughput, A to B, over the quads that were kept.
    pub log_ratio: Estimate,
    /// Quads dropped for a preemption.
    pub dropped: usize,
    /// Why the comparison is inconclusive, however narrow its interval; empty if it is not.
    pub noise: Vec<NoiseCause>,
}

/// Compares two cells by their quads, a placement mode at a time. `threads` are those of each cell,
/// `pressure` what was lost to others meanwhile. A mode with fewer than two quads has no estimate.
///
/// Two processes of one map differ by the layout of their memory, whatever the rounds within them
/// say. From three forks on, the estimate is the mean over forks of the trimmed means within
/// them, and its error that of the fork means (a cluster of quads is one observation). With fewer,
/// all quads are pooled, and the interval is of these processes only.
pub fn compare_quads(quads: &Quads, threads: u32, pressure: Pressure) -> Vec<PairedEstimate> {
    let all = quads.whole.len() + quads.flipped;
    let flipped = quads.flipped as f64 / all.max(1) as f64;
    let of_mode = |mode| {
        let (kept, preempted): (Vec<&Quad>, Vec<&Quad>) = quads
            .whole
            .iter()
            .filter(|quad| quad.mode == mode)
            .partition(|quad| threads > 1 || !quad.preempted);
        let share = preempted.len() as f64 / (kept.len() + preempted.len()).max(1) as f64;
        let is_exception = share <= MOST_PREEMPTED;
        let dropped = if is_exception { preempted.len() } else { 0 };
        let used = kept.iter().chain(preempted.iter().filter(|_| !is_exception));
        let mut by_fork: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for quad in used {
            by_fork.entry(quad.fork).or_default().push(quad.log_ratio);
        }
        let mut noise = Vec::new();
        if !is_exception {
            noise.push(NoiseCause::Preemptions(share));
            noise.extend(pressure.causes());
        }
        if flipped > MOST_FLIPPED {
            noise.push(NoiseCause::PlacementFlips(flipped));
        }
        Some(PairedEstimate { mode, log_ratio: over_forks(&by_fork)?, dropped, noise })
    };
    quads.modes().into_iter().filter_map(of_mode).collect()
}

fn over_forks(by_fork: &BTreeMap<u32, Vec<f64>>) -> Option<Estimate> {
    let pooled = || trimmed_estimate(&by_fork.values().flatten().copied().collect::<Vec<f64>>());
    let means: Vec<f64> =
        by_fork.values().filter_map(|logs| Some(trimmed_estimate(logs)?.value)).collect();
    if means.len() < MIN_FORKS {
        return pooled();
    }
    let quads = by_fork.values().map(Vec::len).sum();
    Some(Estimate { n: quads, ..mean_estimate(&means)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quads(preempted: usize, of: u32) -> Quads {
        let whole = (0..of).map(|k| Quad {
            fork: 0,
            k,
            mode: None,
            // Preempted quads are slow on one side.
            log_ratio: if (k as usize) < preempted { 0.2 } else { 0.01 * f64::from(k % 3) },
            preempted: (k as usize) < preempted,
        });
        Quads { whole: whole.collect(), flipped: 0 }
    }

    #[test]
    fn few_preempted_quads_are_dropped_and_many_make_it_inconclusive() {
        let one = |quads: &Quads, pressure| compare_quads(quads, 1, pressure).remove(0);
        let few = one(&quads(30, 100), Pressure::default());
        assert_eq!((few.log_ratio.n, few.dropped, few.noise.len()), (70, 30, 0));
        let stolen = Pressure { steal: Some(0.04), psi_some: Some(0.02) };
        let many = one(&quads(31, 100), stolen);
        assert_eq!((many.log_ratio.n, many.dropped), (100, 0));
        assert_eq!(many.noise, [NoiseCause::Preemptions(0.31), NoiseCause::Steal(0.04)]);
        assert_eq!(many.noise[0].to_string(), "preemptions 31.0 %");
    }

    /// Three processes that differ by a per cent each, with a thousand quads of next to no spread:
    /// what is known is known of three, not of a thousand.
    #[test]
    fn forks_that_differ_make_the_interval_theirs() {
        let of_fork = |fork: u32| {
            (0..1_000).map(move |k| Quad {
                fork,
                k,
                mode: None,
                log_ratio: 0.01 * (f64::from(fork) - 1.0) + 0.0001 * f64::from(k % 3),
                preempted: false,
            })
        };
        let compared = |forks: u32| {
            let whole = (0..forks).flat_map(of_fork).collect();
            compare_quads(&Quads { whole, flipped: 0 }, 1, Pressure::default()).remove(0).log_ratio
        };
        // Mean .0001, standard error .01 / sqrt(3), t at 2 degrees of freedom 4.303.
        let three = compared(3);
        let interval = three.interval(0.05);
        assert!((interval.high - 0.0001 - 4.303 * 0.01 / 3.0_f64.sqrt()).abs() < 1e-4, "{three:?}");
        assert_eq!((three.n, three.df), (3_000, 2.0));
        assert!(compared(2).interval(0.05).high < 0.0, "pooled, of these two processes");
    }

    #[test]
    fn several_threads_keep_their_preempted_quads() {
        let both = compare_quads(&quads(50, 100), 2, Pressure::default()).remove(0);
        assert_eq!((both.log_ratio.n, both.dropped, both.noise.len()), (100, 0, 0));
    }

    #[test]
    fn modes_are_compared_apart_and_many_flips_are_noise() {
        let mut quads = quads(0, 20);
        for (at, quad) in quads.whole.iter_mut().enumerate() {
            let mode = if at < 19 { PlacementMode::Near } else { PlacementMode::Far };
            quad.mode = Some(mode);
        }
        quads.flipped = 10;
        let compared = compare_quads(&quads, 2, Pressure::default());
        assert_eq!(compared.len(), 1, "one far quad is no estimate");
        assert_eq!(compared[0].mode, Some(PlacementMode::Near));
        assert_eq!(compared[0].noise, [NoiseCause::PlacementFlips(10.0 / 30.0)]);
    }
}
