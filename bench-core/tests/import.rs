//! Imports: the counts that a file promises, the errors that people meet, and the real recording
//! when `MAPBENCH_DATA` says where it is.

use mapbench_core::op::OpKind;
use mapbench_core::trace::import::lifecycle_csv::{Options, import};
use mapbench_core::trace::import::{
    Copies, ImportError, ImportReport, PodCounts, Recording, Superpose,
};
use mapbench_core::trace::{Shape, Trace, hash};

const FIXTURE: &str = include_str!("data/lifecycle.csv");

fn options() -> Options {
    Options::preset("openb-2023").unwrap()
}

fn fixture(options: &Options) -> (Trace, ImportReport) {
    import(FIXTURE.as_bytes(), "dir/lifecycle.csv", options).unwrap()
}

fn pods(report: &ImportReport) -> &PodCounts {
    report.pods.as_ref().unwrap()
}

fn recording(report: &ImportReport) -> &Recording {
    report.recording.as_ref().unwrap()
}

fn error_of(text: &str) -> String {
    import(text.as_bytes(), "pods.csv", &options()).unwrap_err().to_string()
}

#[test]
fn rows_are_used_skipped_or_approximated_and_all_are_counted() {
    let (trace, report) = fixture(&options());
    assert_eq!((report.rows_read, report.rows_used), (8, 6));
    assert_eq!(report.skipped["no name"], 1);
    assert_eq!(report.skipped["deleted before it was created"], 1);
    assert_eq!(report.approximations.values().sum::<u64>(), 2);
    assert_eq!(
        (
            pods(&report).added,
            pods(&report).bound,
            pods(&report).never_bound,
            pods(&report).deleted
        ),
        (6, 5, 1, 5)
    );
    assert_eq!(pods(&report).live_peak, 5);
    assert_eq!(report.ops, trace.header.ops);
    assert_eq!(trace.header.shape, Shape::OneShot);
    assert_eq!(trace.header.name, "openb-2023/lifecycle.csv");
    let text = report.to_string();
    assert!(text.contains("6 added, 5 bound, 1 never bound, 5 deleted; at most 5 alive"), "{text}");
}

#[test]
fn what_outlives_the_recording_is_all_that_is_left() {
    let (trace, _) = fixture(&options());
    // pod-3 is row 3 of the used rows: in the store and in the pod states, in no queue.
    let replay = trace.replay().unwrap();
    let left: Vec<Vec<u32>> = replay.present.iter().map(|set| set.iter().collect()).collect();
    let nodes: Vec<u32> = (0..1_523).collect();
    assert_eq!(left, [vec![3], vec![], vec![], vec![3], vec![], nodes]);
}

#[test]
fn a_bound_pod_runs_the_ops_of_the_model() {
    let text = "name,creation_time,deletion_time,scheduled_time\na,0,9,1\n";
    let (trace, report) = import(text.as_bytes(), "one.csv", &options()).unwrap();
    let count = |map, kind| {
        let ops = trace.streams[0].ops();
        ops.filter(|(op, _)| op.map() == map && op.kind() == Some(kind)).count()
    };
    // M9: events 6 to 10 with three status updates, as the totals of the model say.
    assert_eq!([OpKind::Get, OpKind::Insert, OpKind::Remove].map(|kind| count(3, kind)), [8, 6, 6]);
    assert_eq!([OpKind::Get, OpKind::Update].map(|kind| count(5, kind)), [24, 12]);
    assert_eq!(report.ops, 91);
    assert_eq!(trace.streams[0].events.len(), 10);
    assert_eq!(trace.header.expected[0].len, 0);
}

#[test]
fn the_first_op_of_every_event_names_its_pod() {
    let (trace, _) = fixture(&options());
    let stream = &trace.streams[0];
    for (start, end) in stream.events.iter().zip(stream.events.iter().skip(1)) {
        let ops: Vec<_> = stream.words[*start as usize..*end as usize]
            .iter()
            .map(|&word| mapbench_core::op::OpWord(word))
            .collect();
        assert_ne!(ops[0].map(), 5);
        assert!(ops.iter().all(|op| op.map() == 5 || op.key() == ops[0].key()));
    }
}

