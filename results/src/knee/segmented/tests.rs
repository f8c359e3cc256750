//! The fit against references, the interval and the verdict against curves whose break is known.

use proptest::prelude::*;

use super::*;
use crate::knee::{Curve, Location, Observation, Scale};

/// Made by `numpy`: `round(3 + 0.2 z - 0.7 max(z - 6.3, 0) + default_rng(20).normal(0, .15), 3)`
/// for z = 0, 0.5 … 11.5.
const NOISY: [f64; 24] = [
    2.946, 3.281, 3.41, 3.348, 3.462, 3.427, 3.463, 3.565, 3.65, 4.039, 3.992, 4.119, 4.104, 3.997,
    3.73, 3.534, 3.5, 3.163, 2.841, 2.624, 2.196, 2.345, 1.728, 1.666,
];

fn grid(count: usize, step: f64) -> Vec<f64> {
    (0..count).map(|point| point as f64 * step).collect()
}

/// A curve over x = 2^position of y = 2^height; noise in turns up and down, as no random draw is.
fn curve(positions: &[f64], height: impl Fn(f64) -> f64, noise: f64) -> Curve {
    let pattern = [0.3, -1.0, 0.7, 1.1, -0.6, -0.9, 0.2, 0.8, -0.4, -0.2];
    let observation = |(number, z): (usize, &f64)| Observation {
        x: z.exp2(),
        visit: 0,
        y: (height(*z) + noise * pattern[number * 7 % pattern.len()]).exp2(),
        saturated: false,
    };
    let observations = positions.iter().enumerate().map(observation).collect();
    Curve { subject: "map".to_owned(), observations }
}

/// The least by brute force, `numpy.linalg.lstsq` at every 1e-5 of a position, is a sum of squares
/// of 0.3023254451608 at 6.23888; the straight line leaves 7.841511919420. `ruptures` 1.1.10,
/// `Dynp(model="clinear", min_size=2, jump=1).fit(y).predict(n_bkps=1)`, whose lines go through
/// points and break only at them, says 13: position 6.5.
#[test]
fn the_least_is_where_numpy_and_ruptures_have_it() {
    let (z, weights) = (grid(24, 0.5), [1.0; 24]);
    let profile = Profile::of(&z, &weights, &NOISY);
    let (break_at, rss) = profile.minimum();
    assert!((break_at - 6.23888).abs() < 2e-5, "{break_at}");
    assert!((rss - 0.302_325_445_160_8).abs() < 1e-9, "{rss}");
    assert!((profile.straight_rss() - 7.841_511_919_420).abs() < 1e-9);
    assert!((break_at - 6.5).abs() <= 0.5);
}

proptest! {
    /// The minimum is at most the sum of squares anywhere, and the hinge has the profile's sum.
    #[test]
    fn no_position_is_better_than_the_minimum(
        heights in prop::collection::vec(-5.0..5.0_f64, 5..20),
        share in 0.01..0.99_f64,
    ) {
        let z = grid(heights.len(), 1.0);
        let weights: Vec<f64> = (0..heights.len()).map(|point| (1 + point % 3) as f64).collect();
        let profile = Profile::of(&z, &weights, &heights);
        let (break_at, least) = profile.minimum();
        let elsewhere = share * z[z.len() - 1];
        prop_assert!(profile.rss_at(elsewhere) >= least - 1e-9);
        for position in [break_at, elsewhere] {
            let hinge = profile.hinge(position);
            let squares = z.iter().zip(&heights).zip(&weights);
            let sum: f64 = squares.map(|((z, y), w)| w * (y - hinge.at(*z)).powi(2)).sum();
            let profiled = profile.rss_at(position);
            prop_assert!((sum - profiled).abs() < 1e-6 * (1.0 + sum), "{sum} {profiled}");
        }
    }

    /// What is within a limit is bounded by positions that reach it or by the range.
    #[test]
    fn the_set_below_a_limit_ends_at_the_limit(
        heights in prop::collection::vec(-5.0..5.0_f64, 6..20),
        more in 0.01..1.0_f64,
    ) {
        let z = grid(heights.len(), 1.0);
        let weights = vec![1.0; heights.len()];
        let profile = Profile::of(&z, &weights, &heights);
        let (break_at, least) = profile.minimum();
        let limit = least * (1.0 + more) + 1e-6;
        let (low, high) = profile.within(limit).unwrap();
        prop_assert!(low <= break_at && break_at <= high);
        for (end, bound) in [(low, z[0]), (high, z[z.len() - 1])] {
            let reached = (profile.rss_at(end) - limit).abs() < 1e-6 * (1.0 + limit);
            prop_assert!(reached || (end - bound).abs() < 1e-9, "{end} of {bound}");
        }
    }
}

#[test]
fn the_unit_of_throughput_does_not_move_the_break() {
    let mut measured = curve(&grid(12, 1.0), |z| 20.0 - 0.8 * (z - 5.4).max(0.0), 0.05);
    let before = slope_break(&measured, Scale::Log, 1).location.point().unwrap();
    for seen in &mut measured.observations {
        seen.y *= 1e-3;
    }
    let after = slope_break(&measured, Scale::Log, 1).location.point().unwrap();
    assert!((before / after - 1.0).abs() < 1e-6);
}

