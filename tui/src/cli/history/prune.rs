//! `mapbench history prune`: takes old run logs and the traces that no log needs out of the store,
//! and says which.

use std::fmt::Write;
use std::path::Path;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use mapbench_results::store::{self, PruneRules, Pruned, Removed};

use crate::cli::quantity::show_bytes;
use crate::cli::{CliError, output};

/// Flags of `history prune`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mapbench history prune --older-than 90d --keep 50 --dry-run\n  \
    mapbench history prune run:3fa9c2d1")]
pub(crate) struct PruneArgs {
    /// Runs to remove whatever their age: ids, or files of the store that do not read
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// Remove runs that began longer ago, as 90d or 12w
    #[arg(long, value_name = "TIME", value_parser = age)]
    older_than: Option<SignedDuration>,
    /// Keep so many of the newest, whatever their age
    #[arg(long, value_name = "N")]
    keep: Option<usize>,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(store: &Path, args: &PruneArgs) -> Result<u8, CliError> {
    if args.runs.is_empty() && args.older_than.is_none() && args.keep.is_none() {
        return Err(CliError::usage(
            "name what is to go: --older-than 90d, --keep 50, both, or runs by their ids; \
             --dry-run shows it first",
        ));
    }
    let rules =
        PruneRules { older_than: args.older_than, keep: args.keep, named: args.runs.clone() };
    let pruned = store::prune(store, &rules, Timestamp::now(), args.dry_run)?;
    output::print(page(&pruned, args.dry_run).as_bytes())?;
    Ok(0)
}

/// Days and weeks, hours and minutes.
fn age(text: &str) -> Result<SignedDuration, String> {
    let advice = || "write a number and a unit, as `90d`, `12w` or `36h`".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(advice)?;
    let number: i64 = text[..split].parse().map_err(|_| advice())?;
    let seconds = match &text[split..] {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(advice()),
    };
    // A hundred years are more than any log is old, and far from what a duration can hold.
    let most = 100 * 366 * 86_400;
    let seconds = number.checked_mul(seconds).filter(|seconds| *seconds <= most);
    seconds.map(SignedDuration::from_secs).ok_or_else(|| "is longer than 100 years".to_owned())
}

fn page(pruned: &Pruned, dry_run: bool) -> String {
    let mut page = String::new();
    for file in pruned.files() {
        let _ = writeln!(
            page,
            "{} {}",
            if dry_run { "would remove" } else { "removed" },
            file.path.display()
        );
    }
    for (run, baseline) in &pruned.kept_baselines {
        let _ = writeln!(page, "kept run {run}: it is baseline {baseline}");
    }
    for run in &pruned.kept_running {
        let _ = writeln!(
            page,
            "kept run {run}: it has no end and changed within the hour, so it may still be going on"
        );
    }
    if pruned.kept_unreadable > 0 {
        let _ = writeln!(
            page,
            "kept {} that do not read: name one to remove it, `mapbench history list` tells why",
            logs(pruned.kept_unreadable)
        );
    }
    let bytes = pruned.files().map(|file: &Removed| file.bytes).sum();
    let _ = writeln!(
        page,
        "{}: {}, {} traces, {} drafts, {}; {} left",
        if dry_run { "would remove" } else { "removed" },
        logs(pruned.logs.len()),
        pruned.traces.len(),
        pruned.drafts.len(),
        size(bytes),
        logs(pruned.left)
    );
    page
}

/// Logs are often smaller than what sizes of memory are told in.
fn size(bytes: u64) -> String {
    if bytes < 1 << 20 { format!("{} KiB", bytes.div_ceil(1 << 10)) } else { show_bytes(bytes) }
}

fn logs(number: usize) -> String {
    if number == 1 { "1 log".to_owned() } else { format!("{number} logs") }
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages_are_read_and_nonsense_is_refused() {
        assert_eq!(age("90d").unwrap().as_hours(), 90 * 24);
        assert_eq!(age("2w").unwrap(), age("14d").unwrap());
        assert_eq!(age("0d").unwrap().as_secs(), 0);
        for text in ["", "d", "90", "90 d", "-1d", "1.5d", "9999999999999999999d", "90000w", "é"] {
            age(text).expect_err(text);
        }
    }
}
