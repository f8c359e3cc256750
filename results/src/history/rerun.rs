//! Which two commits settle an event, and what their comparison says of each series in it. Plans and
//! reads; builds and measures nothing.

use super::{ChangePoint, Confirmation, Event, History, Series, SeriesName, Shift};
use crate::compare::{Compared, ComparedCell};
use crate::gate::{Judgement, Verdict};
use crate::label;
use crate::units::Charset;

/// The re-run that settles the open nominations of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Rerun {
    /// Full hash of the last commit before all of them.
    pub before: String,
    /// Full hash of the first commit after all of them.
    pub after: String,
    /// What is asked, in the order of the series.
    pub questions: Vec<Question>,
}

/// What a re-run is to settle of one series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its position in [`History::series`].
    pub series: usize,
    /// What it is of.
    pub name: SeriesName,
    /// Whether it was nominated as slower.
    pub is_slower: bool,
}

/// What a re-run says of one series.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It is there, or it is not.
    Settled(Confirmation),
    /// Neither can be said: the nomination stays open. Why, as a sentence.
    Open(String),
}

/// The re-runs that settle what is open in the series at these positions, the oldest first. `around`
/// is how many measured commits further out they are compared: a small change is not always placed to
/// the commit.
pub fn reruns(history: &History, positions: &[usize], around: usize) -> Vec<Rerun> {
    history.events.iter().filter_map(|event| rerun(history, event, positions, around)).collect()
}

fn rerun(history: &History, event: &Event, positions: &[usize], around: usize) -> Option<Rerun> {
    let chosen = event.changes.iter().filter(|(series, _)| positions.contains(series));
    let open: Vec<(usize, &Series, &ChangePoint)> = chosen
        .map(|&(at, change)| (at, &history.series[at], &history.series[at].changes[change]))
        .filter(|(.., change)| change.state.is_open())
        .collect();
    // The series of an event have their changes near each other, and both commits are to lie outside
    // of them all.
    let ends = open.iter().map(|(_, series, change)| ends(series, change, around));
    let before = ends.clone().map(|(before, _)| before).min_by_key(|(position, _)| *position)?.1;
    let after = ends.map(|(_, after)| after).max_by_key(|(position, _)| *position)?.1;
    let question = |(at, series, change): &(usize, &Series, &ChangePoint)| Question {
        series: *at,
        name: series.name.clone(),
        is_slower: change.shift.is_some_and(Shift::is_slowdown),
    };
    let questions = open.iter().map(question).collect();
    Some(Rerun { before: before.to_owned(), after: after.to_owned(), questions })
}

/// A commit with its place in the history.
type Place<'h> = (usize, &'h str);

/// The commits before and after a change, so many measured ones further out on the same machine.
fn ends<'h>(series: &'h Series, change: &ChangePoint, around: usize) -> (Place<'h>, Place<'h>) {
    let clean = series.clean_points(series.points[change.after].segment);
    let before = clean.iter().rev().filter(|at| **at < change.before).take(around).last();
    let after = clean.iter().filter(|at| **at > change.after).take(around).last();
    let place = |at: usize| (series.points[at].position, series.points[at].commit.as_str());
    (place(*before.unwrap_or(&change.before)), place(*after.unwrap_or(&change.after)))
}

impl Rerun {
    /// What the comparison of the two commits says of each series, in the order of the questions. `at`
    /// is when, RFC 3339.
    pub fn answers(&self, compared: &Compared, at: &str) -> Vec<Answer> {
        let run = &compared.b.begin.run_id;
        let answer = |question: &Question| {
            let Some(cell) = compared.cells.iter().find(|cell| is_of(cell, &question.name)) else {
                return Answer::Open(format!("run {run} has no figures of it"));
            };
            let judged = &cell.judgement;
            let Some(confirmed) = is_there(judged, question.is_slower) else {
                return Answer::Open(format!("run {run}: {}", judged.verdict.describe()));
            };
            Answer::Settled(Confirmation {
                series: question.name.to_string(),
                before: self.before.clone(),
                after: self.after.clone(),
                run: run.clone(),
                verdict: judged.verdict.describe(),
                confirmed,
                slowdown: judged.slowdown,
                at: at.to_owned(),
            })
        };
        self.questions.iter().map(answer).collect()
    }
}

