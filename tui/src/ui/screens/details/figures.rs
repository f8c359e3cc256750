//! The figures of one cell in words.

use mapbench_results::histogram::Percentiles;
use mapbench_results::stacks::{self, HotFrame};
use mapbench_results::summary::CellCalibration;
use mapbench_results::units::{Charset, mebibytes, mops, percent, percentile, rate, time};
use mapbench_results::{CellSummary, SummaryRow};

use crate::ui::view::plural;

/// Memory below this is the harness's own. Bytes.
const WORTH_TELLING: f64 = 16_384.0;
/// Functions that are shown.
const HOTTEST: usize = 5;

/// Throughput, in ops and in what they amount to.
pub(super) fn rates(summary: &CellSummary, charset: Charset) -> Vec<(String, String)> {
    let row = summary.row();
    let mut lines = Vec::new();
    if let Some(rate) = row.ops_per_sec_median {
        let interval = row.ops_per_sec_ci95.map_or_else(String::new, |interval| {
            format!(", 95 % interval {} to {}", mops(interval.low), mops(interval.high))
        });
        lines.push(("rate".to_owned(), format!("{} Mops/s{interval}", mops(rate))));
    }
    if let (Some(per_sec), Some(unit)) = (row.units_per_sec_median, &summary.cell().unit) {
        let interval = row.units_per_sec_ci95.map_or_else(String::new, |interval| {
            format!(", 95 % interval {} to {}", rate(interval.low), rate(interval.high))
        });
        let busy = row.busy_ns_per_unit.map_or_else(String::new, |ns| {
            format!("; each takes {} in maps", time(ns.round() as u64, charset))
        });
        let text = format!("{} {}/s{interval}{busy}", rate(per_sec), unit.name);
        lines.push((unit.name.clone(), text));
    }
    lines
}

/// What the harness costs and what its noise is.
pub(super) fn calibration(of: &CellCalibration) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some((floor, share)) = of.floor_ns_per_op.zip(of.floor_share) {
        let text = format!("{floor:.1} ns of each op, {} % of it", percent(share));
        lines.push(("harness", text));
    }
    if let Some(noise) = of.noise {
        let apart = noise.detectable.map_or_else(String::new, |share| {
            format!("; this run can tell {} % apart", percent(share))
        });
        let text = format!(
            "a map was {:.3} times as fast as itself, {:.3} to {:.3}{apart}",
            noise.ratio, noise.interval.low, noise.interval.high
        );
        lines.push(("noise", text));
    }
    lines
}

/// The functions that ran most, if stacks were sampled.
pub(super) fn hottest(summary: &CellSummary) -> Vec<(&'static str, String)> {
    let Some(stacks) = summary.stacks() else { return Vec::new() };
    let all = stacks::samples(stacks).max(1) as f64;
    let line = |(rank, frame): (usize, HotFrame)| {
        let label = if rank == 0 { "hottest" } else { "" };
        let own = percent(frame.own as f64 / all);
        (
            label,
            format!(
                "{own} % {} ({} % with what it calls)",
                frame.function,
                percent(frame.total as f64 / all)
            ),
        )
    };
    stacks::hottest(stacks).into_iter().take(HOTTEST).enumerate().map(line).collect()
}

/// Latencies, then shares beside what was intended, threads and memory.
pub(super) fn latencies_and_shares(
    summary: &CellSummary,
    charset: Charset,
) -> Vec<(String, String)> {
    let row = summary.row();
    let mut lines = Vec::new();
    lines.extend(row.service.map(|all| ("all ops".to_owned(), percentiles(&all, charset))));
    for class in summary.classes() {
        let service = Percentiles::of(&summary.class_histogram(class));
        let line = |service| (plural(class).to_owned(), percentiles(&service, charset));
        lines.extend(service.map(line));
    }
    lines.extend(row.intended.map(|due| ("from due".to_owned(), percentiles(&due, charset))));
    let parts =
        [("shares", shares(summary)), ("threads", threads(row)), ("memory", memory(summary))];
    let said = parts.into_iter().filter(|(_, text)| !text.is_empty());
    lines.extend(said.map(|(label, text)| (label.to_owned(), text)));
    lines
}

fn percentiles(at: &Percentiles, charset: Charset) -> String {
    let figures = [
        ("p50", at.p50),
        ("p90", at.p90),
        ("p99", at.p99),
        ("p99.9", at.p999),
        ("p99.99", at.p9999),
        ("max", at.max),
    ];
    figures.map(|(name, ns)| format!("{name} {}", percentile(ns, charset))).join("  ")
}

/// What was measured beside what the trace intends.
fn shares(summary: &CellSummary) -> String {
    let (row, cell) = (summary.row(), summary.cell());
    let writes = Some(cell.effective_write_share);
    let shares = [
        (row.hit_share, cell.hit_share, "of reads hit"),
        (row.effective_write_share, writes, "of ops changed something"),
        (row.top_key_share, cell.top_key_share, "of ops met the hottest key"),
    ];
    let said = shares.into_iter().filter_map(|(measured, intended, what)| {
        let intended = intended.map_or_else(String::new, |share| format!(" ({})", percent(share)));
        Some(format!("{}{intended} % {what}", percent(measured?)))
    });
    let said: Vec<String> = said.collect();
    let legend = if said.is_empty() { "" } else { " (in brackets: intended)" };
    format!("{}{legend}", said.join(", "))
}

/// What threads did to each other, and how paced actors kept their pace.
fn threads(row: &SummaryRow) -> String {
    let mut said = Vec::new();
    let mut say = |share: Option<f64>, what: &str| {
        if let Some(share) = share.filter(|share| *share > 0.0) {
            said.push(format!("{} % {what}", percent(share)));
        }
    };
    say(row.contended_share, "of updates met a key that another thread wrote last");
    say(row.waiting_share, "of the time spent waiting for other threads' events");
    if let Some(pace) = &row.pace {
        let (offered, achieved) = (rate(pace.offered_per_sec), rate(pace.achieved_per_sec));
        said.push(format!("{achieved} ops/s achieved of {offered} offered"));
    }
    if row.due_events > 0 {
        let late = percent(row.late_share.unwrap_or_default());
        said.push(format!("{late} % of {} due events late", row.due_events));
    }
    if let Some(placement) = &row.placement {
        said.push(format!("placement {}", placement.describe()));
    }
    if let Some(cores) = row.busy_cores {
        said.push(format!("maps keep {cores:.2} processors busy"));
    }
    said.join(", ")
}

fn memory(summary: &CellSummary) -> String {
    let row = summary.row();
    let mut said = Vec::new();
    if let Some(allocations) = row.allocations_per_op {
        said.push(format!("{allocations:.2} allocations per op"));
    }
    if let Some(bytes) = row.bytes_per_entry {
        said.push(format!("{bytes:.0} B per entry"));
    }
    if let Some(held) = row.memory {
        said.extend(held.peak_bytes.map(|peak| format!("{} MiB at most", mebibytes(peak as f64))));
        let back = held.reclaimed_bytes.filter(|bytes| *bytes > WORTH_TELLING);
        said.extend(back.map(|bytes| format!("quiescing gave back {} MiB", mebibytes(bytes))));
    }
    if let Some(rss) = summary.peak_rss_bytes() {
        said.push(format!("{} MiB resident at most", rss >> 20));
    }
    said.join(", ")
}
