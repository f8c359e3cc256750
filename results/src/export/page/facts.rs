//! Which run it is, how it was measured, and its fingerprint: names and values in words.

use mapbench_core::event::{Commit, Processor, RunBegin, RunEnd, Sequence, Timing, UiMode};

use super::{Fact, Section, chart};
use crate::compare::Compared;
use crate::export::Run;
use crate::summary::{CellSummary, RunSummary};
use crate::units;

/// Names that a headline lists before it counts.
const MOST_NAMES: usize = 2;

/// What was measured, as a headline: `12 maps on read-heavy, 1 and 2 threads`.
pub(super) fn title(run: Run<'_>) -> String {
    let cells = run.summary.cells();
    let maps = counted(cells.iter().map(|cell| cell.cell().adapter.clone()), "maps", " and ");
    let scenarios = cells.iter().map(|cell| {
        let scenario = &cell.cell().scenario;
        scenario.rsplit('/').next().unwrap_or(scenario).to_owned()
    });
    let scenarios = counted(scenarios, "scenarios", " and ");
    if let Some(sweep) = run.sweep {
        return format!("{maps} on {scenarios}, along {}", sweep.spec.axis);
    }
    let threads: Vec<u32> = each_once(cells.iter().map(|cell| cell.cell().threads));
    let threads = match threads.as_slice() {
        [1] => "1 thread".to_owned(),
        _ => format!("{} threads", listed(&threads)),
    };
    format!("{maps} on {scenarios}, {threads}")
}

fn each_once<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut known = Vec::new();
    for item in items {
        if !known.contains(&item) {
            known.push(item);
        }
    }
    known
}

/// The names, or how many there are.
fn counted(names: impl Iterator<Item = String>, what: &str, between: &str) -> String {
    let names = each_once(names);
    if names.len() > MOST_NAMES { format!("{} {what}", names.len()) } else { names.join(between) }
}

/// `1, 2 and 4`.
fn listed(numbers: &[u32]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
    match numbers.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => numbers.join(""),
    }
}

/// Which run it is.
pub(super) fn of_run(begin: &RunBegin, end: Option<&RunEnd>) -> Vec<Fact> {
    let mut facts =
        vec![Fact::new("run", begin.run_id.clone()), Fact::new("started", moment(&begin.started))];
    facts.extend(end.map(|end| Fact::new("ended", moment(&end.ended))));
    facts.extend(begin.commit.as_ref().map(|commit| Fact::new("commit", brief(commit))));
    facts.push(Fact::new("machine", machine(begin)));
    facts.push(Fact::new("command", command(&begin.command)));
    facts
}

/// Which two runs, or arms of one run, are compared.
pub(super) fn of_compared(compared: &Compared) -> Vec<Fact> {
    let begin = &compared.b.begin;
    let mut facts = Vec::new();
    for (letter, side) in [("A, the reference", &compared.a), ("B, under test", &compared.b)] {
        let commit = side.commit().filter(|_| !side.name.starts_with("commit"));
        let commit = commit.map_or_else(String::new, |commit| format!(", commit {commit}"));
        facts.push(Fact::new(letter, format!("{}{commit}", side.name)));
    }
    facts.push(Fact::new("measured", moment(&begin.started)));
    facts.push(Fact::new("machine", machine(begin)));
    facts
}

/// A time without its fraction of a second: `2026-01-02 03:04:05 UTC`.
fn moment(at: &str) -> String {
    match (at.get(..10), at.get(10..11), at.get(11..19)) {
        (Some(day), Some("T"), Some(time)) if at.ends_with('Z') => format!("{day} {time} UTC"),
        _ => at.to_owned(),
    }
}

fn brief(commit: &Commit) -> String {
    let sha: String = commit.sha.chars().take(12).collect();
    let dirty = if commit.dirty { " with changes" } else { "" };
    format!("{sha}{dirty}: {}", commit.subject)
}

fn machine(begin: &RunBegin) -> String {
    let machine = &begin.machine;
    let processors = if machine.cpus == 1 { "processor" } else { "processors" };
    format!("{}, {} {processors}, {}", machine.cpu, machine.cpus, machine.kernel)
}

/// The command line with the program's name for its path.
fn command(words: &[String]) -> String {
    let spelled = words.iter().enumerate().map(|(at, word)| {
        let name = word.rsplit('/').next().unwrap_or(word);
        let word = if at == 0 { name } else { word };
        let plain = !word.is_empty()
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=,:@+%".contains(c));
        if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    });
    spelled.collect::<Vec<_>>().join(" ")
}

/// The name of the log's file.
pub(super) fn log_name(run: Run<'_>) -> Option<String> {
    Some(run.log?.file_name()?.to_string_lossy().into_owned())
}

/// Who wrote the page.
pub(super) fn program(begin: &RunBegin) -> String {
    format!("mapbench {}", begin.mapbench_version)
}