#[test]
fn copies_multiply_pods_and_raise_the_live_set() {
    let single = fixture(&options()).1;
    let superpose = Superpose { copies: Copies::Exactly(5), shift_ms: 1_000 };
    let (_, report) = fixture(&Options { superpose, ..options() });
    assert_eq!(pods(&report).added, 5 * pods(&single).added);
    assert_eq!(report.ops, 5 * single.ops);
    assert!(pods(&report).live_peak > 3 * pods(&single).live_peak, "{}", pods(&report).live_peak);
    let superpose = Superpose { copies: Copies::UntilAlive(100), shift_ms: 1_000 };
    let (_, report) = fixture(&Options { superpose, ..options() });
    assert!(pods(&report).live_peak > 100);
    assert!(pods(&report).copies >= 21, "{}", pods(&report).copies);
}

#[test]
fn copies_that_cannot_fit_are_refused_with_the_next_step() {
    for copies in [Copies::Exactly(u32::MAX), Copies::UntilAlive(u32::MAX)] {
        let superpose = Superpose { copies, shift_ms: i64::MAX };
        let big = Options { superpose, status_updates: 1_000, ..options() };
        let error = import(FIXTURE.as_bytes(), "pods.csv", &big).unwrap_err();
        assert!(
            matches!(error, ImportError::TooLarge { .. } | ImportError::NeverAlive { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("use "), "{error}");
    }
}

/// Found by fuzzing: short lives and a large target once took minutes to be refused.
#[test]
fn copies_that_never_overlap_are_refused_at_once() {
    let header = "name,creation_time,deletion_time,scheduled_time\n";
    let superpose = Superpose { copies: Copies::UntilAlive(40), shift_ms: 1 };
    let options = Options { superpose, ..options() };
    for rows in ["a,0,0,\nb,5,5,\n", "a,0,0.001,\nb,900000,900000,\n"] {
        let text = format!("{header}{rows}");
        let error = import(text.as_bytes(), "pods.csv", &options).unwrap_err().to_string();
        assert!(error.contains("pods alive at once, and more would not fit"), "{error}");
    }
}

#[test]
fn a_window_keeps_whole_pods_and_starts_with_those_alive() {
    let (_, report) = fixture(&Options { last_s: Some(20.0), ..options() });
    // The last creation is at 60 s; pod-2 went at 30 s.
    assert_eq!(report.skipped["gone before the window"], 1);
    assert_eq!(pods(&report).added, 5);
    assert_eq!(pods(&report).deleted, 4);
    assert_eq!(report.approximations["created before the window: added at its start"], 3);
    assert_eq!(recording(&report).distinct_names, 5);
    assert_eq!(recording(&report).peak_creates_per_second, 1);
}

#[test]
fn the_same_file_and_seed_give_the_same_bytes() {
    assert_eq!(hash(&fixture(&options()).0).to_string(), "132417a70a94346a");
    let other = Options { seed: 2, ..options() };
    assert_ne!(hash(&fixture(&options()).0), hash(&fixture(&other).0));
}

#[test]
fn a_missing_column_is_named_beside_those_there_are() {
    let error = error_of("name,created,deletion_time,scheduled_time\n");
    assert_eq!(
        error,
        "pods.csv: has no column `creation_time` for the create; its columns are name, created, \
         deletion_time, scheduled_time; name the right one with `--map create=COLUMN`"
    );
    let columns = options().columns.mapped("create=created").unwrap();
    let text = "name,created,deletion_time,scheduled_time\na,1,2,\n";
    let mapped = Options { columns, ..options() };
    assert_eq!(
        import(text.as_bytes(), "pods.csv", &mapped).unwrap().1.pods.unwrap().never_bound,
        1
    );
    assert!(error_of("").contains("its columns are none"));
}

#[test]
fn bad_cells_and_cut_off_lines_are_named_by_line() {
    let header = "name,creation_time,deletion_time,scheduled_time\n";
    let error = error_of(&format!("{header}a,0,1,\nb,0,soon,\n"));
    assert!(error.starts_with("pods.csv, line 3: column `deletion_time` holds `soon`"), "{error}");
    for cell in ["NaN", "inf", "1e300"] {
        assert!(error_of(&format!("{header}a,{cell},1,\n")).contains("line 2"), "{cell}");
    }
    let error = error_of(&format!("{header}a,0,1,\nb,0"));
    assert!(error.starts_with("pods.csv, line 3: has 2 cells where the header has 4"), "{error}");
    assert!(error_of(header).contains("no usable row (0 read)"));
}

#[test]
fn a_last_line_without_its_end_is_noted() {
    let text = "name,creation_time,deletion_time,scheduled_time\na,0,12,1";
    let (_, report) = import(text.as_bytes(), "pods.csv", &options()).unwrap();
    assert!(report.notes.iter().any(|note| note.contains("no line end")), "{:?}", report.notes);
}

#[test]
fn bytes_that_are_no_text_are_refused_by_line() {
    let text = b"name,creation_time,deletion_time,scheduled_time\n\xff\xfe,0,1,1\n";
    let error = import(text.as_slice(), "pods.csv", &options()).unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
}

/// The real pod list; `None`, said aloud, where it is not.
fn openb() -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("MAPBENCH_DATA") else {
        eprintln!("skipped: set MAPBENCH_DATA to the folder that holds openb-2023");
        return None;
    };
    let path = std::path::Path::new(&folder).join("openb-2023/openb_pod_list_default.csv");
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

#[test]
fn openb_has_the_figures_of_its_readme() {
    let Some(text) = openb() else { return };
    let (trace, report) =
        import(text.as_slice(), "openb_pod_list_default.csv", &options()).unwrap();
    assert_eq!(
        (
            pods(&report).added,
            pods(&report).bound,
            pods(&report).never_bound,
            pods(&report).deleted
        ),
        (8_152, 7_255, 897, 8_152)
    );
    assert_eq!(report.rows_used, 8_152);
    assert!(report.skipped.is_empty() && report.approximations.is_empty());
    assert_eq!((pods(&report).live_peak, recording(&report).live_peak), (56, 56));
    let recording = recording(&report);
    assert_eq!(recording.distinct_names, 8_152);
    assert_eq!(
        (
            recording.peak_creates_per_second,
            recording.peak_creates_per_minute,
            recording.peak_creates_per_hour
        ),
        (4, 6, 56)
    );
    let cv = recording.inter_arrival_cv.unwrap();
    assert!((cv - 1.66).abs() < 0.02, "{cv}");
    let known = [12.0, 48.0, 80.0, 167.0, 540.0, 1_972.0, 6_573.0, 16_399.0, 96_510.0];
    for ((quantile, lifetime_s), known) in recording.lifetime_s.iter().zip(known) {
        assert!((lifetime_s / known - 1.0).abs() < 0.01, "p{quantile}: {lifetime_s}, {known}");
    }
    assert_eq!(report.ops, trace.header.ops);
    assert!(trace.header.expected[..5].iter().all(|state| state.len == 0));
}

#[test]
fn openb_reaches_8000_alive_with_a_day_and_some_170_copies() {
    let Some(text) = openb() else { return };
    let superpose = Superpose { copies: Copies::UntilAlive(8_000), ..Superpose::ONE };
    let day = Options { superpose, last_s: Some(86_400.0), ..options() };
    let (_, report) = import(text.as_slice(), "openb.csv", &day).unwrap();
    assert!(pods(&report).live_peak > 8_000);
    assert_eq!(pods(&report).copies, 169);
    assert!(report.ops < 10_000_000, "{}", report.ops);
}
