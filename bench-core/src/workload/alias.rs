//! Draws from a fixed discrete distribution in constant time: Walker's alias method with integer
//! thresholds (Vose's construction), so that the same weights give the same draws on every platform.

use std::hint::select_unpredictable;

/// A table to draw from.
#[derive(Debug, Clone)]
pub(crate) struct AliasTable {
    /// Per slot: the threshold in 2^-32, and who takes the draws above it.
    slots: Vec<(u32, u32)>,
}

const ONE: u64 = 1 << 32;

impl AliasTable {
    /// The table of `weights`, which must be finite, not negative, and not all zero.
    pub(crate) fn new(weights: &[f64]) -> Self {
        let mut parts = integer_parts(weights);
        let mut slots: Vec<(u32, u32)> =
            (0..weights.len()).map(|slot| (u32::MAX, slot as u32)).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..parts.len()).rev().partition(|&slot| parts[slot] < ONE);
        while let (Some(&giver), Some(taker)) = (large.last(), small.pop()) {
            slots[taker] = (parts[taker] as u32, giver as u32);
            parts[giver] -= ONE - parts[taker];
            if parts[giver] < ONE {
                large.pop();
                small.push(giver);
            }
        }
        AliasTable { slots }
    }

    /// The outcome that 64 random bits select.
    #[inline]
    pub(crate) fn pick(&self, bits: u64) -> u32 {
        let slot = ((bits >> 32) * self.slots.len() as u64) >> 32;
        let (threshold, alias) = self.slots[slot as usize];
        // A branch would be taken at random, and predicted as often wrongly as rightly.
        select_unpredictable((bits as u32) < threshold, slot as u32, alias)
    }
}

/// Weights as integers that sum to exactly 2^32 per slot; rounding goes to the greatest.
fn integer_parts(weights: &[f64]) -> Vec<u64> {
    let total: f64 = weights.iter().sum();
    let whole = ONE * weights.len() as u64;
    let mut parts: Vec<u64> =
        weights.iter().map(|weight| (weight / total * whole as f64) as u64).collect();
    let given: u64 = parts.iter().sum();
    if let Some(greatest) = parts.iter_mut().max() {
        *greatest = (*greatest + whole).saturating_sub(given);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::random::{Purpose, Random};

    #[test]
    fn draws_follow_the_weights() {
        let weights = [0.5, 0.0, 8.0, 1.5];
        let table = AliasTable::new(&weights);
        let mut random = Random::stream(1, Purpose::Ops, 0);
        let mut counts = [0_u32; 4];
        for _ in 0..100_000 {
            counts[table.pick(random.bits()) as usize] += 1;
        }
        assert_eq!(counts[1], 0);
        for (count, weight) in counts.iter().zip(weights) {
            let share = f64::from(*count) / 100_000.0;
            assert!((share - weight / 10.0).abs() < 0.005, "{counts:?}");
        }
    }
}
