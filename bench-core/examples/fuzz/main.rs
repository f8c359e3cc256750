//! Feeds mutated inputs to every parser of the crate: none may panic, accept what cannot be replayed,
//! refuse without naming the file, or take unbounded memory. Needs no nightly toolchain; the same
//! seed and number of inputs give the same inputs on any number of threads.
//!
//! ```text
//! cargo run --release -p mapbench-core --example fuzz -- [--inputs N] [--seconds S] [--threads T] [--seed X] [--parser NAME]
//! cargo run --release -p mapbench-core --example fuzz -- --parser NAME FILE…     # replay what was found
//! ```

mod allocator;
mod mbt;
mod mutate;
mod parsers;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use mapbench_core::driver::clock::monotonic_ns;

use mutate::Mutator;
use parsers::{PARSERS, Parser};

#[global_allocator]
static ALLOCATOR: allocator::Watching = allocator::Watching;

struct Args {
    inputs: u64,
    seconds: u64,
    threads: u64,
    seed: u64,
    parser: Option<String>,
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let args = match args() {
        Ok(args) => args,
        Err(what) => {
            eprintln!("{what}");
            return ExitCode::from(2);
        }
    };
    // Panics are caught and reported with the input that caused them.
    std::panic::set_hook(Box::new(|_| {}));
    if let Err(what) = finds_planted_faults() {
        eprintln!("this program would not find {what}; its counts would mean nothing");
        return ExitCode::FAILURE;
    }
    if args.files.is_empty() { fuzz(&args) } else { replay(&args) }
}

fn args() -> Result<Args, String> {
    let mut args = Args {
        inputs: u64::MAX,
        seconds: 60,
        threads: 2,
        seed: 1,
        parser: None,
        files: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().and_then(|value| value.replace('_', "").parse().ok());
            value.ok_or_else(|| format!("{word} needs a number"))
        };
        match word.as_str() {
            "--inputs" => args.inputs = number()?,
            "--seconds" => args.seconds = number()?,
            "--threads" => args.threads = number()?.clamp(1, 64),
            "--seed" => args.seed = number()?,
            "--parser" => args.parser = words.next(),
            file if !file.starts_with("--") => args.files.push(file.into()),
            unknown => return Err(format!("{unknown} is no flag of this program")),
        }
    }
    let known = |name: &String| PARSERS.iter().any(|parser| parser.name == name);
    match &args.parser {
        Some(name) if !known(name) => {
            let names: Vec<&str> = PARSERS.iter().map(|parser| parser.name).collect();
            Err(format!("there is no parser `{name}`; there is {}", names.join(", ")))
        }
        None if !args.files.is_empty() => Err("a file needs its --parser".to_owned()),
        _ => Ok(args),
    }
}

/// What a parser made of one input.
struct Verdict {
    accepted: bool,
    peak_bytes: u64,
    took_ns: u64,
    /// What must not be, if it is.
    fault: Option<String>,
}

/// An input that takes so long is one that a parser hangs on, or nearly.
const MOST_NS: u64 = 10_000_000_000;

fn try_input(parser: &Parser, input: &[u8]) -> Verdict {
    allocator::start();
    let started_ns = monotonic_ns();
    let outcome = catch_unwind(AssertUnwindSafe(|| (parser.run)(input)));
    let took_ns = monotonic_ns() - started_ns;
    let peak_bytes = allocator::peak_bytes();
    let (accepted, mut fault) = match outcome {
        Ok(Ok(())) => (true, None),
        Ok(Err(error)) if error.contains(parsers::LABEL) => (false, None),
        Ok(Err(error)) => (false, Some(format!("an error without the file: {error}"))),
        Err(panic) => (false, Some(format!("a panic: {}", message_of(&*panic)))),
    };
    if peak_bytes > parser.most_bytes {
        fault.get_or_insert(format!("{} MiB of memory", peak_bytes >> 20));
    }
    if took_ns > MOST_NS {
        fault.get_or_insert(format!("{:.1} s of time", took_ns as f64 / 1e9));
    }
    Verdict { accepted, peak_bytes, took_ns, fault }
}

