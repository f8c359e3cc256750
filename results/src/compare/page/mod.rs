//! The page of a comparison for a terminal: what was held against what and how, what differs by
//! intention, a line per cell, and what it all comes to, with what to do where it says nothing.
//! Computes no figure.

use std::fmt::Write as _;

use super::{Basis, Compared, ComparedCell, Design, HarnessShift, Overall};
use crate::gate::{FLOORS_PER_DELTA, LEAST_DELTA, Verdict};
use crate::label;
use crate::stats::Interval;
use crate::summary::mode_name;
use crate::table::grid;
use crate::units::{self, Charset};

use super::LEAST_STORED_DELTA;

pub mod across;

/// Spells a comparison for so many columns.
pub fn render(compared: &Compared, columns: usize, charset: Charset) -> String {
    let mut above = String::new();
    sides(&mut above, compared);
    method(&mut above, compared, charset);
    differences(&mut above, compared);
    let mut text = wrapped(&above, columns);
    cells(&mut text, compared, columns, charset);
    let mut below = String::new();
    notes(&mut below, compared, charset);
    let _ = writeln!(below, "\n{}", sentence(compared, charset));
    text.push_str(&wrapped(&below, columns));
    text
}

/// Breaks lines that are too long between words; what goes on is indented.
pub(super) fn wrapped(text: &str, columns: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let words = line.trim_start();
        let lead = line.len() - words.len();
        let _ = write!(out, "{}", " ".repeat(lead));
        let mut width = lead;
        for (at, word) in words.split(' ').enumerate() {
            let long = word.chars().count();
            if at > 0 && width + 1 + long > columns {
                let _ = write!(out, "\n{}", " ".repeat(lead + 2));
                width = lead + 2;
            } else if at > 0 {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += long;
        }
        out.push('\n');
    }
    out
}

fn sides(text: &mut String, compared: &Compared) {
    for (letter, side) in [("A", &compared.a), ("B", &compared.b)] {
        let commit = match (compared.design, side.commit()) {
            (Design::Stored, Some(commit)) => format!(", commit {commit}"),
            _ => String::new(),
        };
        let _ = writeln!(text, "{letter}  {}{commit}", side.name);
    }
}

/// How it was measured, and above which slowdown a cell fails.
pub(crate) fn method(text: &mut String, compared: &Compared, charset: Charset) {
    let least = match compared.design {
        Design::Paired => LEAST_DELTA,
        Design::Stored => LEAST_STORED_DELTA,
    };
    let forks = compared.cells.iter().map(|cell| cell.forks).max().unwrap_or(0);
    let s = if forks == 1 { "" } else { "s" };
    let _ = match compared.design {
        Design::Paired => {
            let looks = match compared.looks.count() {
                1 => "one look at the end".to_owned(),
                looks => format!("{looks} looks settled beforehand"),
            };
            writeln!(text, "\nboth in one session, in quads ABBA or BAAB; {forks} fork{s}, {looks}")
        }
        Design::Stored => {
            let equal = match compared.equal_runs {
                0 => "no two runs of one program in the store say what runs differ by".to_owned(),
                1 => "1 pair of runs of one program says what runs differ by".to_owned(),
                pairs => format!("{pairs} pairs of runs of one program say what runs differ by"),
            };
            writeln!(text, "\ntwo runs, one after the other; {forks} fork{s}; {equal}")
        }
    };
    let times = if charset == Charset::Ascii { "x" } else { "×" };
    let _ = writeln!(
        text,
        "a cell fails if it is surely slower, and by more than {} % or {FLOORS_PER_DELTA:.0} {times} \
         what equal things differ by:",
        percent(least)
    );
    for line in deltas(compared) {
        let _ = writeln!(text, "  {line}");
    }
}

/// What fails, by threads and placement mode.
fn deltas(compared: &Compared) -> Vec<String> {
    let mut known = Vec::new();
    let mut lines = Vec::new();
    for cell in &compared.cells {
        let key = (cell.cell.threads, cell.mode);
        if known.contains(&key) {
            continue;
        }
        known.push(key);
        let threads = if key.0 == 1 { "1 thread".to_owned() } else { format!("{} threads", key.0) };
        let mode = key.1.map_or(String::new(), |mode| format!(", {}", mode_name(mode)));
        let delta = percent(cell.judgement.delta);
        let floor = match (cell.floor, compared.design) {
            (Some(floor), Design::Paired) => {
                format!("A against itself is within {} %", percent(floor))
            }
            (Some(floor), Design::Stored) => format!("equal runs are within {} %", percent(floor)),
            (None, _) => "what equal things differ by was not measured".to_owned(),
        };
        lines.push(format!("{threads}{mode}: {delta} % ({floor})"));
    }
    lines
}

