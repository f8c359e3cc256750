//! SLO loads of queues that are known.

use super::*;
use crate::knee::Observation;
use crate::knee::corpus::{Case, Family, Noise};

fn queue(loads: &[f64], latency: impl Fn(f64) -> f64, capacity: f64) -> Curve {
    let seen =
        |&x: &f64| Observation { x, visit: 0, y: latency(x), saturated: x * 0.99 > capacity };
    Curve { subject: "a".into(), observations: loads.iter().map(seen).collect() }
}

#[test]
fn an_mm1_queue_without_noise_is_solved_exactly() {
    // M/M/1: p99 = ln(100) / (c − r); 5e-5 s at r = c − ln(100) / 5e-5 = 907,897 of a million.
    let c = 1e6;
    let p99 = |r: f64| 100_f64.ln() / (c - r) * 1e9;
    let curve = queue(&[1e5, 3e5, 6e5, 8e5, 9.5e5, 1.5e6], p99, c);
    let finding = slo_load(&curve, 50_000.0, Scale::Log);
    let point = finding.location.point().expect("found");
    assert!((point / (c - 100_f64.ln() / 5e-5) - 1.0).abs() < 1e-4, "{point}");
}

#[test]
fn a_limit_outside_what_was_measured_says_on_which_side() {
    let curve = queue(&[1e5, 2e5, 4e5], |_| 1_000.0, 1e6);
    let side = |limit| slo_load(&curve, limit, Scale::Log).location;
    assert_eq!(side(5_000.0), Location::BeyondRange { side: Side::Above });
    assert_eq!(side(500.0), Location::BeyondRange { side: Side::Below });
}

#[test]
fn a_saturated_load_is_above_the_limit_whatever_its_latency() {
    let curve = queue(&[1e5, 3e5, 6e5, 8e5, 2e6], |_| 1_000.0, 1e6);
    let Location::Found { point, low, high } = slo_load(&curve, 5_000.0, Scale::Log).location
    else {
        panic!("not found")
    };
    assert!(8e5 <= point && high <= 2.1e6 && low <= point, "{low} {point} {high}");
}

#[test]
fn a_step_that_is_no_queue_is_bisected() {
    let step = |r: f64| if r < 5.5e5 { 1_000.0 } else { 90_000.0 };
    let loads = [1e5, 2e5, 4e5, 5e5, 6e5, 8e5, 1e6, 1e5, 5e5, 6e5];
    let finding = slo_load(&queue(&loads, step, 1e9), 10_000.0, Scale::Log);
    assert!(finding.model.is_none(), "{finding:?}");
    let Location::Found { point, low, high } = finding.location else { panic!("{finding:?}") };
    assert!((5e5..=6e5).contains(&point) && low < 5.5e5 && high > 5.5e5, "{low} {point} {high}");
}

#[test]
fn intervals_hold_the_true_load() {
    let mut held = 0;
    for seed in 0..40 {
        let case = Case::new(Family::Queue, seed);
        let mut meter = case.meter(Noise::independent(0.05), seed);
        for _ in 0..2 {
            case.range.evenly(9).into_iter().for_each(|x| meter.visit(x));
        }
        let limit = case.limit.expect("a limit");
        let finding = slo_load(&meter.curves()[0], limit, Scale::Log);
        if let Location::Found { low, high, .. } = finding.location {
            held += usize::from(low <= case.knees[0] && case.knees[0] <= high);
        }
    }
    assert!(held >= 34, "{held} of 40");
}
