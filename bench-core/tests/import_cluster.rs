//! Imports of what a cluster recorded: audit logs and what `kubectl get` prints. The fixtures are a
//! written minute and a half of a cluster of two and a half nodes.

use std::path::Path;

use mapbench_core::key::NAMESPACES;
use mapbench_core::op::{OpKind, OpWord};
use mapbench_core::trace::import::{
    HistoryOptions, ImportError, ImportReport, PodCounts, Speed, audit, kubectl,
};
use mapbench_core::trace::{Shape, Trace, hash};

const AUDIT: &str = include_str!("fixtures/audit.jsonl");
const PODS: &str = include_str!("fixtures/pods.json");
const EVENTS: &str = include_str!("fixtures/events.json");

type Imported = Result<(Trace, ImportReport), ImportError>;

fn audit(text: &str) -> Imported {
    audit::import(text.as_bytes(), "logs/audit.log", None, &HistoryOptions::default())
}

fn pods(report: &ImportReport) -> &PodCounts {
    report.pods.as_ref().unwrap()
}

fn count(trace: &Trace, map: usize, kind: OpKind) -> usize {
    let ops = trace.streams[0].ops();
    ops.filter(|(op, _)| op.map() == map && op.kind() == Some(kind)).count()
}

/// Entries of the store, the queue, the pods in flight, the pod states and the assumed pods at the
/// end.
fn left(trace: &Trace) -> [u32; 5] {
    [0, 1, 2, 3, 4].map(|map| trace.header.expected[map].len)
}

#[test]
fn an_audit_log_is_used_skipped_or_guessed_at_and_all_is_counted() {
    let (trace, report) = audit(AUDIT).unwrap();
    let skipped: Vec<(&str, u64)> =
        report.skipped.iter().map(|(reason, rows)| (reason.as_str(), *rows)).collect();
    assert_eq!(
        skipped,
        [
            ("a second time in the log", 1),
            ("another resource", 1),
            ("another stage than ResponseComplete", 2),
            ("another subresource", 1),
            ("no JSON of an audit event", 1),
            ("no name: its level is below RequestResponse", 1),
            ("no objectRef", 1),
            ("not a success (2xx)", 1),
            ("watch", 1),
        ]
    );
    assert_eq!((report.rows_read, report.rows_used), (28, 18));
    let approximated: Vec<(&str, u64)> =
        report.approximations.iter().map(|(what, rows)| (what.as_str(), *rows)).collect();
    assert_eq!(
        approximated,
        [
            ("a pod older than the recording: bound and present from its start", 1),
            ("changed without its binding: bound just before", 1),
            ("deleted with its namespace's others (deletecollection), whatever selector", 1),
            ("deleted without its end: gone 30 s later", 2),
            ("the list of a namespace: pods of the start are spread over all namespaces", 1),
        ]
    );
    let pods = pods(&report);
    assert_eq!((pods.at_start, pods.added, pods.bound, pods.deleted), (1, 3, 3, 3));
    assert_eq!(left(&trace), [1, 0, 0, 1, 0]);
    assert_eq!((trace.header.shape, trace.header.hit_share.is_some()), (Shape::OneShot, true));
    // The name of the file without its folder, and nothing else of what was read.
    assert_eq!(trace.header.name, "audit/audit.log");
    assert_eq!(report.distinct_keys, 4 + 2);
}

#[test]
fn reads_hit_the_store_and_lists_scan_it() {
    let (trace, _) = audit(AUDIT).unwrap();
    assert_eq!(count(&trace, 0, OpKind::Scan), 1);
    assert_eq!(count(&trace, 0, OpKind::ScanPrefix), 1);
    let stream = &trace.streams[0];
    let alone = (0..stream.events.len()).map(|event| stream.words_of(event));
    let alone: Vec<OpWord> =
        alone.filter(|words| words.len() == 1).map(|words| OpWord(words[0])).collect();
    let gets = alone.iter().filter(|op| op.kind() == Some(OpKind::Get) && op.map() == 0).count();
    assert_eq!((alone.len(), gets), (4, 2));
}

#[test]
fn no_name_of_the_log_is_in_the_trace() {
    let (trace, _) = audit(AUDIT).unwrap();
    let mut file = Vec::new();
    mapbench_core::trace::write(&trace, &mut file).unwrap();
    let text = String::from_utf8_lossy(&file);
    for name in ["shop", "web-5f6d7c", "dns-0", "node-a", "kube-system", "admin"] {
        assert!(AUDIT.contains(name) && !text.contains(name), "{name}");
    }
}

