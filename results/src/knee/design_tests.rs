//! Which points a design asks for, given curves and findings.

use super::*;
use crate::knee::{Allowed, Observation, Scale};

fn design(definitions: &[Definition]) -> Design {
    Design {
        range: AxisRange {
            scale: Scale::Log,
            low: 1.0,
            high: 1024.0,
            allowed: Allowed::Any,
            resolution: 0.05,
        },
        definitions: definitions.to_vec(),
        limit: None,
        precision: 0.1,
        most_visits: 40,
    }
}

fn curve(xs: &[f64]) -> Curve {
    let observations = xs
        .iter()
        .enumerate()
        .map(|(i, &x)| Observation {
            x,
            visit: xs[..i].iter().filter(|&&before| before == x).count() as u32,
            y: 1e6,
            saturated: false,
        })
        .collect();
    Curve { subject: "a".into(), observations }
}

fn finding(definition: Definition, location: Location, visits: u32) -> Finding {
    Finding {
        definition,
        subjects: vec!["a".into()],
        placement: None,
        location,
        visits,
        points: 6,
        model: None,
    }
}

fn found(point: f64, low: f64, high: f64) -> Finding {
    finding(Definition::SlopeBreak, Location::Found { point, low, high }, 6)
}

#[test]
fn it_starts_with_six_points_and_asks_only_for_those_that_are_missing() {
    let design = design(&[Definition::SlopeBreak]);
    let seeds = design.next_visits(&[], &[]);
    assert_eq!(seeds.len(), 6);
    let partly = curve(&seeds[..4]);
    assert_eq!(design.next_visits(&[partly], &[]), seeds[4..]);
    assert!(seeds[1] / seeds[0] > 8.0, "neighbours are apart in time: {seeds:?}");
}

#[test]
fn a_pair_half_an_interval_from_the_estimate_follows() {
    let design = design(&[Definition::SlopeBreak]);
    let seeds = curve(&design.seeds());
    let next = design.next_visits(&[seeds], &[found(32.0, 8.0, 128.0)]);
    assert_eq!(next.len(), 3, "the pair and an end: {next:?}");
    assert!((next[0].log2() - 3.0).abs() < 0.06 && (next[2].log2() - 7.0).abs() < 0.06);
    assert_eq!(next[1], 1.0);
}

#[test]
fn narrow_intervals_end_it_once_they_rest_on_enough_visits() {
    let design = design(&[Definition::SlopeBreak]);
    let seeds = curve(&design.seeds());
    let narrow = |visits| Finding { visits, ..found(32.0, 31.0, 33.0) };
    assert!(!design.next_visits(std::slice::from_ref(&seeds), &[narrow(11)]).is_empty());
    assert!(design.next_visits(&[seeds], &[narrow(12)]).is_empty());
}

#[test]
fn visits_are_never_more_than_allowed() {
    let design = Design { most_visits: 7, ..design(&[Definition::SlopeBreak]) };
    let mut xs = design.seeds();
    let next = design.next_visits(&[curve(&xs)], &[found(32.0, 8.0, 128.0)]);
    assert_eq!(next.len(), 1);
    xs.extend(next);
    assert!(design.next_visits(&[curve(&xs)], &[found(32.0, 8.0, 128.0)]).is_empty());
}

#[test]
fn a_pair_keeps_the_resolution() {
    let design = Design { precision: 0.001, ..design(&[Definition::SlopeBreak]) };
    let seeds = curve(&design.seeds());
    let next = design.next_visits(&[seeds], &[found(32.0, 31.9, 32.1)]);
    assert!((next[2] / next[0]).log2() >= 0.05, "{next:?}");
}

#[test]
fn no_break_is_not_believed_at_once() {
    let design = design(&[Definition::SlopeBreak]);
    let seeds = curve(&design.seeds());
    let early = finding(Definition::SlopeBreak, Location::None, 6);
    let late = finding(Definition::SlopeBreak, Location::None, 12);
    let next = design.next_visits(std::slice::from_ref(&seeds), &[early]);
    assert!(next.iter().any(|x| !design.seeds().contains(x)), "{next:?}");
    assert!(design.next_visits(&[seeds], &[late]).is_empty());
}

