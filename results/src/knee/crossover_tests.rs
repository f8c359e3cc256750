//! Crossovers of curves whose ratio is known.

use super::*;
use crate::knee::corpus::{Case, Family, Noise};
use crate::knee::{Design, Observation};

/// Two curves whose log ratio over log₂ x is given, measured twice at each doubling, with a drift
/// that both share and a small error of their own.
fn curves(ratio: impl Fn(f64) -> f64, error: f64) -> (Curve, Curve) {
    let mut a = Curve { subject: "a".into(), observations: Vec::new() };
    let mut b = Curve { subject: "b".into(), observations: Vec::new() };
    for doubling in 0..12 {
        for visit in 0..2 {
            let x = f64::from(doubling).exp2();
            let turn = f64::from(doubling * 2) + f64::from(visit);
            let level = 1e6 * (0.8 * (turn * 1.7).sin()).exp();
            let wobble = error * (turn * 2.3).sin();
            let seen = |y| Observation { x, visit, y, saturated: false };
            let fast = level * (ratio(f64::from(doubling)) + wobble).exp();
            a.observations.push(seen(fast));
            b.observations.push(seen(level));
        }
    }
    (a, b)
}

#[test]
fn a_drift_that_both_share_moves_nothing() {
    let (a, b) = curves(|doubling| 0.2 * (5.3 - doubling), 0.02);
    let found = crossovers(&a, &b, Scale::Log);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].subjects, ["a", "b"]);
    let Location::Found { point, low, high } = found[0].location else { panic!("{found:?}") };
    assert!((point.log2() - 5.3).abs() < 0.1, "{point}");
    assert!(low.log2() < 5.3 && 5.3 < high.log2(), "{low} {high}");
    assert!((high / low).log2() < 0.5, "{low} {high}");
}

#[test]
fn the_faster_one_below_comes_first_whichever_is_given_first() {
    let (a, b) = curves(|doubling| 0.2 * (doubling - 6.6), 0.02);
    let one = crossovers(&a, &b, Scale::Log);
    let other = crossovers(&b, &a, Scale::Log);
    assert_eq!(one[0].subjects, ["b", "a"]);
    assert_eq!(other[0].subjects, ["b", "a"]);
    let (one, other) = (one[0].location.point(), other[0].location.point());
    assert!((one.expect("found") / other.expect("found")).log2().abs() < 1e-6);
}

#[test]
fn each_of_two_crossings_is_found() {
    let (a, b) = curves(|doubling| 0.25 * ((doubling - 5.5).abs() - 3.2), 0.02);
    let found = crossovers(&a, &b, Scale::Log);
    let points: Vec<f64> =
        found.iter().filter_map(|finding| Some(finding.location.point()?.log2())).collect();
    assert_eq!(points.len(), 2, "{found:?}");
    assert!((points[0] - 2.3).abs() < 0.3 && (points[1] - 8.7).abs() < 0.3, "{points:?}");
    assert_eq!(found[0].subjects, ["a", "b"]);
    assert_eq!(found[1].subjects, ["b", "a"]);
}

#[test]
fn a_map_that_is_always_faster_crosses_nowhere() {
    let (a, b) = curves(|_| -0.3, 0.05);
    let found = crossovers(&a, &b, Scale::Log);
    assert_eq!(found[0].location, Location::None);
    assert_eq!(found[0].subjects, ["b", "a"]);
}

#[test]
fn maps_that_are_equal_everywhere_leave_it_open() {
    let (a, b) = curves(|_| 0.0, 0.05);
    let found = crossovers(&a, &b, Scale::Log);
    assert!(matches!(found[0].location, Location::Unresolved { .. }), "{found:?}");
}

#[test]
fn a_lead_that_shrinks_to_nothing_at_the_end_crosses_beyond_it() {
    let (a, b) = curves(|doubling| 0.1 * (11.2 - doubling), 0.06);
    let found = crossovers(&a, &b, Scale::Log);
    assert_eq!(found[0].location, Location::BeyondRange { side: Side::Above }, "{found:?}");
}

#[test]
fn only_observations_of_one_visit_make_a_pair() {
    let (a, mut b) = curves(|doubling| 0.2 * (5.3 - doubling), 0.02);
    b.observations.iter_mut().for_each(|seen| seen.visit += 10);
    let found = crossovers(&a, &b, Scale::Log);
    assert_eq!(found[0].visits, 0);
    assert!(matches!(found[0].location, Location::Unresolved { .. }));
}

#[test]
fn fiellers_interval_is_the_textbook_one() {
    // value 0, slope 2, no covariance: d² (4 - t² .01) = t² .04, at t = 2: ± sqrt(.16 / 3.96).
    let line = Line {
        value: 0.0,
        slope: 2.0,
        value_variance: 0.04,
        slope_variance: 0.01,
        covariance: 0.0,
    };
    let (below, above) = fieller(&line, 2.0).expect("an interval");
    assert!((above - (0.16_f64 / 3.96).sqrt()).abs() < 1e-12 && (below + above).abs() < 1e-12);
    assert!(fieller(&Line { slope: 0.1, ..line }, 2.0).is_none());
}

#[test]
fn a_sweep_of_sixteen_visits_finds_crossings_within_their_intervals() {
    let (mut held, mut near) = (0, 0);
    for seed in 0..40 {
        let case = Case::new(Family::BentCrossing, seed);
        let design = Design {
            range: case.range.clone(),
            definitions: vec![Definition::Crossover],
            limit: None,
            precision: 1e-6,
            most_visits: 16,
        };
        let mut meter = case.meter(Noise::independent(0.05), seed);
        let mut found = Vec::new();
        loop {
            let next = design.next_visits(meter.curves(), &found);
            if next.is_empty() {
                break;
            }
            for x in next {
                meter.visit(x);
            }
            found = crossovers(&meter.curves()[0], &meter.curves()[1], Scale::Log);
        }
        assert_eq!(meter.curves()[0].observations.len(), 16);
        let Location::Found { point, low, high } = found[0].location else { continue };
        held += usize::from(low <= case.knees[0] && case.knees[0] <= high);
        near += usize::from((point / case.knees[0]).log2().abs() <= 0.2);
    }
    assert!(held >= 34, "{held} of 40 intervals hold the crossing");
    assert!(near >= 38, "{near} of 40 are within 0.2 doublings");
}