fn differences(text: &mut String, compared: &Compared) {
    if compared.treatment.is_empty() {
        text.push_str("\nwhat differs: nothing that the logs know of\n");
        return;
    }
    text.push_str("\nwhat differs:\n");
    for of in &compared.treatment {
        let _ = writeln!(text, "  {}: {} -> {}", of.field, brief(&of.a), brief(&of.b));
    }
}

/// The first digits of a commit or of the hash of a file; anything else as it is.
fn brief(value: &str) -> &str {
    let is_hash = value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match value.len() {
        40 if is_hash => &value[..12],
        16 if is_hash => &value[..8],
        _ => value,
    }
}

/// A table per setting.
fn cells(text: &mut String, compared: &Compared, columns: usize, charset: Charset) {
    let mut rest: Vec<&ComparedCell> = compared.cells.iter().collect();
    while let Some(first) = rest.first() {
        let heading = label::setting(&first.cell, charset);
        let (group, others): (Vec<&ComparedCell>, Vec<&ComparedCell>) =
            rest.into_iter().partition(|cell| label::setting(&cell.cell, charset) == heading);
        rest = others;
        let _ = writeln!(text, "\n{heading}\n{}", table(&group, columns, charset).trim_end());
    }
    if !compared.cells.is_empty() {
        text.push_str(
            "\nslower by: what B takes longer than A, of A's time; below 0 it is faster\n",
        );
    }
}

/// The widest table that fits; the narrowest if none does.
fn table(group: &[&ComparedCell], columns: usize, charset: Charset) -> String {
    let placed = group.iter().any(|cell| cell.mode.is_some());
    let mut drawn = String::new();
    for with_rates in [true, false] {
        let mut header = vec!["adapter"];
        header.extend(placed.then_some("mode"));
        header.extend(if with_rates { &["A Mops/s", "B Mops/s"][..] } else { &[] });
        header.extend(["slower by", "interval", "verdict"]);
        let rows = group.iter().map(|cell| fields(cell, placed, with_rates, charset)).collect();
        drawn = grid(&header, rows, charset);
        if drawn.lines().all(|line| line.chars().count() <= columns) {
            break;
        }
    }
    drawn
}

fn fields(cell: &ComparedCell, placed: bool, rates: bool, charset: Charset) -> Vec<String> {
    let mut fields = vec![label::adapter(&cell.cell)];
    let mode =
        || cell.mode.map_or_else(|| charset.absent().to_owned(), |m| mode_name(m).to_owned());
    fields.extend(placed.then(mode));
    if rates {
        fields.push(units::mops(cell.a_ops_per_sec));
        fields.push(units::mops_like(cell.b_ops_per_sec, cell.a_ops_per_sec));
    }
    fields.push(format!("{} %", signed(cell.judgement.slowdown)));
    fields.push(interval(cell.judgement.interval, charset));
    fields.push(verdict(cell));
    fields
}

/// The verdict in words; a difference that is sure and does not fail is told too.
pub fn verdict(cell: &ComparedCell) -> String {
    let judgement = &cell.judgement;
    let name = judgement.verdict.name();
    match judgement.verdict {
        Verdict::Same | Verdict::Inconclusive if judgement.detected => {
            let way = if judgement.slowdown > 0.0 { "slower" } else { "faster" };
            format!("{name}, {way}")
        }
        _ => name.to_owned(),
    }
}

/// Both ends in percent; absent where one of them is at infinity.
pub fn interval(interval: Interval, charset: Charset) -> String {
    if !interval.high.is_finite() {
        return charset.absent().to_owned();
    }
    format!("[{} to {}]", signed(interval.low), signed(interval.high))
}