#[test]
fn the_pods_of_a_listed_namespace_have_keys_of_one_namespace() {
    let create = |namespace: &str, name: &str, second: u32| {
        format!(
            r#"{{"stage":"ResponseComplete","verb":"create","objectRef":{{"resource":"pods","namespace":"{namespace}","name":"{name}"}},"responseStatus":{{"code":201}},"stageTimestamp":"2026-03-02T10:00:{second:02}Z"}}"#
        )
    };
    let list = create("b", "", 59).replace("create", "list").replace(r#","name":"""#, "");
    let lines: Vec<String> = (0..20)
        .map(|second| {
            create(if second % 3 == 0 { "a" } else { "b" }, &format!("p{second}"), second)
        })
        .chain([list])
        .collect();
    let (trace, report) = audit(&lines.join("\n")).unwrap();
    assert!(report.approximations.is_empty(), "{:?}", report.approximations);
    let inserted: Vec<u32> = trace.streams[0]
        .ops()
        .filter(|(op, _)| op.map() == 0 && op.kind() == Some(OpKind::Insert))
        .map(|(op, _)| op.key())
        .collect();
    let namespaces: Vec<u32> = inserted.iter().map(|key| key % NAMESPACES).collect();
    let (scan, _) =
        trace.streams[0].ops().find(|(op, _)| op.kind() == Some(OpKind::ScanPrefix)).unwrap();
    for (second, namespace) in namespaces.into_iter().enumerate() {
        assert_eq!(namespace == scan.key() % NAMESPACES, second % 3 != 0, "{second}");
    }
}

#[test]
fn a_log_may_be_out_of_order_or_one_list_and_means_the_same() {
    let (trace, _) = audit(AUDIT).unwrap();
    let mut lines: Vec<&str> = AUDIT.lines().collect();
    lines.reverse();
    let (reversed, _) = audit(&lines.join("\n")).unwrap();
    assert_eq!(trace.header.ops, reversed.header.ops);
    assert_eq!(trace.header.expected[0].len, reversed.header.expected[0].len);
    // Without the line that is cut off.
    let whole = &AUDIT.lines().collect::<Vec<_>>()[..26];
    let list =
        format!("{{\n\"kind\": \"EventList\",\n\"items\": [\n{}\n]\n}}\n", whole.join(",\n"));
    let (listed, report) = audit(&list).unwrap();
    assert_eq!(hash(&listed), hash(&trace));
    assert_eq!(report.rows_read, 27);
}

#[test]
fn the_initial_pods_are_there_from_the_start_on_their_nodes() {
    let initial = kubectl::read_initial_pods(PODS.as_bytes(), "pods.json").unwrap();
    assert_eq!(initial.len(), 4);
    let options = HistoryOptions::default();
    let (trace, report) =
        audit::import(AUDIT.as_bytes(), "audit.log", Some(&initial), &options).unwrap();
    let pods = pods(&report);
    assert_eq!((pods.at_start, pods.added), (3, 4));
    assert_eq!((trace.header.maps[0].preload, trace.header.maps[3].preload), (3, 3));
    assert_eq!(trace.header.maps[5].keys, 3);
    assert_eq!(report.approximations["a pod that waits at the start: added then"], 1);
    assert!(report.notes.iter().any(|note| note.contains("a pod that has ended")));
    assert_eq!(left(&trace), [4, 1, 0, 3, 0]);
}

#[test]
fn listed_pods_come_when_the_list_says_and_stay() {
    let options = HistoryOptions::default();
    let (trace, report) = kubectl::import_pods(PODS.as_bytes(), "pods.json", &options).unwrap();
    let pods = pods(&report);
    assert_eq!((report.rows_read, report.rows_used), (5, 4));
    assert_eq!((pods.added, pods.bound, pods.never_bound, pods.deleted), (4, 3, 1, 0));
    assert_eq!(left(&trace), [4, 1, 0, 3, 0]);
    // Two changes of status each, but for those at the moment of the binding, which count as well.
    assert!(report.approximations.is_empty(), "{:?}", report.approximations);
}

#[test]
fn events_tell_of_creations_bindings_and_ends() {
    let options = HistoryOptions { speed: Speed::Warped(10.0), ..HistoryOptions::default() };
    let initial = kubectl::read_initial_pods(PODS.as_bytes(), "pods.json").unwrap();
    let (trace, report) =
        kubectl::import_events(EVENTS.as_bytes(), "events.json", Some(&initial), &options).unwrap();
    let pods = pods(&report);
    assert_eq!((pods.at_start, pods.added, pods.bound, pods.deleted), (3, 3, 2, 1));
    assert_eq!(report.skipped["another object's"], 1);
    assert_eq!(report.skipped["another reason"], 2);
    assert_eq!(report.skipped["a deletion that was asked for already"], 1);
    assert_eq!(report.approximations["waits without its creation: added then"], 1);
    let stream = &trace.streams[0];
    assert_eq!(stream.times_ns.len(), stream.events.len());
    // From the first creation to the last deletion: 119 s at ten times the speed.
    assert_eq!(stream.times_ns.last(), Some(&11_900_000_000));
}

#[test]
fn lines_may_be_megabytes_long_and_their_fields_in_any_order() {
    let padding = "x".repeat(3 << 20);
    let line = format!(
        r#"{{"responseObject":{{"spec":{{"note":"{padding}"}},"metadata":{{"namespace":"a","name":"p"}}}},"responseStatus":{{"code":201}},"unknown":[1,{{"a":null}}],"timestamp":"2026-03-02T10:00:00Z","objectRef":{{"namespace":"a","resource":"pods"}},"verb":"create","stage":"ResponseComplete"}}"#
    );
    let (_, report) = audit(&line).unwrap();
    assert_eq!((report.rows_used, pods(&report).added), (1, 1));
}

#[test]
fn a_pod_that_comes_again_under_its_name_has_its_key_again() {
    let event = |verb: &str, second: u32, code: u32| {
        format!(
            r#"{{"stage":"ResponseComplete","verb":"{verb}","objectRef":{{"resource":"pods","namespace":"a","name":"db-0"}},"responseStatus":{{"code":{code}}},"stageTimestamp":"2026-03-02T10:00:{second:02}Z"}}"#
        )
    };
    let lines = [event("create", 1, 201), event("delete", 2, 200), event("create", 3, 201)];
    let (trace, report) = audit(&lines.join("\n")).unwrap();
    assert_eq!((pods(&report).added, pods(&report).deleted, pods(&report).live_peak), (2, 1, 1));
    assert_eq!(trace.header.maps[0].keys, 1);
    // Without the deletion its end is a guess.
    let (_, report) =
        audit(&[event("create", 1, 201), event("create", 3, 201)].join("\n")).unwrap();
    assert_eq!(report.approximations["created again: its end just before is a guess"], 1);
    assert_eq!(pods(&report).deleted, 1);
}

#[test]
fn events_may_come_one_after_the_other_as_a_watch_prints_them() {
    let list: serde_json::Value = serde_json::from_str(EVENTS).unwrap();
    let items = list["items"].as_array().unwrap().iter();
    let text: String =
        items.map(|item| serde_json::to_string_pretty(item).unwrap() + "\n").collect();
    let import = |text: &str| {
        let options = HistoryOptions::default();
        kubectl::import_events(text.as_bytes(), "events.json", None, &options).unwrap()
    };
    assert_eq!(hash(&import(&text).0), hash(&import(EVENTS).0));
}

#[test]
fn objects_that_a_provider_left_out_are_no_error() {
    let line = r#"{"stage":"ResponseComplete","verb":"create","objectRef":{"resource":"pods","namespace":"a","name":"p"},"responseStatus":{"code":201},"stageTimestamp":"2026-03-02T10:00:00Z","responseObject":"skipped-too-big-size-object","requestObject":[1]}"#;
    assert_eq!(pods(&audit(line).unwrap().1).added, 1);
}

#[test]
fn what_is_no_log_is_refused_with_its_line() {
    let error = |text: &str| audit(text).unwrap_err().to_string();
    let noise = "no log at all\n".repeat(1_001);
    assert!(error(&noise).starts_with("logs/audit.log, line 1: is no JSON"), "{}", error(&noise));
    let few = error("\nno log\n{}\n");
    assert!(few.contains("nothing in it is an event of a pod (2 read; 1: another stage"), "{few}");
    assert!(few.contains("1: no JSON of an audit event"), "{few}");
    let cut = error("{\"kind\":\"EventList\",\n\"items\":[{\"verb\":\"get\"},\n{\"verb\"");
    assert!(cut.contains("line 3") && cut.contains("EOF"), "{cut}");
    let deep = error(&"[".repeat(100_000));
    assert!(deep.contains("1: no JSON of an audit event"), "{deep}");
    let pods = kubectl::read_initial_pods(&b"{\"items\":[{}]}"[..], "pods.json").unwrap();
    assert!(pods.is_empty());
}

#[test]
fn the_sample_has_the_counts_of_its_readme() {
    let Some(folder) = std::env::var_os("MAPBENCH_DATA") else {
        eprintln!("skipped: set MAPBENCH_DATA to the folder that holds k8s-audit-samples");
        return;
    };
    let path = Path::new(&folder).join("k8s-audit-samples/falco-k8s-audit.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, report) = audit(&text).unwrap();
    assert_eq!((report.rows_read, report.rows_used), (4, 1));
    assert_eq!(report.skipped.values().sum::<u64>(), 3);
    assert_eq!(report.skipped["another resource"], 2);
    assert!(!report.skipped.contains_key("no JSON of an audit event"));
    let pods = pods(&report);
    assert_eq!((pods.added, pods.at_start), (1, 0));
    // The key of the create is the pod's that the README names: deleting that pod ends it.
    let delete = r#"{"stage":"ResponseComplete","verb":"delete","objectRef":{"resource":"pods","namespace":"default","name":"nginx-deployment-7998647bdf-4j7t7"},"responseStatus":{"code":200},"stageTimestamp":"2026-03-02T10:00:00Z"}"#;
    let (trace, report) = audit(&format!("{}\n{delete}\n", text.trim_end())).unwrap();
    assert_eq!((report.pods.unwrap().deleted, trace.header.expected[0].len), (1, 0));
}
