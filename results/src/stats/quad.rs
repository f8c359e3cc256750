//! A pair measured in quads: rounds in the order ABBA or BAAB, of the same ops. A drift of the
//! machine that is linear over four rounds adds the same to both and drops out of a quad's log
//! ratio. Whether the pair differs enough to matter is the gate's question.

use mapbench_core::event::PlacementMode;

use super::ratio::RoundSample;

/// What one quad says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quad {
    /// The fork.
    pub fork: u32,
    /// Its number in the fork: it holds rounds 2k and 2k + 1 of each cell.
    pub k: u32,
    /// Placement that all four rounds ran in; `None` at one thread.
    pub mode: Option<PlacementMode>,
    /// Mean log throughput of A's rounds less that of B's: above 0 A is faster.
    pub log_ratio: f64,
    /// Whether a thread was preempted in one of the four.
    pub preempted: bool,
}

/// The quads of two cells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quads {
    /// Those whose four rounds ran in one placement mode, by fork and number.
    pub whole: Vec<Quad>,
    /// Those that straddle a flip of placement: dropped, two modes are two experiments.
    pub flipped: usize,
}

impl Quads {
    /// The quads that the rounds of two cells form. Rounds without all their partners are left
    /// out, and so is a quad with a round that did nothing.
    pub fn of(a: &[RoundSample], b: &[RoundSample]) -> Quads {
        let a = sorted(a);
        let b = sorted(b);
        let mut quads = Quads::default();
        for pair in a.windows(2) {
            let [first, second] = pair else { continue };
            let is_pair = first.n.is_multiple_of(2)
                && first.n.checked_add(1) == Some(second.n)
                && first.fork == second.fork;
            let Ok(at) = b.binary_search_by_key(&key(first), key) else { continue };
            let Some(others) = b.get(at..at + 2).filter(|_| is_pair) else { continue };
            if key(&others[1]) == key(second) {
                quads.add([*first, *second, others[0], others[1]]);
            }
        }
        quads
    }

    fn add(&mut self, rounds: [RoundSample; 4]) {
        let [a1, a2, b1, b2] = rounds;
        let is_mixed = |round: &RoundSample| round.mode == Some(PlacementMode::Mixed);
        if rounds.iter().any(|round| round.mode != a1.mode || is_mixed(round)) {
            self.flipped += 1;
            return;
        }
        let log = |round: RoundSample| round.ops_per_sec.ln();
        let log_ratio = f64::midpoint(log(a1), log(a2)) - f64::midpoint(log(b1), log(b2));
        if log_ratio.is_finite() {
            self.whole.push(Quad {
                fork: a1.fork,
                k: a1.n / 2,
                mode: a1.mode,
                log_ratio,
                preempted: rounds.iter().any(|round| round.preempted),
            });
        }
    }

    /// The placement modes that there are quads of, in the order of their first quads.
    pub fn modes(&self) -> Vec<Option<PlacementMode>> {
        let mut modes = Vec::new();
        for quad in &self.whole {
            if !modes.contains(&quad.mode) {
                modes.push(quad.mode);
            }
        }
        modes
    }
}

fn key(round: &RoundSample) -> (u32, u32) {
    (round.fork, round.n)
}

fn sorted(rounds: &[RoundSample]) -> Vec<RoundSample> {
    let mut rounds = rounds.to_vec();
    rounds.sort_unstable_by_key(key);
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(fork: u32, n: u32, ops_per_sec: f64) -> RoundSample {
        RoundSample { fork, n, mode: None, ops_per_sec, preempted: false }
    }

    /// Two forks of `quads` quads, in the order ABBA, on a machine that slows by 1 % a round.
    fn drifting(factor: f64, quads: u32) -> (Vec<RoundSample>, Vec<RoundSample>) {
        let speed = |at: u32| 1e6 * (-0.01 * f64::from(at)).exp();
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for (fork, k) in (0..2).flat_map(|fork| (0..quads).map(move |k| (fork, k))) {
            for (place, n) in [(0, 0), (3, 1)] {
                a.push(round(fork, 2 * k + n, factor * speed(4 * k + place)));
            }
            for (place, n) in [(1, 0), (2, 1)] {
                b.push(round(fork, 2 * k + n, speed(4 * k + place)));
            }
        }
        (a, b)
    }

    #[test]
    fn a_linear_drift_drops_out() {
        let (a, b) = drifting(1.05, 6);
        let quads = Quads::of(&a, &b);
        assert_eq!((quads.whole.len(), quads.flipped), (12, 0));
        assert!(quads.whole.iter().all(|quad| (quad.log_ratio - 1.05_f64.ln()).abs() < 1e-12));
        assert_eq!((quads.whole[7].fork, quads.whole[7].k), (1, 1));
    }

    #[test]
    fn the_order_of_arrival_and_lost_rounds_do_not_matter() {
        let (mut a, b) = drifting(1.0, 5);
        a.reverse();
        a.retain(|round| (round.fork, round.n) != (0, 3));
        let quads = Quads::of(&a, &b);
        assert_eq!(quads.whole.len(), 9, "the quad of the lost round is gone and no other");
        assert!(quads.whole.iter().all(|quad| (quad.fork, quad.k) != (0, 1)));
        assert_eq!(Quads::of(&a, &[]), Quads::default());
        // Of one cell rounds 1 and 2, of the other 0 to 3: neighbours, but no quad.
        let odd = [round(0, 1, 1.0), round(0, 2, 1.0)];
        assert_eq!(Quads::of(&odd, &b), Quads::default());
        assert_eq!(Quads::of(&b, &odd), Quads::default());
    }

    #[test]
    fn quads_that_straddle_modes_are_counted_and_dropped() {
        use PlacementMode::{Far, Mixed, Near};
        let (mut a, mut b) = drifting(1.0, 4);
        for sample in a.iter_mut().chain(&mut b) {
            sample.mode = Some(if sample.fork == 0 { Near } else { Far });
        }
        a[1].mode = Some(Far);
        b[2].mode = Some(Mixed);
        let quads = Quads::of(&a, &b);
        assert_eq!((quads.whole.len(), quads.flipped), (6, 2));
        assert_eq!(quads.modes(), [Some(Near), Some(Far)]);
    }

    #[test]
    fn one_preempted_round_marks_its_quad() {
        let (a, mut b) = drifting(1.0, 3);
        b[3].preempted = true;
        let marked: Vec<u32> =
            Quads::of(&a, &b).whole.iter().filter(|q| q.preempted).map(|q| q.k).collect();
        assert_eq!(marked, [1]);
    }

    #[test]
    fn a_round_that_did_nothing_has_no_quad() {
        let (mut a, b) = drifting(1.0, 2);
        a[0].ops_per_sec = 0.0;
        assert_eq!(Quads::of(&a, &b).whole.len(), 3);
    }
}