#[test]
fn each_of_two_wide_findings_gets_its_turn() {
    let design = design(&[Definition::SlopeBreak]);
    let mut xs = design.seeds();
    let (wide, narrower) = (found(4.0, 1.5, 12.0), found(300.0, 200.0, 450.0));
    let mut served = [0, 0];
    for _ in 0..8 {
        let next = design.next_visits(&[curve(&xs)], &[narrower.clone(), wide.clone()]);
        served[0] += next.iter().filter(|&&x| (1.2..20.0).contains(&x)).count();
        served[1] += next.iter().filter(|&&x| (150.0..600.0).contains(&x)).count();
        xs.extend(next);
    }
    assert!(served[0] >= 4 && served[1] >= 4, "{served:?}");
}

#[test]
fn three_visits_of_ten_go_to_the_ends() {
    let design = design(&[Definition::SlopeBreak]);
    let mut xs = design.seeds();
    while xs.len() < 40 {
        xs.extend(design.next_visits(&[curve(&xs)], &[found(32.0, 8.0, 128.0)]));
    }
    let ends = xs.iter().filter(|&&x| x == 1.0 || x == 1024.0).count() as f64;
    let share = ends / xs.len() as f64;
    assert!((0.25..=0.4).contains(&share), "{share}");
}

#[test]
fn threads_start_at_doublings_and_stay_whole() {
    let mut design = design(&[Definition::UslPeak]);
    design.range.allowed = Allowed::Integers;
    design.range.high = 24.0;
    let seeds = design.seeds();
    assert_eq!(seeds, [1.0, 2.0, 4.0, 8.0, 16.0, 24.0]);
    let peak =
        finding(Definition::UslPeak, Location::Found { point: 9.3, low: 6.2, high: 14.0 }, 6);
    let next = design.next_visits(&[curve(&seeds)], &[peak]);
    assert!(next.iter().all(|x| x.fract() == 0.0 && (1.0..=24.0).contains(x)), "{next:?}");
}

#[test]
fn an_slo_search_doubles_the_load_until_the_limit_is_missed() {
    let design = Design { limit: Some(50_000.0), ..design(&[Definition::SloLoad]) };
    let p99 = |x: f64| if x > 100.0 { 90_000.0 } else { 4_000.0 };
    let mut xs = design.next_visits(&[], &[]);
    assert_eq!(xs.len(), 1);
    for _ in 0..5 {
        let mut measured = curve(&xs);
        measured.observations.iter_mut().for_each(|seen| seen.y = p99(seen.x));
        xs.extend(design.next_visits(&[measured], &[]));
    }
    let highest = xs.iter().copied().fold(0.0, f64::max);
    assert!((100.0..=200.0).contains(&highest), "{xs:?}");
    assert_eq!(xs.len(), 3, "32, 64, 128: {xs:?}");
}

#[test]
fn a_peak_is_asked_for_from_both_sides_alike() {
    let mut design = design(&[Definition::UslPeak]);
    let peak =
        |point| finding(Definition::UslPeak, Location::Found { point, low: 1.0, high: 1024.0 }, 11);
    let seeds = curve(&design.seeds());
    let next = design.next_visits(std::slice::from_ref(&seeds), &[peak(32.0)]);
    assert!((next[0] * next[1] / 1024.0).log2().abs() < 0.1, "{next:?}");
    // Where the range ends soon above the peak, the upper one is the end.
    design.range.high = 48.0;
    let next = design.next_visits(&[curve(&design.seeds())], &[peak(32.0)]);
    assert_eq!(next[1], 48.0);
    assert!((next[0] - 16.0).abs() < 1.0, "{next:?}");
}

#[test]
fn a_crossing_that_was_found_does_not_hide_another() {
    let design = design(&[Definition::Crossover]);
    let mut xs = design.seeds();
    let one =
        finding(Definition::Crossover, Location::Found { point: 4.0, low: 3.0, high: 5.0 }, 6);
    for _ in 0..6 {
        xs.extend(design.next_visits(&[curve(&xs)], std::slice::from_ref(&one)));
    }
    let far = xs.iter().filter(|&&x| x > 8.0 && x < 1000.0).count();
    assert!(far > 4, "{xs:?}");
}