#[test]
fn a_break_between_points_is_found_where_it_is() {
    let measured = curve(&grid(21, 0.5), |z| 20.0 + 0.1 * z - 0.7 * (z - 4.2).max(0.0), 0.05);
    let finding = slope_break(&measured, Scale::Log, 3);
    let Location::Found { point, low, high } = finding.location else { panic!("{finding:?}") };
    assert!((point.log2() - 4.2).abs() < 0.25, "{}", point.log2());
    assert!(low < 4.2_f64.exp2() && 4.2_f64.exp2() < high);
    assert!((high / low).log2() < 1.0);
    assert_eq!((finding.visits, finding.points), (21, 21));
    assert_eq!(slope_break(&measured, Scale::Log, 3), slope_break(&measured, Scale::Log, 3));
}

#[test]
fn a_straight_line_has_no_break_and_few_noisy_points_leave_it_open() {
    let line = |z: f64| 20.0 - 0.4 * z;
    let many = slope_break(&curve(&grid(21, 0.5), line, 0.05), Scale::Log, 1);
    assert_eq!(many.location, Location::None);
    let few = slope_break(&curve(&grid(6, 2.0), line, 0.3), Scale::Log, 1);
    assert!(matches!(few.location, Location::Unresolved { .. }), "{few:?}");
    let exact = slope_break(&curve(&grid(8, 1.0), line, 0.0), Scale::Log, 1);
    assert_eq!(exact.location, Location::None);
}

#[test]
fn a_change_that_decides_nothing_is_no_break() {
    let slight = |z: f64| 20.0 - 0.6 * SMALLEST_CHANGE * (z - 5.0).max(0.0);
    let finding = slope_break(&curve(&grid(21, 0.5), slight, 1e-4), Scale::Log, 1);
    assert_eq!(finding.location, Location::None);
}

#[test]
fn a_parabola_has_no_break() {
    let finding = slope_break(&curve(&grid(21, 0.5), |z| 20.0 - 0.05 * z * z, 0.02), Scale::Log, 1);
    let Location::Unresolved { why } = &finding.location else { panic!("{finding:?}") };
    assert!(why.contains("parabola"));
}

#[test]
fn a_rounded_break_is_where_its_lines_would_cross() {
    let saturating = |z: f64| 20.0 + z - (1.0 + (z - 5.0).exp2()).log2();
    let finding = slope_break(&curve(&grid(41, 0.25), saturating, 0.02), Scale::Log, 1);
    let Location::Found { point, low, high } = finding.location else { panic!("{finding:?}") };
    assert!(low <= 32.0 && 32.0 <= high && (point.log2() - 5.0).abs() < 0.5, "{finding:?}");
}

#[test]
fn what_has_no_place_on_the_axis_is_left_out() {
    let mut measured = curve(&grid(9, 1.0), |z| 20.0 - 0.8 * (z - 4.4).max(0.0), 0.02);
    let nowhere = [(0.0, 1e6), (4.0, 0.0), (4.0, f64::NAN), (-1.0, 5.0)];
    let more = nowhere.map(|(x, y)| Observation { x, visit: 1, y, saturated: false });
    measured.observations.extend(more);
    let finding = slope_break(&measured, Scale::Log, 1);
    assert_eq!((finding.visits, finding.points), (9, 9));
    assert!(finding.location.point().is_some());
    let empty = slope_break(&Curve::default(), Scale::Log, 1);
    assert!(matches!(empty.location, Location::Unresolved { .. }));
}

#[test]
fn a_share_of_writes_from_zero_has_a_break_on_a_linear_axis() {
    let observation = |step: u32| {
        let x = f64::from(step) / 20.0;
        let wiggle = 0.02 * [0.5, -1.0, 1.0, -0.5][step as usize * 3 % 4];
        let y = (20.0 - 3.0 * (x - 0.4).max(0.0) + wiggle).exp2();
        Observation { x, visit: 0, y, saturated: false }
    };
    let observations = (0..=20).map(observation).collect();
    let measured = Curve { subject: "map".to_owned(), observations };
    let found = slope_break(&measured, Scale::Linear, 1).location;
    let Location::Found { point, low, high } = found else { panic!("{found:?}") };
    assert!((point - 0.4).abs() < 0.05 && low <= 0.4 && 0.4 <= high, "{point} {low} {high}");
}

#[test]
fn the_drawn_line_of_a_rounded_break_goes_through_the_points() {
    let saturating = |z: f64| 20.0 + z - (1.0 + (z - 5.0).exp2()).log2();
    let finding = slope_break(&curve(&grid(41, 0.25), saturating, 0.01), Scale::Log, 1);
    for (x, y) in finding.model.unwrap().line {
        let off = y.log2() - saturating(x.log2());
        assert!(off.abs() < 0.02, "{x}: {off}");
    }
}

/// What falls all along its axis is bent most at its beginning: softplus fits put the knee below it.
#[test]
fn no_break_is_found_outside_of_what_was_measured() {
    for fall in [0.02, 0.1, 0.5, 2.0, 10.0] {
        let at = |x: f64| -(1.0 + fall * x).log2();
        let observations = (0..27).map(|point| {
            let x = f64::from(point) * 100.0 / 26.0;
            let noise = 0.01 * f64::from((point * 7) % 5 - 2);
            Observation { x, visit: 0, y: (at(x) + noise).exp2(), saturated: false }
        });
        let curve = Curve { subject: "map".to_owned(), observations: observations.collect() };
        match slope_break(&curve, Scale::Linear, 1).location {
            Location::Found { point, low, high } => {
                assert!(
                    0.0 < point && point < 100.0 && low >= 0.0 && high <= 100.0,
                    "{fall}: {point}"
                );
            }
            Location::None | Location::Unresolved { .. } => {}
            Location::BeyondRange { .. } => panic!("{fall}: a break beyond the range is a line"),
        }
    }
}
