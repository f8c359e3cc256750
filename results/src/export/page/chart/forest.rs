//! A forest plot: the slowdown of each cell with its interval, against zero and against the margin
//! that fails. Right of the margin is too slow.

use super::{Chart, Stem, WIDTH, ticks};
use crate::compare::page;
use crate::export::page::Tone;

/// Height of a line below its words.
const HEIGHT: f64 = 16.0;
/// No interval makes the axis wider than this; an estimate does. A share.
const WIDEST: f64 = 1.0;
/// Length of the head of an arrow.
const ARROW: f64 = 6.0;

/// Draws the intervals; nothing of none.
pub(in crate::export::page) fn forest(stems: &[Stem], title: &str) -> String {
    let Some((low, high)) = range(stems) else { return String::new() };
    let x = |share: f64| ((share - low) / (high - low)).clamp(0.0, 1.0) * (WIDTH - 2.0) + 1.0;
    let mut chart = Chart::new();
    let top = chart.y + 4.0;
    let bottom = top + stems.len() as f64 * (16.0 + HEIGHT + 4.0) + 2.0;
    for value in ticks(low, high, 4.0) {
        chart.grid((x(value), top), (x(value), bottom));
        let anchor = if x(value) < 20.0 { "tick" } else { "tick middle" };
        let name = format!("{} %", (value * 1000.0).round() / 10.0);
        chart.text(x(value).min(WIDTH - 16.0), bottom + 13.0, &name, anchor);
    }
    for stem in stems {
        chart.heading(stem.position, &stem.label, &stem.figure);
        let (above, middle) = (chart.y + 4.0, chart.y + 4.0 + HEIGHT / 2.0);
        // Between the two margins a difference does not matter.
        let (from, to) = (x(-stem.delta), x(stem.delta));
        chart.rectangle("margin", (from, above), (to - from, HEIGHT));
        chart.line("delta", (to, above), (to, above + HEIGHT));
        chart.line("zero", (x(0.0), above - 2.0), (x(0.0), above + HEIGHT + 2.0));
        let tone = match stem.tone {
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Open => "open",
        };
        if stem.interval.high.is_finite() && stem.interval.low.is_finite() {
            let class = format!("interval {tone}");
            let (from, to) = (x(stem.interval.low), x(stem.interval.high));
            chart.line(&class, (from, middle), (to, middle));
            // An end in a cap is where it is; an arrow goes on.
            let inwards = |goes_on: bool| if goes_on { ARROW } else { 0.0 };
            let ends = [
                (from, inwards(stem.interval.low < low)),
                (to, -inwards(stem.interval.high > high)),
            ];
            for (end, inwards) in ends {
                for side in [-4.0, 4.0] {
                    chart.line(&class, (end, middle), (end + inwards, middle + side));
                }
            }
        } else {
            let words = "no interval";
            chart.text(
                x(stem.slowdown).clamp(40.0, WIDTH - 40.0),
                middle - 5.0,
                words,
                "tick middle",
            );
        }
        let at = x(stem.slowdown);
        chart.rectangle(&format!("estimate {tone}"), (at - 3.5, middle - 3.5), (7.0, 7.0));
        chart.y = above + HEIGHT;
    }
    chart.y = bottom + 16.0;
    chart.finish(&described(stems, title))
}

/// What the axis spans: every interval and margin, zero, and some room.
fn range(stems: &[Stem]) -> Option<(f64, f64)> {
    let finite = |value: &f64| value.is_finite();
    let ends = stems
        .iter()
        .flat_map(|stem| [stem.interval.low, stem.interval.high, stem.delta, -stem.delta]);
    let ends = ends.filter(finite).map(|end| end.clamp(-WIDEST, WIDEST));
    let estimates = stems.iter().map(|stem| stem.slowdown).filter(finite);
    let ends: Vec<f64> = ends.chain(estimates).collect();
    let low = ends.iter().copied().reduce(f64::min)?;
    let high = ends.iter().copied().reduce(f64::max)?;
    let room = ((high - low) * 0.06).max(0.002);
    Some((low - room, high + room))
}

/// The figures, for those who do not see the picture.
fn described(stems: &[Stem], title: &str) -> String {
    let spelled = |stem: &Stem| format!("{}: {} %", stem.label, page::signed(stem.slowdown));
    format!("{title}. {}", stems.iter().map(spelled).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Interval;

    /// The heads of the interval's line: x where each begins, and how far it goes to the right.
    fn heads(slowdown: f64, low: f64, high: f64) -> Vec<(f64, f64)> {
        let stem = Stem {
            position: 0,
            label: "sharded".to_owned(),
            figure: String::new(),
            slowdown,
            interval: Interval { low, high },
            delta: 0.02,
            tone: Tone::Open,
        };
        let picture = forest(&[stem], "Slowdown");
        let field = |line: &str, name: &str| -> f64 {
            let from = line.find(&format!(" {name}=\"")).expect("an end") + name.len() + 3;
            line[from..].split('"').next().and_then(|x| x.parse().ok()).expect("a number")
        };
        let lines = picture.split("<line ").filter(|line| line.contains("interval open"));
        lines
            .skip(1)
            .map(|line| (field(line, "x1"), field(line, "x2") - field(line, "x1")))
            .collect()
    }

    #[test]
    fn an_end_on_the_axis_is_a_cap_and_one_beyond_it_an_arrow_inwards() {
        let heads = heads(0.1, -0.1, 7.5);
        let [cap @ .., arrow, _] = heads.as_slice() else { panic!("{heads:?}") };
        assert!(cap.iter().all(|(_, length)| length.abs() < 0.05), "{heads:?}");
        assert!(arrow.0 > WIDTH - 2.0 && arrow.1 < -4.0, "{heads:?}");
    }

    #[test]
    fn an_estimate_beyond_the_usual_axis_widens_it() {
        let heads = heads(3.0, 0.5, 3.1);
        assert!(heads[0].0 < WIDTH / 2.0, "{heads:?}");
    }
}
