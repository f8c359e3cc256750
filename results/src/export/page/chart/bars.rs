//! Throughput: a bar per map from zero, with the 95 % interval of its median across its end.

use super::{Bar, Chart, WIDTH, colour, ticks};

/// Height of a bar.
const HEIGHT: f64 = 9.0;

/// Draws the bars; nothing of none.
pub(in crate::export::page) fn bars(bars: &[Bar], title: &str) -> String {
    let high = |bar: &Bar| bar.interval.map_or(bar.value, |interval| interval.high.max(bar.value));
    let most = bars.iter().map(high).fold(0.0, f64::max);
    if most <= 0.0 {
        return String::new();
    }
    let x = |value: f64| (value / most).clamp(0.0, 1.0) * (WIDTH - 4.0);
    let mut chart = Chart::new();
    let top = chart.y;
    for bar in bars {
        chart.heading(bar.position, &bar.label, &bar.figure);
        let y = chart.y + 5.0;
        chart.rectangle("track", (0.0, y), (WIDTH, HEIGHT));
        chart.rectangle(&format!("bar {}", colour(bar.position)), (0.0, y), (x(bar.value), HEIGHT));
        if let Some(interval) = bar.interval {
            let (low, high, middle) = (x(interval.low), x(interval.high), y + HEIGHT / 2.0);
            chart.line("whisker", (low, middle), (high, middle));
            for end in [low, high] {
                chart.line("whisker", (end, y + 1.0), (end, y + HEIGHT - 1.0));
            }
        }
        chart.y += 5.0 + HEIGHT + 3.0;
    }
    let bottom = chart.y + 3.0;
    for value in ticks(0.0, most, 4.0) {
        chart.grid((x(value), top), (x(value), bottom));
        let place = if value == 0.0 { "tick" } else { "tick middle" };
        chart.text(
            x(value).min(WIDTH - 14.0),
            bottom + 13.0,
            &format!("{}", (value / 1e3).round() / 1e3),
            place,
        );
    }
    chart.y = bottom + 16.0;
    chart.finish(title)
}
