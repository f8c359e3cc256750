//! Whether a line has a break at all: the sup-F test of a continuous break against a straight line.
//! Says nothing of where.
//!
//! F is the greatest over all positions of the break: D. W. K. Andrews, *Tests for parameter
//! instability and structural change with unknown change point*, Econometrica 61 (1993); B. E.
//! Hansen, *Approximate asymptotic p values for structural-change tests*, J. Bus. Econ. Stat. 15
//! (1997). Their tables are of a break with a jump, of many points and of trimmed ends; a knee is
//! continuous, rests on a dozen points and may be near an end. But under Gaussian noise the
//! statistic does not depend on the line nor on the size of the noise, only on where was measured
//! and how often: so its distribution is simulated, for exactly these points.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::segmented::{Noise, PooledPoints, Profile};

/// The level of the test.
pub(in crate::knee) const LEVEL: f64 = 0.05;

/// Straight lines that are simulated.
const SIMULATIONS: usize = 999;

/// A break against a straight line, tested.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::knee) struct SupFTest {
    /// The greatest F over all positions of the break.
    pub f: f64,
    /// Share of simulated straight lines with at least this F.
    pub p_value: f64,
}

impl SupFTest {
    /// Tests points of which `profile` is the profile and `noise` what a line with a break leaves.
    /// The same seed gives the same p value.
    pub(super) fn of(
        points: &PooledPoints,
        profile: &Profile,
        noise: &Noise,
        seed: u64,
    ) -> SupFTest {
        let freedom = freedom(points);
        let f = sup_f(profile, points.within, freedom);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ 0x5375_7046);
        let mut noise = noise.gaussian();
        let mut heights = vec![0.0; points.positions.len()];
        let mut simulated = Profile::of(&points.positions, &points.weights, &heights);
        let reached = (0..SIMULATIONS).filter(|_| {
            let within = noise.draw(&mut heights, &mut random);
            simulated.refill(&points.weights, &heights);
            sup_f(&simulated, within, freedom) >= f
        });
        let p_value = (1 + reached.count()) as f64 / (1 + SIMULATIONS) as f64;
        SupFTest { f, p_value }
    }
}

/// Degrees of freedom that visits leave to a line with a break.
pub(in crate::knee) fn freedom(points: &PooledPoints) -> f64 {
    points.visits.len() as f64 - 4.0
}

fn sup_f(profile: &Profile, within: f64, freedom: f64) -> f64 {
    let (_, broken) = profile.minimum();
    let gained = (profile.straight_rss() - broken).max(0.0);
    // Without any noise nothing is gained by a break in a straight line.
    if gained <= f64::EPSILON * profile.height_squares() {
        return 0.0;
    }
    (gained / 2.0) / ((broken + within) / freedom)
}
