//! Advice in sentences, for people. Computes nothing and knows no promise of any map.

use std::fmt::Write as _;

use mapbench_core::event::PlacementMode;

use super::segment::{Advice, Choice, Compared, Edge, GroupAdvice, ModeAdvice, Segment, Standing};
use crate::summary::mode_name;
use crate::sweep::spell;
use crate::units::Charset;

/// Maps that a sentence names before it counts the others.
const NAMED: usize = 4;

/// The advice for a setting: one sentence per segment, of both placement modes where they disagree.
pub fn sentences(group: &GroupAdvice, advice: &Advice, charset: Charset) -> Vec<String> {
    let words = Words { advice, charset };
    let Some(first) = group.modes.first().filter(|mode| !mode.segments.is_empty()) else {
        return vec!["Nothing was measured, so that no map can be named.".to_owned()];
    };
    if group.modes_agree() {
        let mut sentences = words.of_mode(first);
        if let Some(other) = group.modes.get(1) {
            let (a, b) = (placed(first.placement), placed(other.placement));
            sentences.push(format!(
                "These are figures of {a} placement; {b} placement names the same maps, its own \
                 figures stand in the table."
            ));
        }
        return sentences;
    }
    let mut sentences = vec![
        "The placements disagree: which maps are best depends on what moving a cache line \
         between the processors costs."
            .to_owned(),
    ];
    for mode in &group.modes {
        let of_mode = words.of_mode(mode);
        let named = placed(mode.placement);
        sentences.extend(of_mode.into_iter().map(|sentence| format!("{named}: {sentence}")));
    }
    sentences
}

/// What to say of points with more threads than processors; `None` if there are none.
pub fn oversubscribed(advice: &Advice) -> Option<String> {
    let processors = advice.processors.filter(|_| advice.spec.axis == "threads")?;
    let modes = advice.groups.iter().flat_map(|group| &group.modes);
    let points = modes.flat_map(|mode| &mode.segments).flat_map(|segment| &segment.points);
    let beyond = points.copied().any(|x| x > f64::from(processors));
    beyond.then(|| {
        let (them, plural) = if processors == 1 { ("it", "") } else { ("them", "s") };
        format!(
            "More than {processors} thread{plural} is oversubscribed: this machine has \
             {processors} processor{plural}, and threads take turns on {them}. What holds there \
             is no forecast for a machine with more."
        )
    })
}

fn placed(mode: Option<PlacementMode>) -> &'static str {
    mode.map_or("any", mode_name)
}

struct Words<'a> {
    advice: &'a Advice,
    charset: Charset,
}

