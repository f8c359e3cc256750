//! Advice from curves that were made by hand.

use mapbench_core::event::PlacementMode;
use proptest::prelude::*;

use super::*;
use crate::knee::Scale;
use crate::sweep::{
    MeasuredPoint, POINTS_SCHEMA_VERSION, SeriesGroup, Setting, Sweep, SweepSpec, judge_group,
};
use crate::units::Charset;

const XS: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// What a machine does to all maps of a visit alike: half as much again, or less.
fn drift(x: f64, visit: u32) -> f64 {
    1.0 + 0.5 * (x * 7.0 + f64::from(visit) * 13.0).sin()
}

/// Noise of one map in one visit: within 1 %, about zero over three visits.
fn noise(subject: usize, visit: u32) -> f64 {
    let turn = (subject as u32 * 2 + visit * (1 + subject as u32 % 2)) % 3;
    1.0 + 0.01 * (f64::from(turn) - 1.0)
}

struct Map<'a> {
    name: &'a str,
    curve: &'a dyn Fn(f64) -> f64,
}

fn spec() -> SweepSpec {
    SweepSpec {
        axis: "threads".to_owned(),
        unit: "threads".to_owned(),
        scale: Scale::Log,
        range: (1.0, 32.0),
        slo: None,
        seed: 7,
    }
}

