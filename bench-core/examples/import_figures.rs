//! Prints what imports cost: records, bytes per record, time, and the process's peak memory.
//! `cargo run --release -p mapbench-core --example import_figures -- FORMAT FILE`, with a format of
//! `access-i32be`, `openb-2023` or `audit`.

use std::fs::File;

use mapbench_core::driver::clock::monotonic_ns;
use mapbench_core::trace::import::{
    AccessFormat, AccessOptions, HistoryOptions, Options, Preload, Speed, access, audit,
    lifecycle_csv,
};
use mapbench_core::trace::write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [format, path] = words.as_slice() else { return Err("give a format and a file".into()) };
    let started_ns = monotonic_ns();
    let file = File::open(path)?;
    let (trace, report) = match (format.as_str(), Options::preset(format)) {
        (_, Some(options)) => lifecycle_csv::import(file, path, &options)?,
        ("audit", _) => audit::import(file, path, None, &HistoryOptions::default())?,
        _ => {
            let options = AccessOptions {
                format: AccessFormat::I32Be,
                preload: Preload::All,
                speed: Speed::AsFastAsPossible,
            };
            access::import(file, path, &options)?
        }
    };
    let imported_ns = monotonic_ns();
    let written = write(&trace, std::io::sink())?;
    let written_ns = monotonic_ns();
    println!("{report}");
    println!(
        "{} records, {} bytes, {:.2} per record; import {:.2} s, write {:.2} s; peak memory {:.0} MiB",
        written.records,
        written.bytes,
        written.bytes_per_record(),
        (imported_ns - started_ns) as f64 / 1e9,
        (written_ns - imported_ns) as f64 / 1e9,
        peak_bytes()? as f64 / f64::from(1 << 20),
    );
    Ok(())
}

/// Peak resident memory of this process.
fn peak_bytes() -> Result<u64, nix::errno::Errno> {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF)?;
    Ok(usage.max_rss().unsigned_abs() * 1024)
}
