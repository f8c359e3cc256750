//! The commit of a real repository, and none where there is none; in what two runs differ.

use std::path::Path;
use std::process::Command;

use mapbench_core::event::{RunBegin, Subject};
use mapbench_results::fingerprint::{self, Part};

mod sample;

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=T", "-c", "user.email=t@example.org"])
        .args(arguments)
        .stdout(std::process::Stdio::null())
        .status()
        .expect("git runs");
    assert!(status.success(), "git {arguments:?}");
}

#[test]
fn a_commit_tells_its_parent_its_subject_and_whether_the_tree_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    assert_eq!(fingerprint::commit(at), None, "no repository");
    git(at, &["init", "-q"]);
    assert_eq!(fingerprint::commit(at), None, "no commit");

    std::fs::write(at.join("file"), "one").expect("written");
    git(at, &["add", "file"]);
    git(at, &["commit", "-q", "-m", "The first: a \"subject\"\n\nAnd more."]);
    let first = fingerprint::commit(at).expect("a commit");
    assert_eq!(first.subject, "The first: a \"subject\"");
    assert_eq!((first.sha.len(), first.parent, first.dirty), (40, None, false));

    git(at, &["commit", "-q", "--allow-empty", "--allow-empty-message", "-m", ""]);
    std::fs::write(at.join("untracked"), "x").expect("written");
    let second = fingerprint::commit(at).expect("a commit");
    assert_eq!(second.parent, Some(first.sha));
    assert_eq!((second.subject.as_str(), second.dirty), ("", false));

    std::fs::write(at.join("file"), "two").expect("written");
    assert!(fingerprint::commit(at).expect("a commit").dirty);
}

#[test]
fn this_machine_has_processors() {
    let machine = fingerprint::machine("system");
    assert!(machine.cpus > 0);
    assert_eq!(machine.allocator, "system");
}

#[test]
fn a_run_is_comparable_with_one_that_differs_in_what_was_built() {
    let one = sample::begin(vec![sample::cell(0, "dashmap/v6", 1)]);
    assert_eq!(fingerprint::differences(&one, &one), []);
    let mut other = one.clone();
    other.cells[0].adapter_version = "dashmap 7.0.0".to_owned();
    other.commit = None;
    other.subject = Some(Subject { rustc: "rustc 1.95.0".to_owned(), ..Subject::default() });
    let found = fingerprint::differences(&one, &other);
    assert!(!found.is_empty() && found.iter().all(|difference| !difference.forbids()), "{found:?}");
    assert!(found.iter().all(|difference| difference.part == Part::Subject));
    let fields: Vec<&str> = found.iter().map(|difference| difference.field.as_str()).collect();
    for field in ["commit", "version of dashmap/v6", "compiler"] {
        assert!(fields.contains(&field), "no {field} in {fields:?}");
    }
    let compiler = found.iter().find(|difference| difference.field == "compiler").unwrap();
    assert!(!compiler.is_contradiction(), "the older log does not say");
}

#[test]
fn another_machine_or_protocol_forbids_to_compare_and_names_the_field() {
    let mut one = sample::begin(vec![sample::cell(0, "dashmap/v6", 1)]);
    one.machine.tsc_hz = Some(2_596_100_000);
    let mut other = one.clone();
    other.machine.tsc_hz = Some(2_596_200_000);
    other.machine.memory_bytes += 4096;
    assert_eq!(fingerprint::differences(&one, &other), [], "one machine, calibrated twice");

    other.machine.tsc_hz = Some(3_000_000_000);
    other.machine.hypervisor = Some("KVM".to_owned());
    other.warm_ns += 1;
    other.cells[0].trace_hash = "another".to_owned();
    let found = fingerprint::differences(&one, &other);
    assert!(found.iter().all(fingerprint::Difference::forbids), "{found:?}");
    let named: Vec<(Part, &str)> =
        found.iter().map(|difference| (difference.part, difference.field.as_str())).collect();
    let trace = format!("trace of {}", one.cells[0].scenario);
    let expected = [
        (Part::Machine, "tick counter"),
        (Part::Machine, "hypervisor"),
        (Part::Protocol, "warming"),
        (Part::Protocol, &trace),
    ];
    assert_eq!(named, expected);
    assert_eq!(found[1].to_string(), "machine: hypervisor is none in one and KVM in the other");

    // A log from before a field existed proves nothing about it.
    one.machine.tsc_hz = None;
    let found = fingerprint::differences(&one, &other);
    assert!(found.iter().any(|difference| difference.field == "tick counter"));
    assert!(!found.iter().find(|d| d.field == "tick counter").unwrap().forbids());
}

#[test]
fn a_log_without_the_newer_fields_still_reads() {
    let begin = sample::begin(vec![sample::cell(0, "dashmap/v6", 1)]);
    let text = serde_json::to_string(&begin).expect("JSON");
    for newer in ["\"subject\":{", "tsc_hz", "cpu_list", "\"cpus\":[]"] {
        assert!(!text.contains(newer), "{newer} in {text}");
    }
    assert_eq!(serde_json::from_str::<RunBegin>(&text).expect("reads"), begin);
}
