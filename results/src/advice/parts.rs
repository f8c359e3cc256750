//! From points to segments: neighbours are put together until every border is one that evidence
//! from both of its sides holds up. Moves no border off the measured points.

use std::ops::Range;

use super::pairs::Pairs;
use super::segment::{Choice, Compared, Edge, Segment, Standing};
use super::{LEAST_VISITS, MARGIN};

/// Chance, on either side, of taking two equally good maps for a border's. Stricter than an
/// interval's, since a border is looked for all over the range, as a crossover's side is.
pub const BORDER_LEVEL: f64 = 0.01;
/// Chance that an interval leaves out the true ratio.
const ALPHA: f64 = 0.05;

/// A stretch of points and the best map there.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    stretch: Range<usize>,
    leader: Option<usize>,
}

/// The segments from the first measured value to the last.
pub(super) fn segments(pairs: &Pairs) -> Vec<Segment> {
    let count = pairs.xs.len();
    let is_solid = |&at: &usize| pairs.visits(at) >= LEAST_VISITS;
    let Some(first) = (0..count).find(is_solid) else {
        // No point at all has no segment either.
        return (count > 0).then(|| thin(pairs, 0..count)).into_iter().collect();
    };
    let end = (0..count).rfind(is_solid).map_or(count, |last| last + 1);
    let mut segments = Vec::new();
    if first > 0 {
        segments.push(thin(pairs, 0..first));
    }
    segments.extend(parts(pairs, first..end).into_iter().map(|part| resolved(pairs, part)));
    if end < count {
        segments.push(thin(pairs, end..count));
    }
    segments
}

/// Puts neighbours together, those first whose border is the least certain.
fn parts(pairs: &Pairs, solid: Range<usize>) -> Vec<Part> {
    let part = |stretch: Range<usize>| Part { leader: pairs.leader(&stretch), stretch };
    let mut parts: Vec<Part> = solid.map(|at| part(at..at + 1)).collect();
    loop {
        let doubts = parts.windows(2).map(|two| doubt(pairs, &two[0], &two[1])).enumerate();
        // Of equals the first, so that the same points give the same segments.
        let most = doubts.reduce(|most, other| if other.1 > most.1 { other } else { most });
        let Some((at, _)) = most.filter(|(_, doubt)| *doubt > BORDER_LEVEL) else { return parts };
        let merged = part(parts[at].stretch.start..parts[at + 1].stretch.end);
        parts.splice(at..at + 2, [merged]);
    }
}

/// How likely a border is that no map changes at: the p-value of its weaker side, more than one where
/// the two have the same leader, zero where no map was measured on both sides.
fn doubt(pairs: &Pairs, left: &Part, right: &Part) -> f64 {
    const SAME: f64 = 2.0;
    let both = left.stretch.start..right.stretch.end;
    let (Some(a), Some(b)) = (left.leader, right.leader) else {
        let nobody = left.leader.is_none() && right.leader.is_none();
        return if nobody || pairs.leader(&both).is_some() { SAME } else { 0.0 };
    };
    if a == b {
        return SAME;
    }
    if pairs.leader(&both).is_none() {
        return 0.0;
    }
    let side = |faster, slower, stretch: &Range<usize>| {
        if !pairs.is_known(slower, stretch) {
            return 0.0;
        }
        let lead = pairs.compare(faster, slower, stretch).filter(|lead| lead.value > 0.0);
        lead.map_or(1.0, |lead| lead.p_value())
    };
    side(a, b, &left.stretch).max(side(b, a, &right.stretch))
}

fn resolved(pairs: &Pairs, part: Part) -> Segment {
    let Some(best) = part.leader else {
        let why = "no map was measured at each of these points".to_owned();
        return segment(pairs, part.stretch, Choice::Unresolved { why });
    };
    let mut others = Vec::new();
    let mut unknown = Vec::new();
    for other in (0..pairs.subjects.len()).filter(|other| *other != best) {
        let known = pairs.is_known(other, &part.stretch);
        let compared = known.then(|| compared(pairs, best, other, &part.stretch)).flatten();
        match compared {
            Some(compared) => others.push(compared),
            None => unknown.push(pairs.subjects[other].clone()),
        }
    }
    others.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
    let best = pairs.subjects[best].clone();
    segment(pairs, part.stretch, Choice::Use { best, others, unknown })
}

fn compared(pairs: &Pairs, best: usize, other: usize, stretch: &Range<usize>) -> Option<Compared> {
    let lead = pairs.compare(best, other, stretch)?;
    let interval = lead.interval(ALPHA);
    let (low, high) = (interval.low.exp(), interval.high.exp());
    let standing = if high <= 1.0 + MARGIN {
        Standing::AsGood
    } else if low <= 1.0 {
        Standing::NotToldApart
    } else {
        Standing::Slower
    };
    let is_finite = low.is_finite() && high.is_finite();
    is_finite.then(|| Compared {
        subject: pairs.subjects[other].clone(),
        ratio: lead.value.exp(),
        low,
        high,
        standing,
        visits: lead.n,
    })
}

fn thin(pairs: &Pairs, stretch: Range<usize>) -> Segment {
    let most = stretch.clone().map(|at| pairs.visits(at)).max().unwrap_or(0);
    let why = match most {
        1 => "1 visit to a point is".to_owned(),
        _ => format!("{most} visits to a point are"),
    };
    let why = format!("{why} too few to tell maps apart, which takes {LEAST_VISITS}");
    segment(pairs, stretch, Choice::Unresolved { why })
}

fn segment(pairs: &Pairs, stretch: Range<usize>, choice: Choice) -> Segment {
    let xs = &pairs.xs;
    let (first, last) = (stretch.start, stretch.end - 1);
    let between = |below: usize| Edge::Between { low: xs[below], high: xs[below + 1] };
    Segment {
        from: xs[first],
        to: xs[last],
        begin: if first == 0 { Edge::Range } else { between(first - 1) },
        end: if last + 1 == xs.len() { Edge::Range } else { between(last) },
        points: xs[stretch.clone()].to_vec(),
        visits: stretch.map(|at| pairs.visits(at)).sum(),
        choice,
    }
}
