//! Files and payloads that somebody damaged: an error or a value, never a panic.

mod sample;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mapbench_core::event::{MapReport, RunEvent};
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
