//! From series to a history: the detector runs over every stretch on one machine between two
//! accepted changes, and what it finds is put together by commit. The chance of a nomination in a
//! history in which nothing changes is that of the whole, not of each series.

use std::collections::BTreeSet;
use std::ops::Range;

use globset::{Glob, GlobMatcher};

use super::build::Built;
use super::detector::{self, HISTORY_LEVEL, LEAST};
use super::{Accepted, ChangePoint, Commits, Confirmation, Event, History, Series, State};

/// Changes of several series whose places are at most this many measured commits apart are one
/// event: a small change is not found to the commit.
const SAME_EVENT: usize = 2;

/// What people made of changes, and what to search.
#[derive(Debug, Clone, Copy, Default)]
pub struct Search<'a> {
    /// The changes that were accepted.
    pub accepted: &'a [Accepted],
    /// What re-runs found, oldest first.
    pub confirmed: &'a [Confirmation],
    /// Whether points of work trees that had changes count like others.
    pub with_dirty: bool,
}

/// Searches the series of a store and joins what people made of what was found.
///
/// A change that was accepted for a commit that is not in the history, or with a glob that does not
/// read, is passed over and said in [`History::left_out`].
pub fn nominate(built: Built, search: Search<'_>) -> History {
    let Built { mut series, commits, mut left_out } = built;
    let accepted = known(search.accepted, &commits, &mut left_out);
    let stretches: Vec<Vec<Stretch>> =
        series.iter().map(|series| stretches(series, &accepted, search.with_dirty)).collect();
    let searched = |stretch: &&Stretch| stretch.points.len() >= 2 * LEAST;
    let tests = stretches.iter().flatten().filter(searched).count().max(1);
    for (series, stretches) in series.iter_mut().zip(&stretches) {
        series.changes = changes(series, stretches, tests, search.confirmed, &commits);
    }
    let events = events(&series);
    History { series, events, left_out, commits }
}

/// An accepted change with its place.
struct Known<'a> {
    accepted: &'a Accepted,
    position: usize,
    cells: Option<GlobMatcher>,
}

fn known<'a>(
    accepted: &'a [Accepted],
    commits: &Commits,
    left_out: &mut Vec<String>,
) -> Vec<Known<'a>> {
    let mut known = Vec::new();
    for accepted in accepted {
        let short = accepted.commit.get(..7).unwrap_or(&accepted.commit);
        let glob = accepted.cell.as_deref().map(Glob::new).transpose();
        match (commits.beginning_with(&accepted.commit), glob) {
            (Some(position), Ok(glob)) => {
                let cells = glob.map(|glob| glob.compile_matcher());
                known.push(Known { accepted, position, cells });
            }
            (None, _) => left_out.push(format!(
                "accepted change {short}: no such commit in this history, or several; it begins no level"
            )),
            (_, Err(error)) => {
                left_out.push(format!("accepted change {short}: its cell is no glob: {error}"));
            }
        }
    }
    known.sort_by_key(|known| known.position);
    known
}

/// Points on one machine between two accepted changes, by position in their series.
struct Stretch<'a> {
    points: Vec<usize>,
    /// The change that was accepted at its first point.
    begun_by: Option<&'a Accepted>,
}

fn stretches<'a>(series: &Series, accepted: &[Known<'a>], with_dirty: bool) -> Vec<Stretch<'a>> {
    let name = series.name.to_string();
    let is_of = |known: &&Known| known.cells.as_ref().is_none_or(|cells| cells.is_match(&name));
    let cuts: Vec<&Known> = accepted.iter().filter(is_of).collect();
    let mut stretches = Vec::new();
    for segment in 0..series.segments.len() {
        let mut points =
            if with_dirty { series.points_of(segment) } else { series.clean_points(segment) };
        let mut begun_by = None;
        for cut in &cuts {
            let is_before = |at: &usize| series.points[*at].position < cut.position;
            let before = points.iter().take_while(|at| is_before(at)).count();
            // A level begins only where there is something on both sides of it.
            if before > 0 && before < points.len() {
                let after = points.split_off(before);
                stretches.push(Stretch { points, begun_by });
                (points, begun_by) = (after, Some(cut.accepted));
            }
        }
        stretches.push(Stretch { points, begun_by });
    }
    stretches
}

