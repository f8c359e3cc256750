//! `mapbench trace verify`: whether a trace file is whole, and whether what it says of itself is what
//! its records give.

use std::io;
use std::path::PathBuf;

use clap::Args;
use mapbench_core::trace::{self, FinalState, Shape, Trace};

use super::super::failure::WRONG_ANSWER;
use super::super::{CliError, output};
use super::file;

/// Flags of `trace verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 if everything fits, 2 for a file that is damaged or no trace \
                        (the message names the byte), 103 for one whose header says other than \
                        its records give.\n\n\
                        Examples:\n  mapbench trace verify openb.mbt"
)]
pub(super) struct VerifyArgs {
    /// The trace file, or its lines of JSON; `-` is standard input
    file: PathBuf,
}

/// Where the header of a file begins, for messages.
const HEADER_AT: usize = 20;

pub(super) fn run(args: &VerifyArgs) -> Result<u8, CliError> {
    let label = file::label(&args.file);
    let (trace, hash) = file::read(&args.file)?;
    let written = trace::write(&trace, io::sink()).map_err(CliError::unexpected)?;
    let records = written.records;
    let (trace, differences) = trace.audit().map_err(|error| wrong(&label, &error.to_string()))?;
    if !differences.is_empty() {
        let spelled: Vec<String> = differences.iter().map(ToString::to_string).collect();
        return Err(wrong(&label, &spelled.join("; ")));
    }
    let text = format!(
        "{label}: everything fits\n\
         bytes      every one read; header, blocks and index fit their checksums\n\
         {}\n{}",
        match hash {
            Some(hash) if hash == written.hash =>
                format!("hash       {hash}, as the same trace is written here"),
            Some(hash) => format!("hash       {hash}; written here it would be {}", written.hash),
            None => format!("hash       {} as a trace file", written.hash),
        },
        checked(&trace, records)
    );
    output::print(text.as_bytes())?;
    Ok(0)
}

/// What was checked in the records.
fn checked(trace: &Trace, records: u64) -> String {
    let header = &trace.header;
    let states: Vec<String> = header
        .maps
        .iter()
        .zip(&header.expected)
        .map(|(map, FinalState { len, .. })| format!("{} {len}", map.id))
        .collect();
    let events: usize = trace.streams.iter().map(|stream| stream.events.len()).sum();
    let order = match (trace.is_ordered(), trace.streams.len()) {
        (true, _) => ", numbered, each after an earlier one or none",
        (false, 1) => " of one actor",
        (false, _) => " of actors that write no key of each other in order",
    };
    let shape = match header.shape {
        Shape::Steady => "steady: a lap ends with the keys with which it began",
        Shape::OneShot => "one-shot",
    };
    let share = |share: Option<f64>| match share {
        Some(share) => format!("{:.2} %", share * 100.0),
        None => "none".to_owned(),
    };
    format!(
        "rules      {records} records on maps and keys that exist; {events} events{order}\n\
         shape      {shape}\n\
         ops        {}\n\
         at the end {} (entries, and the checksum of their keys)\n\
         peaks      {}\n\
         hit share  {}, effective writes {}, top key {}\n",
        header.ops,
        states.join(", "),
        header
            .maps
            .iter()
            .map(|map| format!("{} {}", map.id, map.peak))
            .collect::<Vec<_>>()
            .join(", "),
        share(header.hit_share),
        share(Some(header.effective_write_share)),
        share(header.top_key.map(|top| top.share)),
    )
}

fn wrong(label: &str, what: &str) -> CliError {
    CliError {
        code: WRONG_ANSWER,
        message: format!(
            "{label}: its header (at byte {HEADER_AT}) does not fit its records: {what}; generate \
             or import the trace again"
        ),
    }
}
