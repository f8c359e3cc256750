//! The segments of a setting as a table, for people. Computes nothing.

use super::segment::{Advice, Choice, Edge, GroupAdvice, Segment, Standing};
use super::words::{times, two};
use crate::summary::mode_name;
use crate::sweep::spell;
use crate::table::grid;
use crate::units::Charset;

/// One row per segment and placement mode; empty without a segment.
pub fn table(group: &GroupAdvice, advice: &Advice, charset: Charset) -> String {
    let placed = group.modes.iter().any(|mode| mode.placement.is_some());
    let axis = advice.spec.axis.as_str();
    let mut header = vec!["use", "from", "to"];
    header.extend(placed.then_some("placement"));
    header.extend(["ends", "runner-up", "ratio", "95% interval", "close", "points", "visits"]);
    let mut rows = Vec::new();
    for mode in &group.modes {
        for segment in &mode.segments {
            let ends = [segment.from, segment.to].map(|x| spell::number(two(x)));
            let best = segment.choice.best().unwrap_or("unresolved").to_owned();
            let [from, to] = ends;
            let mut row = vec![best, from, to];
            row.extend(placed.then(|| {
                mode.placement.map_or_else(|| charset.absent().to_owned(), |m| mode_name(m).into())
            }));
            row.push(end(segment));
            row.extend(runner_up(segment, charset));
            row.extend([
                close(&segment.choice),
                segment.points.len().to_string(),
                segment.visits.to_string(),
            ]);
            rows.push(row);
        }
    }
    if rows.is_empty() {
        String::new()
    } else {
        format!("{axis}\n{}", grid(&header, rows, charset))
    }
}

/// What is known of a segment's end.
fn end(segment: &Segment) -> String {
    let pair = |low: f64, high: f64| {
        format!("{} to {}", spell::number(two(low)), spell::number(two(high)))
    };
    match segment.end {
        Edge::Range => "range".to_owned(),
        Edge::Crossover { low, high } => format!("crossover {}", pair(low, high)),
        Edge::Between { low, high } => format!("within {}", pair(low, high)),
    }
}

fn runner_up(segment: &Segment, charset: Charset) -> [String; 3] {
    let absent = || charset.absent().to_owned();
    segment.choice.runner_up().map_or_else(
        || [absent(), absent(), absent()],
        |next| {
            [
                next.subject.clone(),
                format!("{:.2}{}", next.ratio, times(charset)),
                format!("{:.2} to {:.2}", next.low, next.high),
            ]
        },
    )
}

/// How many maps are as good or not told apart.
fn close(choice: &Choice) -> String {
    let good = choice.standing(Standing::AsGood).count();
    (good + choice.standing(Standing::NotToldApart).count()).to_string()
}
