//! Accesses that repeat a recent key: locality that popularity alone does not have.

use serde::{Deserialize, Serialize};

use super::WorkloadError;
use super::alias::AliasTable;

/// Some accesses repeat a recent key.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// Share of the ops that repeat, 0 to 1.
    pub share: f64,
    /// Greatest age of what is repeated; ages are log-uniform from 1. Ops.
    pub window_ops: u32,
}

impl Repeat {
    /// Checks the parameters.
    pub(crate) fn check(&self) -> Result<(), WorkloadError> {
        if !(0.0..=1.0).contains(&self.share) {
            return Err(WorkloadError::parameter(
                "repeat.share",
                format!("is {}; use a share 0 to 1", self.share),
            ));
        }
        if self.window_ops == 0 || self.window_ops > 1 << 20 {
            return Err(WorkloadError::parameter(
                "repeat.window_ops",
                format!("is {}; use 1 to 1,048,576", self.window_ops),
            ));
        }
        Ok(())
    }

    /// The table of ages less one: an age `a` stands for the interval `a` to `a + 1` of a
    /// log-uniform number.
    pub(crate) fn ages(&self) -> AliasTable {
        let weights: Vec<f64> =
            (1..=self.window_ops).map(|age| libm::log1p(1.0 / f64::from(age))).collect();
        AliasTable::new(&weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::random::{Purpose, Random};

    #[test]
    fn ages_are_log_uniform() {
        let ages = Repeat { share: 1.0, window_ops: 1_000 }.ages();
        let mut random = Random::stream(1, Purpose::Ops, 0);
        let drawn: Vec<u32> = (0..100_000).map(|_| ages.pick(random.bits()) + 1).collect();
        let up_to = |age| drawn.iter().filter(|&&drawn| drawn <= age).count() as f64 / 1e5;
        for (age, share) in [(9, 10_f64.ln()), (99, 100_f64.ln()), (1_000, 1_001_f64.ln())] {
            assert!((up_to(age) - share / 1_001_f64.ln()).abs() < 0.01, "{age}");
        }
    }
}