/// How it was measured.
pub(super) fn method(summary: &RunSummary) -> Vec<Fact> {
    let begin = summary.begin();
    let order = match begin.order {
        Sequence::Interleaved => {
            "rounds of all maps interleave in shuffled blocks, so that what drifts meets all alike"
        }
        Sequence::Block => {
            "all rounds of a map, then all of the next: what drifts looks like a difference"
        }
        Sequence::Soak => "one map at a time without a pause: what drifts looks like a difference",
    };
    let timing = match begin.timing {
        Timing::Sampled => "one op in 64, jittered; ops of rare classes one by one",
        Timing::Every => "every op, which hides fast maps behind the clock",
        Timing::None => "none",
    };
    let ui = match begin.ui {
        UiMode::None => "none",
        UiMode::BetweenRounds => "drew only while no round ran",
        UiMode::Live => "drew on a processor of its own",
    };
    let mut facts = vec![
        Fact::new(
            "rounds",
            format!(
                "{} of {} in each of {} processes (forks), each after {} of warming up",
                begin.rounds,
                chart::time(begin.round_ns),
                begin.forks,
                chart::time(begin.warm_ns)
            ),
        ),
        Fact::new("order", order),
        Fact::new("timed ops", timing),
        Fact::new("user interface", ui),
        Fact::new("seed", begin.seed.to_string()),
    ];
    facts.extend(placements(summary));
    facts
}

/// The shares of placement modes over all cells.
fn placements(summary: &RunSummary) -> Option<Fact> {
    let shares: Vec<_> = summary.cells().iter().filter_map(CellSummary::placement).collect();
    let count = shares.len() as f64;
    let mean = |share: fn(&crate::summary::PlacementShares) -> f64| {
        let sum: f64 = shares.iter().map(share).sum();
        units::percent(sum / count)
    };
    (!shares.is_empty()).then(|| {
        Fact::new(
            "placement",
            format!(
                "of the rounds with several threads {} % ran near, {} % far, and {} % straddled a \
                 flip and were dropped",
                mean(|of| of.near),
                mean(|of| of.far),
                mean(|of| of.mixed)
            ),
        )
    })
}

/// The three parts of the fingerprint.
pub(super) fn fingerprint(begin: &RunBegin) -> Vec<Section> {
    vec![
        Section {
            name: "Machine",
            about: "must match for two runs to be compared",
            facts: machine_facts(begin),
        },
        Section { name: "Protocol", about: "must match too", facts: protocol_facts(begin) },
        Section {
            name: "Subject",
            about: "may differ: it is what is compared",
            facts: subject_facts(begin),
        },
    ]
}

fn machine_facts(begin: &RunBegin) -> Vec<Fact> {
    let machine = &begin.machine;
    let optional = |name: &str, value: Option<String>| value.map(|value| Fact::new(name, value));
    let mut facts = vec![
        Fact::new("processor", machine.cpu.clone()),
        Fact::new("processors", machine.cpus.to_string()),
        Fact::new("kernel", machine.kernel.clone()),
        Fact::new("clock source", machine.clock_source.clone()),
        Fact::new("huge pages", machine.huge_pages.clone()),
        Fact::new("memory", format!("{} MiB", units::mebibytes(machine.memory_bytes as f64))),
    ];
    let seat = |at: &Processor| format!("{}: core {}.{}", at.cpu, at.package, at.core);
    let topology: Vec<String> = machine.processors.iter().map(seat).collect();
    let more = [
        optional("microcode", machine.microcode.clone()),
        optional("hypervisor", machine.hypervisor.clone()),
        optional("governor", machine.governor.clone()),
        optional("tick counter", machine.tsc_hz.map(|hz| format!("{:.1} MHz", hz as f64 / 1e6))),
        optional("address randomisation", machine.aslr.clone()),
        optional("turbo", machine.turbo.map(|on| if on { "on" } else { "off" }.to_owned())),
        optional("processor quota", machine.cpu_quota.map(|quota| quota.to_string())),
        optional("topology", Some(topology.join(", ")).filter(|seats| !seats.is_empty())),
    ];
    facts.extend(more.into_iter().flatten());
    facts
}

fn protocol_facts(begin: &RunBegin) -> Vec<Fact> {
    let mut traces = each_once(begin.cells.iter().map(|cell| cell.trace_hash.clone()));
    let more = traces.len().saturating_sub(6);
    traces.truncate(6);
    if more > 0 {
        traces.push(format!("and {more} more"));
    }
    let mut facts = vec![
        Fact::new("mapbench", begin.mapbench_version.clone()),
        Fact::new("round", format!("{} ns", begin.round_ns)),
        Fact::new("warming up", format!("{} ns", begin.warm_ns)),
    ];
    if !traces.is_empty() {
        facts.push(Fact::new("traces", traces.join(", ")));
    }
    facts
}

fn subject_facts(begin: &RunBegin) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(commit) = &begin.commit {
        let dirty = if commit.dirty { ", with changes" } else { "" };
        facts.push(Fact::new("commit", format!("{}{dirty}", commit.sha)));
        facts.push(Fact::new("committed", commit.time.clone()));
    }
    if let Some(subject) = &begin.subject {
        facts.push(Fact::new("compiler", subject.rustc.clone()));
        facts.push(Fact::new("target", subject.target.clone()));
        facts.push(Fact::new("profile", subject.profile.clone()));
        let flags = [("target features", &subject.target_features), ("flags", &subject.rustflags)];
        let given = flags.into_iter().filter(|(_, flags)| !flags.is_empty());
        facts.extend(given.map(|(name, flags)| Fact::new(name, flags.join(" "))));
        let hashes = [("program", &subject.program_hash), ("Cargo.lock", &subject.lock_hash)];
        let known =
            hashes.into_iter().filter_map(|(name, hash)| Some(Fact::new(name, hash.clone()?)));
        facts.extend(known);
    }
    facts.push(Fact::new("allocator", begin.machine.allocator.clone()));
    let versions = each_once(begin.cells.iter().map(|cell| cell.adapter_version.clone()));
    if !versions.is_empty() {
        facts.push(Fact::new("maps", versions.join(", ")));
    }
    facts
}
