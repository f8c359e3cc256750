//! Percentiles of latency: how slow the slowest of ten, of a hundred, of a thousand ops are. Both axes
//! are in decades, so that the tail has as much room as the rest.

use super::{Chart, Decades, Latencies, WIDTH, colour, shape, time};

/// Left edge of the curves.
const LEFT: f64 = 48.0;
/// Right edge.
const RIGHT: f64 = WIDTH - 8.0;
/// Height of the curves.
const HEIGHT: f64 = 210.0;
/// Nines of the last percentile.
const MOST_NINES: f64 = 4.0;
/// What stands below the axis: nines and their percentile.
const NAMES: [(f64, &str); 6] = [
    (0.0, "0"),
    (std::f64::consts::LOG10_2, "p50"),
    (1.0, "p90"),
    (2.0, "p99"),
    (3.0, "p99.9"),
    (4.0, "p99.99"),
];

/// Draws the curves; nothing of none.
pub(in crate::export::page) fn percentiles(latencies: &[Latencies<'_>], title: &str) -> String {
    let Some(axis) = Decades::of(latencies) else { return String::new() };
    let mut chart = Chart::new();
    let top = chart.y + 8.0;
    let bottom = top + HEIGHT;
    let x = |nines: f64| LEFT + nines / MOST_NINES * (RIGHT - LEFT);
    let y = |ns: f64| bottom - axis.share(ns) * HEIGHT;
    for ns in axis.powers() {
        chart.grid((LEFT, y(ns as f64)), (RIGHT, y(ns as f64)));
        chart.text(LEFT - 5.0, y(ns as f64) + 4.0, &time(ns), "tick end");
    }
    for (nines, name) in NAMES {
        chart.grid((x(nines), top), (x(nines), bottom));
        let anchor = if nines >= MOST_NINES { "tick end" } else { "tick middle" };
        chart.text(x(nines).min(RIGHT + 6.0), bottom + 14.0, name, anchor);
    }
    for of in latencies {
        let at = |nines: f64| {
            let quantile = 1.0 - 10_f64.powf(-nines);
            (x(nines), y(of.histogram.value_at_quantile(quantile) as f64))
        };
        let points: Vec<(f64, f64)> = (0..=80).map(|step| at(f64::from(step) / 20.0)).collect();
        chart.path(&format!("curve {}", colour(of.position)), &points);
        // Each curve has its marks at places of its own, so that those of two do not hide each other.
        let shift = of.position as f64 % 6.0 * 0.12;
        for nines in [0.35 + shift, 1.35 + shift, 2.35 + shift, 3.3 + shift * 0.8] {
            let (x, y) = at(nines);
            chart.put(shape(of.position, x, y, 3.2));
        }
    }
    chart.y = bottom + 18.0;
    chart.finish(title)
}
