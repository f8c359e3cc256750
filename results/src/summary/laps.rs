//! Throughput by lap of a trace, in bounded memory. A trace may be slower in one part than in
//! another; over whole laps that is the same each time, and what is left is the map's.

/// Stretches kept.
const MOST: usize = 512;

/// Ops and time of rounds, in order. When there are too many, neighbours merge.
#[derive(Debug, Clone)]
pub(super) struct Laps {
    rounds_per_stretch: u32,
    stretches: Vec<Stretch>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    rounds: u32,
    ops: u64,
    elapsed_ns: u64,
}

impl Default for Laps {
    fn default() -> Self {
        Laps { rounds_per_stretch: 1, stretches: Vec::new() }
    }
}

impl Laps {
    pub(super) fn push(&mut self, ops: u64, elapsed_ns: u64) {
        let round = Stretch { rounds: 1, ops, elapsed_ns };
        match self.stretches.last_mut() {
            Some(last) if last.rounds < self.rounds_per_stretch => *last = last.with(round),
            _ => self.stretches.push(round),
        }
        if self.stretches.len() > MOST {
            let pairs = self.stretches.chunks(2);
            self.stretches =
                pairs.map(|pair| pair[1..].iter().fold(pair[0], |a, b| a.with(*b))).collect();
            self.rounds_per_stretch = self.rounds_per_stretch.saturating_mul(2);
        }
    }

    /// Ops per second of each lap of `trace_ops`, ended by the round that comes nearest to it;
    /// stretch by stretch where they are longer or the trace's length is unknown, 0. The last,
    /// incomplete lap is left out. Unmeasured running before a round moves on in the trace too, so
    /// that a lap is sampled rather than told in full.
    pub(super) fn throughputs(&self, trace_ops: u64) -> Vec<f64> {
        let mut laps = Vec::new();
        let mut lap = Stretch::default();
        for stretch in &self.stretches {
            lap = lap.with(*stretch);
            if lap.ops.saturating_add(stretch.ops / 2) >= trace_ops {
                laps.push(super::tally::per_second(lap.ops, lap.elapsed_ns));
                lap = Stretch::default();
            }
        }
        laps
    }
}

impl Stretch {
    fn with(self, other: Stretch) -> Stretch {
        Stretch {
            rounds: self.rounds.saturating_add(other.rounds),
            ops: self.ops.saturating_add(other.ops),
            elapsed_ns: self.elapsed_ns.saturating_add(other.elapsed_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_with_a_slow_half_is_level_by_lap() {
        let mut laps = Laps::default();
        for round in 0..40 {
            laps.push(1_000, if round % 4 < 2 { 1_000_000 } else { 3_000_000 });
        }
        assert_eq!(laps.throughputs(4_000), [5e5; 10]);
        assert_eq!(laps.throughputs(0).len(), 40, "an unknown lap leaves rounds as they are");
        assert_eq!(laps.throughputs(900).len(), 40, "rounds of more than a lap are laps");
        assert_eq!(laps.throughputs(30_000).len(), 1);
    }

    #[test]
    fn a_long_run_keeps_its_order_in_bounded_memory() {
        let mut laps = Laps::default();
        for round in 0..10_000_u64 {
            laps.push(1_000 + round, 1_000_000);
        }
        let throughputs = laps.throughputs(1);
        assert!(throughputs.len() <= MOST && throughputs.len() > MOST / 4);
        assert!(throughputs.is_sorted());
    }
}
