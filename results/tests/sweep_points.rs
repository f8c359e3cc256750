//! Points from elsewhere: what is understood, and what is said of what is not.

use mapbench_results::knee::{Observation, Scale};
use mapbench_results::sweep::export::svg;
use mapbench_results::sweep::from_points::{Points, PointsError, read};
use mapbench_results::sweep::{Quantity, Setting, judge, page};
use mapbench_results::units::Charset;
use proptest::prelude::*;

fn points(text: &str) -> Result<Points, PointsError> {
    read("points.csv", &Setting::of_file("points.csv", "keys"), text.as_bytes())
}

fn seen(x: f64, visit: u32, y: f64) -> Observation {
    Observation { x, visit, y, saturated: false }
}

#[test]
fn columns_in_any_order_and_others_passed_over() {
    let text =
        "\u{feff}note, ops_per_sec ,adapter,fork,x\nwarm,5e6,a,1,100\n,4.5e6,a,0,100\n,1,b,0,7\n";
    let points = points(text).unwrap();
    let curves = points.evidence.groups()[0].curves(Quantity::Throughput, None);
    assert_eq!(curves[0].observations, [seen(100.0, 0, 4.5e6), seen(100.0, 1, 5e6)]);
    assert_eq!(curves[1].observations, [seen(7.0, 0, 1.0)]);
}

#[test]
fn without_forks_the_nth_row_of_a_point_is_visit_n() {
    let text = "adapter,x,ops_per_sec\na,1,10\nb,1,20\na,2,11\na,1,12\nb,1,21\n";
    let curves = points(text).unwrap().evidence.groups()[0].curves(Quantity::Throughput, None);
    assert_eq!(
        curves[0].observations,
        [seen(1.0, 0, 10.0), seen(1.0, 1, 12.0), seen(2.0, 0, 11.0)]
    );
    assert_eq!(curves[1].observations, [seen(1.0, 0, 20.0), seen(1.0, 1, 21.0)]);
}

#[test]
fn the_scale_follows_from_the_range() {
    for (xs, scale) in [
        ([1.0, 8.0], Scale::Log),
        ([1.0, 7.9], Scale::Linear),
        ([0.0, 100.0], Scale::Linear),
        ([-1.0, 100.0], Scale::Linear),
    ] {
        let text = format!("adapter,x,ops_per_sec\na,{},1\na,{},1\n", xs[0], xs[1]);
        let points = points(&text).unwrap();
        assert_eq!((points.scale, points.range), (scale, (xs[0], xs[1])));
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_line_its_column_and_what_to_write() {
    let header = "adapter,x,ops_per_sec,fork\n";
    let refused = [
        ("adapter,x\na,1\n", "points.csv: line 1: no column \"ops_per_sec\"; the header needs"),
        ("", "no column \"adapter\""),
        (header, "points.csv: no points; write one row per point"),
        (
            "adapter,x,ops_per_sec,fork\na,1,5,0\na,many,5,1\n",
            "points.csv: line 3: column \"x\": \"many\" is no finite number, as 12.5",
        ),
        ("adapter,x,ops_per_sec,fork\na,inf,5,0\n", "line 2: column \"x\": \"inf\""),
        ("adapter,x,ops_per_sec,fork\na,1,0,0\n", "column \"ops_per_sec\": \"0\" is no throughput"),
        (
            "adapter,x,ops_per_sec,fork\na,1,5,-1\n",
            "column \"fork\": \"-1\" is no number of a visit",
        ),
        ("adapter,x,ops_per_sec,fork\n,1,5,0\n", "column \"adapter\": \"\" is empty"),
        (
            "adapter,x,ops_per_sec,fork\na,1,5,0\na,1,6,0\n",
            "line 3: column \"fork\": fork 0 of \"a\" at x = 1 was on an earlier line",
        ),
        ("adapter,x,ops_per_sec,fork\na,1,5\n", "line: 2"),
    ];
    for (text, expected) in refused {
        let message = points(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(
        text in "(adapter|x|ops_per_sec|fork|placement|status|,|\n|\"|[0-9.e-]{1,4}|a|near|\\PC){0,60}",
    ) {
        if let Ok(points) = points(&text) {
            let _ = page::render(&judge(&points.evidence, &points.spec("keys", "", 1)), 80, Charset::Utf8);
        }
    }
}

/// Values from plain to as far as numbers go; of throughputs, above zero.
fn far_or_near() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (1_u32..20).prop_map(f64::from),
        2 => 0.01..1e6_f64,
        1 => prop::sample::select(vec![f64::MIN_POSITIVE, 1e-300, 1e18, 1e300, f64::MAX]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_points_make_the_page_panic(
        rows in prop::collection::vec(("[ab]", far_or_near(), far_or_near()), 6..40),
        axis in prop::sample::select(vec!["threads", "keys", "write-share", "rate"]),
        is_below_zero in any::<bool>(),
    ) {
        let sign = if is_below_zero { "-" } else { "" };
        let rows = rows.iter().map(|(adapter, x, y)| format!("{adapter},{sign}{x},{y}\n"));
        let text = format!("adapter,x,ops_per_sec\n{}", rows.collect::<String>());
        let points = points(&text).unwrap();
        let sweep = judge(&points.evidence, &points.spec(axis, "", 1));
        prop_assert!(!sweep.groups[0].findings.is_empty());
        let _ = page::render(&sweep, 80, Charset::Utf8);
        prop_assert!(!svg::render(&sweep.groups[0], &sweep).contains("NaN"));
    }
}