impl Words<'_> {
    fn of_mode(&self, mode: &ModeAdvice) -> Vec<String> {
        let segments = &mode.segments;
        let each = segments.iter().enumerate().map(|(at, segment)| {
            let stretch = self.stretch(segment, at, segments);
            match &segment.choice {
                Choice::Unresolved { why } => format!("Unresolved {stretch}: {why}."),
                Choice::Use { best, unknown, .. } => {
                    let compared = self.compared(&segment.choice);
                    let unknown = without(unknown);
                    format!("Use `{best}` {stretch}{compared}.{unknown}")
                }
            }
        });
        each.collect()
    }

    /// `up to 12 threads`, `from there to 24 threads`, `from 16 threads on`.
    fn stretch(&self, segment: &Segment, at: usize, all: &[Segment]) -> String {
        let (is_first, is_last) = (at == 0, at + 1 == all.len());
        let spec = &self.advice.spec;
        let on_axis = |x| spell::on_axis(self.shown(x), spec);
        if is_first && is_last {
            return if segment.from < segment.to {
                let low = spell::number(segment.from);
                format!("over the whole range, {low} to {}", on_axis(segment.to))
            } else {
                format!("at {}, the only point that was measured", on_axis(segment.from))
            };
        }
        let end = match segment.end {
            Edge::Crossover { low, high } => format!(
                "{}{}, where the next one crosses it (95 % interval {})",
                if is_first { "up to about " } else { "to about " },
                on_axis(segment.to),
                self.interval(low, high)
            ),
            _ if segment.from >= segment.to => format!("at {}", on_axis(segment.to)),
            _ => format!("{}{}", if is_first { "up to " } else { "to " }, on_axis(segment.to)),
        };
        let begin = match segment.begin {
            Edge::Range => return end,
            Edge::Between { .. } if segment.from >= segment.to => return end,
            Edge::Between { .. } => format!("from {}", on_axis(segment.from)),
            Edge::Crossover { .. } => "from there".to_owned(),
        };
        if is_last {
            format!("{begin} on, to {} where the range ends", on_axis(segment.to))
        } else {
            format!("{begin} {end}")
        }
    }

    /// A value as somebody can set it: whole where the axis counts, below it where maps cross.
    fn shown(&self, x: f64) -> f64 {
        const COUNTED: [&str; 4] = ["threads", "keys", "shards", "value-size"];
        if COUNTED.contains(&self.advice.spec.axis.as_str()) { x.floor() } else { x }
    }

    fn interval(&self, low: f64, high: f64) -> String {
        let (low, high) = (spell::number(two(low)), spell::number(two(high)));
        match self.charset {
            Charset::Utf8 => format!("{low}–{high}"),
            Charset::Ascii => format!("{low} to {high}"),
        }
    }

    /// How the best one compares: ` (1.31× dashmap/v6, 95 % interval 1.25–1.38)`, and who is as good.
    fn compared(&self, choice: &Choice) -> String {
        let mut text = match choice.runner_up() {
            Some(next) => format!(" ({})", self.ratio(next)),
            None => String::new(),
        };
        let good = self.list(choice.standing(Standing::AsGood));
        if !good.is_empty() {
            let margin = self.advice.margin * 100.0;
            let _ = write!(text, "; as good, within {margin:.0} %: {good}");
        }
        let unclear = self.list(choice.standing(Standing::NotToldApart));
        if !unclear.is_empty() {
            let _ = write!(text, "; not told apart from {unclear}");
        }
        if text.is_empty() {
            text.push_str(", the only map that was measured there");
        }
        text
    }

    fn ratio(&self, other: &Compared) -> String {
        let times = times(self.charset);
        let Compared { subject, ratio, low, high, .. } = other;
        let interval = self.factors(*low, *high);
        format!("{ratio:.2}{times} `{subject}`, 95 % interval {interval}")
    }

    fn factors(&self, low: f64, high: f64) -> String {
        match self.charset {
            Charset::Utf8 => format!("{low:.2}–{high:.2}"),
            Charset::Ascii => format!("{low:.2} to {high:.2}"),
        }
    }

    fn list<'c>(&self, others: impl Iterator<Item = &'c Compared>) -> String {
        let times = times(self.charset);
        let others: Vec<String> = others
            .map(|other| {
                let Compared { subject, ratio, low, high, .. } = other;
                let interval = self.factors(*low, *high);
                format!("`{subject}` ({ratio:.2}{times}, {interval})")
            })
            .collect();
        some_of(&others)
    }
}

/// Who is not judged, as a sentence of its own.
fn without(unknown: &[String]) -> String {
    if unknown.is_empty() {
        return String::new();
    }
    let unknown: Vec<String> = unknown.iter().map(|subject| format!("`{subject}`")).collect();
    format!(" Not measured often enough at each of these points: {}.", some_of(&unknown))
}

/// The first few, and how many more.
fn some_of(list: &[String]) -> String {
    match list.len().checked_sub(NAMED) {
        None | Some(0) => list.join(", "),
        Some(more) => format!("{} and {more} more", list[..NAMED].join(", ")),
    }
}

/// The sign of a factor.
pub(super) const fn times(charset: Charset) -> &'static str {
    match charset {
        Charset::Utf8 => "×",
        Charset::Ascii => "x",
    }
}

/// Three digits tell where a border is.
pub(super) fn two(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    let scale = 10_f64.powf(2.0 - x.abs().log10().floor());
    (x * scale).round() / scale
}