fn changes(
    series: &Series,
    stretches: &[Stretch<'_>],
    tests: usize,
    confirmed: &[Confirmation],
    commits: &Commits,
) -> Vec<ChangePoint> {
    let level = HISTORY_LEVEL / tests as f64;
    let name = series.name.to_string();
    let speeds = |points: &[usize]| -> Vec<f64> {
        points.iter().map(|at| series.points[*at].ops_per_sec).collect()
    };
    let mut changes = Vec::new();
    // The last level of the stretch before, on the same machine.
    let mut last_level: Vec<usize> = Vec::new();
    for stretch in stretches {
        let points = &stretch.points;
        let found = detector::find(&speeds(points), level);
        let starts: Vec<usize> = found.iter().map(|found| found.at).collect();
        let levels: Vec<Range<usize>> = detector::levels(points.len(), &starts).collect();
        if let (Some(accepted), Some(&before), Some(&after)) =
            (stretch.begun_by, last_level.last(), points.first())
        {
            let shift = detector::shift(&speeds(&last_level), &speeds(&points[levels[0].clone()]));
            let state = State::Accepted(accepted.clone());
            changes.push(ChangePoint { before, after, shift, p: None, state });
        }
        for (found, sides) in found.iter().zip(levels.windows(2)) {
            let (before, after) = (points[found.at - 1], points[found.at]);
            let [left, right] = [0, 1].map(|side| speeds(&points[sides[side].clone()]));
            let p = Some((found.p * tests as f64).min(1.0));
            let shift = detector::shift(&left, &right);
            let state = state(series, &name, (before, after), confirmed, commits);
            changes.push(ChangePoint { before, after, shift, p, state });
        }
        last_level = levels.last().map(|level| points[level.clone()].to_vec()).unwrap_or_default();
    }
    changes.sort_by_key(|change| (change.after, change.before));
    changes
}

/// What a re-run found of a change between two points. A re-run counts that spans a part of it: with
/// more commits a change is placed anew.
fn state(
    series: &Series,
    name: &str,
    (before, after): (usize, usize),
    confirmed: &[Confirmation],
    commits: &Commits,
) -> State {
    let (from, to) = (series.points[before].position, series.points[after].position);
    let spans = |confirmation: &&Confirmation| {
        let place = |sha: &str| commits.position(sha);
        let span = place(&confirmation.before).zip(place(&confirmation.after));
        confirmation.series == name && span.is_some_and(|(low, high)| low < to && from < high)
    };
    // The last word holds.
    match confirmed.iter().rev().find(spans) {
        Some(found) if found.confirmed => State::Confirmed(found.clone()),
        Some(found) => State::Refuted(found.clone()),
        None => State::Open,
    }
}

/// The changes of all series by commit: the surest first, which takes those near it.
fn events(series: &[Series]) -> Vec<Event> {
    let measured: BTreeSet<usize> =
        series.iter().flat_map(|series| &series.points).map(|point| point.position).collect();
    let measured: Vec<usize> = measured.into_iter().collect();
    let place = |of: (usize, usize)| {
        let series: &Series = &series[of.0];
        let position = series.points[series.changes[of.1].after].position;
        measured.partition_point(|known| *known < position)
    };
    let changes = |at: usize| (0..series[at].changes.len()).map(move |change| (at, change));
    let mut left: Vec<(usize, usize)> = (0..series.len()).flat_map(changes).collect();
    // An accepted change is where somebody said it is.
    let chance = |of: &(usize, usize)| series[of.0].changes[of.1].p.unwrap_or(0.0);
    left.sort_by(|a, b| chance(a).total_cmp(&chance(b)).then(a.cmp(b)));
    let mut events = Vec::new();
    while let Some(&surest) = left.first() {
        let at = place(surest);
        let (mut changes, others): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|of| place(*of).abs_diff(at) <= SAME_EVENT);
        left = others;
        changes.sort_unstable();
        let of = &series[surest.0];
        let point = &of.points[of.changes[surest.1].after];
        events.push(Event {
            commit: point.commit.clone(),
            subject: point.subject.clone(),
            time: point.time.clone(),
            position: point.position,
            changes,
        });
    }
    events.sort_by_key(|event| event.position);
    events
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::history::from_csv;

    /// Two series of 60 commits, `c00` to `c59`, which lose a tenth: the first with `c30`, the other
    /// with a commit that is said.
    fn built(of_other: usize) -> Built {
        let mut table = "commit,time,value,series\n".to_owned();
        for at in 0..60 {
            for (series, from) in [("x", 30), ("y", of_other)] {
                let level = if at < from { 1.0 } else { 0.9 };
                let value = level * (100.0 + (at * 37 % 60) as f64 / 60.0);
                let _ = writeln!(table, "c{at:02},,{value},{series}");
            }
        }
        from_csv("in.csv", table.as_bytes()).unwrap()
    }

    fn accepted(commit: &str, cell: Option<&str>) -> Accepted {
        Accepted {
            commit: commit.to_owned(),
            reason: "safer".to_owned(),
            cell: cell.map(str::to_owned),
            at: None,
            by: None,
        }
    }

    fn states(history: &History) -> Vec<Vec<(usize, &str)>> {
        let series = history.series.iter();
        series
            .map(|series| {
                let changes = series.changes.iter();
                changes.map(|change| (change.after, change.state.name())).collect()
            })
            .collect()
    }

    #[test]
    fn changes_near_each_other_are_one_event_and_others_are_not() {
        let near = nominate(built(32), Search::default());
        assert_eq!(states(&near), [[(30, "open")], [(32, "open")]]);
        assert_eq!(near.events.iter().map(|event| event.changes.len()).collect::<Vec<_>>(), [2]);
        let far = nominate(built(33), Search::default());
        let commits: Vec<&str> = far.events.iter().map(|event| event.commit.as_str()).collect();
        assert_eq!(commits, ["c30", "c33"]);
    }

    #[test]
    fn an_accepted_change_begins_a_level_in_the_series_of_its_glob() {
        let accepted = [accepted("c30", Some("x")), accepted("elsewhere", None)];
        let history = nominate(built(30), Search { accepted: &accepted, ..Search::default() });
        assert_eq!(states(&history), [[(30, "accepted")], [(30, "open")]]);
        let [said] = history.left_out.as_slice() else { panic!("{:?}", history.left_out) };
        assert!(said.contains("elsewh"), "{said}");
    }

    #[test]
    fn a_verdict_counts_where_its_commits_span_the_change_and_the_last_one_holds() {
        let verdict = |before: &str, after: &str, confirmed| Confirmation {
            series: "x".to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            run: "k3x9q2".to_owned(),
            verdict: String::new(),
            confirmed,
            slowdown: 0.0,
            at: String::new(),
        };
        let state = |confirmed: &[Confirmation]| {
            let history = nominate(built(30), Search { confirmed, ..Search::default() });
            assert!(history.series[1].changes[0].state.is_open(), "it is of the other series");
            history.series[0].changes[0].state.name()
        };
        assert_eq!(state(&[verdict("c29", "c30", true)]), "confirmed");
        assert_eq!(state(&[verdict("c20", "c40", false)]), "refuted");
        let both = [verdict("c29", "c30", true), verdict("c28", "c31", false)];
        assert_eq!(state(&both), "refuted");
        for [before, after] in [["c28", "c29"], ["c30", "c31"], ["c29", "gone"]] {
            assert_eq!(state(&[verdict(before, after, true)]), "open", "{before}..{after}");
        }
    }
}
