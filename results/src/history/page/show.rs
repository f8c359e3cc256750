//! One series with all its points, its machines and its change points between them.

use std::fmt::Write as _;

use super::super::{Point, Series, spell};
use crate::units::{self, Charset};

/// The page of a series.
pub fn show(series: &Series, charset: Charset) -> String {
    let mut page = format!("{}\n\n", spell::name(&series.name, charset));
    let mut segment = None;
    let width = series.points.iter().map(|point| figure(point, charset).chars().count()).max();
    for (at, point) in series.points.iter().enumerate() {
        if segment != Some(point.segment) {
            let is_return =
                segment.is_some() && series.points[..at].iter().any(|p| p.segment == point.segment);
            page.push_str(&machine(series, point.segment, is_return, charset));
            segment = Some(point.segment);
        }
        for change in series.changes.iter().filter(|change| change.after == at) {
            let rule = charset.rule().repeat(2);
            let _ = writeln!(
                page,
                "{rule} {}, chance {}, {}",
                spell::shift(change.shift, charset),
                spell::chance(change.p, charset),
                spell::state(change)
            );
        }
        page.push_str(&line(point, width.unwrap_or(0), charset));
    }
    page
}

/// What a stretch was measured on, and in what that differs from what was before.
fn machine(series: &Series, segment: usize, is_return: bool, charset: Charset) -> String {
    let rule = charset.rule().repeat(2);
    let of = &series.segments[segment];
    let back = if is_return { "back to " } else { "" };
    let mut text = format!("{rule} {back}{}\n", spell::one_line(&of.machine));
    let differs = if is_return { &[][..] } else { &of.differs };
    for difference in differs {
        let _ = writeln!(
            text,
            "{rule} {}: {} was {}, is {}",
            difference.part.name(),
            spell::one_line(&difference.field),
            spell::one_line(&difference.a),
            spell::one_line(&difference.b)
        );
    }
    text
}

fn figure(point: &Point, charset: Charset) -> String {
    let speed = units::mops(point.ops_per_sec);
    let half =
        point.interval.map(|interval| units::mops_like(interval.half_width(), point.ops_per_sec));
    half.map_or(speed.clone(), |half| format!("{speed} {}{half}", charset.plus_minus()))
}

fn line(point: &Point, width: usize, charset: Charset) -> String {
    let runs: Vec<&str> = point.runs.iter().map(|run| run.id.as_str()).collect();
    let runs = match runs.as_slice() {
        [only] => format!("run {only}"),
        several => format!("runs {}", several.join(" ")),
    };
    let dirty = if point.dirty { ", tree had changes" } else { "" };
    format!(
        "{}  {}  {:>width$}  {}  ({runs}{dirty})\n",
        spell::short(&point.commit),
        spell::day(&point.time),
        figure(point, charset),
        spell::one_line(&point.subject),
    )
}