fn points(maps: &[Map<'_>], visits: u32, placement: Option<PlacementMode>) -> Vec<MeasuredPoint> {
    let mut points = Vec::new();
    for (at, map) in maps.iter().enumerate() {
        for x in XS {
            points.extend((0..visits).map(|visit| MeasuredPoint {
                subject: map.name.to_owned(),
                x,
                visit,
                placement,
                rounds: 6,
                ops_per_sec: 1e6 * (map.curve)(x) * drift(x, visit) * noise(at, visit),
                latency: None,
                achieved_share: None,
                saturated: false,
                extra: Vec::new(),
            }));
        }
    }
    points
}

fn sweep_of(points: Vec<MeasuredPoint>) -> Sweep {
    let mut subjects: Vec<String> = Vec::new();
    for point in &points {
        if !subjects.contains(&point.subject) {
            subjects.push(point.subject.clone());
        }
    }
    let setting = Setting::of_file("hand", "threads");
    let series = SeriesGroup { setting, subjects, points, gaps: Vec::new() };
    let spec = spec();
    let groups = vec![judge_group(series, &spec)];
    Sweep { schema_version: POINTS_SCHEMA_VERSION, spec, processors: Some(8), groups }
}

fn advice_of(maps: &[Map<'_>], visits: u32) -> Advice {
    advise(&sweep_of(points(maps, visits, None)))
}

fn segments(advice: &Advice) -> &[Segment] {
    &advice.groups[0].modes[0].segments
}

fn said(advice: &Advice) -> String {
    sentences(&advice.groups[0], advice, Charset::Utf8).join("\n")
}

#[test]
fn one_map_is_best_below_where_they_cross_and_the_other_above() {
    // They cross at 8 exactly, and half a doubling either side of it differs by 9 %.
    let falling = |x: f64| (x / 8.0).powf(-0.25);
    let advice =
        advice_of(&[Map { name: "b", curve: &|_| 1.0 }, Map { name: "a", curve: &falling }], 5);
    let [below, above] = segments(&advice) else { panic!("{advice:?}") };
    assert_eq!((below.choice.best(), above.choice.best()), (Some("a"), Some("b")));
    assert_eq!((below.from, above.to), (1.0, 32.0));
    assert!((below.to - 8.0).abs() < 0.5 && (below.to - above.from).abs() < 1e-9, "{below:?}");
    assert!(matches!(below.end, Edge::Crossover { low, high } if low < 8.0 && high > 8.0));
    let next = below.choice.runner_up().expect("b is slower below");
    assert!(next.low > 1.0 && next.low < next.ratio && next.ratio < next.high, "{next:?}");
    let said = said(&advice);
    assert!(said.contains("Use `a` up to about "), "{said}");
    assert!(said.contains("Use `b` from there on"), "{said}");
    let warning = oversubscribed(&advice).expect("32 threads on 8 processors");
    assert!(warning.contains("More than 8 threads is oversubscribed"), "{warning}");
}

#[test]
fn maps_that_tie_are_as_good_and_a_slower_one_is_the_runner_up() {
    let advice = advice_of(
        &[
            Map { name: "a", curve: &|_| 1.002 },
            Map { name: "slow", curve: &|_| 0.5 },
            Map { name: "b", curve: &|_| 1.0 },
        ],
        6,
    );
    let [all] = segments(&advice) else { panic!("{advice:?}") };
    let good: Vec<&str> =
        all.choice.standing(Standing::AsGood).map(|other| other.subject.as_str()).collect();
    assert_eq!((all.choice.best(), good), (Some("a"), vec!["b"]));
    let next = all.choice.runner_up().expect("one is slower");
    assert_eq!(next.subject, "slow");
    assert!((next.ratio - 2.0).abs() < 0.05, "{next:?}");
    assert_eq!(advice.named(), ["a", "b"]);
    let said = said(&advice);
    assert!(said.contains("over the whole range, 1 to 32 threads (2.00× `slow`"), "{said}");
    assert!(said.contains("as good, within 3 %: `b`"), "{said}");
}

#[test]
fn a_difference_that_drowns_in_noise_is_not_told_apart() {
    let mut noisy =
        points(&[Map { name: "a", curve: &|_| 1.0 }, Map { name: "b", curve: &|_| 1.0 }], 4, None);
    for point in noisy.iter_mut().filter(|point| point.subject == "b") {
        point.ops_per_sec *= if point.visit % 2 == 0 { 1.3 } else { 0.75 };
    }
    let advice = advise(&sweep_of(noisy));
    let [all] = segments(&advice) else { panic!("{advice:?}") };
    assert_eq!(all.choice.standing(Standing::NotToldApart).count(), 1, "{all:?}");
    assert!(said(&advice).contains("not told apart from"), "{}", said(&advice));
}

#[test]
fn one_map_is_used_for_want_of_another() {
    let advice = advice_of(&[Map { name: "only", curve: &|x| x }], 3);
    let [all] = segments(&advice) else { panic!("{advice:?}") };
    assert_eq!(all.choice.best(), Some("only"));
    assert!(said(&advice).contains("the only map that was measured"), "{}", said(&advice));
}

#[test]
fn two_visits_name_no_map() {
    let advice =
        advice_of(&[Map { name: "a", curve: &|_| 9.0 }, Map { name: "b", curve: &|_| 1.0 }], 2);
    let [all] = segments(&advice) else { panic!("{advice:?}") };
    assert_eq!(all.choice.best(), None);
    assert!(advice.is_unresolved() && advice.named().is_empty());
    assert!(said(&advice).starts_with("Unresolved over the whole range"), "{}", said(&advice));
}

#[test]
fn ends_of_the_range_with_few_visits_are_unresolved_and_the_rest_is_not() {
    let mut some =
        points(&[Map { name: "a", curve: &|_| 2.0 }, Map { name: "b", curve: &|_| 1.0 }], 4, None);
    some.retain(|point| point.x < 32.0 || point.visit == 0);
    let advice = advise(&sweep_of(some));
    let [known, thin] = segments(&advice) else { panic!("{advice:?}") };
    assert_eq!((known.choice.best(), known.to), (Some("a"), 16.0));
    assert_eq!((thin.choice.best(), thin.from), (None, 32.0));
    assert!(said(&advice).contains("Unresolved at 32 threads: 1 visit"), "{}", said(&advice));
}

#[test]
fn a_map_that_has_no_points_somewhere_is_not_advised_there() {
    let mut some =
        points(&[Map { name: "a", curve: &|_| 1.0 }, Map { name: "b", curve: &|_| 3.0 }], 4, None);
    some.retain(|point| point.subject == "a" || point.x >= 8.0);
    let advice = advise(&sweep_of(some));
    let [below, above] = segments(&advice) else { panic!("{advice:?}") };
    assert_eq!((below.choice.best(), above.choice.best()), (Some("a"), Some("b")));
    assert_eq!(below.end, Edge::Between { low: 4.0, high: 8.0 });
    let Choice::Use { unknown, .. } = &below.choice else { panic!("{below:?}") };
    assert_eq!(unknown, &["b"]);
    assert!(said(&advice).contains("Not measured often enough"), "{}", said(&advice));
}

#[test]
fn placements_that_disagree_are_both_told() {
    let ab = [Map { name: "a", curve: &|_| 2.0 }, Map { name: "b", curve: &|_| 1.0 }];
    let ba = [Map { name: "a", curve: &|_| 1.0 }, Map { name: "b", curve: &|_| 2.0 }];
    let near = points(&ab, 4, Some(PlacementMode::Near));
    let far = points(&ba, 4, Some(PlacementMode::Far));
    let both = advise(&sweep_of([near.clone(), far].concat()));
    let said_both = said(&both);
    assert!(said_both.contains("disagree"), "{said_both}");
    assert!(
        said_both.contains("near: Use `a`") && said_both.contains("far: Use `b`"),
        "{said_both}"
    );
    let same = advise(&sweep_of([near, points(&ab, 4, Some(PlacementMode::Far))].concat()));
    assert!(!said(&same).contains("disagree") && said(&same).contains("names the same maps"));
    let page = table(&both.groups[0], &both, Charset::Ascii);
    assert!(page.contains("near") && page.contains("far") && page.is_ascii(), "{page}");
}

#[test]
fn nothing_measured_is_said_to_be_nothing() {
    let advice = advise(&sweep_of(Vec::new()));
    assert!(advice.is_unresolved());
    assert!(said(&advice).contains("Nothing was measured"), "{}", said(&advice));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Segments are ascending, hold each measured value once, and nobody in one is better than its
    /// best beyond doubt.
    #[test]
    fn segments_tile_the_range(
        heights in prop::collection::vec(prop::collection::vec(0.2_f64..5.0, 6), 1..4),
        visits in 1_u32..5,
        lost in prop::collection::vec(any::<bool>(), 18),
    ) {
        let names = ["a", "b", "c"];
        let curves: Vec<Box<dyn Fn(f64) -> f64>> = heights
            .iter()
            .map(|heights| {
                let heights = heights.clone();
                Box::new(move |x: f64| heights[x.log2().round() as usize]) as Box<dyn Fn(f64) -> f64>
            })
            .collect();
        let maps: Vec<Map<'_>> = curves
            .iter()
            .zip(names)
            .map(|(curve, name)| Map { name, curve: &**curve })
            .collect();
        let mut points = points(&maps, visits, None);
        points.retain(|point| {
            let subject = names.iter().position(|name| *name == point.subject).unwrap();
            !lost[subject * 6 + point.x.log2() as usize] || point.visit == 0
        });
        let advice = advise(&sweep_of(points));
        let mut seen = Vec::new();
        let mut end = f64::NEG_INFINITY;
        for segment in segments(&advice) {
            prop_assert!(segment.from >= end && segment.from <= segment.to, "{:?}", segment);
            end = segment.to;
            seen.extend(segment.points.iter().copied());
            if let Choice::Use { others, .. } = &segment.choice {
                // Who lacks visits is held against others in fewer pairs, within the noise of 1 %.
                prop_assert!(others.iter().all(|other| other.high >= 0.98), "{:?}", segment);
            }
        }
        prop_assert_eq!(seen, XS.to_vec());
        prop_assert!(serde_json::to_string(&advice).is_ok());
    }

    /// What a visit does to all maps alike, and the order in which maps are listed, do not matter.
    #[test]
    fn what_maps_share_does_not_change_the_advice(factors in prop::collection::vec(0.1_f64..10.0, 24)) {
        let falling = |x: f64| (x / 8.0).powf(-0.3);
        let maps = [Map { name: "a", curve: &falling }, Map { name: "b", curve: &|_| 1.0 }];
        let plain = points(&maps, 4, None);
        let mut shaken = plain.clone();
        for point in &mut shaken {
            let at = point.x.log2() as usize * 4 + point.visit as usize;
            point.ops_per_sec *= factors[at];
        }
        shaken.reverse();
        let (plain, shaken) = (advise(&sweep_of(plain)), advise(&sweep_of(shaken)));
        let choices = |advice: &Advice| {
            let choices = advice.groups[0].modes[0].choices();
            choices.into_iter().map(|best| best.map(str::to_owned)).collect::<Vec<_>>()
        };
        prop_assert_eq!(choices(&plain), choices(&shaken));
        prop_assert_eq!(choices(&plain), [Some("a".to_owned()), Some("b".to_owned())]);
    }
}