/// Whether a nominated change is there: it is if a difference to its side was detected, and is not if
/// a difference of δ to its side is out of the question. `None` where neither can be said, and of
/// what something disturbed.
fn is_there(judged: &Judgement, is_slower: bool) -> Option<bool> {
    if matches!(judged.verdict, Verdict::Noisy(_)) {
        return None;
    }
    if judged.detected && (judged.slowdown > 0.0) == is_slower {
        return Some(true);
    }
    // The gate asks for slowdowns only: its "same" does not say that B is not faster.
    let is_within = if is_slower {
        judged.verdict == Verdict::Same
    } else {
        1.0 / (1.0 + judged.interval.low) - 1.0 < judged.delta
    };
    is_within.then_some(false)
}

fn is_of(compared: &ComparedCell, name: &SeriesName) -> bool {
    let cell = &compared.cell;
    let (setting, adapter) = (label::setting(cell, Charset::Utf8), label::adapter(cell));
    SeriesName::new(setting, adapter, compared.mode) == *name
}

#[cfg(test)]
mod tests {
    use mapbench_core::event::{Cell, Commit, RunBegin};
    use serde_json::json;

    use super::*;
    use crate::compare::{Basis, Design, Side};
    use crate::history::{Built, Commits, ConfirmedFile, Point, Search, Segment, State, nominate};
    use crate::stats::{Interval, Looks};

    /// Levels before and after, by adapter: one change, in all of them at the same commit but one.
    const LEVELS: [(&str, f64, usize); 4] =
        [("sharded", 0.9, 30), ("single", 0.9, 31), ("flat", 1.1, 30), ("quiet", 1.0, 30)];

    fn cell(adapter: &str) -> Cell {
        serde_json::from_value(json!({
            "id": 0, "scenario": "curated/read-heavy", "adapter": adapter,
            "adapter_version": "1.0.0", "scan": "weak", "hasher": "foldhash", "key": "u64",
            "value": "word", "threads": 1, "trace_hash": "00112233aabbccdd", "one_shot": false,
            "hit_share": 0.9, "effective_write_share": 0.05, "tuning": {},
        }))
        .unwrap()
    }

    fn begin(run: &str) -> Box<RunBegin> {
        let begin = json!({
            "schema_version": 1, "run_id": run, "started": "2026-01-01T00:00:00Z", "command": [],
            "mapbench_version": "0.1.0", "seed": 1, "forks": 1, "rounds": 3, "round_ns": 1,
            "warm_ns": 0, "timing": "none", "ui": "none", "cells": [], "skipped": [],
            "commit": null,
            "machine": {
                "cpu": "A processor", "cpus": 2, "kernel": "Linux", "clock_source": "tsc",
                "hypervisor": null, "huge_pages": "madvise", "governor": null, "memory_bytes": 1,
                "allocator": "system",
            },
        });
        serde_json::from_value(begin).unwrap()
    }

    fn sha(at: usize) -> String {
        format!("{at:040}")
    }

    fn built() -> Built {
        let commit = |at| Commit {
            sha: sha(at),
            parent: None,
            dirty: false,
            subject: String::new(),
            time: String::new(),
        };
        let point = |at: usize, ratio: f64, from: usize| {
            let level = if at < from { 1e7 } else { 1e7 * ratio };
            let noise = (at * 37 % 60) as f64 / 60.0 * 0.01;
            Point {
                commit: sha(at),
                subject: String::new(),
                time: String::new(),
                position: at,
                segment: 0,
                ops_per_sec: level * (1.0 + noise),
                interval: None,
                runs: Vec::new(),
                dirty: false,
            }
        };
        let series = LEVELS.map(|(adapter, ratio, from)| {
            let setting = label::setting(&cell(adapter), Charset::Utf8);
            Series {
                name: SeriesName::new(setting, adapter.to_owned(), None),
                points: (0..60).map(|at| point(at, ratio, from)).collect(),
                segments: vec![Segment { machine: String::new(), differs: Vec::new() }],
                changes: Vec::new(),
            }
        });
        Built {
            series: series.to_vec(),
            commits: Commits::in_order((0..60).map(commit).collect()),
            left_out: Vec::new(),
        }
    }

    fn judgement(verdict: Verdict, detected: bool, slowdown: f64) -> Judgement {
        let interval = Interval { low: slowdown - 0.005, high: slowdown + 0.005 };
        Judgement { verdict, detected, slowdown, interval, delta: 0.02, p: 0.001 }
    }

