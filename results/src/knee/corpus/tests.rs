//! What the corpus says of its curves is true of them.

use super::*;

/// How far a small step up or down changes the slope of log₂ y at a value.
fn bend(case: &Case, subject: usize, x: f64, step: f64) -> f64 {
    let log = |position: f64| {
        case.subjects[subject].y(case.range.scale, case.range.scale.value(position)).log2()
    };
    let at = case.range.scale.position(x);
    (log(at + step) - 2.0 * log(at) + log(at - step)) / step
}

#[test]
fn a_hinge_bends_at_its_knee_and_nowhere_else() {
    for seed in 0..50 {
        let case = Case::new(Family::Hinge, seed);
        let knee = case.knees[0];
        assert!(case.range.low < knee && knee < case.range.high);
        assert!(bend(&case, 0, knee, 0.01).abs() >= 0.399, "{case:?}");
        assert!(bend(&case, 0, knee * 1.5, 0.01).abs() < 1e-6);
        let straight = Case::new(Family::Straight, seed);
        assert!(bend(&straight, 0, knee, 0.01).abs() < 1e-6);
    }
}

#[test]
fn a_smooth_break_has_the_asymptotes_of_its_hinge() {
    let shape = Shape::straight(5.0, 0.0, 0.3);
    let (sharp, smooth) =
        (shape.clone().with_break(5.0, -1.0, 0.0), shape.with_break(5.0, -1.0, 0.3));
    for x in [1.0, 2.0, 1024.0, 4096.0] {
        let ratio = sharp.y(Scale::Log, x) / smooth.y(Scale::Log, x);
        assert!((ratio - 1.0).abs() < 1e-4, "{x}: {ratio}");
    }
    assert!(smooth.y(Scale::Log, 32.0) < sharp.y(Scale::Log, 32.0));
}

#[test]
fn throughput_peaks_at_n_star() {
    for seed in 0..50 {
        let case = Case::new(Family::Usl, seed);
        let y = |x: f64| case.subjects[0].y(case.range.scale, x);
        let peak = case.knees[0];
        assert!(y(peak) > y(peak * 1.02) && y(peak) > y(peak / 1.02), "{case:?}");
    }
}

#[test]
fn a_queue_meets_its_limit_at_its_knee() {
    for family in [Family::Queue, Family::OddQueue] {
        let case = Case::new(family, 3);
        let (knee, limit) = (case.knees[0], case.limit.expect("a limit"));
        let y = |x: f64| case.subjects[0].y(case.range.scale, x);
        assert!((y(knee) / limit - 1.0).abs() < 1e-9);
        assert!(y(knee * 1.01) > limit && y(knee * 0.99) < limit);
        assert!(!case.subjects[0].is_saturated(knee) && case.subjects[0].is_saturated(knee * 2.1));
    }
}

#[test]
fn two_maps_are_equal_where_they_cross_and_only_there() {
    for seed in 0..50 {
        for family in [Family::Crossing, Family::BentCrossing, Family::TwoCrossings, Family::Apart]
        {
            let case = Case::new(family, seed);
            let ratio = |x: f64| {
                let y = |subject: usize| case.subjects[subject].y(case.range.scale, x);
                (y(0) / y(1)).ln()
            };
            let mut signs = 0;
            for step in 0..1000 {
                let at = |step: f64| {
                    case.range.scale.value(case.range.low_position() + 10.0 * step / 1000.0)
                };
                let (here, there) = (ratio(at(f64::from(step))), ratio(at(f64::from(step) + 1.0)));
                signs += usize::from(here * there < 0.0);
            }
            assert_eq!(signs, case.knees.len(), "{case:?}");
            for &knee in &case.knees {
                let (below, above) = (ratio(knee * 0.97), ratio(knee * 1.03));
                assert!(below * above < 0.0, "{family:?} {seed}: {below} {above}");
            }
        }
    }
}

#[test]
fn noise_is_as_strong_and_as_shared_as_it_says() {
    let case = Case::new(Family::Crossing, 1);
    let mut meter = case.meter(Noise::independent(0.1), 9);
    (0..4000).for_each(|_| meter.visit(64.0));
    let logs = |subject: usize| -> Vec<f64> {
        let true_y = case.subjects[subject].y(Scale::Log, 64.0);
        meter.curves()[subject].observations.iter().map(|o| (o.y / true_y).ln()).collect()
    };
    let (a, b) = (logs(0), logs(1));
    let deviation =
        |values: &[f64]| (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt();
    let difference: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    assert!((deviation(&a) - 0.1).abs() < 0.005, "{}", deviation(&a));
    // Half of the variance is shared, so that a difference has twice the other half.
    assert!((deviation(&difference) - 0.1).abs() < 0.005, "{}", deviation(&difference));
    assert_eq!(meter.curves()[0].observations[17].visit, 17);
}

#[test]
fn the_same_seed_gives_the_same_case_and_noise() {
    let measured = |seed: u64| {
        let case = Case::new(Family::Smooth, seed);
        let mut meter = case.meter(Noise::remembering(0.05), seed);
        case.range.evenly(6).into_iter().for_each(|x| meter.visit(x));
        meter.curves().to_vec()
    };
    assert_eq!(measured(4), measured(4));
    assert_ne!(measured(4), measured(5));
}