/// Parsers that do what none may: each must be found out, before any other is believed.
fn finds_planted_faults() -> Result<(), String> {
    type Run = fn(&[u8]) -> Result<(), String>;
    let planted: [(&str, Run); 3] = [
        ("a panic", |input| panic!("{}", input.len())),
        ("an error without the file", |_| Err("something is wrong".to_owned())),
        ("memory over the bound", |input| {
            let held = vec![input.len() as u8; 2 << 20];
            Err(format!("{}: {}", parsers::LABEL, std::hint::black_box(&held).len()))
        }),
    ];
    for (what, run) in planted {
        let parser = Parser { name: what, run, most_bytes: 1 << 20, ..PARSERS[0] };
        if try_input(&parser, b"input").fault.is_none() {
            return Err(what.to_owned());
        }
    }
    let good = Parser { run: |_| Ok(()), most_bytes: 1 << 20, ..PARSERS[0] };
    match try_input(&good, b"input").fault {
        Some(fault) => Err(format!("the difference of nothing to {fault}")),
        None => Ok(()),
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a message").to_owned()
}

/// Counts of one parser.
#[derive(Default)]
struct Counts {
    inputs: AtomicU64,
    accepted: AtomicU64,
    bytes: AtomicU64,
    peak_bytes: AtomicU64,
    slowest_ns: AtomicU64,
    faults: AtomicU64,
}

/// Faults that are written out per parser; the rest are only counted.
const MOST_FILES: u64 = 20;

fn fuzz(args: &Args) -> ExitCode {
    let chosen: Vec<&Parser> = PARSERS
        .iter()
        .filter(|parser| args.parser.as_ref().is_none_or(|name| name == parser.name))
        .collect();
    let mutators: Vec<Mutator> = chosen.iter().map(|parser| Mutator::of(parser)).collect();
    let counts: Vec<Counts> = chosen.iter().map(|_| Counts::default()).collect();
    let started_ns = monotonic_ns();
    let end_ns = started_ns.saturating_add(args.seconds.saturating_mul(1_000_000_000));
    let late = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..args.threads {
            let (chosen, mutators, counts, late) = (&chosen, &mutators, &counts, &late);
            scope.spawn(move || {
                // What the crate would do in parallel stays on this thread, so that its memory is
                // counted here.
                let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
                pool.expect("one thread can be started").install(|| {
                    for number in (thread..args.inputs).step_by(args.threads as usize) {
                        if number % 64 < args.threads && monotonic_ns() >= end_ns {
                            late.store(true, Relaxed);
                        }
                        if late.load(Relaxed) {
                            return;
                        }
                        let index = (number % chosen.len() as u64) as usize;
                        let input = mutators[index].input(args.seed, number);
                        count(chosen[index], &counts[index], number, &input);
                    }
                });
            });
        }
    });
    let seconds = (monotonic_ns() - started_ns) as f64 / 1e9;
    summary(&chosen, &counts, seconds)
}

fn count(parser: &Parser, counts: &Counts, number: u64, input: &[u8]) {
    let verdict = try_input(parser, input);
    counts.inputs.fetch_add(1, Relaxed);
    counts.bytes.fetch_add(input.len() as u64, Relaxed);
    counts.accepted.fetch_add(u64::from(verdict.accepted), Relaxed);
    counts.peak_bytes.fetch_max(verdict.peak_bytes, Relaxed);
    counts.slowest_ns.fetch_max(verdict.took_ns, Relaxed);
    let Some(fault) = verdict.fault else { return };
    if counts.faults.fetch_add(1, Relaxed) >= MOST_FILES {
        return;
    }
    let folder = Path::new("target/fuzz-finds");
    let file = folder.join(format!("{}-{number}", parser.name));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, input));
    let place = match written {
        Ok(()) => file.display().to_string(),
        Err(error) => format!("not written: {error}"),
    };
    eprintln!("{}, input {number}: {fault} ({place})", parser.name);
}

fn summary(chosen: &[&Parser], counts: &[Counts], seconds: f64) -> ExitCode {
    println!(
        "{:<16} {:>10} {:>10} {:>9} {:>10} {:>10} {:>7}",
        "parser", "inputs", "accepted", "MB", "peak MiB", "slowest ms", "faults"
    );
    let (mut all, mut faults) = (0, 0);
    for (parser, counts) in chosen.iter().zip(counts) {
        let inputs = counts.inputs.load(Relaxed);
        all += inputs;
        faults += counts.faults.load(Relaxed);
        println!(
            "{:<16} {inputs:>10} {:>10} {:>9.1} {:>10.1} {:>10.1} {:>7}",
            parser.name,
            counts.accepted.load(Relaxed),
            counts.bytes.load(Relaxed) as f64 / 1e6,
            counts.peak_bytes.load(Relaxed) as f64 / f64::from(1 << 20),
            counts.slowest_ns.load(Relaxed) as f64 / 1e6,
            counts.faults.load(Relaxed),
        );
    }
    println!(
        "{all} inputs in {seconds:.1} s ({:.0} per second), {faults} faults",
        all as f64 / seconds
    );
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the parser on files, e.g. those that a run has written.
fn replay(args: &Args) -> ExitCode {
    let parser = PARSERS.iter().find(|parser| args.parser.as_deref() == Some(parser.name));
    let Some(parser) = parser else { return ExitCode::from(2) };
    let mut code = ExitCode::SUCCESS;
    for file in &args.files {
        let input = match std::fs::read(file) {
            Ok(input) => input,
            Err(error) => {
                eprintln!("{}: {error}", file.display());
                return ExitCode::from(2);
            }
        };
        let verdict = try_input(parser, &input);
        let what = verdict.fault.as_deref().unwrap_or("no fault");
        let accepted = if verdict.accepted { "accepted" } else { "refused" };
        println!("{}: {accepted}, {what}, {} bytes of memory", file.display(), verdict.peak_bytes);
        if verdict.fault.is_some() {
            code = ExitCode::FAILURE;
        }
    }
    code
}