    /// A comparison that was measured elsewhere, as far as anything reads it here.
    fn compared(run: &str, judged: &[(&str, Judgement)]) -> Compared {
        let cell = |(adapter, judgement): &(&str, Judgement)| ComparedCell {
            cell: cell(adapter),
            mode: None,
            a_ops_per_sec: 1e7,
            b_ops_per_sec: 1e7,
            n: 100,
            forks: 5,
            dropped: 0,
            basis: Basis::ForksOfQuads,
            floor: Some(0.001),
            judgement: judgement.clone(),
        };
        let side = |name: &str| Side { name: name.to_owned(), begin: begin(run) };
        Compared {
            design: Design::Paired,
            a: side("A"),
            b: side("B"),
            treatment: Vec::new(),
            cells: judged.iter().map(cell).collect(),
            harness: Vec::new(),
            left_out: Vec::new(),
            looks: Looks::One,
            equal_runs: 0,
        }
    }

    #[test]
    fn what_a_rerun_found_is_kept_and_settles_what_it_was_asked() {
        let store = tempfile::tempdir().unwrap();
        let all = [0, 1, 2, 3];
        let open = nominate(built(), Search::default());
        let planned = reruns(&open, &all, 0);
        let [rerun] = planned.as_slice() else { panic!("one event: {planned:?}") };
        assert_eq!((&rerun.before, &rerun.after), (&sha(29), &sha(31)), "outside of both places");
        let asked: Vec<(usize, bool)> =
            rerun.questions.iter().map(|question| (question.series, question.is_slower)).collect();
        assert_eq!(asked, [(0, true), (1, true), (2, false)]);

        let found = compared(
            "k3x9q2",
            &[
                ("sharded", judgement(Verdict::Fail, true, 0.11)),
                ("single", judgement(Verdict::Same, false, 0.001)),
                // "Same" of the gate is "not slower", which a speed-up is too.
                ("flat", judgement(Verdict::Same, true, -0.09)),
            ],
        );
        let answers = rerun.answers(&found, "2026-01-02T03:04:05Z").into_iter();
        let settled = answers.filter_map(|answer| match answer {
            Answer::Settled(found) => Some(found),
            Answer::Open(_) => None,
        });
        ConfirmedFile::read(store.path()).unwrap().add(settled).unwrap();

        let kept = ConfirmedFile::read(store.path()).unwrap();
        let settled = nominate(built(), Search { confirmed: kept.entries(), ..Search::default() });
        let states: Vec<&str> =
            settled.series.iter().flat_map(|of| &of.changes).map(|of| of.state.name()).collect();
        assert_eq!(states, ["confirmed", "refuted", "confirmed"]);
        let State::Confirmed(first) = &settled.series[0].changes[0].state else { panic!() };
        assert_eq!((first.run.as_str(), first.verdict.as_str()), ("k3x9q2", "FAIL"));
        assert!(reruns(&settled, &all, 0).is_empty(), "nothing is left to ask");
    }

    #[test]
    fn what_a_rerun_cannot_say_stays_open() {
        let history = nominate(built(), Search::default());
        let rerun = reruns(&history, &[0, 2], 0).remove(0);
        let noisy = Verdict::Noisy(Vec::new());
        for judged in [
            vec![],
            vec![("sharded", judgement(Verdict::Inconclusive, false, 0.02))],
            vec![("sharded", judgement(noisy, true, 0.11))],
            // Detected, and to the other side than nominated.
            vec![("flat", judgement(Verdict::Fail, true, 0.05))],
            // Not detected, and a speed-up of 3 % is not out of the question.
            vec![("flat", judgement(Verdict::Same, false, -0.028))],
        ] {
            let answers = rerun.answers(&compared("k3x9q2", &judged), "");
            let is_flat_slower = judged.first().is_some_and(|(_, of)| of.verdict == Verdict::Fail);
            let is_open =
                |answer: &Answer| matches!(answer, Answer::Open(why) if why.contains("k3x9q2"));
            let open = answers.iter().filter(|answer| is_open(answer)).count();
            // What is slower for sure is no speed-up.
            assert_eq!(open, if is_flat_slower { 1 } else { 2 }, "{judged:?}: {answers:?}");
        }
    }

    #[test]
    fn commits_further_out_stay_within_the_series_and_a_choice_within_what_was_chosen() {
        let history = nominate(built(), Search::default());
        let planned = |positions: &[usize], around| {
            let rerun = reruns(&history, positions, around).remove(0);
            (rerun.before, rerun.after, rerun.questions.len())
        };
        assert_eq!(planned(&[0], 0), (sha(29), sha(30), 1));
        assert_eq!(planned(&[0], 2), (sha(27), sha(32), 1));
        assert_eq!(planned(&[0, 1, 2, 3], 1000), (sha(0), sha(59), 3));
        assert!(reruns(&history, &[3], 0).is_empty());
    }
}
