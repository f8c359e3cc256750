//! Latency: a histogram per map over one shared axis in decades, each as high as its own peak, with
//! marks at the median, at p99 and at p99.9.

use super::{Chart, Decades, Latencies, WIDTH, colour, time};
use crate::units::{self, Charset};

/// Height of a histogram.
const HEIGHT: f64 = 22.0;
/// Bins over the axis.
const BINS: usize = 100;

/// Draws the histograms; nothing of none.
pub(in crate::export::page) fn ridges(latencies: &[Latencies<'_>], title: &str) -> String {
    let Some(axis) = Decades::of(latencies) else { return String::new() };
    let x = |ns: u64| axis.share(ns as f64) * WIDTH;
    let mut chart = Chart::new();
    let top = chart.y;
    for of in latencies {
        let at = |quantile| of.histogram.value_at_quantile(quantile);
        let (p50, p99, p999) = (at(0.5), at(0.99), at(0.999));
        let spelled = |ns| units::percentile(ns, Charset::Utf8);
        let figure = format!("{} · {} · {}", spelled(p50), spelled(p99), spelled(p999));
        chart.heading(of.position, &of.label, &figure);
        let base = chart.y + 5.0 + HEIGHT;
        chart.path(&format!("ridge {}", colour(of.position)), &outline(of, axis, base));
        chart.line("base", (0.0, base), (WIDTH, base));
        for (ns, class, height) in [(p50, "mark", 1.0), (p99, "mark", 0.6), (p999, "mark", 0.35)] {
            chart.line(class, (x(ns), base), (x(ns), base - HEIGHT * height));
        }
        chart.y = base + 3.0;
    }
    let bottom = chart.y + 2.0;
    for ns in axis.powers() {
        chart.grid((x(ns), top), (x(ns), bottom));
        let place = x(ns).clamp(14.0, WIDTH - 14.0);
        chart.text(place, bottom + 13.0, &time(ns), "tick middle");
    }
    chart.y = bottom + 16.0;
    chart.finish(title)
}

/// The outline of a histogram over its base, closed.
fn outline(of: &Latencies<'_>, axis: Decades, base: f64) -> Vec<(f64, f64)> {
    let mut bins = [0_u64; BINS];
    for step in of.histogram.iter_recorded() {
        let at = axis.share(step.value_iterated_to() as f64) * (BINS - 1) as f64;
        bins[at as usize] += step.count_at_value();
    }
    let peak = bins.iter().copied().max().unwrap_or(0).max(1) as f64;
    let width = WIDTH / BINS as f64;
    let mut points = vec![(0.0, base)];
    for (at, count) in bins.iter().enumerate() {
        // The square root keeps a tail of a thousandth visible beside its peak.
        let y = base - (*count as f64 / peak).sqrt() * HEIGHT;
        points.push((at as f64 * width, y));
        points.push(((at + 1) as f64 * width, y));
    }
    points.push((WIDTH, base));
    flattened(&points)
}

/// The same line without the points that lie between two others of their height.
fn flattened(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let between = |at: usize| {
        let same = |other: usize| (points[at].1 - points[other].1).abs() < 0.05;
        at > 0 && at + 1 < points.len() && same(at - 1) && same(at + 1)
    };
    (0..points.len()).filter(|at| !between(*at)).map(|at| points[at]).collect()
}
