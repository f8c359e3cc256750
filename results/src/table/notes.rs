//! The lines below the tables: what their marks and columns mean, for those that are there.

use std::fmt::Write as _;

use crate::summary::{CellSummary, Flag, RunSummary, Status, SummaryRow};
use crate::units::{self, Charset};

/// A flag in a word or two, so that a row stays on its line.
pub(super) fn mark(flag: Flag) -> &'static str {
    match flag {
        Flag::WrongValues => "wrong values",
        Flag::HitShare => "hits off",
        Flag::WriteShare => "writes off",
        Flag::TopKeyShare => "top key off",
        Flag::MapTimes => "map times off",
        Flag::Saturated => "saturated",
        Flag::Behind => "behind",
        Flag::Yielding => "yielding",
        Flag::Noisy => "noisy",
        Flag::NoSteadyState => "no steady state",
        Flag::MixedPlacement => "mixed",
        Flag::UnreadableLatency => "times lost",
    }
}

pub(super) fn footnotes(text: &mut String, summary: &RunSummary, charset: Charset) {
    let rows: Vec<&SummaryRow> = summary.cells().iter().map(CellSummary::row).collect();
    let any = |test: &dyn Fn(&SummaryRow) -> bool| rows.iter().any(|row| test(row));
    let plus_minus = charset.plus_minus();
    let mut note = |note: &str| {
        let _ = writeln!(text, "{note}");
    };
    if any(&|row| row.ops_per_sec_ci95.is_some()) {
        note(&format!(
            "{plus_minus}95%: half the bootstrap interval of the median, over forks and rounds"
        ));
    }
    if any(&|row| row.ops_per_sec_median.is_some() && row.ops_per_sec_ci95.is_none()) {
        note("fewer than three rounds show no spread: measure longer for an interval");
    }
    if any(&|row| row.service.is_some_and(|service| service.p50 < units::CLOCK_BADGE_NS)) {
        note("~: below 100 ns the clock's resolution (about 10 ns) shows; compare throughput");
    }
    if any(&|row| row.busy_cores.is_some()) {
        note("time per map: of the ops that were timed, waits between events left out");
    }
    if any(&|row| row.placement.is_some()) {
        note("placement: near or far, by what it cost to move a cache line between the threads");
    }
    let flagged = |flag: Flag| any(&|row| row.flags.contains(&flag));
    if flagged(Flag::MixedPlacement) {
        note(
            "near or far n%: it changed during the run; figures are of those n% of the rounds, \
             to be compared with the same only",
        );
    }
    if any(&|row| row.status == Status::Ok && row.verified == Some(true)) {
        note("ok: all rounds ran, and the map's final contents were checked");
    }
    if any(&|row| row.status == Status::Ok && row.verified != Some(true)) {
        note("unverified: all rounds ran, but nobody checked the map's final contents");
    }
    if any(&|row| row.status == Status::Partial) {
        note("partial: the run ended before all rounds of the cell did");
    }
    if flagged(Flag::Noisy) {
        note(&format!("noisy: the interval is wider than {plus_minus}5 % of the median"));
    }
    if flagged(Flag::NoSteadyState) {
        note(
            "no steady state: in a fork, throughput per lap stepped in the later half or has a \
             slope; a median over it is of several states",
        );
    }
    let odd: u64 = rows.iter().map(|row| row.disturbance.odd_rounds).sum();
    if odd > 0 {
        note(&format!("odd rounds: {odd} were more than 5 MAD from the median of their cell"));
    }
    if flagged(Flag::WrongValues) {
        note("wrong values: a read answered with another key's value");
    }
    if flagged(Flag::HitShare) {
        note("hits off: the share of hits is more than a point from the scenario's");
    }
    if flagged(Flag::WriteShare) {
        note("writes off: the share of effective writes is more than a point from the scenario's");
    }
    if flagged(Flag::TopKeyShare) {
        note("top key off: the share of the hottest key is more than a point from the scenario's");
    }
    if flagged(Flag::MapTimes) {
        note(
            "map times off: their estimate is over half more than the time there was, because a \
             thread was interrupted in an op that stands for many",
        );
    }
    if flagged(Flag::Saturated) {
        note(
            "saturated: less than 99 % of what was offered was done; times from due to done grow \
             with the length of the run",
        );
    }
    if flagged(Flag::Yielding) {
        note(
            "yielding: threads outnumber processors, so that they slept or gave way until \
             something was due; late awake is part of due to done",
        );
    }
    if flagged(Flag::Behind) {
        note("behind: over 1 % of the due events were not done when their round ended");
    }
    if flagged(Flag::UnreadableLatency) {
        note("times lost: some latencies could not be read from the log");
    }
}
