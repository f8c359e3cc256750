//! Files and payloads that somebody damaged: an error or a value, never a panic.

mod sample;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mapbench_core::event::{MapReport, RunEvent};
use mapbench_results::run_log::RunLogReader;
use mapbench_results::store::{FileStamp, RunDigest};
use mapbench_results::units::Charset;
use mapbench_results::{RunLog, RunSummary, histogram, table};
use proptest::prelude::*;

fn log_bytes() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run-v1.ndjson");
    std::fs::read(path).expect("the fixture")
}

#[test]
fn the_largest_numbers_saturate() {
    let (begin, _) = sample::events();
    let mut summary = RunSummary::new(&begin);
    let mut report = sample::round(u32::MAX, 1_000, None);
    for number in [
        &mut report.ops,
        &mut report.reads,
        &mut report.hits,
        &mut report.effective_writes,
        &mut report.wrong_values,
        &mut report.involuntary_switches,
        &mut report.elapsed_ns,
        &mut report.classes[0].ops,
        &mut report.updates,
        &mut report.contended_updates,
        &mut report.top_key_ops,
        &mut report.waiting_ns,
        &mut report.due_events,
        &mut report.late_events,
    ] {
        *number = u64::MAX;
    }
    report.allocations = Some(u64::MAX);
    let most = u64::MAX;
    report.maps =
        vec![MapReport { ops: most, reads: most, writes: most, busy_ns: most, entries: most }; 3];
    for fork in [0, 1, 1, u32::MAX] {
        let event = RunEvent::Round { cell: 0, fork, report: Box::new(report.clone()) };
        summary.apply(&event);
    }
    assert_eq!(summary.cells()[0].row().ops, u64::MAX);
    assert!(summary.cells()[0].rows().len() > 3);
    assert_eq!(summary.cells()[0].map_rows().len(), 3 * 4);
    assert!(!table::render(&summary, Charset::Utf8).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_damaged_log_is_an_error_or_a_run(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = log_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        match RunLog::read_from(bytes.as_slice(), Path::new("damaged.ndjson")) {
            Ok(log) => {
                for cell in RunSummary::of_log(&log).cells() {
                    prop_assert!(!cell.rows().is_empty());
                }
            }
            Err(error) => prop_assert!(error.to_string().starts_with("damaged.ndjson: ")),
        }
    }

    #[test]
    fn a_damaged_payload_is_an_error_or_a_histogram(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = STANDARD.decode(sample::payload(1..=300)).expect("base64");
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(bytes.len() - cut.index(8));
        if let Ok(Some(read)) = histogram::decode(&STANDARD.encode(bytes)) {
            let mut target = histogram::histogram();
            histogram::merge(&mut target, &read);
            let weighted = histogram::weighted(&[(1_000, &read), (5, &target)]);
            prop_assert!(weighted.max() <= histogram::LONGEST_NS / 1_000 * 1_001);
        }
    }

    #[test]
    fn bytes_that_are_no_log_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let read = RunLog::read_from(bytes.as_slice(), Path::new("noise"));
        prop_assert!(read.is_err());
    }
}

/// A source of any length that is in no memory.
struct Endless<'a> {
    head: &'a [u8],
    filler: u8,
    left: u64,
}

impl std::io::Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.head.is_empty() {
            return self.head.read(buffer);
        }
        let length = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        buffer[..length].fill(self.filler);
        self.left -= length as u64;
        Ok(length)
    }
}

#[test]
fn a_line_of_a_gigabyte_is_refused_after_its_first_megabytes() {
    let bytes = log_bytes();
    let first = bytes.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    for head in [&bytes[..first], &[]] {
        let source = Endless { head, filler: b'x', left: 1 << 30 };
        let source = std::io::BufReader::with_capacity(1 << 20, source);
        let error = RunLog::read_from(source, Path::new("long.ndjson")).expect_err("refused");
        assert!(error.to_string().contains("longer than"), "{error}");
    }
}

#[test]
fn a_log_that_is_longer_than_memory_has_a_digest() {
    let bytes = log_bytes();
    let first = bytes.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    let note = b"{\"event\":\"note\",\"text\":\"so it goes\"}\n".repeat(20_000);
    // Each pass over the notes is read and dropped; what grows is what the cells say.
    let mut log: Box<dyn std::io::Read> = Box::new(&bytes[..first]);
    for _ in 0..5 {
        log = Box::new(std::io::Read::chain(log, note.as_slice()));
    }
    log = Box::new(std::io::Read::chain(log, &bytes[first..]));
    let reader = RunLogReader::new(std::io::BufReader::new(log), Path::new("long.ndjson"));
    let stamp = FileStamp { name: "long.ndjson".to_owned(), bytes: 0, modified_ns: 0 };
    let long = RunDigest::read(reader, stamp.clone()).expect("a digest");
    let short = RunLogReader::new(bytes.as_slice(), Path::new("short.ndjson"));
    assert_eq!(long, RunDigest::read(short, stamp).expect("a digest"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_digest_is_what_the_whole_log_says_whatever_is_damaged(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = log_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let path = Path::new("damaged.ndjson");
        let stamp = FileStamp { name: "damaged.ndjson".to_owned(), bytes: 0, modified_ns: 0 };
        let digest = RunDigest::read(RunLogReader::new(bytes.as_slice(), path), stamp.clone());
        match (RunLog::read_from(bytes.as_slice(), path), digest) {
            (Ok(log), Ok(digest)) => {
                let json = serde_json::to_string(&digest).expect("JSON");
                let back: RunDigest = serde_json::from_str(&json).expect("reads back");
                prop_assert_eq!(&back, &digest);
                let whole = RunDigest::of_summary(&RunSummary::of_log(&log), stamp);
                prop_assert_eq!(RunDigest { torn_tail: log.torn_tail, ..whole }, digest);
            }
            (Err(log), Err(digest)) => prop_assert_eq!(log.to_string(), digest.to_string()),
            (log, digest) => prop_assert!(false, "{log:?} but {digest:?}"),
        }
    }
}