/// A share in percent with its sign, one decimal; two below one percent.
pub fn signed(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent.abs() < 0.995 { 2 } else { 1 };
    format!("{percent:+.decimals$}")
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

/// What the figures are of, what disturbed them, the harness, and what is not in them.
fn notes(text: &mut String, compared: &Compared, charset: Charset) {
    let mut bases: Vec<Basis> = compared.cells.iter().map(|cell| cell.basis).collect();
    bases.sort_unstable();
    bases.dedup();
    for basis in bases {
        let of = compared.cells.iter().filter(|cell| cell.basis == basis).count();
        let cells = if of == compared.cells.len() { String::new() } else { format!(" of {of}") };
        let _ = writeln!(text, "intervals{cells}: {}", basis.describe());
    }
    let dropped: usize = compared.cells.iter().map(|cell| cell.dropped).sum();
    if dropped > 0 {
        let _ = writeln!(text, "dropped: {dropped} quads in which a thread was preempted");
    }
    for cell in &compared.cells {
        if let Verdict::Noisy(_) = cell.judgement.verdict {
            let (adapter, setting) =
                (label::adapter(&cell.cell), label::setting(&cell.cell, charset));
            let _ = writeln!(text, "{adapter}, {setting}: {}", cell.judgement.verdict.describe());
        }
    }
    for shift in &compared.harness {
        let _ = writeln!(text, "{}", harness(shift));
    }
    if !compared.left_out.is_empty() {
        text.push_str("\nleft out:\n");
        for left in &compared.left_out {
            let _ = writeln!(text, "  {}: {}", left.cell, left.reason);
        }
    }
}

/// What the harness itself did.
pub fn harness(shift: &HarnessShift) -> String {
    let mode = shift.mode.map_or(String::new(), |mode| format!(", {}", mode_name(mode)));
    let slowdown = shift.judgement.slowdown;
    let way = if slowdown < 0.0 { "faster" } else { "slower" };
    let by = format!(
        "the map that keeps nothing is {way} by {:.1} % in {}{mode}",
        100.0 * slowdown.abs(),
        shift.setting
    );
    let of_cell = format!("that is {} % of the time of {}", signed(shift.share), shift.adapter);
    if shift.is_change() {
        format!("harness changed: {by}; {of_cell}, so part of its difference is the harness's")
    } else if shift.judgement.detected && !shift.adapter.is_empty() {
        format!("harness hardly changed: {by}; {of_cell}, too little to matter")
    } else {
        format!("no change of the harness was detected: {by}, within its noise")
    }
}

/// What it all comes to, and what to do where it says nothing.
pub fn sentence(compared: &Compared, charset: Charset) -> String {
    let delta = if charset == Charset::Ascii { "delta" } else { "δ" };
    let count = |wanted: fn(&Verdict) -> bool| {
        compared.cells.iter().filter(|cell| wanted(&cell.judgement.verdict)).count()
    };
    let of = compared.cells.len();
    let failed = count(|verdict| *verdict == Verdict::Fail);
    let open = count(|verdict| !matches!(verdict, Verdict::Fail | Verdict::Same));
    let overall = compared.overall();
    let open_too = if open > 0 { format!(", {open} more cannot be told") } else { String::new() };
    match overall {
        Overall::Regression => format!("{}: {failed} of {of} fail{open_too}", overall.name()),
        Overall::Same => format!("{}: none of {of} is slower by {delta}", overall.name()),
        Overall::Inconclusive if of == 0 => {
            format!("{}: nothing could be compared", overall.name())
        }
        Overall::Inconclusive => {
            format!("{}: {open} of {of} cannot be told; {}", overall.name(), advice(compared))
        }
    }
}

/// What would make it conclusive.
fn advice(compared: &Compared) -> &'static str {
    let noisy = |cell: &ComparedCell| matches!(cell.judgement.verdict, Verdict::Noisy(_));
    let unknown = |cell: &ComparedCell| cell.basis == Basis::Nothing;
    if compared.cells.iter().any(noisy) {
        "something disturbed them: run again on a quiet machine (`mapbench doctor` says what to \
         change)"
    } else if compared.cells.iter().any(unknown) {
        "one fork does not say what processes differ by: measure both with --forks 3 or more"
    } else if compared.design == Design::Stored {
        "measure both with more forks (--forks 5), or side by side: `mapbench compare commit:A \
         commit:B`"
    } else {
        "measure for longer (-d) or with more forks (--forks)"
    }
}
