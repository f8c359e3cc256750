//! The verdict on curves whose peak is known.

use super::usl_peak;
use crate::knee::{Curve, Location, Observation, Side};

/// Two visits to each number of threads, off the law by `noise` up and down in turns.
fn curve(threads: &[f64], alpha: f64, beta: f64, noise: f64) -> Curve {
    let pattern = [0.4, -1.0, 0.8, -0.5, 1.0, -0.7];
    let mut observations = Vec::new();
    for (number, x) in threads.iter().enumerate() {
        for visit in 0..2_u32 {
            let law = 5e6 * x / (1.0 + (x - 1.0) * (alpha + beta * x));
            let off = noise * pattern[(number + 3 * visit as usize) % pattern.len()];
            let y = law * off.exp();
            observations.push(Observation { x: *x, visit, y, saturated: false });
        }
    }
    Curve { subject: "map".to_owned(), observations }
}

const THREADS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

#[test]
fn a_peak_within_the_range_is_found_in_its_interval() {
    let peak = 20.0_f64;
    let finding = usl_peak(&curve(&THREADS, 0.1, 0.9 / (peak * peak), 0.03), 5);
    let Location::Found { point, low, high } = finding.location else { panic!("{finding:?}") };
    assert!((point / peak - 1.0).abs() < 0.1 && low <= peak && peak <= high, "{low} {high}");
    assert!(high / low < 2.0);
    let model = finding.model.unwrap();
    let names: Vec<&str> = model.parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["lambda", "alpha", "beta", "residual_deviation"]);
}

#[test]
fn without_coherence_cost_the_peak_is_above_the_range() {
    let finding = usl_peak(&curve(&THREADS, 0.1, 0.0, 0.03), 5);
    assert_eq!(finding.location, Location::BeyondRange { side: Side::Above });
}

#[test]
fn a_map_that_every_thread_slows_has_its_peak_below_the_range() {
    let finding = usl_peak(&curve(&THREADS, 1.6, 0.1, 0.03), 5);
    assert_eq!(finding.location, Location::BeyondRange { side: Side::Below });
}

#[test]
fn two_numbers_of_threads_leave_it_open() {
    let finding = usl_peak(&curve(&[1.0, 2.0], 0.1, 0.01, 0.03), 5);
    let Location::Unresolved { why } = finding.location else { panic!("resolved") };
    assert!(why.starts_with("2 numbers of threads"), "{why}");
}
