//! Which knees are looked for on which axis, and that the ones that are there are found: on curves
//! without noise, whose knees follow from their formula.

use mapbench_core::event::{PlacementMode, Slo};
use mapbench_results::knee::{Definition, Location, Scale};
use mapbench_results::sweep::{
    Evidence, JudgedGroup, LatencyNs, MeasuredPoint, Quantity, Setting, SweepSpec, judge,
};

use Definition::{CacheCliff, Crossover, Kneedle, SloLoad, SlopeBreak, UslPeak};

/// A sweep of two visits to each point, of subjects whose throughput, or latency, is a function.
fn judged(axis: &str, slo: Option<Slo>, xs: &[f64], subjects: &[Subject<'_>]) -> JudgedGroup {
    let mut evidence = Evidence::default();
    let setting = Setting::of_file("curated/read-heavy", axis);
    for (subject, y) in subjects {
        for (x, visit) in xs.iter().flat_map(|x| [(*x, 0), (*x, 1)]) {
            // Visits differ by a little, as those of a quiet machine do.
            let wobble = 1.0 + 0.004 * (f64::from(visit) - 0.5) + 0.002 * (x * 7.0).sin();
            let asked = (y(x) * wobble) as u64;
            let latency = LatencyNs { p50: 1, p99: asked, p999: asked, asked };
            evidence.add_point(
                &setting,
                MeasuredPoint {
                    subject: (*subject).to_owned(),
                    x,
                    visit,
                    placement: (x > 1.0).then_some(PlacementMode::Near),
                    rounds: 10,
                    ops_per_sec: y(x) * wobble,
                    latency: slo.map(|_| latency),
                    achieved_share: None,
                    saturated: false,
                    extra: Vec::new(),
                },
            );
        }
    }
    let spec = SweepSpec {
        axis: axis.to_owned(),
        unit: String::new(),
        scale: Scale::Log,
        range: (xs[0], xs[xs.len() - 1]),
        slo,
        seed: 3,
    };
    judge(&evidence, &spec).groups.remove(0)
}

type Subject<'a> = (&'a str, &'a dyn Fn(f64) -> f64);

fn definitions(group: &JudgedGroup) -> Vec<Definition> {
    let mut definitions: Vec<_> = group.findings.iter().map(|finding| finding.definition).collect();
    definitions.dedup();
    definitions
}

/// The point of the first finding of a definition about a subject.
#[track_caller]
fn found(group: &JudgedGroup, definition: Definition, subject: &str) -> f64 {
    let mut of = group.findings.iter().filter(|finding| finding.definition == definition);
    let finding = of.find(|finding| finding.subjects[0] == subject).expect("it was looked for");
    let Location::Found { point, low, high } = finding.location else {
        panic!("{definition:?} of {subject}: {:?}", finding.location)
    };
    assert!(low <= point && point <= high);
    point
}

fn doublings(first: f64, count: u32) -> Vec<f64> {
    (0..count).map(|at| first * f64::from(at).exp2()).collect()
}

#[test]
fn threads_have_a_peak_and_it_is_that_of_the_law() {
    let law = |n: f64| 9e6 * n / (1.0 + 0.05 * (n - 1.0) + 0.004 * n * (n - 1.0));
    let lock = |n: f64| 20e6 / (1.0 + 0.1 * (n - 1.0));
    let group = judged("threads", None, &doublings(1.0, 7), &[("a", &law), ("b", &lock)]);
    assert_eq!(definitions(&group), [UslPeak, SlopeBreak, Crossover, Kneedle]);
    let (peak, expected) = (found(&group, UslPeak, "a"), (0.95_f64 / 0.004).sqrt());
    assert!((peak / expected - 1.0).abs() < 0.05, "{peak}, {expected}");
    assert!(group.findings.iter().all(|finding| finding.placement == Some(PlacementMode::Near)));
}

#[test]
fn a_share_has_a_break_and_the_pair_a_crossover() {
    let hinge = |x: f64| if x < 16.0 { 20e6 } else { 20e6 * (x / 16.0).powf(-0.8) };
    let flat = |_: f64| 12e6;
    let group = judged("skew", None, &doublings(1.0, 10), &[("a", &hinge), ("b", &flat)]);
    assert_eq!(definitions(&group), [SlopeBreak, Crossover, Kneedle]);
    let knee = found(&group, SlopeBreak, "a");
    assert!((knee / 16.0).log2().abs() < 0.25, "{knee}");
    let (crossing, expected) =
        (found(&group, Crossover, "a"), 16.0 * (20.0_f64 / 12.0).powf(1.0 / 0.8));
    assert!((crossing / expected).log2().abs() < 0.2, "{crossing}, {expected}");
}

#[test]
fn keys_have_cliffs() {
    let cliff = |x: f64| if x < 65_536.0 { 20e6 } else { 20e6 * (x / 65_536.0).powf(-0.5) };
    let group = judged("keys", None, &doublings(1_024.0, 14), &[("a", &cliff)]);
    assert_eq!(definitions(&group), [CacheCliff, Kneedle]);
    let knee = found(&group, CacheCliff, "a");
    assert!((knee / 65_536.0).log2().abs() < 0.25, "{knee}");
}

#[test]
fn a_rate_has_a_highest_load_with_a_limit_and_a_break_without() {
    let slo = Slo { percentile: 99.0, limit_ns: 50_000 };
    let queue = |rate: f64| 5_000.0 / (1.0 - (rate / 2e6).min(0.999));
    let rates: Vec<f64> = (1..20).map(|at| f64::from(at) * 1e5).collect();
    let group = judged("rate", Some(slo), &rates, &[("a", &queue)]);
    assert_eq!((definitions(&group), group.quantity), (vec![SloLoad], Quantity::Latency));
    let load = found(&group, SloLoad, "a");
    assert!((load / 1.8e6 - 1.0).abs() < 0.05, "{load}");

    let achieved = |rate: f64| rate.min(2e6);
    let group = judged("rate", None, &doublings(1e5, 8), &[("a", &achieved)]);
    assert_eq!(definitions(&group), [SlopeBreak, Kneedle]);
    let knee = found(&group, SlopeBreak, "a");
    assert!((knee / 2e6).log2().abs() < 0.25, "{knee}");
}

#[test]
fn a_limit_on_latency_is_for_offered_loads_only() {
    let slo = Slo { percentile: 99.0, limit_ns: 50_000 };
    let group = judged("skew", Some(slo), &doublings(1.0, 6), &[("a", &|x| 1e6 / x)]);
    assert_eq!(group.quantity, Quantity::Throughput);
}
