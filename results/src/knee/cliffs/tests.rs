//! Numbers of breaks and their places on curves where both are known.

use super::cache_cliffs;
use crate::knee::{Curve, Location, Observation, Scale};

/// Throughput over 2^10 to 2^24 keys, two visits to each of 15 points.
fn curve(breaks: &[(f64, f64)], noise: f64) -> Curve {
    let pattern = [0.4, -1.0, 0.8, -0.5, 1.0, -0.7, 0.1, -0.3];
    let mut observations = Vec::new();
    for point in 0..15_u32 {
        for visit in 0..2_u32 {
            let z = 10.0 + f64::from(point);
            let bent: f64 = breaks.iter().map(|(at, change)| change * (z - at).max(0.0)).sum();
            let off = noise * pattern[(point * 3 + visit * 5) as usize % pattern.len()];
            let y = (24.0 + bent + off).exp2();
            observations.push(Observation { x: z.exp2(), visit, y, saturated: false });
        }
    }
    Curve { subject: "map".to_owned(), observations }
}

fn found(breaks: &[(f64, f64)]) -> Vec<(f64, f64, f64)> {
    let position = |location: &Location| match location {
        Location::Found { point, low, high } => Some((point.log2(), low.log2(), high.log2())),
        _ => None,
    };
    let findings = cache_cliffs(&curve(breaks, 0.04), Scale::Log, 2);
    findings.iter().filter_map(|finding| position(&finding.location)).collect()
}

#[test]
fn each_break_is_found_in_its_interval() {
    for breaks in [
        vec![(15.4, -0.6)],
        vec![(13.3, -0.7), (19.6, 0.6)],
        vec![(13.2, -0.6), (16.8, 0.6), (20.5, -0.7)],
    ] {
        let found = found(&breaks);
        assert_eq!(found.len(), breaks.len(), "{breaks:?}: {found:?}");
        for ((at, _), (point, low, high)) in breaks.iter().zip(found) {
            assert!((point - at).abs() < 0.5, "{at}: {point}");
            assert!(low <= *at && *at <= high, "{at}: {low} to {high}");
        }
    }
}

#[test]
fn a_flat_curve_has_one_finding_that_there_is_none() {
    let findings = cache_cliffs(&curve(&[], 0.04), Scale::Log, 2);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].location, Location::None);
}

#[test]
fn four_points_leave_it_open() {
    let mut measured = curve(&[(13.0, -1.0)], 0.04);
    measured.observations.truncate(8);
    let findings = cache_cliffs(&measured, Scale::Log, 2);
    assert!(matches!(findings[0].location, Location::Unresolved { .. }));
}
