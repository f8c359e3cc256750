//! Measures a case as a sweep would: one visit after another, all subjects at each.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::noise::{Noise, Series};
use super::{Case, Shape};
use crate::knee::{Curve, Observation};

/// A case being measured.
#[derive(Debug, Clone)]
pub struct Meter<'a> {
    case: &'a Case,
    noise: Noise,
    random: Xoshiro256PlusPlus,
    drift: Series,
    own: Vec<Series>,
    curves: Vec<Curve>,
}

impl<'a> Meter<'a> {
    pub(super) fn new(case: &'a Case, noise: Noise, seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        Meter {
            case,
            noise,
            drift: Series::new(&mut random),
            own: case.subjects.iter().map(|_| Series::new(&mut random)).collect(),
            curves: (0..case.subjects.len())
                .map(|subject| Curve {
                    subject: format!("map-{subject}"),
                    observations: Vec::new(),
                })
                .collect(),
            random,
        }
    }

    /// Measures all subjects at a value once more.
    #[expect(clippy::float_cmp, reason = "visits of a point are those of the very same value")]
    pub fn visit(&mut self, x: f64) {
        let drift =
            self.noise.drift_deviation() * self.drift.step(self.noise.memory, &mut self.random);
        for (subject, shape) in self.case.subjects.iter().enumerate() {
            let own = self.noise.own_deviation()
                * self.own[subject].step(self.noise.memory, &mut self.random);
            let seen = &mut self.curves[subject].observations;
            let visit = seen.iter().filter(|before| before.x == x).count() as u32;
            let y = Shape::y(shape, self.case.range.scale, x) * (drift + own).exp();
            seen.push(Observation { x, visit, y, saturated: shape.is_saturated(x) });
        }
    }

    /// What was measured so far, a curve a subject.
    pub fn curves(&self) -> &[Curve] {
        &self.curves
    }
}
